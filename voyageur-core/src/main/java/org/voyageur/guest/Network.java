package org.voyageur.guest;

import java.util.List;

/**
 * How the guest's network is set up.
 *
 * @param interfaces configured names, such as {@code eth0}, with how: {@code dhcp}, {@code static}
 * @param pins what binds a name to hardware that will not exist
 */
public record Network(List<Interface> interfaces, List<Pin> pins) {
  /** Keeps unmodifiable copies. */
  public Network {
    interfaces = List.copyOf(interfaces);
    pins = List.copyOf(pins);
  }

  /** A configured interface. */
  public record Interface(String name, String method, String file) {}

  /**
   * A line that names hardware.
   *
   * @param line its number in the file, from 1
   * @param text the line as written
   */
  public record Pin(String file, int line, String text) {}
}
