package org.voyageur.verify;

import java.util.Locale;

/** What a guest is to boot on. */
public enum Hypervisor {
  /** A virtual PC with a BIOS, as under KVM. */
  KVM,
  /** Xen, as a paravirtual guest that PyGrub starts. */
  XEN;

  /** The name on the command line and in JSON. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
