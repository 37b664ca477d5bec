package org.voyageur.filesystem.ext2fs;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.voyageur.disk.BlockDevice;

/**
 * The blocks of files without extents (Linux's Documentation/filesystems/ext4, "Direct/Indirect
 * Block Addressing"). The library finds one block at a time and reads its numbers anew for each:
 * for a kernel and its initrd that takes as long as to inflate the initrd.
 *
 * @param device with the filesystem
 * @param blockSize in bytes
 */
record IndirectBlocks(BlockDevice device, int blockSize) {
  private static final int DIRECT = 12;
  private static final int LEVELS = 3;

  /** Is told of one file's blocks, in the file's order. */
  interface Visitor {
    /**
     * A block with content.
     *
     * @param logical its number in the file, from 0
     * @param physical its number in the filesystem, which may be behind its end
     */
    void block(long logical, long physical);

    /** Whether a block of numbers is to be read; it may be behind the filesystem's end. */
    boolean enters(long block);
  }

  /**
   * Walks through a file's blocks; holes are passed over.
   *
   * @param numbers the inode's i_block, little-endian
   * @param count how many blocks of the file are of interest
   */
  void walk(ByteBuffer numbers, long count, Visitor visitor) {
    long logical = walk(numbers.slice(0, DIRECT * Integer.BYTES), 0, 0, count, visitor);
    for (int level = 1; level <= LEVELS && logical < count; level++) {
      int at = (DIRECT + level - 1) * Integer.BYTES;
      logical = walk(numbers.slice(at, Integer.BYTES), level, logical, count, visitor);
    }
  }

  /**
   * Walks through what numbers lead to.
   *
   * @param level how many blocks of numbers lie between them and the file's blocks
   * @param first the number in the file of the first block that they lead to
   * @return the number behind the last
   */
  private long walk(ByteBuffer numbers, int level, long first, long count, Visitor visitor) {
    ByteBuffer left = numbers.order(ByteOrder.LITTLE_ENDIAN);
    long each = 1;
    for (int i = 0; i < level; i++) {
      each *= blockSize / Integer.BYTES;
    }
    long logical = first;
    while (left.hasRemaining() && logical < count) {
      long number = Integer.toUnsignedLong(left.getInt());
      if (number != 0 && level == 0) {
        visitor.block(logical, number);
      } else if (number != 0 && visitor.enters(number)) {
        ByteBuffer below = ByteBuffer.wrap(device.read(number * blockSize, blockSize));
        walk(below, level - 1, logical, count, visitor);
      }
      logical += each;
    }
    return logical;
  }
}
