package org.voyageur.disk;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import org.voyageur.disk.DiskLayout.FilesystemType;

/** Recognises filesystems by their superblocks, as libblkid does. */
final class FilesystemTypes {
  /** Far enough for the outermost magic below: btrfs at 64 KiB + 64. */
  private static final int LOOK = 68 << 10;

  private record Magic(int offset, String text, FilesystemType type) {
    boolean matches(byte[] start) {
      byte[] bytes = text.getBytes(ISO_8859_1);
      int end = offset + bytes.length;
      return end <= start.length && Arrays.equals(start, offset, end, bytes, 0, bytes.length);
    }
  }

  private static final List<Magic> MAGICS =
      List.of(
          new Magic(0, "XFSB", FilesystemType.XFS),
          new Magic(0, "LUKS\u00ba\u00be", FilesystemType.LUKS),
          new Magic(512, "LABELONE", FilesystemType.LVM),
          new Magic(0, "LABELONE", FilesystemType.LVM),
          new Magic(3, "NTFS    ", FilesystemType.NTFS),
          new Magic(54, "FAT1", FilesystemType.FAT),
          new Magic(82, "FAT32", FilesystemType.FAT),
          new Magic(4086, "SWAPSPACE2", FilesystemType.SWAP),
          new Magic(65600, "_BHRfS_M", FilesystemType.BTRFS));

  private static final int EXT_SUPERBLOCK = 1024;
  private static final int HAS_JOURNAL = 0x4;

  /** Incompatible features that ext3 knows: filetype, recover, meta_bg (linux fs/ext3/ext3.h). */
  private static final int EXT3_INCOMPAT = 0x2 | 0x4 | 0x10;

  /** Read-only compatible features that ext3 knows: sparse_super, large_file, btree_dir. */
  private static final int EXT3_RO_COMPAT = 0x1 | 0x2 | 0x4;

  private FilesystemTypes() {}

  /** What the device begins with. */
  static FilesystemType probe(BlockDevice device) {
    byte[] start = device.read(0, (int) Math.min(LOOK, device.size()));
    if (isExt(start)) {
      return extType(start);
    }
    return MAGICS.stream()
        .filter(magic -> magic.matches(start))
        .map(Magic::type)
        .findFirst()
        .orElse(FilesystemType.UNKNOWN);
  }

  private static boolean isExt(byte[] start) {
    if (start.length < EXT_SUPERBLOCK + 1024) {
      return false;
    }
    ByteBuffer superblock = extSuperblock(start);
    return superblock.getShort(56) == (short) 0xEF53
        && superblock.getInt(24) >= 0
        && superblock.getInt(24) <= 6
        && superblock.getInt(4) != 0;
  }

  private static FilesystemType extType(byte[] start) {
    ByteBuffer superblock = extSuperblock(start);
    boolean beyondExt3 =
        (superblock.getInt(96) & ~EXT3_INCOMPAT) != 0
            || (superblock.getInt(100) & ~EXT3_RO_COMPAT) != 0;
    if (beyondExt3) {
      return FilesystemType.EXT4;
    }
    boolean journal = (superblock.getInt(92) & HAS_JOURNAL) != 0;
    return journal ? FilesystemType.EXT3 : FilesystemType.EXT2;
  }

  private static ByteBuffer extSuperblock(byte[] start) {
    return ByteBuffer.wrap(start, EXT_SUPERBLOCK, 1024).slice().order(ByteOrder.LITTLE_ENDIAN);
  }
}
