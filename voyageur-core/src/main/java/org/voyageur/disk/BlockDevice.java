package org.voyageur.disk;

import java.nio.ByteBuffer;
import java.util.List;

/**
 * A fixed-size, byte-addressed store: an image file, a window of one, or an overlay over one. Every
 * method throws {@link org.voyageur.error.VoyageurException} on an I/O error.
 *
 * <p>Several threads may read a device while none writes to it.
 */
public interface BlockDevice extends AutoCloseable {
  /** The size in bytes. */
  long size();

  /**
   * Fills the buffer's remaining bytes from {@code offset} on. Bytes never written read as zero.
   *
   * @throws IndexOutOfBoundsException if the range is not within the device
   */
  void read(long offset, ByteBuffer into);

  /**
   * Writes the buffer's remaining bytes at {@code offset}.
   *
   * @throws IndexOutOfBoundsException if the range is not within the device
   * @throws UnsupportedOperationException if the device is read-only
   */
  void write(long offset, ByteBuffer from);

  /**
   * The parts of {@code range} that may hold something other than zeros, ascending and disjoint.
   * Everything else reads as zero.
   */
  List<Extent> dataExtents(Extent range);

  /** Makes everything written so far durable. */
  void flush();

  @Override
  void close();

  /** {@code length} bytes from {@code offset} on, in a fresh array. */
  default byte[] read(long offset, int length) {
    byte[] bytes = new byte[length];
    read(offset, ByteBuffer.wrap(bytes));
    return bytes;
  }
}
