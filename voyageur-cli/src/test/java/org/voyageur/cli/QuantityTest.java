package org.voyageur.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class QuantityTest {
  @Test
  void writesSizesInTheUnitThatFits() {
    assertThat(Quantity.bytes(1023)).isEqualTo("1023 bytes");
    assertThat(Quantity.bytes(1024)).isEqualTo("1.0 KiB");
    assertThat(Quantity.bytes((1 << 20) - 1)).isEqualTo("1.0 MiB");
    assertThat(Quantity.bytes(10L << 30)).isEqualTo("10.0 GiB");
    assertThat(Quantity.bytes(Long.MAX_VALUE)).isEqualTo("8.0 EiB");
  }

  @Test
  void writesTimesInTheUnitThatFits() {
    assertThat(Quantity.time(12_340_000_000L)).isEqualTo("12.3 s");
    assertThat(Quantity.time(59_960_000_000L)).isEqualTo("1 min 00 s");
    assertThat(Quantity.time(184_000_000_000L)).isEqualTo("3 min 04 s");
    assertThat(Quantity.time(7_384_000_000_000L)).isEqualTo("2 h 03 min");
  }
}
