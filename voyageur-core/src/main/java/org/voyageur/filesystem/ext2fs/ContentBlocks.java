package org.voyageur.filesystem.ext2fs;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.voyageur.disk.BlockDevice;

/**
 * Takes the blocks with files' content out of a set, so that the filesystem's own remain. The
 * library does the same an upcall a block, which takes as long as everything else in a conversion.
 * Offsets and numbers: Linux's Documentation/filesystems/ext4 ("Inode Table", "i_block").
 */
final class ContentBlocks {
  private static final int MODE = 0;
  private static final int FLAGS = 32;
  private static final int BLOCK = 40;
  private static final int BLOCK_LENGTH = 60;
  private static final int FORMAT_MASK = 0170000;

  private static final short EXTENT_MAGIC = (short) 0xF30A;
  private static final int EXTENT_HEADER = 12;
  private static final int EXTENT = 12;
  private static final int EXTENT_LEVELS = 5;

  /** More than that many blocks in an extent says that they are allocated and not written. */
  private static final int MOST_WRITTEN = 32768;

  private final BlockDevice device;
  private final int blockSize;
  private final BlockSet blocks;

  /** Blocks of block numbers that were read: a hostile filesystem names one a million times. */
  private final BlockSet read;

  private final long blockCount;

  /**
   * For one pass over a filesystem.
   *
   * @param blocks the set
   */
  ContentBlocks(BlockDevice device, int blockSize, long blockCount, BlockSet blocks) {
    this.device = device;
    this.blockSize = blockSize;
    this.blockCount = blockCount;
    this.blocks = blocks;
    this.read = new BlockSet(blockCount);
  }

  /** Does so if an inode is that of a regular file with blocks of its own. */
  void clearOfFile(ByteBuffer inode) {
    int notContent = Inode.INLINE_DATA | Inode.ATTRIBUTE_VALUE;
    if ((inode.getShort(MODE) & FORMAT_MASK) == Inode.REGULAR
        && (inode.getInt(FLAGS) & notContent) == 0) {
      clear(inode, 0);
    }
  }

  /**
   * Does so for any inode.
   *
   * @param inode its bytes, little-endian
   * @param from the first block of the file that is content, at most 12
   */
  void clear(ByteBuffer inode, int from) {
    ByteBuffer map = inode.slice(BLOCK, BLOCK_LENGTH).order(ByteOrder.LITTLE_ENDIAN);
    if ((inode.getInt(FLAGS) & Inode.EXTENTS) != 0) {
      clearExtents(map, from, EXTENT_LEVELS);
      return;
    }
    new IndirectBlocks(device, blockSize)
        .walk(
            map,
            Long.MAX_VALUE,
            new IndirectBlocks.Visitor() {
              @Override
              public void block(long logical, long physical) {
                if (logical >= from) {
                  clear(physical, 1);
                }
              }

              @Override
              public boolean enters(long block) {
                return isNew(block);
              }
            });
  }

  private void clearExtents(ByteBuffer node, int from, int levels) {
    if (node.getShort(0) != EXTENT_MAGIC || levels < 0) {
      return;
    }
    int room = (node.capacity() - EXTENT_HEADER) / EXTENT;
    int entries = Math.min(Short.toUnsignedInt(node.getShort(2)), room);
    boolean leaf = node.getShort(6) == 0;
    for (int i = 0; i < entries; i++) {
      int at = EXTENT_HEADER + i * EXTENT;
      if (leaf) {
        long logical = Integer.toUnsignedLong(node.getInt(at));
        int length = Short.toUnsignedInt(node.getShort(at + 4));
        long start = number(node, at + 8, at + 6);
        int written = length > MOST_WRITTEN ? length - MOST_WRITTEN : length;
        long kept = Math.clamp(from - logical, 0, written);
        clear(start + kept, written - kept);
      } else {
        long child = number(node, at + 4, at + 8);
        if (isNew(child)) {
          clearExtents(read(child), from, levels - 1);
        }
      }
    }
  }

  /** 48 bits. */
  private static long number(ByteBuffer node, int low, int high) {
    return Integer.toUnsignedLong(node.getInt(low))
        | (Short.toUnsignedLong(node.getShort(high)) << 32);
  }

  private boolean isNew(long block) {
    boolean fresh = block > 0 && block < blockCount && !read.contains(block);
    if (fresh) {
      read.add(block, block + 1);
    }
    return fresh;
  }

  private ByteBuffer read(long block) {
    return ByteBuffer.wrap(device.read(block * blockSize, blockSize))
        .order(ByteOrder.LITTLE_ENDIAN);
  }

  private void clear(long start, long count) {
    if (start > 0 && start < blockCount) {
      blocks.remove(start, Math.min(start + count, blockCount));
    }
  }
}
