package org.voyageur.filesystem.ext2fs;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.WrongMethodTypeException;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;

/**
 * The functions of libext2fs.so.2 that voyageur calls, by their C names; each returns the library's
 * {@code errcode_t}, 0 for success, unless it says otherwise. Prototypes: ext2fs.h and ext2_io.h of
 * e2fsprogs, the same from 1.43 to 1.47.4 for all that is used here.
 *
 * <p>A handle is linked when it is first called: linking all of them takes longer than most runs
 * need.
 */
public final class LibExt2fs {
  /** EXT2_ET_BASE of ext2_err.et. */
  public static final long ET_BASE = 2133571328L;

  public static final long ET_DIR_NO_SPACE = ET_BASE + 38;
  public static final long ET_SHORT_READ = ET_BASE + 36;
  public static final long ET_SHORT_WRITE = ET_BASE + 37;
  public static final long ET_UNSUPP_FEATURE = ET_BASE + 67;
  public static final long ET_RO_UNSUPP_FEATURE = ET_BASE + 68;
  public static final long ET_BLOCK_ALLOC_FAIL = ET_BASE + 72;
  public static final long ET_INODE_ALLOC_FAIL = ET_BASE + 73;
  public static final long ET_FILE_NOT_FOUND = ET_BASE + 76;
  public static final long ET_EA_KEY_NOT_FOUND = ET_BASE + 162;
  public static final long ET_EA_NO_SPACE = ET_BASE + 163;
  public static final long EIO = 5;
  public static final long ECANCELED = 125;

  public static final int FLAG_RW = 0x1;
  public static final int FLAG_64BITS = 0x20000;
  public static final int FILE_WRITE = 0x1;
  public static final int ROOT_INODE = 2;
  private static final int SEEK_SET = 0; // EXT2_SEEK_SET of ext2fs.h
  public static final int BG_INODE_UNINIT = 1;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final Object ONE_AT_A_TIME = new Object();
  private static final Map<String, MethodHandle> HANDLES = new ConcurrentHashMap<>();

  private LibExt2fs() {}

  /** dlopen counts: this is loaded once, whoever asks. */
  private static SymbolLookup library() {
    return load("libext2fs.so.2");
  }

  private static SymbolLookup load(String soname) {
    try {
      return SymbolLookup.libraryLookup(soname, Arena.global());
    } catch (IllegalArgumentException e) {
      throw new VoyageurException(
          ErrorCode.HOST_LIBRARY_MISSING,
          "the library " + soname + " is missing",
          "Install it: apt-get install libext2fs2 libcom-err2",
          e);
    }
  }

  /**
   * Calls a function that returns errcode_t. The descriptor follows from the arguments: Integer is
   * int, Long is long, MemorySegment is a pointer.
   */
  private static long call(String function, Object... arguments) {
    return (long) Objects.requireNonNull(invoke(function, JAVA_LONG, arguments));
  }

  private static @Nullable Object invoke(
      String function, @Nullable MemoryLayout result, Object... arguments) {
    MethodHandle handle = HANDLES.get(function);
    if (handle == null) {
      MemoryLayout[] layouts = new MemoryLayout[arguments.length];
      for (int i = 0; i < arguments.length; i++) {
        layouts[i] =
            switch (arguments[i]) {
              case Integer _ -> JAVA_INT;
              case Long _ -> JAVA_LONG;
              case MemorySegment _ -> ADDRESS;
              default -> throw new IllegalArgumentException(function + ", argument " + i);
            };
      }
      handle =
          LINKER
              .downcallHandle(
                  library().findOrThrow(function),
                  result == null
                      ? FunctionDescriptor.ofVoid(layouts)
                      : FunctionDescriptor.of(result, layouts))
              .asSpreader(Object[].class, arguments.length);
      HANDLES.put(function, handle);
    }
    try {
      // Two filesystems in two threads corrupt the heap of 1.47.0 within seconds (measured).
      synchronized (ONE_AT_A_TIME) {
        return handle.invoke(arguments);
      }
    } catch (WrongMethodTypeException | ClassCastException e) {
      throw new IllegalArgumentException(function, e);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new LinkageError(function, e);
    }
  }

  /** The library's version, such as {@code 1.47.0}; empty where the host has none. */
  public static Optional<String> version() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(ADDRESS);
      invoke("ext2fs_get_library_version", JAVA_INT, out, MemorySegment.NULL);
      return Optional.of(out.get(ADDRESS, 0).reinterpret(64).getString(0));
    } catch (VoyageurException e) {
      return Optional.empty();
    }
  }

  /** What an error code means, from libcom_err. */
  public static String errorMessage(long code) {
    SymbolLookup comErr = load("libcom_err.so.2");
    try {
      // Without the table, error_message says only "Unknown code ext2 36" (measured).
      LINKER
          .downcallHandle(
              library().findOrThrow("initialize_ext2_error_table"), FunctionDescriptor.ofVoid())
          .invoke();
      MemorySegment text =
          (MemorySegment)
              LINKER
                  .downcallHandle(
                      comErr.findOrThrow("error_message"),
                      FunctionDescriptor.of(ADDRESS, JAVA_LONG))
                  .invoke(code);
      return text.reinterpret(512).getString(0);
    } catch (Throwable e) {
      throw new LinkageError("error_message", e);
    }
  }

  /**
   * {@code errcode_t ext2fs_open2(name, io_options, flags, superblock, block_size, manager, *fs)}.
   */
  static long open2(
      MemorySegment name, int flags, MemorySegment manager, MemorySegment filesystemOut) {
    return call("ext2fs_open2", name, MemorySegment.NULL, flags, 0, 0, manager, filesystemOut);
  }

  static long checkDesc(MemorySegment fs) {
    return call("ext2fs_check_desc", fs);
  }

  static long readBitmaps(MemorySegment fs) {
    return call("ext2fs_read_bitmaps", fs);
  }

  static long flush(MemorySegment fs) {
    return call("ext2fs_flush", fs);
  }

  /** Ends the use of a filesystem without writing what is cached. */
  static void free(MemorySegment fs) {
    invoke("ext2fs_free", null, fs);
  }

  static long lookup(
      MemorySegment fs, int directory, MemorySegment name, int length, MemorySegment inodeOut) {
    return call("ext2fs_lookup", fs, directory, name, length, MemorySegment.NULL, inodeOut);
  }

  static long readInodeFull(MemorySegment fs, int inode, MemorySegment buffer, int size) {
    return call("ext2fs_read_inode_full", fs, inode, buffer, size);
  }

  static long writeInodeFull(MemorySegment fs, int inode, MemorySegment buffer, int size) {
    return call("ext2fs_write_inode_full", fs, inode, buffer, size);
  }

  static long writeNewInode(MemorySegment fs, int inode, MemorySegment buffer) {
    return call("ext2fs_write_new_inode", fs, inode, buffer);
  }

  static long newInode(MemorySegment fs, int parent, int mode, MemorySegment inodeOut) {
    return call("ext2fs_new_inode", fs, parent, mode, MemorySegment.NULL, inodeOut);
  }

  /** Marks an inode used or free, with all counters and checksums. Returns nothing in C. */
  static void inodeAllocStats2(MemorySegment fs, int inode, int inUse, int isDirectory) {
    invoke("ext2fs_inode_alloc_stats2", null, fs, inode, inUse, isDirectory);
  }

  static long extentOpen2(MemorySegment fs, int inode, MemorySegment buffer, MemorySegment out) {
    return call("ext2fs_extent_open2", fs, inode, buffer, out);
  }

  static void extentFree(MemorySegment handle) {
    invoke("ext2fs_extent_free", null, handle);
  }

  static long link(MemorySegment fs, int directory, MemorySegment name, int inode, int fileType) {
    return call("ext2fs_link", fs, directory, name, inode, fileType);
  }

  static long unlink(MemorySegment fs, int directory, MemorySegment name, int inode) {
    return call("ext2fs_unlink", fs, directory, name, inode, 0);
  }

  static long expandDir(MemorySegment fs, int directory) {
    return call("ext2fs_expand_dir", fs, directory);
  }

  static long mkdir(MemorySegment fs, int parent, MemorySegment name) {
    return call("ext2fs_mkdir", fs, parent, 0, name);
  }

  static long symlink(MemorySegment fs, int parent, MemorySegment name, MemorySegment target) {
    return call("ext2fs_symlink", fs, parent, 0, name, target);
  }

  static long fileOpen(MemorySegment fs, int inode, int flags, MemorySegment out) {
    return call("ext2fs_file_open", fs, inode, flags, out);
  }

  static long fileWrite(
      MemorySegment file, MemorySegment buffer, int length, MemorySegment written) {
    return call("ext2fs_file_write", file, buffer, length, written);
  }

  /** From the file's start. */
  static long fileSeek(MemorySegment file, long offset) {
    return call("ext2fs_file_llseek", file, offset, SEEK_SET, MemorySegment.NULL);
  }

  static long fileFlush(MemorySegment file) {
    return call("ext2fs_file_flush", file);
  }

  static long fileSetSize2(MemorySegment file, long size) {
    return call("ext2fs_file_set_size2", file, size);
  }

  static long fileClose(MemorySegment file) {
    return call("ext2fs_file_close", file);
  }

  static long inlineDataExpand(MemorySegment fs, int inode) {
    return call("ext2fs_inline_data_expand", fs, inode);
  }

  static long punch(MemorySegment fs, int inode, long first, long last) {
    return call("ext2fs_punch", fs, inode, MemorySegment.NULL, MemorySegment.NULL, first, last);
  }

  static long freeExtAttr(MemorySegment fs, int inode, MemorySegment buffer) {
    return call("ext2fs_free_ext_attr", fs, inode, buffer);
  }

  /** Whether an inode's block field holds block numbers; an int, not an error code. */
  static boolean inodeHasValidBlocks2(MemorySegment fs, MemorySegment inode) {
    return count("ext2fs_inode_has_valid_blocks2", fs, inode) != 0;
  }

  static long bmap2(
      MemorySegment fs, int inode, long logical, MemorySegment flagsOut, MemorySegment blockOut) {
    return call(
        "ext2fs_bmap2",
        fs,
        inode,
        MemorySegment.NULL,
        MemorySegment.NULL,
        0,
        logical,
        flagsOut,
        blockOut);
  }

  static long dirIterate2(MemorySegment fs, int directory, MemorySegment callback) {
    return call(
        "ext2fs_dir_iterate2", fs, directory, 0, MemorySegment.NULL, callback, MemorySegment.NULL);
  }

  static long getInodeBitmapRange2(
      MemorySegment bitmap, long start, long count, MemorySegment out) {
    return call("ext2fs_get_inode_bitmap_range2", bitmap, start, count, out);
  }

  static long getBlockBitmapRange2(
      MemorySegment bitmap, long start, long count, MemorySegment out) {
    return call("ext2fs_get_block_bitmap_range2", bitmap, start, count, out);
  }

  /** The first block of a group's inode table. */
  static long inodeTableLoc(MemorySegment fs, int group) {
    return call("ext2fs_inode_table_loc", fs, group);
  }

  /** What a group's descriptor says, not what its bitmap does. */
  static int bgFreeInodesCount(MemorySegment fs, int group) {
    return count("ext2fs_bg_free_inodes_count", fs, group);
  }

  /** How many inodes at the end of a group's table were never used. */
  static int bgItableUnused(MemorySegment fs, int group) {
    return count("ext2fs_bg_itable_unused", fs, group);
  }

  /** Whether a group's whole inode table was never used. */
  static boolean bgInodeUninit(MemorySegment fs, int group) {
    return count("ext2fs_bg_flags_test", fs, group, BG_INODE_UNINIT) != 0;
  }

  private static int count(String function, Object... arguments) {
    return (int) Objects.requireNonNull(invoke(function, JAVA_INT, arguments));
  }

  /**
   * With uninit_bg among the features in the superblock: writes to the descriptors in memory which
   * inodes at the tables' ends are not in use by the bitmap, and their checksums.
   */
  static long setGdtCsum(MemorySegment fs) {
    return call("ext2fs_set_gdt_csum", fs);
  }

  static long xattrsOpen(MemorySegment fs, int inode, MemorySegment out) {
    return call("ext2fs_xattrs_open", fs, inode, out);
  }

  static long xattrsRead(MemorySegment handle) {
    return call("ext2fs_xattrs_read", handle);
  }

  static long xattrGet(
      MemorySegment handle, MemorySegment key, MemorySegment valueOut, MemorySegment lengthOut) {
    return call("ext2fs_xattr_get", handle, key, valueOut, lengthOut);
  }

  static long xattrSet(MemorySegment handle, MemorySegment key, MemorySegment value, long length) {
    return call("ext2fs_xattr_set", handle, key, value, length);
  }

  static long xattrsClose(MemorySegment handlePointer) {
    return call("ext2fs_xattrs_close", handlePointer);
  }

  /** Frees memory that the library handed out; takes the address of the pointer to it. */
  static long freeMem(MemorySegment pointerToPointer) {
    return call("ext2fs_free_mem", pointerToPointer);
  }

  static void markSuperDirty(MemorySegment fs) {
    invoke("ext2fs_mark_super_dirty", null, fs);
  }
}
