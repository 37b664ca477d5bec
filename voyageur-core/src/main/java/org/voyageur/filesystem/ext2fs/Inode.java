package org.voyageur.filesystem.ext2fs;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
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
  private static final int UID_HIGH = 120;
  private static final int GID_HIGH = 122;
  private static final int EXTRA_SIZE = 128;
  private static final int CTIME_EXTRA = 132;
  private static final int MTIME_EXTRA = 136;

  /** The largest target that is kept in the inode itself: 60 bytes with the NUL. */
  private static final int FAST_SYMLINK = 60;

  private static final int FORMAT_MASK = 0170000;
  static final int REGULAR = 0100000;

  static final int IMMUTABLE = 0x10;
  static final int APPEND_ONLY = 0x20;
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
    return fields.getInt(FILE_ACL) != 0;
  }

  /** Whether the content is encrypted, so that it cannot be read. */
  public boolean isEncrypted() {
    return has(ENCRYPTED);
  }

  /** Whether a symbolic link's target is in the inode itself. */
  boolean isFastLink() {
    return size() < FAST_SYMLINK && !has(INLINE_DATA);
  }

  /** The target of a link for which {@link #isFastLink} holds. */
  String fastTarget() {
    byte[] target = new byte[(int) size()];
    fields.get(BLOCK, target);
    return new String(target, StandardCharsets.UTF_8);
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
    fields.putInt(MTIME, (int) now.getEpochSecond());
    fields.putInt(CTIME, (int) now.getEpochSecond());
    clearExtra(MTIME_EXTRA);
    clearExtra(CTIME_EXTRA);
  }

  /** The file is new. */
  void created(Instant now) {
    fields.putInt(ATIME, (int) now.getEpochSecond());
    touch(now);
  }

  void deleted(Instant now) {
    fields.putInt(DTIME, (int) now.getEpochSecond());
  }

  /** Nanoseconds and epoch bits of the old time would be read together with the new one. */
  private void clearExtra(int offset) {
    boolean present =
        fields.capacity() >= offset + 4
            && Short.toUnsignedInt(fields.getShort(EXTRA_SIZE)) >= offset + 4 - EXTRA_SIZE;
    if (present) {
      fields.putInt(offset, 0);
    }
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
        Instant.ofEpochSecond(fields.getInt(MTIME)),
        has(IMMUTABLE));
  }

  private int unsigned(int offset) {
    return Short.toUnsignedInt(fields.getShort(offset));
  }
}
