package org.voyageur.disk.isal;

import java.lang.foreign.AddressLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * Intel's ISA-L, {@code libisal.so.2}: the part of its {@code igzip_lib.h} that inflates and
 * deflates. The numbers below are checked against that header by a test.
 */
public final class Isal {
  /** A {@code uint32_t}, {@code int} or enumeration. */
  public static final ValueLayout.OfInt UINT32 = ValueLayout.JAVA_INT;

  /** A pointer. */
  public static final AddressLayout POINTER = ValueLayout.ADDRESS;

  /** {@code struct inflate_state}, of which the fields below are used. */
  public static final MemoryLayout INFLATE_STATE =
      MemoryLayout.sequenceLayout(87368 / Long.BYTES, ValueLayout.JAVA_LONG);

  /** {@code uint8_t *next_out}. */
  public static final long NEXT_OUT = 0;

  /** {@code uint32_t avail_out}. */
  public static final long AVAIL_OUT = 8;

  /** {@code uint32_t total_out}: how many bytes the member had so far, modulo 2^32. */
  public static final long TOTAL_OUT = 12;

  /** {@code uint8_t *next_in}. */
  public static final long NEXT_IN = 16;

  /** {@code uint64_t read_in}: bits that were taken from the input and not used yet. */
  public static final long READ_IN = 24;

  /** {@code uint32_t avail_in}. */
  public static final long AVAIL_IN = 32;

  /** {@code enum isal_block_state block_state}. */
  public static final long BLOCK_STATE = 21160;

  /** {@code uint32_t crc_flag}. */
  public static final long CRC_FLAG = 21172;

  /** {@code uint32_t crc}: the member's CRC-32 so far, as zlib's {@code crc32()} counts it. */
  public static final long CRC = 21176;

  /** {@code ISAL_BLOCK_FINISH}: the stream has ended, its trailer included. */
  public static final int BLOCK_FINISH = 5;

  /** {@code ISAL_GZIP}: read the header; verify checksum and length at the end. */
  public static final int GZIP = 1;

  /** {@code ISAL_DECOMP_OK}; {@code COMP_OK} is 0 too. */
  public static final int DECOMP_OK = 0;

  /** {@code ISAL_INCORRECT_CHECKSUM}. */
  public static final int INCORRECT_CHECKSUM = -6;

  /**
   * {@code struct isal_zstream}, of which the fields below are used.
   *
   * <p>The library wants its address to be a multiple of 8 only.
   */
  public static final MemoryLayout DEFLATE_STREAM =
      MemoryLayout.sequenceLayout(82384 / Long.BYTES, ValueLayout.JAVA_LONG);

  /** A {@code uint16_t}. */
  public static final ValueLayout.OfShort UINT16 = ValueLayout.JAVA_SHORT;

  /** {@code uint8_t *next_in} of the stream. */
  public static final long STREAM_NEXT_IN = 0;

  /** {@code uint32_t avail_in} of the stream. */
  public static final long STREAM_AVAIL_IN = 8;

  /** {@code uint8_t *next_out} of the stream. */
  public static final long STREAM_NEXT_OUT = 16;

  /** {@code uint32_t avail_out} of the stream. */
  public static final long STREAM_AVAIL_OUT = 24;

  /** {@code uint32_t level}. */
  public static final long LEVEL = 40;

  /** {@code uint32_t level_buf_size}. */
  public static final long LEVEL_BUF_SIZE = 44;

  /** {@code uint8_t *level_buf}. */
  public static final long LEVEL_BUF = 48;

  /** {@code uint16_t end_of_stream}: whether the input is the last. */
  public static final long END_OF_STREAM = 56;

  /** {@code uint16_t hist_bits}: the base-2 logarithm of the largest distance of a match. */
  public static final long HIST_BITS = 62;

  /** {@code internal_state.state} of the stream. */
  public static final long STREAM_STATE = 84;

  /** {@code ZSTATE_END}: everything was put out. */
  public static final int STREAM_END = 11;

  /** {@code ISAL_DEF_LVL3_DEFAULT}: the working memory for level 3. */
  public static final int LEVEL_3_BUF = 348160;

  private Isal() {}

  /**
   * Whether these calls can be made.
   *
   * @throws LinkageError if the library is missing, or lacks a function, or native access is denied
   */
  public static boolean isAvailable() {
    return Handles.INIT != null;
  }

  /** {@code void isal_inflate_init(struct inflate_state *state)}. */
  public static void inflateInit(MemorySegment state) {
    try {
      Handles.INIT.invokeExact(state);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  /** {@code void isal_inflate_reset(struct inflate_state *state)}: keeps {@code crc_flag}. */
  public static void inflateReset(MemorySegment state) {
    try {
      Handles.RESET.invokeExact(state);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  /** {@code int isal_inflate(struct inflate_state *state)}. */
  public static int inflate(MemorySegment state) {
    try {
      return (int) Handles.INFLATE.invokeExact(state);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  /** {@code void isal_deflate_init(struct isal_zstream *stream)}. */
  public static void deflateInit(MemorySegment stream) {
    try {
      Handles.DEFLATE_INIT.invokeExact(stream);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  /** {@code int isal_deflate(struct isal_zstream *stream)}. */
  public static int deflate(MemorySegment stream) {
    try {
      return (int) Handles.DEFLATE.invokeExact(stream);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  /** Linked on first use; where the library is missing that use ends in a LinkageError. */
  private static final class Handles {
    private static final SymbolLookup LIBRARY =
        SymbolLookup.libraryLookup("libisal.so.2", Arena.global());

    private static final MethodHandle INIT =
        link("isal_inflate_init", FunctionDescriptor.ofVoid(POINTER));
    private static final MethodHandle RESET =
        link("isal_inflate_reset", FunctionDescriptor.ofVoid(POINTER));
    private static final MethodHandle INFLATE =
        link("isal_inflate", FunctionDescriptor.of(UINT32, POINTER));
    private static final MethodHandle DEFLATE_INIT =
        link("isal_deflate_init", FunctionDescriptor.ofVoid(POINTER));
    private static final MethodHandle DEFLATE =
        link("isal_deflate", FunctionDescriptor.of(UINT32, POINTER));

    private static MethodHandle link(String name, FunctionDescriptor descriptor) {
      return Linker.nativeLinker().downcallHandle(LIBRARY.findOrThrow(name), descriptor);
    }
  }
}
