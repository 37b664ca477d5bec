package org.voyageur.guest;

/**
 * Releases of Xen whose PyGrub differs in what it starts, each named after the first that does so;
 * those between it and the next do the same. Taken from the history of tools/pygrub in Xen's
 * repository; distributions may have carried later fixes back.
 */
public enum XenRelease {
  /** GRUB legacy's menus alone, in the active partition or the first. */
  XEN_3_4("3.4"),
  /** Looks for grub.cfg and extlinux.conf too, behind menu.lst; APPEND in extlinux.conf ends it. */
  XEN_4_0("4.0"),
  /** Tries every partition, but an empty table leaves it none to try. */
  XEN_4_1("4.1"),
  /** Looks for grub.cfg first and menu.lst last; knows submenus and every GPT partition. */
  XEN_4_2("4.2"),
  /** Looks for /boot/extlinux/extlinux.conf too. */
  XEN_4_4("4.4"),
  /** Takes a title as the default; knows linux16. */
  XEN_4_5("4.5"),
  /** Takes a disk with an empty table for one filesystem, as do the last of 4.5.x and 4.6.x. */
  XEN_4_7("4.7"),
  /** Runs on Python 3, which no longer takes titles, the active flag and what is not UTF-8. */
  XEN_4_13("4.13");

  /** The one that is held against the real PyGrub of 4.17 in tests, and behaves as 4.21 does. */
  public static final XenRelease LATEST = XEN_4_13;

  private final String version;

  XenRelease(String version) {
    this.version = version;
  }

  /** The first version, such as {@code 4.13}. */
  public String version() {
    return version;
  }

  /** Whether this is the other or a later one. */
  boolean since(XenRelease other) {
    return compareTo(other) >= 0;
  }
}
