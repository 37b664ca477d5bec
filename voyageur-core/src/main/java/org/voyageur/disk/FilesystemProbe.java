package org.voyageur.disk;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.voyageur.disk.DiskLayout.FilesystemType;

/** Names a filesystem by its superblock, as libblkid does. */
final class FilesystemProbe {
  /** Linux's {@code fs/ext4/ext4.h}, {@code struct ext4_super_block}; it begins at byte 1024. */
  private static final int EXT_SUPERBLOCK = 1024;

  private static final int EXT_SIZE = 1024;
  private static final int EXT_MAGIC = 0xef53;
  private static final int EXT_MAX_LOG_BLOCK_SIZE = 6;
  private static final int COMPAT_HAS_JOURNAL = 0x4;
  private static final int INCOMPAT_FILETYPE = 0x2;
  private static final int INCOMPAT_RECOVER = 0x4;
  private static final int INCOMPAT_JOURNAL_DEV = 0x8;
  private static final int INCOMPAT_META_BG = 0x10;
  private static final int RO_COMPAT_SPARSE_SUPER = 0x1;
  private static final int RO_COMPAT_LARGE_FILE = 0x2;
  private static final int RO_COMPAT_BTREE_DIR = 0x4;

  private static final int BTRFS_MAGIC = 0x10040;

  /** Up to 64 KiB pages, as ARM and POWER have them. */
  private static final int MAX_SWAP_PAGE = 65536;

  private static final int HEAD = 4096;

  private FilesystemProbe() {}

  /** What the device holds; its size does not matter, it may be cut off. */
  static FilesystemType probe(BlockDevice device) {
    byte[] head = read(device, 0, HEAD);
    FilesystemType ext = ext(head);
    if (ext != FilesystemType.UNKNOWN) {
      return ext;
    }
    if (has(head, 0, "XFSB")) {
      return FilesystemType.XFS;
    }
    if (has(head, 0, "LUKS\u00ba\u00be")) {
      return FilesystemType.LUKS;
    }
    for (int sector = 0; sector < 4; sector++) {
      if (has(head, sector * 512, "LABELONE") && has(head, sector * 512 + 24, "LVM2 001")) {
        return FilesystemType.LVM;
      }
    }
    if (has(head, 3, "NTFS    ")) {
      return FilesystemType.NTFS;
    }
    if (isFat(head)) {
      return FilesystemType.FAT;
    }
    if (has(read(device, BTRFS_MAGIC, 8), 0, "_BHRfS_M")) {
      return FilesystemType.BTRFS;
    }
    for (int page = 4096; page <= MAX_SWAP_PAGE; page *= 2) {
      byte[] signature = read(device, page - 10, 10);
      if (has(signature, 0, "SWAPSPACE2") || has(signature, 0, "SWAP-SPACE")) {
        return FilesystemType.SWAP;
      }
    }
    return FilesystemType.UNKNOWN;
  }

  private static FilesystemType ext(byte[] head) {
    ByteBuffer superblock =
        ByteBuffer.wrap(head, EXT_SUPERBLOCK, EXT_SIZE).slice().order(ByteOrder.LITTLE_ENDIAN);
    boolean sane =
        (superblock.getShort(0x38) & 0xffff) == EXT_MAGIC
            && superblock.getInt(0x00) != 0 // inodes
            && superblock.getInt(0x04) != 0 // blocks
            && Integer.compareUnsigned(superblock.getInt(0x18), EXT_MAX_LOG_BLOCK_SIZE) <= 0
            && superblock.getInt(0x20) != 0 // blocks per group
            && superblock.getInt(0x28) != 0 // inodes per group
            && Integer.compareUnsigned(superblock.getInt(0x4c), 1) <= 0; // revision
    if (!sane) {
      return FilesystemType.UNKNOWN;
    }
    int compat = superblock.getInt(0x5c);
    int incompat = superblock.getInt(0x60);
    int roCompat = superblock.getInt(0x64);
    if ((incompat & INCOMPAT_JOURNAL_DEV) != 0) {
      return FilesystemType.UNKNOWN;
    }
    boolean journal = (compat & COMPAT_HAS_JOURNAL) != 0;
    int old = INCOMPAT_FILETYPE | INCOMPAT_META_BG | (journal ? INCOMPAT_RECOVER : 0);
    int oldRo = RO_COMPAT_SPARSE_SUPER | RO_COMPAT_LARGE_FILE | RO_COMPAT_BTREE_DIR;
    if ((incompat & ~old) != 0 || (roCompat & ~oldRo) != 0) {
      return FilesystemType.EXT4;
    }
    return journal ? FilesystemType.EXT3 : FilesystemType.EXT2;
  }

  /** A BIOS parameter block that makes sense, and the name that mkfs.fat and Windows leave. */
  private static boolean isFat(byte[] head) {
    int sectorSize = (head[11] & 0xff) | (head[12] & 0xff) << 8;
    int fats = head[16] & 0xff;
    return head[510] == 0x55
        && (head[511] & 0xff) == 0xaa
        && Integer.bitCount(sectorSize) == 1
        && sectorSize >= 512
        && Integer.bitCount(head[13] & 0xff) == 1
        && (fats == 1 || fats == 2)
        && (has(head, 54, "FAT12   ")
            || has(head, 54, "FAT16   ")
            || has(head, 54, "FAT     ")
            || has(head, 82, "FAT32   "));
  }

  /** What lies behind the device's end reads as zeros. */
  private static byte[] read(BlockDevice device, long offset, int length) {
    byte[] bytes = new byte[length];
    int there = Math.clamp(device.size() - offset, 0, length);
    device.read(Math.min(offset, device.size()), ByteBuffer.wrap(bytes, 0, there));
    return bytes;
  }

  private static boolean has(byte[] bytes, int offset, String magic) {
    return new String(bytes, offset, magic.length(), StandardCharsets.ISO_8859_1).equals(magic);
  }
}
