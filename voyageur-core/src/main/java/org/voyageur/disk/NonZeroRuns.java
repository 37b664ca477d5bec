package org.voyageur.disk;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/** Finds what is worth writing: runs of blocks that are not all zeros. */
final class NonZeroRuns {
  private static final int BLOCK = 4096;
  private static final MemorySegment ZEROS = MemorySegment.ofArray(new byte[1 << 20]);

  /** Takes one run. */
  @FunctionalInterface
  interface Consumer {
    void run(long offset, ByteBuffer data);
  }

  private NonZeroRuns() {}

  /**
   * Passes on the runs of non-zero 4 KiB blocks of a buffer's remaining bytes.
   *
   * @param offset where the buffer's first byte lies on the device; a multiple of 4096
   * @return how many bytes were passed on
   */
  static long forEach(ByteBuffer buffer, long offset, Consumer consumer) {
    int start = buffer.position();
    int length = buffer.remaining();
    MemorySegment bytes = MemorySegment.ofBuffer(buffer);
    long passed = 0;
    int at = 0;
    while (at < length) {
      long nonZero = firstNonZero(bytes, at, length);
      if (nonZero < 0) {
        break;
      }
      int from = (int) (nonZero / BLOCK * BLOCK);
      int to = from;
      while (to < length && firstNonZero(bytes, to, Math.min(to + BLOCK, length)) >= 0) {
        to = Math.min(to + BLOCK, length);
      }
      consumer.run(offset + from, buffer.slice(start + from, to - from));
      passed += to - from;
      at = to;
    }
    return passed;
  }

  private static long firstNonZero(MemorySegment bytes, long from, long to) {
    long at = from;
    while (at < to) {
      long length = Math.min(ZEROS.byteSize(), to - at);
      long mismatch = MemorySegment.mismatch(bytes, at, at + length, ZEROS, 0, length);
      if (mismatch >= 0) {
        return at + mismatch;
      }
      at += length;
    }
    return -1;
  }
}
