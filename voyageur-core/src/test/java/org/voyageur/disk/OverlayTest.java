package org.voyageur.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;

class OverlayTest {
  private static final int SIZE = 5 * Overlay.PAGE + 512;

  record Write(int offset, int length, byte value) {}

  @Property(tries = 300)
  void behavesLikeAnArrayAndLeavesItsBaseAlone(@ForAll("writes") List<Write> writes) {
    byte[] disk = Devices.disk(SIZE);
    byte[] model = disk.clone();
    BlockDevice base = new MemoryDevice(disk.clone(), false);
    try (Overlay overlay = new Overlay(base)) {
      for (Write write : writes) {
        byte[] data = new byte[write.length];
        Arrays.fill(data, write.value);
        overlay.write(write.offset, ByteBuffer.wrap(data));
        System.arraycopy(data, 0, model, write.offset, data.length);
        int from = Math.max(0, write.offset - 700);
        int to = Math.min(SIZE, write.offset + write.length + 700);
        assertThat(overlay.read(from, to - from)).isEqualTo(Arrays.copyOfRange(model, from, to));
      }
      assertThat(Devices.contents(overlay)).isEqualTo(model);
      assertThat(Devices.contents(base)).isEqualTo(disk);

      BlockDevice copy = new MemoryDevice(disk.clone(), true);
      overlay.writeTo(copy);
      assertThat(Devices.contents(copy)).isEqualTo(model);
    }
  }

  @Provide
  Arbitrary<List<Write>> writes() {
    Arbitrary<Integer> offsets = Arbitraries.integers().between(0, SIZE);
    Arbitrary<Integer> lengths = Arbitraries.integers().between(0, 2 * Overlay.PAGE + 1);
    return Combinators.combine(offsets, lengths, Arbitraries.bytes())
        .as((offset, length, value) -> new Write(offset, Math.min(length, SIZE - offset), value))
        .list()
        .ofMaxSize(12);
  }

  @Test
  void saysWhichPagesAreOtherwise() {
    try (Overlay overlay = new Overlay(new MemoryDevice(new byte[SIZE], false))) {
      overlay.write(4090, ones(10));
      overlay.write(SIZE - 1, ones(1));
      overlay.write(2 * Overlay.PAGE, ByteBuffer.allocate(Overlay.PAGE + 1));
      assertThat(overlay.changedExtents())
          .containsExactly(new Extent(0, 8192), new Extent(5 * 4096, 512));

      overlay.write(4090, ByteBuffer.allocate(10));
      assertThat(overlay.changedExtents()).containsExactly(new Extent(5 * 4096, 512));
    }
  }

  private static ByteBuffer ones(int length) {
    byte[] bytes = new byte[length];
    Arrays.fill(bytes, (byte) 1);
    return ByteBuffer.wrap(bytes);
  }

  @Test
  void refusesMoreThanItMayKeep() {
    try (Overlay overlay = new Overlay(new MemoryDevice(new byte[SIZE], false), 2)) {
      overlay.write(0, ones(2 * Overlay.PAGE));
      overlay.write(5, ByteBuffer.allocate(10));
      assertThatThrownBy(() -> overlay.write(2 * Overlay.PAGE, ones(1)))
          .isInstanceOfSatisfying(
              VoyageurException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.IMAGE_CHANGES_TOO_LARGE));
    }
  }
}
