package org.voyageur.guest;

import java.util.List;

/**
 * Where a login prompt would appear.
 *
 * @param gettys terminals with an active getty, such as {@code tty1} or {@code xvc0}
 * @param securetty terminals on which root may log in; empty if there is no such file
 */
public record Consoles(List<String> gettys, List<String> securetty) {
  /** Keeps unmodifiable copies. */
  public Consoles {
    gettys = List.copyOf(gettys);
    securetty = List.copyOf(securetty);
  }
}
