package org.voyageur.disk;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class RepetitionTest {
  /** Bytes without order, but for one repetition. */
  private static byte[] bytes(Random random, int start, int end, int period) {
    byte[] bytes = new byte[20_000];
    random.nextBytes(bytes);
    for (int at = start + period; at < end; at++) {
      bytes[at] = bytes[at - period];
    }
    return bytes;
  }

  @Property(tries = 500)
  void isFoundFromItsFirstByteToItsLast(
      @ForAll long seed,
      @ForAll @IntRange(max = 9000) int start,
      @ForAll @IntRange(min = Repetition.SHORTEST, max = 11_000) int length,
      @ForAll @IntRange(min = 1, max = Repetition.LONGEST_PERIOD) int period,
      @ForAll @IntRange(max = 9000) int before) {
    byte[] bytes = bytes(new Random(seed), start, start + length, period);
    Optional<Repetition> found =
        Repetition.first(ByteBuffer.wrap(bytes), Math.max(0, start - before));
    assertThat(found).isPresent();
    assertThat(found.get().period()).isLessThanOrEqualTo(period);
    assertThat(found.get().start()).isBetween(start - 2, start);
    assertThat(found.get().end()).isBetween(start + length, start + length + 2);
  }

  @Property(tries = 500)
  void isOneIndeed(
      @ForAll long seed,
      @ForAll @IntRange(max = 9000) int start,
      @ForAll @IntRange(max = 11_000) int length,
      @ForAll @IntRange(min = 1, max = 2 * Repetition.LONGEST_PERIOD) int period,
      @ForAll @IntRange(max = 19_999) int from,
      @ForAll @IntRange(min = 1, max = 20_000) int limit) {
    byte[] bytes = bytes(new Random(seed), start, start + length, period);
    Optional<Repetition> found = Repetition.first(ByteBuffer.wrap(bytes).limit(limit), from);
    if (found.isPresent()) {
      Repetition it = found.get();
      assertThat(it.start()).isGreaterThanOrEqualTo(from);
      assertThat(it.end()).isLessThanOrEqualTo(limit);
      for (int at = it.start() + it.period(); at < it.end(); at++) {
        assertThat(bytes[at]).isEqualTo(bytes[at - it.period()]);
      }
    }
  }
}
