package org.voyageur.disk;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * A part of a buffer in which the same few bytes come again and again.
 *
 * @param start the first byte's index in the buffer
 * @param end the index behind the last byte
 * @param period after how many bytes they come again
 */
record Repetition(int start, int end, int period) {
  /** Shorter ones are not looked for. */
  static final int SHORTEST = 2048;

  /** Longer periods are not looked for. pigz gives 143 bytes for each of its blocks of zeros. */
  static final int LONGEST_PERIOD = 256;

  /** The first one between an index and the buffer's limit. */
  static Optional<Repetition> first(ByteBuffer buffer, int from) {
    // Of the places looked at, one is in the repetition, with a period and a long behind it.
    int distance = LONGEST_PERIOD + Long.BYTES;
    for (int at = from; at <= buffer.limit() - distance; at += SHORTEST - distance) {
      Optional<Repetition> found = around(buffer, from, at);
      if (found.isPresent()) {
        return found;
      }
    }
    return Optional.empty();
  }

  private static Optional<Repetition> around(ByteBuffer buffer, int from, int at) {
    long bytes = buffer.getLong(at);
    for (int period = 1; period <= LONGEST_PERIOD; period++) {
      if (buffer.getLong(at + period) == bytes) {
        Repetition found = around(buffer, from, at, period);
        if (found.end - found.start >= SHORTEST) {
          return Optional.of(found);
        }
      }
    }
    return Optional.empty();
  }

  private static Repetition around(ByteBuffer buffer, int from, int at, int period) {
    int start = at;
    while (start > from && buffer.get(start - 1) == buffer.get(start - 1 + period)) {
      start--;
    }
    MemorySegment rest = MemorySegment.ofBuffer(buffer.slice(at, buffer.limit() - at));
    long size = rest.byteSize();
    long same = MemorySegment.mismatch(rest, 0, size - period, rest, period, size);
    return new Repetition(
        start, same < 0 ? buffer.limit() : at + period + Math.toIntExact(same), period);
  }
}
