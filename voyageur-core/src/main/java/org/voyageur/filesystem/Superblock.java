package org.voyageur.filesystem;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.voyageur.disk.BlockDevice;
import org.voyageur.disk.DiskLayout.FilesystemType;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.filesystem.FilesystemFacts.State;

/**
 * The superblock of ext2, ext3 and ext4: 1024 bytes at byte 1024 (e2fsprogs' ext2_fs.h, Linux's
 * Documentation/filesystems/ext4). Its numbers are checked here before libext2fs is given the
 * filesystem: a wrong first_data_block makes the library write behind its buffers (measured).
 */
public final class Superblock {
  private static final int OFFSET = 1024;
  private static final int LENGTH = 1024;

  private static final int HAS_JOURNAL = 0x4; // compat
  private static final int EXT_ATTR = 0x8; // compat
  private static final int NEEDS_RECOVERY = 0x4; // incompat
  private static final int EXTENTS = 0x40; // incompat
  private static final int IS_64BIT = 0x80; // incompat
  private static final int INLINE_DATA = 0x8000; // incompat

  /** In the word at byte 100, ro_compat. */
  public static final int UNINIT_BG = 0x10;

  private static final int BIGALLOC = 0x200; // ro_compat
  private static final int METADATA_CSUM = 0x400; // ro_compat
  private static final int ORPHAN_PRESENT = 0x10000; // ro_compat

  private static final int STATE_VALID = 1;
  private static final int STATE_ERROR = 2;

  /** EXT2_MAX_CLUSTER_LOG_SIZE less the 10 of a KiB. */
  private static final int MOST_LOG_CLUSTER_SIZE = 19;

  /** 2^31 blocks, 8 TiB of 4 KiB blocks: bitmaps are held in memory, a bit a block. */
  private static final long MOST_BLOCKS = Integer.MAX_VALUE;

  private static final long MOST_INODES = Integer.MAX_VALUE - 1;

  /** EXT2_GOOD_OLD_FIRST_INO of ext2_fs.h: revision 0 has no field for it. */
  private static final int OLD_FIRST_INODE = 11;

  /** Names as e2fsprogs' lib/e2p/feature.c has them. */
  private record Feature(Word word, int bit, String name) {}

  private enum Word {
    COMPAT(92),
    INCOMPAT(96),
    RO_COMPAT(100);

    private final int offset;

    Word(int offset) {
      this.offset = offset;
    }
  }

  private static final List<Feature> FEATURES =
      List.of(
          new Feature(Word.COMPAT, 0x1, "dir_prealloc"),
          new Feature(Word.COMPAT, 0x2, "imagic_inodes"),
          new Feature(Word.COMPAT, HAS_JOURNAL, "has_journal"),
          new Feature(Word.COMPAT, EXT_ATTR, "ext_attr"),
          new Feature(Word.COMPAT, 0x10, "resize_inode"),
          new Feature(Word.COMPAT, 0x20, "dir_index"),
          new Feature(Word.COMPAT, 0x200, "sparse_super2"),
          new Feature(Word.COMPAT, 0x400, "fast_commit"),
          new Feature(Word.COMPAT, 0x800, "stable_inodes"),
          new Feature(Word.COMPAT, 0x1000, "orphan_file"),
          new Feature(Word.INCOMPAT, 0x1, "compression"),
          new Feature(Word.INCOMPAT, 0x2, "filetype"),
          new Feature(Word.INCOMPAT, NEEDS_RECOVERY, "needs_recovery"),
          new Feature(Word.INCOMPAT, 0x8, "journal_dev"),
          new Feature(Word.INCOMPAT, 0x10, "meta_bg"),
          new Feature(Word.INCOMPAT, EXTENTS, "extent"),
          new Feature(Word.INCOMPAT, IS_64BIT, "64bit"),
          new Feature(Word.INCOMPAT, 0x100, "mmp"),
          new Feature(Word.INCOMPAT, 0x200, "flex_bg"),
          new Feature(Word.INCOMPAT, 0x400, "ea_inode"),
          new Feature(Word.INCOMPAT, 0x1000, "dirdata"),
          new Feature(Word.INCOMPAT, 0x2000, "metadata_csum_seed"),
          new Feature(Word.INCOMPAT, 0x4000, "large_dir"),
          new Feature(Word.INCOMPAT, INLINE_DATA, "inline_data"),
          new Feature(Word.INCOMPAT, 0x10000, "encrypt"),
          new Feature(Word.INCOMPAT, 0x20000, "casefold"),
          new Feature(Word.RO_COMPAT, 0x1, "sparse_super"),
          new Feature(Word.RO_COMPAT, 0x2, "large_file"),
          new Feature(Word.RO_COMPAT, 0x8, "huge_file"),
          new Feature(Word.RO_COMPAT, UNINIT_BG, "uninit_bg"),
          new Feature(Word.RO_COMPAT, 0x20, "dir_nlink"),
          new Feature(Word.RO_COMPAT, 0x40, "extra_isize"),
          new Feature(Word.RO_COMPAT, 0x100, "quota"),
          new Feature(Word.RO_COMPAT, BIGALLOC, "bigalloc"),
          new Feature(Word.RO_COMPAT, METADATA_CSUM, "metadata_csum"),
          new Feature(Word.RO_COMPAT, 0x1000, "read-only"),
          new Feature(Word.RO_COMPAT, 0x2000, "project"),
          new Feature(Word.RO_COMPAT, 0x4000, "shared_blocks"),
          new Feature(Word.RO_COMPAT, 0x8000, "verity"),
          new Feature(Word.RO_COMPAT, ORPHAN_PRESENT, "orphan_present"));

  /**
   * What neither libext2fs nor we can write safely, or at all. ea_inode: the library trusts the
   * size of such an attribute when it reads inline data, and we would not release it.
   */
  private static final List<String> REFUSED =
      List.of(
          "compression",
          "journal_dev",
          "mmp",
          "ea_inode",
          "dirdata",
          "encrypt",
          "casefold",
          "shared_blocks");

  private final ByteBuffer fields;

  Superblock(byte[] bytes) {
    this.fields = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * Reads and checks a superblock.
   *
   * @throws VoyageurException FILESYSTEM_TYPE, FILESYSTEM_DAMAGED, FILESYSTEM_FEATURE, or
   *     IMAGE_CUT_OFF if the device is smaller than the filesystem
   */
  public static Superblock read(BlockDevice device) {
    if (device.size() < OFFSET + LENGTH) {
      throw damaged("the device has only " + device.size() + " bytes");
    }
    Superblock superblock = new Superblock(device.read(OFFSET, LENGTH));
    superblock.check(device.size());
    return superblock;
  }

  private void check(long deviceSize) {
    if (fields.getShort(56) != (short) 0xEF53) {
      throw new VoyageurException(
          ErrorCode.FILESYSTEM_TYPE,
          "there is no ext2, ext3 or ext4 superblock",
          "Check that this is the image of a Linux guest");
    }
    int logBlockSize = fields.getInt(24);
    if (logBlockSize < 0 || logBlockSize > 6) {
      throw damaged("its block size is 2^" + (10L + logBlockSize));
    }
    int logClusterSize = fields.getInt(28);
    if (has(Word.RO_COMPAT, BIGALLOC)
        && (logClusterSize < logBlockSize || logClusterSize > MOST_LOG_CLUSTER_SIZE)) {
      throw damaged("its cluster size is 2^" + (10L + logClusterSize));
    }
    long expectedFirst = logBlockSize == 0 && !has(Word.RO_COMPAT, BIGALLOC) ? 1 : 0;
    if (firstDataBlock() != expectedFirst) {
      throw damaged("its first data block is " + firstDataBlock() + ", not " + expectedFirst);
    }
    if (inodeSize() < 128 || inodeSize() > blockSize() || Integer.bitCount(inodeSize()) != 1) {
      throw damaged("its inodes have " + inodeSize() + " bytes");
    }
    if (blockCount() <= firstDataBlock() || blockCount() > MOST_BLOCKS) {
      throw damaged("it has " + blockCount() + " blocks");
    }
    if (inodeCount() < firstInode() || inodeCount() > MOST_INODES) {
      throw damaged("it has " + inodeCount() + " inodes");
    }
    if (firstInode() < OLD_FIRST_INODE) {
      throw damaged("its first free inode is " + firstInode());
    }
    if (isMore(number(12, 344)) || isMore(number(8, 340))) {
      throw damaged("it has more blocks free or reserved than blocks");
    }
    int descriptorSize = fields.getShort(254);
    if (has(Word.INCOMPAT, IS_64BIT)
        && (descriptorSize < 64
            || descriptorSize > 1024
            || Integer.bitCount(descriptorSize) != 1)) {
      throw damaged("its group descriptors have " + descriptorSize + " bytes");
    }
    if (blockCount() * blockSize() > deviceSize) {
      throw new VoyageurException(
          ErrorCode.IMAGE_CUT_OFF,
          "the filesystem has "
              + blockCount() * blockSize()
              + " bytes, and the disk only "
              + deviceSize,
          "The image is cut off: fetch it again, and compare its size and checksum");
    }
    if (blocksPerGroup() <= 0
        || inodesPerGroup() <= 0
        || groups() * inodesPerGroup() != inodeCount()) {
      throw damaged(
          "its groups have %d blocks and %d inodes, and there are %d inodes"
              .formatted(blocksPerGroup(), inodesPerGroup(), inodeCount()));
    }
    if (journalInode() < 0 || journalInode() > inodeCount()) {
      throw damaged("its journal is inode " + Integer.toUnsignedString(journalInode()));
    }
    List<String> refused = features().stream().filter(REFUSED::contains).toList();
    if (!refused.isEmpty()) {
      throw new VoyageurException(
          ErrorCode.FILESYSTEM_FEATURE,
          "the filesystem uses " + String.join(", ", refused) + ", which voyageur cannot write",
          "Turn the feature off on a copy with tune2fs, if that is possible, and convert that");
    }
    if (has(Word.COMPAT, HAS_JOURNAL) && journalInode() == 0) {
      throw new VoyageurException(
          ErrorCode.FILESYSTEM_FEATURE,
          "the filesystem's journal is on another device",
          "Give a copy an internal journal: tune2fs -O ^has_journal IMAGE; tune2fs -j IMAGE");
    }
  }

  private boolean isMore(long blocks) {
    return Long.compareUnsigned(blocks, blockCount()) > 0;
  }

  private static VoyageurException damaged(String what) {
    return new VoyageurException(
        ErrorCode.FILESYSTEM_DAMAGED,
        "the superblock is damaged: " + what,
        "Repair a copy of the image with 'e2fsck -f', and convert that");
  }

  private boolean has(Word word, int bit) {
    return (fields.getInt(word.offset) & bit) != 0;
  }

  private int blockSize() {
    return 1024 << fields.getInt(24);
  }

  /** Revision 0 has no such field: its inodes have 128 bytes. */
  private int inodeSize() {
    return fields.getInt(76) == 0 ? 128 : Short.toUnsignedInt(fields.getShort(88));
  }

  /** The first block of the first group: 1 where blocks have 1 KiB, else 0. */
  public long firstDataBlock() {
    return Integer.toUnsignedLong(fields.getInt(20));
  }

  /** How many blocks the filesystem has. */
  public long blockCount() {
    return number(4, 336);
  }

  /** How many inodes the filesystem has, fewer than 2^31. */
  public long inodeCount() {
    return Integer.toUnsignedLong(fields.getInt(0));
  }

  /** The journal's inode; 0 where there is none. */
  public int journalInode() {
    return has(Word.COMPAT, HAS_JOURNAL) ? fields.getInt(224) : 0;
  }

  private int blocksPerGroup() {
    return fields.getInt(32);
  }

  /** How many groups of blocks there are. */
  public long groups() {
    return Math.ceilDiv(blockCount() - firstDataBlock(), blocksPerGroup());
  }

  /** How many inodes each group has in its table. */
  public int inodesPerGroup() {
    return fields.getInt(40);
  }

  /** Whether the group descriptors say how many inodes at their tables' ends were never used. */
  public boolean knowsUnusedInodes() {
    return has(Word.RO_COMPAT, UNINIT_BG | METADATA_CSUM);
  }

  private int firstInode() {
    return fields.getInt(76) == 0 ? OLD_FIRST_INODE : fields.getInt(84);
  }

  /** How many blocks a bit of the block bitmap stands for; 1 without bigalloc. */
  public int blocksPerCluster() {
    return has(Word.RO_COMPAT, BIGALLOC) ? 1 << (fields.getInt(28) - fields.getInt(24)) : 1;
  }

  /** Whether an inode is an ordinary file's, and not one that filesystem checks look into. */
  public boolean isOrdinary(int inode) {
    // Quota files and orphan files are regular files with numbers as any other.
    return inode >= firstInode() && inode != fields.getInt(620) && inode != fields.getInt(640);
  }

  /** Whether files may have extended attributes. */
  public boolean hasAttributes() {
    return has(Word.COMPAT, EXT_ATTR) || has(Word.INCOMPAT, INLINE_DATA);
  }

  /** Whether new files are to be mapped by extents. */
  public boolean hasExtents() {
    return has(Word.INCOMPAT, EXTENTS);
  }

  private long number(int low, int high) {
    long value = Integer.toUnsignedLong(fields.getInt(low));
    return has(Word.INCOMPAT, IS_64BIT)
        ? value | (Integer.toUnsignedLong(fields.getInt(high)) << 32)
        : value;
  }

  private List<String> features() {
    List<String> names = new ArrayList<>();
    for (Word word : Word.values()) {
      int left = fields.getInt(word.offset);
      for (Feature feature : FEATURES) {
        if (feature.word() == word && (left & feature.bit()) != 0) {
          names.add(feature.name());
          left &= ~feature.bit();
        }
      }
      if (left != 0) {
        names.add(
            word.name().toLowerCase(java.util.Locale.ROOT) + "_0x" + Integer.toHexString(left));
      }
    }
    return names;
  }

  private State state() {
    int state = fields.getShort(58);
    if (has(Word.INCOMPAT, NEEDS_RECOVERY)) {
      return State.JOURNAL_DIRTY;
    }
    if ((state & STATE_ERROR) != 0) {
      return State.ERRORS;
    }
    if (fields.getInt(232) != 0 || has(Word.RO_COMPAT, ORPHAN_PRESENT)) {
      return State.ORPHANS;
    }
    return (state & STATE_VALID) != 0 ? State.CLEAN : State.NOT_CLEAN;
  }

  /** Everything that it says. */
  public FilesystemFacts facts() {
    byte[] label = new byte[16];
    fields.get(120, label);
    int labelLength = 0;
    while (labelLength < 16 && label[labelLength] != 0) {
      labelLength++;
    }
    return new FilesystemFacts(
        type(),
        features(),
        new String(label, 0, labelLength, ISO_8859_1),
        uuid(),
        blockSize(),
        inodeSize(),
        blockCount() * blockSize(),
        number(12, 344) * blockSize(),
        number(8, 340) * blockSize(),
        Integer.toUnsignedLong(fields.getInt(16)),
        state(),
        growableTo());
  }

  /**
   * How far resize2fs can go without moving blocks: until the group descriptors fill the blocks
   * that they have and those that are reserved behind them (e2fsprogs' resize/resize2fs.c).
   */
  private long growableTo() {
    if (features().contains("meta_bg") || features().contains("sparse_super2")) {
      return blockCount() * blockSize();
    }
    boolean wide = has(Word.INCOMPAT, IS_64BIT);
    int descriptor = wide ? Math.max(32, fields.getShort(254)) : 32;
    long perBlock = blockSize() / descriptor;
    long reserved =
        features().contains("resize_inode") ? Short.toUnsignedLong(fields.getShort(206)) : 0;
    long blocks = (Math.ceilDiv(groups(), perBlock) + reserved) * perBlock * blocksPerGroup();
    return Math.min(blocks, MOST_BLOCKS) * blockSize();
  }

  /** As libblkid tells them apart: by the features that ext3 knows. */
  private FilesystemType type() {
    if ((fields.getInt(96) & ~0x16) != 0 || (fields.getInt(100) & ~0x7) != 0) {
      return FilesystemType.EXT4;
    }
    return has(Word.COMPAT, HAS_JOURNAL) ? FilesystemType.EXT3 : FilesystemType.EXT2;
  }

  private String uuid() {
    byte[] uuid = new byte[16];
    fields.get(104, uuid);
    String hex = HexFormat.of().formatHex(uuid);
    return String.join(
        "-",
        hex.substring(0, 8),
        hex.substring(8, 12),
        hex.substring(12, 16),
        hex.substring(16, 20),
        hex.substring(20));
  }
}
