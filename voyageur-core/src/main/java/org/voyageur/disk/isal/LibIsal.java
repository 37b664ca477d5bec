package org.voyageur.disk.isal;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/**
 * The functions of libisal.so.2 that inflate, as igzip_lib.h declares them. Several times as fast
 * as zlib's inflate, which is what the JDK has.
 */
public final class LibIsal {
  /** Offsets in struct inflate_state, igzip_lib.h; LibIsalTest compares them with the header. */
  public static final long NEXT_OUT = 0;

  public static final long AVAIL_OUT = 8;
  public static final long NEXT_IN = 16;
  public static final long AVAIL_IN = 32;
  public static final long BLOCK_STATE = 21160;
  public static final long CRC_FLAG = 21172;

  /** sizeof(struct inflate_state) is 87368 in 2.30; the rest is room for later versions. */
  public static final long STATE_SIZE = 128 << 10;

  /** ISAL_GZIP: expect a gzip header, and compare CRC-32 and length with the trailer. */
  public static final int GZIP = 1;

  /** ISAL_BLOCK_FINISH: the member has ended and all of it was put out. */
  public static final int BLOCK_FINISH = 5;

  private static final Optional<SymbolLookup> LIBRARY = load();

  private LibIsal() {}

  private static Optional<SymbolLookup> load() {
    try {
      return Optional.of(SymbolLookup.libraryLookup("libisal.so.2", Arena.global()));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** Whether this host has the library. */
  public static boolean isPresent() {
    return LIBRARY.isPresent();
  }

  /** Linked when first used, so that a host without the library can ask whether it is there. */
  private static final class Handles {
    static final MethodHandle INIT =
        handle("isal_inflate_init", FunctionDescriptor.ofVoid(ADDRESS));
    static final MethodHandle RESET =
        handle("isal_inflate_reset", FunctionDescriptor.ofVoid(ADDRESS));
    static final MethodHandle INFLATE =
        handle("isal_inflate", FunctionDescriptor.of(JAVA_INT, ADDRESS));

    private static MethodHandle handle(String name, FunctionDescriptor descriptor) {
      return Linker.nativeLinker()
          .downcallHandle(LIBRARY.orElseThrow().findOrThrow(name), descriptor);
    }
  }

  /** {@code void isal_inflate_init(struct inflate_state *state)}. */
  public static void init(MemorySegment state) {
    try {
      Handles.INIT.invokeExact(state);
    } catch (Throwable e) {
      throw new LinkageError("isal_inflate_init", e);
    }
  }

  /** {@code void isal_inflate_reset(struct inflate_state *state)}: ready for the next member. */
  public static void reset(MemorySegment state) {
    try {
      Handles.RESET.invokeExact(state);
    } catch (Throwable e) {
      throw new LinkageError("isal_inflate_reset", e);
    }
  }

  /** {@code int isal_inflate(struct inflate_state *state)}: 0 or a negative error. */
  public static int inflate(MemorySegment state) {
    try {
      return (int) Handles.INFLATE.invokeExact(state);
    } catch (Throwable e) {
      throw new LinkageError("isal_inflate", e);
    }
  }
}
