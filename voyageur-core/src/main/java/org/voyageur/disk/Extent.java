package org.voyageur.disk;

/**
 * A run of bytes on a device.
 *
 * @param offset where it starts, in bytes, not negative
 * @param length its length in bytes, not negative
 */
public record Extent(long offset, long length) {
  /** Checks that the run does not overflow. */
  public Extent {
    if (offset < 0 || length < 0 || offset > Long.MAX_VALUE - length) {
      throw new IllegalArgumentException("extent " + offset + "+" + length);
    }
  }

  /** The first byte behind the run. */
  public long end() {
    return offset + length;
  }
}
