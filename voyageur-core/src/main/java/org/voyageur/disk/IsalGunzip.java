package org.voyageur.disk;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Optional;
import org.voyageur.disk.isal.Isal;

/**
 * Inflates with Intel's ISA-L, which is several times as fast as zlib, and passes over long runs of
 * zeros, which are most of a disk image.
 *
 * <p>What zeros are compressed to repeats itself: gzip codes them as one match of 258 bytes again
 * and again, two bits each, and pigz starts anew with each block. Inflating is a function of the
 * library's state and its input: if such a period gave zeros and left the state as it was, the next
 * one will give as many zeros and leave the state as it is, and need not be inflated. The member's
 * checksum is counted on, and at the member's end vouches for this as for all else.
 */
final class IsalGunzip implements Gunzip {
  /** Whole periods are inflated at a time, of so many bytes at least: as a rule 33 KB, a window. */
  private static final int STEP = 32;

  /** deflate's longest match is 258 bytes, for two bits (RFC 1951, 3.2.5). */
  private static final int MOST_FROM_STEP = (Repetition.LONGEST_PERIOD + STEP) * 4 * 258;

  private final Arena arena = Arena.ofConfined();
  private final MemorySegment state = arena.allocate(Isal.INFLATE_STATE);
  private final MemorySegment before = arena.allocate(Isal.INFLATE_STATE);
  private final MemorySegment between = arena.allocate(Isal.INFLATE_STATE);

  /** More than a step gives, so that what it gives is seen whole. */
  private final ByteBuffer given = arena.allocate(MOST_FROM_STEP + 1024).asByteBuffer();

  /** Up to where, in the compressed file, repetitions have been tried. */
  private long tried;

  IsalGunzip() {
    Isal.inflateInit(state);
    state.set(Isal.UINT32, Isal.CRC_FLAG, Isal.GZIP);
  }

  /** Whether {@code libisal.so.2} is installed and may be called. */
  static boolean isAvailable() {
    try {
      return Isal.isAvailable();
    } catch (LinkageError unavailable) {
      return false;
    }
  }

  @Override
  public Stop inflate(GzipInput in, ByteBuffer out) throws IOException {
    while (true) {
      ByteBuffer input = in.buffer();
      int untried = Math.clamp(tried - in.position(), 0, input.remaining());
      Optional<Repetition> repetition = Repetition.first(input, input.position() + untried);
      int end = repetition.map(it -> it.start() + step(it)).orElse(input.limit());
      inflate(input, end, out);
      if (state.get(Isal.UINT32, Isal.BLOCK_STATE) == Isal.BLOCK_FINISH) {
        Isal.inflateReset(state);
        return new Stop.MemberEnd();
      }
      if (!out.hasRemaining()) {
        return new Stop.Full();
      }
      if (input.position() < end) {
        throw new DamagedException("the data cannot be inflated");
      }
      if (repetition.isEmpty()) {
        in.needMore();
        continue;
      }
      tried = in.position() + repetition.get().end() - input.position();
      long zeros = passOver(input, repetition.get());
      if (zeros > 0) {
        return new Stop.Zeros(zeros);
      }
    }
  }

  private static int step(Repetition repetition) {
    return Math.ceilDiv(STEP, repetition.period()) * repetition.period();
  }

  /** Inflates the input up to {@code end}, or less if {@code out} is full or the member ends. */
  private void inflate(ByteBuffer input, int end, ByteBuffer out) throws DamagedException {
    state.set(Isal.POINTER, Isal.NEXT_IN, MemorySegment.ofBuffer(input));
    state.set(Isal.UINT32, Isal.AVAIL_IN, end - input.position());
    state.set(Isal.POINTER, Isal.NEXT_OUT, MemorySegment.ofBuffer(out));
    state.set(Isal.UINT32, Isal.AVAIL_OUT, out.remaining());
    int result = Isal.inflate(state);
    input.position(end - state.get(Isal.UINT32, Isal.AVAIL_IN));
    out.position(out.limit() - state.get(Isal.UINT32, Isal.AVAIL_OUT));
    if (result != Isal.DECOMP_OK) {
      throw new DamagedException(
          result == Isal.INCORRECT_CHECKSUM
              ? "the checksum is wrong"
              : "the data cannot be inflated (igzip error " + result + ")");
    }
  }

  /**
   * Passes over the rest of a repetition, but for what is no whole step, if it gives zeros.
   *
   * @return how many; 0 if nothing was done
   */
  private long passOver(ByteBuffer input, Repetition repetition) throws DamagedException {
    int start = input.position();
    int step = step(repetition);
    before.copyFrom(state);
    // The first step brings the state that comes again; the second shows that it does.
    int first = zeros(input, step);
    between.copyFrom(state);
    int second = first > 0 ? zeros(input, step) : 0;
    if (second > 0 && isAsBetween()) {
      int steps = (repetition.end() - start) / step;
      long zeros = first + (steps - 1L) * second;
      input.position(start + steps * step);
      int total = before.get(Isal.UINT32, Isal.TOTAL_OUT);
      state.set(Isal.UINT32, Isal.TOTAL_OUT, total + (int) zeros);
      int crc = before.get(Isal.UINT32, Isal.CRC);
      state.set(Isal.UINT32, Isal.CRC, Crc32.afterZeros(crc, zeros));
      return zeros;
    }
    input.position(start);
    state.copyFrom(before);
    return 0;
  }

  /** Inflates a step; how many zeros it gave, or 0 if that is not all it did. */
  private int zeros(ByteBuffer input, int step) throws DamagedException {
    int end = input.position() + step;
    inflate(input, end, given.clear());
    boolean all = input.position() == end && given.hasRemaining();
    return all && Zeros.only(given.flip()) ? given.limit() : 0;
  }

  /** Whether the state has come again, but for its pointers into our buffers and what it counts. */
  private boolean isAsBetween() {
    long word = Isal.UINT32.byteSize();
    return equal(Isal.READ_IN, Isal.AVAIL_IN)
        && equal(Isal.AVAIL_IN + word, Isal.CRC)
        && equal(Isal.CRC + word, state.byteSize());
  }

  private boolean equal(long start, long end) {
    return MemorySegment.mismatch(state, start, end, between, start, end) < 0;
  }

  @Override
  public void close() {
    arena.close();
  }
}
