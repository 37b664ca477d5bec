package org.voyageur.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** The header of a qcow2 (qemu docs/interop/qcow2.txt); all numbers are big-endian. */
final class Qcow2Header {
  private static final int MAGIC = 0x514649fb;
  private static final int SIZE = 24;

  private Qcow2Header() {}

  /**
   * Makes a qcow2 smaller, of which nothing behind the new end was ever written. Its table may be
   * longer than the size needs; {@code qemu-img resize --shrink} walks all of it, for minutes.
   *
   * @param size the new virtual size in bytes
   */
  static void setVirtualSize(Path image, long size) {
    try (FileChannel file =
        FileChannel.open(image, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      ByteBuffer header = ByteBuffer.allocate(SIZE + 8);
      if (file.read(header, 0) < header.capacity()
          || header.getInt(0) != MAGIC
          || size > header.getLong(SIZE)) {
        throw new IllegalStateException(image + " is not the qcow2 that was just written");
      }
      file.write(ByteBuffer.allocate(8).putLong(size).flip(), SIZE);
    } catch (IOException e) {
      throw OutputErrors.writing(image, e);
    }
  }
}
