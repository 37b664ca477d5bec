package org.voyageur.guest;

/**
 * What PyGrub makes of a disk.
 *
 * @param offset the byte of the disk at which the filesystem begins whose menu it takes an entry
 *     of; {@link #NOWHERE} if there is none
 * @param answer what it starts, or why it ends with an error
 */
public record DiskAnswer(long offset, PyGrubAnswer answer) {
  /** No offset of any filesystem. */
  public static final long NOWHERE = -1;
}
