package org.voyageur.disk;

import java.util.Locale;

/** The formats that a result can be written in. */
public enum OutputFormat {
  /** A sparse file of the disk's bytes. */
  RAW,
  /** QEMU's copy-on-write format, version 3. */
  QCOW2;

  /** The name on the command line and the file name's ending, such as {@code qcow2}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
