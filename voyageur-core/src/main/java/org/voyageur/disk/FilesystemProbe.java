package org.voyageur.disk;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.Map;
import java.util.UUID;
import org.voyageur.disk.DiskLayout.FilesystemType;
import org.voyageur.disk.DiskLayout.Tag;

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

  /** Linux's {@code fs/xfs/libxfs/xfs_format.h}, {@code struct xfs_dsb}, at byte 0. */
  private static final int XFS_UUID = 32;

  private static final int XFS_LABEL = 108;

  /** Linux's {@code include/uapi/linux/btrfs_tree.h}, {@code struct btrfs_super_block}. */
  private static final int BTRFS_SUPERBLOCK = 0x10000;

  private static final int BTRFS_SIZE = 4096;
  private static final int BTRFS_UUID = 0x20;
  private static final int BTRFS_MAGIC = 0x40;
  private static final int BTRFS_LABEL = 0x12b;

  /** Linux's {@code include/linux/swap.h}, {@code union swap_header}. */
  private static final int SWAP_UUID = 1036;

  private static final int SWAP_LABEL = 1052;
  private static final int SWAP_PADDING = 1068;

  /** Linux's {@code include/uapi/linux/msdos_fs.h}: the end of the BIOS parameter block. */
  private static final int FAT_SECTORS = 22;

  private static final int FAT16_SIGNATURE = 38;
  private static final int FAT32_SIGNATURE = 66;

  /** Up to 64 KiB pages, as ARM and POWER have them. */
  private static final int MAX_SWAP_PAGE = 65536;

  private static final int HEAD = 4096;

  private static final UUID NO_UUID = new UUID(0, 0);

  private FilesystemProbe() {}

  /**
   * What was found.
   *
   * @param names the filesystem's label and UUID, where it has them; those of LVM, LUKS and NTFS
   *     are not read, as fstab does not call them so
   */
  record Found(FilesystemType type, Map<Tag, String> names) {
    private static Found unnamed(FilesystemType type) {
      return new Found(type, Map.of());
    }

    private static Found named(FilesystemType type, String label, String uuid) {
      Map<Tag, String> names = new EnumMap<>(Map.of(Tag.LABEL, label, Tag.UUID, uuid));
      names.values().removeIf(String::isEmpty);
      return new Found(type, names);
    }
  }

  /** What the device holds; its size does not matter, it may be cut off. */
  static Found probe(BlockDevice device) {
    byte[] head = read(device, 0, HEAD);
    FilesystemType ext = ext(head);
    if (ext != FilesystemType.UNKNOWN) {
      return Found.named(
          ext, text(head, EXT_SUPERBLOCK + 120, 16), uuid(head, EXT_SUPERBLOCK + 104));
    }
    if (has(head, 0, "XFSB")) {
      return Found.named(FilesystemType.XFS, text(head, XFS_LABEL, 12), uuid(head, XFS_UUID));
    }
    if (has(head, 0, "LUKS\u00ba\u00be")) {
      return Found.unnamed(FilesystemType.LUKS);
    }
    for (int sector = 0; sector < 4; sector++) {
      if (has(head, sector * 512, "LABELONE") && has(head, sector * 512 + 24, "LVM2 001")) {
        return Found.unnamed(FilesystemType.LVM);
      }
    }
    if (has(head, 3, "NTFS    ")) {
      return Found.unnamed(FilesystemType.NTFS);
    }
    if (isFat(head)) {
      return fat(head);
    }
    byte[] btrfs = read(device, BTRFS_SUPERBLOCK, BTRFS_SIZE);
    if (has(btrfs, BTRFS_MAGIC, "_BHRfS_M")) {
      return Found.named(
          FilesystemType.BTRFS, text(btrfs, BTRFS_LABEL, 256), uuid(btrfs, BTRFS_UUID));
    }
    for (int page = 4096; page <= MAX_SWAP_PAGE; page *= 2) {
      byte[] signature = read(device, page - 10, 10);
      if (has(signature, 0, "SWAPSPACE2")) {
        return swap(head);
      }
      if (has(signature, 0, "SWAP-SPACE")) {
        return Found.unnamed(FilesystemType.SWAP);
      }
    }
    return Found.unnamed(FilesystemType.UNKNOWN);
  }

  /**
   * libblkid takes no names from a header with anything behind it, for which it looks at words 32
   * and 33 there, that of e2fsprogs at bytes 32 and 33.
   */
  private static Found swap(byte[] head) {
    ByteBuffer padding = ByteBuffer.wrap(head, SWAP_PADDING, 136).slice();
    return padding.getShort(32) != 0 || padding.getLong(128) != 0
        ? Found.unnamed(FilesystemType.SWAP)
        : Found.named(FilesystemType.SWAP, text(head, SWAP_LABEL, 16), uuid(head, SWAP_UUID));
  }

  /**
   * The serial number, and the label as mkfs.fat writes it; Windows has it in the root directory.
   */
  private static Found fat(byte[] head) {
    boolean fat32 = head[FAT_SECTORS] == 0 && head[FAT_SECTORS + 1] == 0;
    int at = fat32 ? FAT32_SIGNATURE : FAT16_SIGNATURE;
    if (head[at] != 0x29) {
      return Found.unnamed(FilesystemType.FAT);
    }
    String label = text(head, at + 5, 11).stripTrailing();
    return Found.named(
        FilesystemType.FAT,
        label.equals("NO NAME") ? "" : label,
        "%02X%02X-%02X%02X".formatted(head[at + 4], head[at + 3], head[at + 2], head[at + 1]));
  }

  /** Up to the first zero. */
  private static String text(byte[] bytes, int offset, int most) {
    String text = new String(bytes, offset, most, StandardCharsets.ISO_8859_1);
    int end = text.indexOf('\0');
    return end < 0 ? text : text.substring(0, end);
  }

  /** Empty where there is none. */
  private static String uuid(byte[] bytes, int offset) {
    ByteBuffer fields = ByteBuffer.wrap(bytes, offset, 16);
    UUID uuid = new UUID(fields.getLong(), fields.getLong());
    return uuid.equals(NO_UUID) ? "" : uuid.toString();
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
