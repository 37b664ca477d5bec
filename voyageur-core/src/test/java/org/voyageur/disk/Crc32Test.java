package org.voyageur.disk;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.zip.CRC32;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class Crc32Test {
  private static int crc(byte[] data, long zeros) {
    CRC32 crc = new CRC32();
    crc.update(data);
    byte[] some = new byte[1 << 16];
    for (long left = zeros; left > 0; left -= some.length) {
      crc.update(some, 0, (int) Math.min(left, some.length));
    }
    return (int) crc.getValue();
  }

  @Property(tries = 300)
  void isThatOfTheDataWithTheirZeros(
      @ForAll byte[] data, @ForAll @IntRange(max = 100_000) int zeros) {
    assertThat(Crc32.afterZeros(crc(data, 0), zeros)).isEqualTo(crc(data, zeros));
  }

  @Test
  void countsMoreThanFourGigabytes() {
    byte[] data = {1, 2, 3};
    long zeros = (5L << 30) + 12_345;
    int half = Crc32.afterZeros(crc(data, 0), zeros / 2);
    assertThat(Crc32.afterZeros(crc(data, 0), zeros))
        .isEqualTo(Crc32.afterZeros(half, zeros - zeros / 2))
        .isEqualTo(crc(data, zeros));
  }
}
