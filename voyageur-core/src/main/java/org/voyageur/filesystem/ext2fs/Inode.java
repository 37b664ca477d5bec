package org.voyageur.filesystem.ext2fs;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Instant;
import org.voyageur.filesystem.FileOwner;
import org.voyageur.filesystem.FileStat;
import org.voyageur.filesystem.FileType;

/**
 * An inode's bytes in the host's order, as the library gives them: struct ext2_inode(_large),
 * ext2_fs.h. Mutable; {@link Ext2Handle#writeInode} writes it back.
 */
public final class Inode {
  private static final int MODE = 0;
  private static final int UID = 2;
  private static final int SIZE = 4;
  private static final int ATIME = 8;
  private static final int CTIME = 12;
  private static final int MTIME = 16;
  private static final int DTIME = 20;
  private static final int GID = 24;
  private static final int LINKS = 26;
  private static final int FLAGS = 32;
  private static final int BLOCK = 40;
  private static final int FILE_ACL = 104;
  private static final int SIZE_HIGH = 108;
  private static final int FILE_ACL_HIGH = 118;
  private static final int UID_HIGH = 120;
  private static final int GID_HIGH = 122;
  private static final int EXTRA_SIZE = 128;
  private static final int CTIME_EXTRA = 132;
  private static final int MTIME_EXTRA = 136;

  /** The largest target that is kept in the inode itself: 60 bytes with the NUL. */
  private static final int FAST_SYMLINK = 60;

  /** EXT4_MIN_INLINE_DATA_SIZE: the length of i_block. */
  private static final int INLINE_HEAD = 60;

  private static final int FORMAT_MASK = 0170000;
  static final int REGULAR = 0100000;

  static final int IMMUTABLE = 0x10;
  static final int ENCRYPTED = 0x800;
  static final int EXTENTS = 0x80000;
  static final int ATTRIBUTE_VALUE = 0x200000; // EXT4_EA_INODE_FL
  static final int INLINE_DATA = 0x10000000;

  private final int number;
  private final ByteBuffer fields;

  Inode(int number, byte[] bytes) {
    this.number = number;
    this.fields = ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
  }

  byte[] bytes() {
    return fields.array();
  }

  /** Its number, from 1. */
  public int number() {
    return number;
  }

  /** What kind of file it is. */
  public FileType type() {
    return switch (fields.getShort(MODE) & FORMAT_MASK) {
      case REGULAR -> FileType.REGULAR;
      case 0040000 -> FileType.DIRECTORY;
      case 0120000 -> FileType.SYMBOLIC_LINK;
      case 0020000 -> FileType.CHARACTER_DEVICE;
      case 0060000 -> FileType.BLOCK_DEVICE;
      case 0010000 -> FileType.FIFO;
      case 0140000 -> FileType.SOCKET;
      default -> FileType.UNKNOWN;
    };
  }

  /** Its content's size in bytes; a directory's high word means something else. */
  public long size() {
    long low = Integer.toUnsignedLong(fields.getInt(SIZE));
    return type() == FileType.REGULAR
        ? low | (Integer.toUnsignedLong(fields.getInt(SIZE_HIGH)) << 32)
        : low;
  }

  int links() {
    return Short.toUnsignedInt(fields.getShort(LINKS));
  }

  void links(int count) {
    fields.putShort(LINKS, (short) count);
  }

  boolean has(int flag) {
    return (fields.getInt(FLAGS) & flag) != 0;
  }

  void flag(int flag, boolean on) {
    int flags = fields.getInt(FLAGS);
    fields.putInt(FLAGS, on ? flags | flag : flags & ~flag);
  }

  boolean hasAttributeBlock() {
    return attributeBlock() != 0;
  }

  /** The block of extended attributes, 0 if there is none; 48 bits. */
  long attributeBlock() {
    return Integer.toUnsignedLong(fields.getInt(FILE_ACL))
        | (Short.toUnsignedLong(fields.getShort(FILE_ACL_HIGH)) << 32);
  }

  /** Whether the attributes that are in the inode itself are sound. */
  boolean hasSoundAttributes() {
    return fields.capacity() <= EXTRA_SIZE
        || AttributeCheck.isSoundBody(fields, EXTRA_SIZE + unsigned(EXTRA_SIZE));
  }

  /** Whether the content is encrypted, so that it cannot be read. */
  public boolean isEncrypted() {
    return has(ENCRYPTED);
  }

  /** Whether a symbolic link's target is in the inode itself. */
  public boolean isFastLink() {
    return size() < FAST_SYMLINK && !has(INLINE_DATA);
  }

  /** The target of a link for which {@link #isFastLink} holds. */
  public String fastTarget() {
    byte[] target = new byte[(int) size()];
    fields.get(BLOCK, target);
    return FileName.text(target);
  }

  /** Whether the content is in the inode and an attribute of it, not in blocks. */
  public boolean isInline() {
    return has(INLINE_DATA);
  }

  /** The part of inline data that takes the place of block numbers. */
  byte[] inlineHead() {
    byte[] head = new byte[INLINE_HEAD];
    fields.get(BLOCK, head);
    return head;
  }

  /** Where the content is, for an inode with neither extents nor inline data. */
  ByteBuffer blockNumbers() {
    return fields.slice(BLOCK, INLINE_HEAD).order(ByteOrder.LITTLE_ENDIAN);
  }

  void mode(int formatAndPermissions) {
    fields.putShort(MODE, (short) formatAndPermissions);
  }

  void permissions(int permissions) {
    fields.putShort(MODE, (short) ((fields.getShort(MODE) & FORMAT_MASK) | permissions));
  }

  void owner(FileOwner owner) {
    fields.putShort(UID, (short) owner.uid());
    fields.putShort(UID_HIGH, (short) (owner.uid() >>> 16));
    fields.putShort(GID, (short) owner.gid());
    fields.putShort(GID_HIGH, (short) (owner.gid() >>> 16));
  }

  void clearSize() {
    fields.putInt(SIZE, 0);
    fields.putInt(SIZE_HIGH, 0);
  }

  /** The content changed. */
  void touch(Instant now) {
    time(MTIME, MTIME_EXTRA, now);
    changed(now);
  }

  /** The inode changed. */
  void changed(Instant now) {
    time(CTIME, CTIME_EXTRA, now);
  }

  /** The file is new. */
  void created(Instant now) {
    fields.putInt(ATIME, (int) now.getEpochSecond());
    touch(now);
  }

  void deleted(Instant now) {
    fields.putInt(DTIME, (int) now.getEpochSecond());
  }

  /**
   * Signed seconds; where there is an extra field, its two lowest bits add multiples of 2^32 to
   * them, and the others are nanoseconds (Linux's Documentation/filesystems/ext4, "Inode
   * Timestamps").
   */
  private Instant time(int offset, int extraOffset) {
    int extra = hasExtra(extraOffset) ? fields.getInt(extraOffset) : 0;
    return Instant.ofEpochSecond(fields.getInt(offset) + ((extra & 3L) << 32), extra >>> 2);
  }

  private void time(int offset, int extraOffset, Instant time) {
    int low = (int) time.getEpochSecond();
    fields.putInt(offset, low);
    if (hasExtra(extraOffset)) {
      fields.putInt(extraOffset, (int) ((time.getEpochSecond() - low) >> 32) & 3);
    }
  }

  private boolean hasExtra(int offset) {
    return fields.capacity() >= offset + 4 && unsigned(EXTRA_SIZE) >= offset + 4 - EXTRA_SIZE;
  }

  /** What it says, for those who know paths only. */
  public FileStat stat() {
    int uid = unsigned(UID) | (unsigned(UID_HIGH) << 16);
    int gid = unsigned(GID) | (unsigned(GID_HIGH) << 16);
    return new FileStat(
        type(),
        number,
        unsigned(MODE) & 07777,
        new FileOwner(uid, gid),
        size(),
        links(),
        time(MTIME, MTIME_EXTRA),
        has(IMMUTABLE));
  }

  private int unsigned(int offset) {
    return Short.toUnsignedInt(fields.getShort(offset));
  }
}
