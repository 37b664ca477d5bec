package org.voyageur.plan;

import java.util.Locale;

/** What the image is to boot on. */
public enum Target {
  /** KVM alone: what only Xen has may go. */
  KVM,
  /** KVM and Xen: everything that Xen needs stays and is checked. */
  DUAL_BOOT;

  /** The name in options, file names and documents, such as {@code dual-boot}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** For sentences: "to boot on ...". */
  @Override
  public String toString() {
    return switch (this) {
      case KVM -> "KVM";
      case DUAL_BOOT -> "KVM and Xen";
    };
  }
}
