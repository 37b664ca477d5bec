package org.voyageur.filesystem.ext2fs;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.voyageur.disk.BlockDevice;
import org.voyageur.disk.Extent;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.filesystem.BlockRun;
import org.voyageur.filesystem.DirectoryEntry;
import org.voyageur.filesystem.FileOwner;
import org.voyageur.filesystem.FileType;
import org.voyageur.filesystem.FilesystemFacts;
import org.voyageur.filesystem.Superblock;

/**
 * An ext2, ext3 or ext4 filesystem by inode numbers: libext2fs without its pointers. Each call
 * either succeeds or throws, and after it has thrown nothing that was written counts. One thread
 * only, as the arena enforces.
 */
public final class Ext2Handle implements AutoCloseable {
  private static final int BITS_AT_A_TIME = 1 << 15;

  /** More entries than any directory that matters here; a hostile one could have 2^32. */
  private static final int MOST_ENTRIES = 200_000;

  /** Offsets in struct struct_ext2_filsys, ext2fs.h; nothing behind 200 is stable. */
  static final long FS_SUPER = 32;

  static final long FS_INODE_MAP = 80;
  static final long FS_BLOCK_MAP = 88;
  static final long FS_BITMAP_TYPE = 196;

  /** EXT2FS_BMAP64_RBTREE of ext2fs.h: memory for what is set, not for what there is. */
  static final short TREES = 2;

  private static final int ZEROS = 1 << 20;
  private static final int DIR_ITERATE_ABORT = 2;
  private static final int BMAP_UNINITIALISED = 1;

  private final Superblock superblock;
  private final BlockDevice device;
  private final Arena arena = Arena.ofConfined();
  private final BlockDeviceIoManager io;
  private final MemorySegment fs;
  private final MemorySegment out = arena.allocate(16, 8);
  private final int inodeSize;
  private final int blockSize;
  private final long size;
  private final long readBudget;
  private boolean bitmapsRead;
  private boolean closed;

  /**
   * Opens a filesystem.
   *
   * @param superblock read from the same device just before, and checked
   * @throws VoyageurException FILESYSTEM_DAMAGED or FILESYSTEM_FEATURE
   */
  public Ext2Handle(BlockDevice device, Superblock superblock, boolean writable) {
    this.superblock = superblock;
    this.device = device;
    FilesystemFacts facts = superblock.facts();
    this.inodeSize = facts.inodeSize();
    this.blockSize = facts.blockSize();
    this.size = facts.size();
    this.readBudget = 4 * size + (64 << 20);
    this.io = new BlockDeviceIoManager(device, writable, arena);
    MemorySegment name = arena.allocateFrom("voyageur");
    MemorySegment opened = arena.allocate(ADDRESS);
    int flags = LibExt2fs.FLAG_64BITS | (writable ? LibExt2fs.FLAG_RW : 0);
    try {
      io.allowReading(readBudget);
      check("open", LibExt2fs.open2(name, flags, io.pointer(), opened));
      fs = opened.get(ADDRESS, 0);
      fs.reinterpret(200).set(JAVA_SHORT, FS_BITMAP_TYPE, TREES);
      try {
        check("check the group descriptors of", LibExt2fs.checkDesc(fs));
        if (writable) {
          readBitmaps();
        }
        if (inode(LibExt2fs.ROOT_INODE).type() != FileType.DIRECTORY) {
          throw damaged("the filesystem's root is not a directory");
        }
      } catch (RuntimeException e) {
        LibExt2fs.free(fs);
        throw e;
      }
    } catch (RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  private void check(String what, long code) {
    io.rethrow();
    if (code == 0 && !io.isPoisoned()) {
      return;
    }
    if (code == LibExt2fs.ET_BLOCK_ALLOC_FAIL || code == LibExt2fs.ET_INODE_ALLOC_FAIL) {
      throw full();
    }
    if (code == LibExt2fs.ET_UNSUPP_FEATURE || code == LibExt2fs.ET_RO_UNSUPP_FEATURE) {
      throw new VoyageurException(
          ErrorCode.FILESYSTEM_FEATURE,
          "the filesystem has features that this host's libext2fs does not know, among "
              + String.join(", ", superblock.facts().features()),
          "Use a host with a newer e2fsprogs");
    }
    String reason =
        code == LibExt2fs.ECANCELED
            ? "it makes the library read more than the filesystem holds"
            : code == 0 ? "an earlier read or write failed" : LibExt2fs.errorMessage(code);
    throw damaged("cannot " + what + " the filesystem: " + reason);
  }

  private static VoyageurException damaged(String what) {
    return new VoyageurException(
        ErrorCode.FILESYSTEM_DAMAGED,
        what,
        "Repair a copy of the image with 'e2fsck -f', and convert that");
  }

  private static VoyageurException full() {
    return new VoyageurException(
        ErrorCode.FILESYSTEM_FULL,
        "the guest's filesystem is full",
        "Remove something from the guest, or enlarge its image and filesystem (truncate, resize2fs)");
  }

  /** Readies a call: what it may read starts anew. */
  private MemorySegment begin() {
    if (closed) {
      throw new IllegalStateException("closed");
    }
    io.allowReading(readBudget);
    return fs;
  }

  /** The size of a block in bytes. */
  public int blockSize() {
    return blockSize;
  }

  /** The superblock as it is now in memory, 1024 bytes. */
  public byte[] superblockBytes() {
    return superblockSegment().toArray(JAVA_BYTE);
  }

  private MemorySegment superblockSegment() {
    return begin().reinterpret(200).get(ADDRESS, FS_SUPER).reinterpret(1024);
  }

  /** Reads an inode. */
  public Inode inode(int number) {
    Inode inode = readInode(number);
    if (inode.isInline()) {
      // The library copies the attribute into a buffer that it does not measure against it.
      int length = inlineTail(number).length;
      if (length > inodeSize) {
        throw damaged("inode " + number + " has " + length + " bytes of inline data");
      }
    }
    return inode;
  }

  private Inode readInode(int number) {
    try (Arena scratch = Arena.ofConfined()) {
      MemorySegment buffer = scratch.allocate(inodeSize, 8);
      check(
          "read inode " + number + " of",
          LibExt2fs.readInodeFull(begin(), number, buffer, inodeSize));
      return new Inode(number, buffer.toArray(JAVA_BYTE));
    }
  }

  /** What of a file's inline data does not fit into the place of block numbers. */
  private byte[] inlineTail(int number) {
    return attribute(number, "system.data").orElse(new byte[0]);
  }

  /** The content of a file for which {@link Inode#isInline} holds. */
  public byte[] inlineContent(Inode inode) {
    byte[] head = inode.inlineHead();
    byte[] tail = inlineTail(inode.number());
    if (inode.size() > head.length + tail.length) {
      throw damaged(
          "inode %d claims %d bytes, and has %d"
              .formatted(inode.number(), inode.size(), head.length + tail.length));
    }
    byte[] content = new byte[(int) inode.size()];
    int fromHead = Math.min(head.length, content.length);
    System.arraycopy(head, 0, content, 0, fromHead);
    System.arraycopy(tail, 0, content, fromHead, content.length - fromHead);
    return content;
  }

  /** Writes an inode back. */
  public void writeInode(Inode inode) {
    try (Arena scratch = Arena.ofConfined()) {
      MemorySegment buffer = scratch.allocateFrom(JAVA_BYTE, inode.bytes());
      check(
          "write inode " + inode.number() + " of",
          LibExt2fs.writeInodeFull(begin(), inode.number(), buffer, inodeSize));
    }
  }

  /** The inode of a name in a directory; empty if there is none. */
  public Optional<Integer> lookup(int directory, String name) {
    try (Arena scratch = Arena.ofConfined()) {
      byte[] bytes = FileName.bytes(name);
      MemorySegment text = scratch.allocateFrom(JAVA_BYTE, bytes);
      long code = LibExt2fs.lookup(begin(), directory, text, bytes.length, out);
      if (code == LibExt2fs.ET_FILE_NOT_FOUND) {
        io.rethrow();
        return Optional.empty();
      }
      check("look up " + name + " in", code);
      return Optional.of(out.get(JAVA_INT, 0));
    }
  }

  /** An entry as it is on the disk. */
  private record RawEntry(String name, int inode, FileType type) {}

  /** The entries of a directory but for {@code .} and {@code ..}, in no order. */
  public List<DirectoryEntry> list(int directory) {
    List<RawEntry> entries = new ArrayList<>();
    DirectoryCallback callback =
        new DirectoryCallback(entry -> {
          if (!entry.name().equals(".") && !entry.name().equals("..")) {
            entries.add(entry);
          }
        });
    try (Arena scratch = Arena.ofConfined()) {
      MemorySegment stub =
          stub(
              scratch,
              DirectoryCallback.class,
              callback,
              FunctionDescriptor.of(
                  JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT, ADDRESS, ADDRESS));
      check("list a directory of", LibExt2fs.dirIterate2(begin(), directory, stub));
    }
    callback.rethrow();
    return entries.stream().map(entry -> checked(directory, entry)).toList();
  }

  private DirectoryEntry checked(int directory, RawEntry entry) {
    // As Linux's verify_dirent_name: whoever takes names for paths must not be led elsewhere.
    if (entry.name().isEmpty() || entry.name().matches("(?s).*[/\\x00].*")) {
      throw damaged("directory inode " + directory + " has an entry named '" + entry.name() + "'");
    }
    // Filesystems without the filetype feature have the type in the inode only.
    FileType type =
        entry.type() == FileType.UNKNOWN ? readInode(entry.inode()).type() : entry.type();
    return new DirectoryEntry(entry.name(), type);
  }

  /** {@code int (*func)(ino, entry, dirent, offset, blocksize, buf, priv)} of dir_iterate2. */
  private static final class DirectoryCallback {
    private final Consumer<RawEntry> consumer;
    private int seen;
    private Optional<RuntimeException> failure = Optional.empty();

    DirectoryCallback(Consumer<RawEntry> consumer) {
      this.consumer = consumer;
    }

    @SuppressWarnings({"UnusedMethod", "UnusedVariable"}) // The library calls it.
    int call(
        int directory,
        int kind,
        MemorySegment entry,
        int offset,
        int blockSize,
        MemorySegment buffer,
        MemorySegment priv) {
      try {
        if (++seen > MOST_ENTRIES) {
          throw damaged("a directory has more than " + MOST_ENTRIES + " entries");
        }
        MemorySegment header = entry.reinterpret(8);
        int length = Byte.toUnsignedInt(header.get(JAVA_BYTE, 6));
        byte[] name = entry.reinterpret(8 + length).asSlice(8).toArray(JAVA_BYTE);
        consumer.accept(
            new RawEntry(
                FileName.text(name), header.get(JAVA_INT, 0), fileType(header.get(JAVA_BYTE, 7))));
        return 0;
      } catch (RuntimeException e) {
        failure = Optional.of(e);
        return DIR_ITERATE_ABORT;
      }
    }

    void rethrow() {
      failure.ifPresent(e -> {
        throw e;
      });
    }

    /** EXT2_FT_* of ext2_fs.h. */
    private static FileType fileType(byte value) {
      return switch (value) {
        case 1 -> FileType.REGULAR;
        case 2 -> FileType.DIRECTORY;
        case 3 -> FileType.CHARACTER_DEVICE;
        case 4 -> FileType.BLOCK_DEVICE;
        case 5 -> FileType.FIFO;
        case 6 -> FileType.SOCKET;
        case 7 -> FileType.SYMBOLIC_LINK;
        default -> FileType.UNKNOWN;
      };
    }
  }

  private static MemorySegment stub(
      Arena scratch, Class<?> type, Object callback, FunctionDescriptor descriptor) {
    try {
      MethodHandle handle =
          MethodHandles.lookup()
              .findVirtual(type, "call", descriptor.toMethodType())
              .bindTo(callback);
      return Linker.nativeLinker().upcallStub(handle, descriptor, scratch);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("call", e);
    }
  }

  private MemorySegment open(int inode, int flags) {
    check("open a file of", LibExt2fs.fileOpen(begin(), inode, flags, out));
    return out.get(ADDRESS, 0);
  }

  /** Where a regular file's content lies, covering its size; empty for inline data. */
  public List<BlockRun> blocks(Inode inode) {
    if (inode.isInline()) {
      return List.of();
    }
    long blocks = (inode.size() + blockSize - 1) / blockSize;
    if (blocks > 2 * (size / blockSize) + (1 << 20)) {
      throw damaged("inode " + inode.number() + " claims " + inode.size() + " bytes");
    }
    List<BlockRun> runs = new ArrayList<>();
    if (!inode.has(Inode.EXTENTS)) {
      appendIndirect(runs, inode, blocks);
      return runs;
    }
    for (long logical = 0; logical < blocks; logical++) {
      check(
          "map a file of", LibExt2fs.bmap2(begin(), inode.number(), logical, out, out.asSlice(8)));
      boolean written = (out.get(JAVA_INT, 0) & BMAP_UNINITIALISED) == 0;
      long physical = out.get(JAVA_LONG, 8);
      long at = physical == 0 ? -1 : place(inode, physical);
      append(runs, new BlockRun(logical * blockSize, at, blockSize, physical == 0 || written));
    }
    return runs;
  }

  private void appendIndirect(List<BlockRun> runs, Inode inode, long blocks) {
    new IndirectBlocks(device, blockSize)
        .walk(
            inode.blockNumbers(),
            blocks,
            new IndirectBlocks.Visitor() {
              @Override
              public void block(long logical, long physical) {
                appendHole(runs, logical);
                long at = place(inode, physical);
                append(runs, new BlockRun(logical * blockSize, at, blockSize, true));
              }

              @Override
              public boolean enters(long block) {
                return place(inode, block) >= 0;
              }
            });
    appendHole(runs, blocks);
  }

  /** What is missing of a file up to a block of it. */
  private void appendHole(List<BlockRun> runs, long logical) {
    long known = runs.isEmpty() ? 0 : runs.getLast().fileOffset() + runs.getLast().length();
    if (known < logical * blockSize) {
      append(runs, new BlockRun(known, -1, logical * blockSize - known, true));
    }
  }

  private long place(Inode inode, long block) {
    if (block > device.size() / blockSize - 1) {
      throw damaged("inode " + inode.number() + " has a block outside of the disk");
    }
    return block * blockSize;
  }

  private static void append(List<BlockRun> runs, BlockRun next) {
    if (!runs.isEmpty()) {
      BlockRun last = runs.getLast();
      boolean continues =
          last.written() == next.written()
              && (last.deviceOffset() < 0
                  ? next.deviceOffset() < 0
                  : next.deviceOffset() == last.deviceOffset() + last.length());
      if (continues) {
        runs.removeLast();
        runs.add(
            new BlockRun(
                last.fileOffset(),
                last.deviceOffset(),
                last.length() + next.length(),
                next.written()));
        return;
      }
    }
    runs.add(next);
  }

  /** The blocks that the bitmaps call used, and all up to the superblock, in bytes. */
  public List<Extent> usedExtents() {
    return usedBlocks().extents(blockSize);
  }

  /**
   * The same without the ends of inode tables that are not in use, for a copy in which they are
   * zeros: 16 GiB of an ext3 of 2 TiB.
   */
  public List<Extent> copiedExtents() {
    BlockSet blocks = usedBlocks();
    clearUnusedInodes(blocks);
    return blocks.extents(blockSize);
  }

  private BlockSet usedBlocks() {
    long first = superblock.firstDataBlock();
    long count = superblock.blockCount();
    // The bitmap has a bit a cluster, which is a block but for bigalloc.
    int cluster = superblock.blocksPerCluster();
    long clusters = Math.ceilDiv(count - first, cluster);
    BlockSet used = new BlockSet(count);
    used.add(0, first + 1);
    for (long done = 0; done < clusters; done += BITS_AT_A_TIME) {
      long start = first / cluster + done;
      BitSet read =
          bitmap(
              FS_BLOCK_MAP,
              start,
              (int) Math.min(BITS_AT_A_TIME, clusters - done),
              LibExt2fs::getBlockBitmapRange2);
      for (int bit = read.nextSetBit(0); bit >= 0; ) {
        int end = read.nextClearBit(bit);
        used.add(first + (done + bit) * cluster, Math.min(first + (done + end) * cluster, count));
        bit = read.nextSetBit(end);
      }
    }
    return used;
  }

  /** The inodes of a group that the bitmap calls used; bit 0 stands for its first. */
  private BitSet usedInodes(int group) {
    int perGroup = superblock.inodesPerGroup();
    return bitmap(
        FS_INODE_MAP, 1 + (long) group * perGroup, perGroup, LibExt2fs::getInodeBitmapRange2);
  }

  @FunctionalInterface
  private interface BitmapReader {
    long read(MemorySegment bitmap, long start, long count, MemorySegment out);
  }

  /** Two blocks of each group: whoever only reads files needs none, and waits for none. */
  private void readBitmaps() {
    if (!bitmapsRead) {
      check("read the bitmaps of", LibExt2fs.readBitmaps(fs));
      bitmapsRead = true;
    }
  }

  /** A part of one of the library's bitmaps; its first bit is for {@code start}. */
  private BitSet bitmap(long field, long start, int count, BitmapReader reader) {
    readBitmaps();
    MemorySegment map = begin().reinterpret(200).get(ADDRESS, field);
    try (Arena scratch = Arena.ofConfined()) {
      MemorySegment bits = scratch.allocate((count + 7) / 8 + 8);
      check("read the bitmaps of", reader.read(map, start, count, bits));
      BitSet read = BitSet.valueOf(bits.asByteBuffer());
      read.clear(count, Math.max(count, read.length()));
      return read;
    }
  }

  /**
   * The used blocks but for the content of regular files: what a filesystem check reads.
   *
   * @return ascending, in bytes
   */
  public List<Extent> metadataExtents() {
    return metadataBlocks().extents(blockSize);
  }

  private BlockSet metadataBlocks() {
    BlockSet metadata = usedBlocks();
    ContentBlocks content = contentBlocks(metadata);
    int inodesPerBlock = blockSize / inodeSize;
    for (int group = 0; group < superblock.groups(); group++) {
      BitSet inodes = usedInodes(group);
      int inUse = inodes.length();
      for (int done = 0; done < inUse; done += inodesPerBlock) {
        ByteBuffer block = inodeTableBlock(group, done / inodesPerBlock);
        for (int i = 0; i < Math.min(inodesPerBlock, inUse - done); i++) {
          int number = group * superblock.inodesPerGroup() + done + i + 1;
          if (inodes.get(done + i) && superblock.isOrdinary(number)) {
            content.clearOfFile(inode(block, i));
          }
        }
      }
    }
    return metadata;
  }

  /** As it is on the disk, little-endian. */
  private ByteBuffer inodeTableBlock(int group, int index) {
    long block = LibExt2fs.inodeTableLoc(begin(), group) + index;
    if (block <= 0 || block >= superblock.blockCount()) {
      throw damaged("group " + group + " has its inode table outside of the filesystem");
    }
    return ByteBuffer.wrap(device.read(block * blockSize, blockSize));
  }

  private ByteBuffer inode(ByteBuffer tableBlock, int index) {
    return tableBlock.slice(index * inodeSize, inodeSize).order(ByteOrder.LITTLE_ENDIAN);
  }

  private ContentBlocks contentBlocks(BlockSet blocks) {
    return new ContentBlocks(device, blockSize, superblock.blockCount(), blocks);
  }

  /**
   * The same without what a check does not look at: the journal behind its own superblock, as there
   * is nothing to replay, and inodes of which {@link #declareUnusedInodes} says that they are not
   * in use. In ext3 that is most of it, and more the larger the disk.
   */
  public List<Extent> checkedExtents() {
    BlockSet blocks = metadataBlocks();
    int journal = superblock.journalInode();
    if (journal != 0) {
      int group = (journal - 1) / superblock.inodesPerGroup();
      int index = (journal - 1) % superblock.inodesPerGroup();
      int inodesPerBlock = blockSize / inodeSize;
      ByteBuffer block = inodeTableBlock(group, index / inodesPerBlock);
      contentBlocks(blocks).clear(inode(block, index % inodesPerBlock), 1);
    }
    clearUnusedInodes(blocks);
    return blocks.extents(blockSize);
  }

  private void clearUnusedInodes(BlockSet blocks) {
    boolean declared = superblock.knowsUnusedInodes();
    if (!declared && !countsInodesRightly()) {
      return;
    }
    int inodesPerBlock = blockSize / inodeSize;
    int perGroup = superblock.inodesPerGroup();
    for (int group = 0; group < superblock.groups(); group++) {
      int inUse = declared ? declaredInodes(group) : usedInodes(group).length();
      long table = LibExt2fs.inodeTableLoc(begin(), group);
      long first = table + Math.ceilDiv(inUse, inodesPerBlock);
      long end = table + Math.ceilDiv(perGroup, inodesPerBlock);
      if (table > 0 && first < end && end <= superblock.blockCount()) {
        blocks.remove(first, end);
      }
    }
  }

  /** How many inodes a group's table has up to the last that may be in use, by its descriptor. */
  private int declaredInodes(int group) {
    int perGroup = superblock.inodesPerGroup();
    return LibExt2fs.bgInodeUninit(fs, group)
        ? 0
        : Math.clamp(perGroup - (long) LibExt2fs.bgItableUnused(fs, group), 0, perGroup);
  }

  /** Whether the descriptors say of each group what its bitmap does. */
  private boolean countsInodesRightly() {
    int perGroup = superblock.inodesPerGroup();
    for (int group = 0; group < superblock.groups(); group++) {
      if (usedInodes(group).cardinality() != perGroup - LibExt2fs.bgFreeInodesCount(fs, group)) {
        return false;
      }
    }
    return true;
  }

  /**
   * Says in the group descriptors which ends of the inode tables are not in use, if none does so
   * far: a filesystem check need not read them then, as in ext4 (uninit_bg). Only for a copy that
   * is checked: Linux reads such a filesystem as ext4 alone.
   */
  public void declareUnusedInodes() {
    if (superblock.knowsUnusedInodes() || !countsInodesRightly()) {
      return;
    }
    MemorySegment bytes = superblockSegment();
    bytes.set(JAVA_INT, 100, bytes.get(JAVA_INT, 100) | Superblock.UNINIT_BG);
    check("describe the groups of", LibExt2fs.setGdtCsum(begin()));
    LibExt2fs.markSuperDirty(fs);
  }

  /** An extended attribute as it is stored; empty if there is none. */
  public Optional<byte[]> attribute(int inode, String name) {
    if (!superblock.hasAttributes()) {
      return Optional.empty();
    }
    try (Arena scratch = Arena.ofConfined()) {
      MemorySegment key = scratch.allocateFrom(name);
      MemorySegment handle = attributes(inode, scratch);
      try {
        long code = LibExt2fs.xattrGet(handle, key, out, out.asSlice(8));
        if (code == LibExt2fs.ET_EA_KEY_NOT_FOUND) {
          return Optional.empty();
        }
        check("read an attribute of", code);
        byte[] value =
            out.get(ADDRESS, 0)
                .reinterpret(Math.min(out.get(JAVA_LONG, 8), 65536))
                .toArray(JAVA_BYTE);
        LibExt2fs.freeMem(out);
        return Optional.of(value);
      } finally {
        closeAttributes(handle, scratch);
      }
    }
  }

  /** Sets an extended attribute; the others stay. */
  public void setAttribute(int inode, String name, byte[] value) {
    if (!superblock.hasAttributes()) {
      throw new VoyageurException(
          ErrorCode.FILESYSTEM_FEATURE,
          "the filesystem has no extended attributes",
          "Turn them on on a copy: tune2fs -O ext_attr IMAGE");
    }
    try (Arena scratch = Arena.ofConfined()) {
      MemorySegment key = scratch.allocateFrom(name);
      MemorySegment bytes = scratch.allocateFrom(JAVA_BYTE, value);
      MemorySegment handle = attributes(inode, scratch);
      try {
        long code = LibExt2fs.xattrSet(handle, key, bytes, value.length);
        if (code == LibExt2fs.ET_EA_NO_SPACE) {
          throw full();
        }
        check("set an attribute of", code);
      } finally {
        closeAttributes(handle, scratch);
      }
    }
  }

  private MemorySegment attributes(int inode, Arena scratch) {
    demandSoundAttributes(readInode(inode));
    check("read the attributes of", LibExt2fs.xattrsOpen(begin(), inode, out));
    MemorySegment handle = out.get(ADDRESS, 0);
    // Without this, setting one would lose all the others (measured).
    long code = LibExt2fs.xattrsRead(handle);
    if (code != 0) {
      closeAttributes(handle, scratch);
      check("read the attributes of", code);
    }
    return handle;
  }

  private void demandSoundAttributes(Inode inode) {
    boolean sound = inode.hasSoundAttributes();
    long block = inode.attributeBlock();
    if (block > 0 && block < superblock.blockCount()) {
      sound &=
          AttributeCheck.isSoundBlock(
              ByteBuffer.wrap(device.read(block * blockSize(), blockSize()))
                  .order(ByteOrder.nativeOrder()));
    }
    if (!sound) {
      throw damaged("the extended attributes of inode " + inode.number() + " are damaged");
    }
  }

  private static void closeAttributes(MemorySegment handle, Arena scratch) {
    MemorySegment pointer = scratch.allocate(ADDRESS);
    pointer.set(ADDRESS, 0, handle);
    LibExt2fs.xattrsClose(pointer);
  }

  /**
   * Creates a regular file: content first, name last, so that a failure leaves no name.
   *
   * @return its inode
   */
  public int createFile(
      int directory, String name, byte[] content, FileOwner owner, int permissions, Instant now) {
    int number;
    try (Arena scratch = Arena.ofConfined()) {
      check(
          "allocate an inode in",
          LibExt2fs.newInode(begin(), directory, Inode.REGULAR | permissions, out));
      number = out.get(JAVA_INT, 0);
      LibExt2fs.inodeAllocStats2(fs, number, 1, 0);
      Inode inode = new Inode(number, new byte[inodeSize]);
      inode.mode(Inode.REGULAR | permissions);
      inode.links(1);
      inode.owner(owner);
      MemorySegment buffer = scratch.allocateFrom(JAVA_BYTE, inode.bytes());
      if (superblock.hasExtents()) {
        // Gives the inode an extent tree; without it the file gets indirect blocks.
        check("create a file in", LibExt2fs.extentOpen2(fs, number, buffer, out));
        LibExt2fs.extentFree(out.get(ADDRESS, 0));
      }
      check("create a file in", LibExt2fs.writeNewInode(fs, number, buffer));
    }
    writeContent(number, content, now);
    Inode written = inode(number);
    written.created(now);
    writeInode(written);
    link(directory, name, number, 1, now);
    return number;
  }

  private void link(int directory, String name, int inode, int fileType, Instant now) {
    withExpansion(
        directory, name, text -> LibExt2fs.link(begin(), directory, text, inode, fileType));
    touch(directory, now);
  }

  /** A call that adds a name to a directory. */
  @FunctionalInterface
  private interface NameCall {
    long apply(MemorySegment name);
  }

  private void withExpansion(int directory, String name, NameCall call) {
    try (Arena scratch = Arena.ofConfined()) {
      MemorySegment text = scratch.allocateFrom(JAVA_BYTE, FileName.terminated(name));
      long code = call.apply(text);
      if (code == LibExt2fs.ET_DIR_NO_SPACE) {
        check("enlarge a directory of", LibExt2fs.expandDir(begin(), directory));
        code = call.apply(text);
      }
      check("add " + name + " to", code);
    }
  }

  private void touch(int inode, Instant now) {
    Inode changed = inode(inode);
    changed.touch(now);
    writeInode(changed);
  }

  /** Replaces a regular file's content; the inode stays. Zeros are written, not left as holes. */
  public void writeContent(int number, byte[] content, Instant now) {
    if (inode(number).isInline()) {
      // Writing over inline data overflows the library's heap before 1.47.4 (measured).
      check("expand a file of", LibExt2fs.inlineDataExpand(begin(), number));
    }
    try (Arena scratch = Arena.ofConfined()) {
      MemorySegment bytes = scratch.allocateFrom(JAVA_BYTE, content);
      writing(
          number,
          file -> {
            write(file, bytes);
            check("write a file of", LibExt2fs.fileFlush(file));
            check("write a file of", LibExt2fs.fileSetSize2(file, content.length));
          });
    }
    touch(number, now);
  }

  /** Writes zeros where a regular file reads as zeros without having blocks that hold them. */
  public void fillGaps(int number, Instant now) {
    Inode inode = inode(number);
    List<BlockRun> gaps = blocks(inode).stream().filter(BlockRun::isGap).toList();
    try (Arena scratch = Arena.ofConfined()) {
      MemorySegment zeros = scratch.allocate(ZEROS);
      writing(
          number,
          file -> {
            for (BlockRun gap : gaps) {
              long end = Math.min(gap.fileOffset() + gap.length(), inode.size());
              for (long at = gap.fileOffset(); at < end; at += ZEROS) {
                check("write a file of", LibExt2fs.fileSeek(file, at));
                write(file, zeros.asSlice(0, Math.min(ZEROS, end - at)));
              }
            }
          });
    }
    touch(number, now);
  }

  private void writing(int number, Consumer<MemorySegment> writer) {
    MemorySegment file = open(number, LibExt2fs.FILE_WRITE);
    boolean closedWell = false;
    try {
      writer.accept(file);
      closedWell = true;
      check("write a file of", LibExt2fs.fileClose(file));
    } finally {
      if (!closedWell) {
        LibExt2fs.fileClose(file);
      }
    }
  }

  private void write(MemorySegment file, MemorySegment bytes) {
    long at = 0;
    while (at < bytes.byteSize()) {
      MemorySegment rest = bytes.asSlice(at);
      check("write a file of", LibExt2fs.fileWrite(file, rest, (int) rest.byteSize(), out));
      at += out.get(JAVA_INT, 0);
    }
  }

  /** Creates a directory. */
  public int createDirectory(
      int parent, String name, FileOwner owner, int permissions, Instant now) {
    int links = inode(parent).links();
    withExpansion(parent, name, text -> LibExt2fs.mkdir(begin(), parent, text));
    if (links == 1) {
      // With dir_nlink, 1 stands for more subdirectories than can be counted; the library counts.
      Inode uncounted = inode(parent);
      uncounted.links(1);
      writeInode(uncounted);
    }
    return finish(parent, name, owner, permissions, now);
  }

  /** Creates a symbolic link. */
  public int createLink(int parent, String name, String target, Instant now) {
    try (Arena scratch = Arena.ofConfined()) {
      MemorySegment to = scratch.allocateFrom(JAVA_BYTE, FileName.terminated(target));
      withExpansion(parent, name, text -> LibExt2fs.symlink(begin(), parent, text, to));
    }
    return finish(parent, name, FileOwner.ROOT, 0777, now);
  }

  private int finish(int parent, String name, FileOwner owner, int permissions, Instant now) {
    int number = lookup(parent, name).orElseThrow();
    Inode inode = inode(number);
    inode.permissions(permissions);
    inode.owner(owner);
    inode.created(now);
    writeInode(inode);
    touch(parent, now);
    return number;
  }

  /** Removes a name, and its file with the last one; a directory must be empty. */
  public void remove(int directory, String name, Instant now) {
    int number = lookup(directory, name).orElseThrow();
    Inode inode = inode(number);
    boolean isDirectory = inode.type() == FileType.DIRECTORY;
    try (Arena scratch = Arena.ofConfined()) {
      MemorySegment text = scratch.allocateFrom(JAVA_BYTE, FileName.terminated(name));
      check("remove " + name + " from", LibExt2fs.unlink(begin(), directory, text, number));
    }
    inode.links(isDirectory ? 0 : Math.max(0, inode.links() - 1));
    inode.changed(now);
    inode.flag(Inode.IMMUTABLE, false);
    writeInode(inode);
    if (inode.links() == 0) {
      release(number, isDirectory, now);
    }
    Inode parent = inode(directory);
    if (isDirectory && parent.links() > 2) {
      parent.links(parent.links() - 1);
    }
    parent.touch(now);
    writeInode(parent);
  }

  private void release(int number, boolean isDirectory, Instant now) {
    Inode inode = inode(number);
    try (Arena scratch = Arena.ofConfined()) {
      MemorySegment buffer = scratch.allocateFrom(JAVA_BYTE, inode.bytes());
      if (inode.hasAttributeBlock()) {
        check("release a file of", LibExt2fs.freeExtAttr(begin(), number, buffer));
        inode = new Inode(number, buffer.toArray(JAVA_BYTE));
        writeInode(inode);
      }
      if (LibExt2fs.inodeHasValidBlocks2(begin(), buffer)) {
        check("release a file of", LibExt2fs.punch(fs, number, 0, -1));
      }
    }
    Inode released = inode(number);
    released.clearSize();
    released.links(0);
    released.deleted(now);
    writeInode(released);
    LibExt2fs.inodeAllocStats2(begin(), number, -1, isDirectory ? 1 : 0);
  }

  /** Sets the time of the last modification. */
  public void setModified(int number, Instant time, Instant now) {
    Inode inode = inode(number);
    inode.touch(time);
    inode.changed(now);
    writeInode(inode);
  }

  /** Sets or clears the immutable flag. */
  public void setImmutable(int number, boolean immutable) {
    Inode inode = inode(number);
    inode.flag(Inode.IMMUTABLE, immutable);
    writeInode(inode);
  }

  /** Sets the volume label: 16 bytes, padded with NUL. */
  public void setLabel(byte[] label) {
    MemorySegment field = superblockSegment().asSlice(120, 16);
    field.fill((byte) 0);
    field.copyFrom(MemorySegment.ofArray(label));
    LibExt2fs.markSuperDirty(fs);
  }

  /** Writes what is cached to the device. */
  public void flush() {
    check("write", LibExt2fs.flush(begin()));
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      LibExt2fs.free(fs);
      arena.close();
    }
  }
}
