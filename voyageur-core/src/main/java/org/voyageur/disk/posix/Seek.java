package org.voyageur.disk.posix;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/**
 * Finds the holes of a sparse file by lseek(2) with SEEK_DATA and SEEK_HOLE. Holds a file
 * descriptor of its own, as Java gives none out.
 */
public final class Seek implements AutoCloseable {
  private static final int O_RDONLY = 0;
  private static final int O_CLOEXEC = 02000000;
  private static final int SEEK_DATA = 3;
  private static final int SEEK_HOLE = 4;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final MethodHandle OPEN =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("open"),
          FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT),
          Linker.Option.firstVariadicArg(2));
  private static final MethodHandle LSEEK =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("lseek"),
          FunctionDescriptor.of(JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_INT));
  private static final MethodHandle CLOSE =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("close"), FunctionDescriptor.of(JAVA_INT, JAVA_INT));

  private final int descriptor;

  /** Opens a file for reading; where that fails, nothing is known of its holes. */
  public Seek(Path file) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment name = arena.allocateFrom(file.toAbsolutePath().toString());
      descriptor = (int) OPEN.invokeExact(name, O_RDONLY | O_CLOEXEC);
    } catch (Throwable e) {
      throw new LinkageError("open", e);
    }
  }

  /**
   * Where the next data at or after {@code offset} begins.
   *
   * @return a byte offset; -1 if there is none or the filesystem cannot tell
   */
  public long data(long offset) {
    return seek(offset, SEEK_DATA);
  }

  /**
   * Where the next hole at or after {@code offset} begins; the end of the file counts as one.
   *
   * @return a byte offset; -1 if the filesystem cannot tell
   */
  public long hole(long offset) {
    return seek(offset, SEEK_HOLE);
  }

  private long seek(long offset, int whence) {
    try {
      return (long) LSEEK.invokeExact(descriptor, offset, whence);
    } catch (Throwable e) {
      throw new LinkageError("lseek", e);
    }
  }

  @Override
  public void close() {
    try {
      int ignored = (int) CLOSE.invokeExact(descriptor);
    } catch (Throwable e) {
      throw new LinkageError("close", e);
    }
  }
}
