package org.voyageur.filesystem.ext2fs;

import java.nio.ByteBuffer;

/**
 * Whether the extended attributes of an inode may be given to the library. Its own check
 * (read_xattrs_from_buffer in ext_attr.c, 1.43 to 1.47.4) takes each name and value off an unsigned
 * count of bytes left, which wraps where values overlap; a later value's length is then believed,
 * and 4 GiB are copied out of a block. The format: struct ext2_ext_attr_header and _entry of
 * ext2_ext_attr.h.
 */
final class AttributeCheck {
  private static final int MAGIC = 0xEA020000;
  private static final int HEADER = 32;
  private static final int ENTRY = 16;

  private AttributeCheck() {}

  /** Whether a block of attributes is sound, or is none, which the library finds out itself. */
  static boolean isSoundBlock(ByteBuffer block) {
    return block.getInt(0) != MAGIC || isSound(block, HEADER, 0);
  }

  /**
   * Whether the attributes within an inode are.
   *
   * @param start behind the extra fields
   */
  static boolean isSoundBody(ByteBuffer inode, int start) {
    return start + 4 > inode.limit()
        || inode.getInt(start) != MAGIC
        || isSound(inode, start + 4, start + 4);
  }

  /** Attributes from {@code at} to the end; their values' offsets count from {@code base}. */
  private static boolean isSound(ByteBuffer region, int at, int base) {
    long left = (long) region.limit() - at;
    int entry = at;
    // The list ends with four zero bytes, or where no entry fits any more.
    while (region.limit() - entry >= ENTRY && region.getInt(entry) != 0) {
      int nameLength = (Byte.toUnsignedInt(region.get(entry)) + 3) & ~3;
      long valueOffset = Short.toUnsignedLong(region.getShort(entry + 2));
      long valueInode = Integer.toUnsignedLong(region.getInt(entry + 4));
      long valueSize = Integer.toUnsignedLong(region.getInt(entry + 8));
      left -= ENTRY + (long) nameLength + valueSize;
      if (left < 0 || valueInode != 0 || base + valueOffset + valueSize > region.limit()) {
        return false;
      }
      entry += ENTRY + nameLength;
    }
    return true;
  }
}
