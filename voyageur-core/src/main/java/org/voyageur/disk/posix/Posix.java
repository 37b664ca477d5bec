package org.voyageur.disk.posix;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * {@code open(2)}, {@code lseek(2)}, {@code fcntl(2)}, {@code memfd_create(2)}, {@code
 * sync_file_range(2)} and {@code close(2)}: where a file's holes are, locks, files in memory, and
 * when the disk begins to write. A {@code FileChannel} keeps its descriptor to itself, so the
 * caller opens the file a second time here.
 *
 * <p>Each method returns what the C function does, or {@code -errno}. The numbers are those of
 * Linux, the same on all its 64-bit architectures.
 */
public final class Posix {
  /** {@code lseek}'s answer when nothing but a hole follows. */
  public static final int ENXIO = 6;

  /** {@code fcntl}'s answer when another process holds a lock: POSIX allows either. */
  public static final int EAGAIN = 11;

  /** The other one. */
  public static final int EACCES = 13;

  /** {@code lseek}: the next byte of data at or behind the offset. */
  public static final int SEEK_DATA = 3;

  /** {@code lseek}: the next hole at or behind the offset; the end of the file counts as one. */
  public static final int SEEK_HOLE = 4;

  private static final int O_RDONLY = 0;
  private static final int O_RDWR = 2;
  private static final int O_CLOEXEC = 0x80000;
  private static final int MFD_CLOEXEC = 1;
  private static final int SYNC_FILE_RANGE_WRITE = 2;
  private static final int F_OFD_SETLK = 37;
  private static final short F_WRLCK = 1;

  /** {@code struct flock}: type, whence (0: from the start), start, length, pid. */
  private static final long FLOCK_SIZE = 32;

  private static final long FLOCK_START = 8;
  private static final long FLOCK_LENGTH = 16;

  private Posix() {}

  /**
   * Whether these calls can be made.
   *
   * @throws LinkageError if native access is denied
   */
  public static boolean isAvailable() {
    return Handles.OPEN != null;
  }

  /** {@code int open(const char *path, int flags)} with O_RDONLY and O_CLOEXEC. */
  public static int open(String path) {
    return open(path, O_RDONLY | O_CLOEXEC);
  }

  /** The same with O_RDWR and O_CLOEXEC. */
  public static int openWritable(String path) {
    return open(path, O_RDWR | O_CLOEXEC);
  }

  private static int open(String path, int flags) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(Handles.STATE);
      int fd = (int) Handles.OPEN.invokeExact(state, arena.allocateFrom(path), flags);
      return fd < 0 ? -errno(state) : fd;
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  /**
   * {@code fcntl(fd, F_OFD_SETLK, ...)}: a write lock that belongs to the open file, so that
   * closing another descriptor of the same file does not release it, as it does with the locks of
   * POSIX.
   *
   * @param start the first byte
   * @param length how many
   */
  public static int lock(int fd, long start, long length) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(Handles.STATE);
      MemorySegment flock = arena.allocate(FLOCK_SIZE, Long.BYTES);
      flock.set(ValueLayout.JAVA_SHORT, 0, F_WRLCK);
      flock.set(ValueLayout.JAVA_LONG, FLOCK_START, start);
      flock.set(ValueLayout.JAVA_LONG, FLOCK_LENGTH, length);
      int result = (int) Writing.FCNTL.invokeExact(state, fd, F_OFD_SETLK, flock);
      return result < 0 ? -errno(state) : result;
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  /**
   * {@code int memfd_create(const char *name, unsigned flags)} with MFD_CLOEXEC: an empty file in
   * memory, gone when its last descriptor is. Another process of the same user opens it as {@code
   * /proc/PID/fd/FD}.
   */
  public static int createInMemory(String name) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(Handles.STATE);
      int fd = (int) Writing.MEMFD.invokeExact(state, arena.allocateFrom(name), MFD_CLOEXEC);
      return fd < 0 ? -errno(state) : fd;
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  /**
   * {@code int sync_file_range(int fd, off64_t offset, off64_t nbytes, unsigned flags)} with
   * SYNC_FILE_RANGE_WRITE: has the disk begin to write what is in memory, and does not wait.
   */
  public static int startWriting(int fd, long offset, long length) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(Handles.STATE);
      int result =
          (int) Writing.SYNC_RANGE.invokeExact(state, fd, offset, length, SYNC_FILE_RANGE_WRITE);
      return result < 0 ? -errno(state) : result;
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  /** {@code off_t lseek(int fd, off_t offset, int whence)}. */
  public static long lseek(int fd, long offset, int whence) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(Handles.STATE);
      long at = (long) Handles.LSEEK.invokeExact(state, fd, offset, whence);
      return at < 0 ? -errno(state) : at;
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  /** {@code int close(int fd)}. */
  public static int close(int fd) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(Handles.STATE);
      int result = (int) Handles.CLOSE.invokeExact(state, fd);
      return result < 0 ? -errno(state) : result;
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  private static int errno(MemorySegment state) {
    return (int) Handles.ERRNO.get(state, 0L);
  }

  /** Linked on first use, so that loading {@link Posix} needs no native access. */
  private static final class Handles {
    private static final Linker LINKER = Linker.nativeLinker();
    private static final StructLayout STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = STATE.varHandle(PathElement.groupElement("errno"));

    private static final MethodHandle OPEN =
        link(
            "open",
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT),
            Linker.Option.firstVariadicArg(2));
    private static final MethodHandle LSEEK =
        link(
            "lseek",
            FunctionDescriptor.of(
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_INT));
    private static final MethodHandle CLOSE =
        link("close", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));

    private static MethodHandle link(
        String name, FunctionDescriptor descriptor, Linker.Option... options) {
      Linker.Option[] all = new Linker.Option[options.length + 1];
      System.arraycopy(options, 0, all, 0, options.length);
      all[options.length] = Linker.Option.captureCallState("errno");
      return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), descriptor, all);
    }
  }

  /** What only takes part when something is written: each costs a few milliseconds to link. */
  private static final class Writing {
    private static final MethodHandle FCNTL =
        Handles.link(
            "fcntl",
            FunctionDescriptor.of(
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT,
                ValueLayout.ADDRESS),
            Linker.Option.firstVariadicArg(2));
    private static final MethodHandle MEMFD =
        Handles.link(
            "memfd_create",
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT));
    private static final MethodHandle SYNC_RANGE =
        Handles.link(
            "sync_file_range",
            FunctionDescriptor.of(
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_INT));
  }
}
