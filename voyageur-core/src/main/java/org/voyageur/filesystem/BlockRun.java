package org.voyageur.filesystem;

/**
 * A run of a file's content.
 *
 * @param fileOffset where it starts in the file, in bytes
 * @param deviceOffset where it lies on the device, in bytes; -1 for a hole
 * @param length in bytes, a multiple of the block size
 * @param written false for an unwritten extent: it reads as zeros, but SYSLINUX would read what the
 *     disk held before
 */
public record BlockRun(long fileOffset, long deviceOffset, long length, boolean written) {
  /** Whether it reads as zeros without having blocks that hold them. */
  public boolean isGap() {
    return deviceOffset < 0 || !written;
  }
}
