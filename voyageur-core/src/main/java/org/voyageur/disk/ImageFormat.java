package org.voyageur.disk;

import java.util.Locale;

/** The container of a disk image; decided once when it is opened and pinned from then on. */
public enum ImageFormat {
  /** The disk's bytes as they are. */
  RAW,
  /** A gzip stream (RFC 1952, one or more members) of a raw image. */
  RAW_GZIP,
  /** QEMU's copy-on-write format, versions 2 and 3. */
  QCOW2,
  /** VMware's format. */
  VMDK,
  /** Microsoft's older format; XenServer exports it. qemu-img calls it {@code vpc}. */
  VHD,
  /** Microsoft's newer format. */
  VHDX,
  /** VirtualBox's format. */
  VDI;

  /** The name used on the command line and in JSON, such as {@code raw.gz}. */
  public String label() {
    return this == RAW_GZIP ? "raw.gz" : name().toLowerCase(Locale.ROOT);
  }
}
