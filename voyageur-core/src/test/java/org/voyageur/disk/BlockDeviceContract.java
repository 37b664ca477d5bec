package org.voyageur.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What every {@link BlockDevice} must do. */
abstract class BlockDeviceContract {
  private static final int SIZE = 3 * 1024 * 1024 + 512;

  private final byte[] disk = Devices.disk(SIZE);
  private BlockDevice device;
  @TempDir Path directory;

  /** A device with this content, writable if {@link #isWritable}. */
  abstract BlockDevice open(byte[] disk);

  boolean isWritable() {
    return true;
  }

  @BeforeEach
  void open() {
    device = open(disk);
  }

  @AfterEach
  void close() {
    device.close();
  }

  @Test
  void hasTheDisksSizeAndBytes() {
    assertThat(device.size()).isEqualTo(SIZE);
    assertThat(Devices.contents(device)).isEqualTo(disk);
  }

  @Test
  void readsAnyRangeIntoAnyKindOfBuffer() {
    Random random = new Random(1);
    for (int i = 0; i < 200; i++) {
      int length = random.nextInt(10_000);
      int offset = random.nextInt(SIZE - length + 1);
      ByteBuffer buffer =
          i % 2 == 0 ? ByteBuffer.allocate(length + 10) : ByteBuffer.allocateDirect(length + 10);
      buffer.position(3).limit(3 + length);
      device.read(offset, buffer);
      assertThat(buffer.hasRemaining()).isFalse();
      byte[] read = new byte[length];
      buffer.get(3, read);
      assertThat(read).isEqualTo(Arrays.copyOfRange(disk, offset, offset + length));
    }
  }

  @Test
  void readsNothingOutsideOfItself() {
    assertThatThrownBy(() -> device.read(SIZE - 1, 2))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> device.read(-1, 1)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> device.read(Long.MAX_VALUE, 1))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThat(device.read(SIZE, 0)).isEmpty();
  }

  @Test
  void saysWhereItsDataAre() {
    for (Extent range :
        List.of(
            new Extent(0, SIZE),
            new Extent(100, 5000),
            new Extent(4096, SIZE - 5000),
            new Extent(SIZE / 2, 1),
            new Extent(SIZE, 0))) {
      byte[] described = new byte[SIZE];
      long end = range.offset();
      for (Extent extent : device.dataExtents(range)) {
        assertThat(extent.length()).isPositive();
        assertThat(extent.offset()).isGreaterThanOrEqualTo(end);
        end = extent.end();
        assertThat(end).isLessThanOrEqualTo(range.end());
        System.arraycopy(
            disk, (int) extent.offset(), described, (int) extent.offset(), (int) extent.length());
      }
      int from = (int) range.offset();
      int to = (int) range.end();
      assertThat(Arrays.copyOfRange(described, from, to))
          .isEqualTo(Arrays.copyOfRange(disk, from, to));
    }
    assertThatThrownBy(() -> device.dataExtents(new Extent(1, SIZE)))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void doesNotTakeEverythingForData() {
    assertThat(Extents.length(device.dataExtents(new Extent(0, SIZE)))).isLessThan(SIZE / 2);
  }

  @Test
  void keepsWhatIsWritten() {
    if (!isWritable()) {
      assertThatThrownBy(() -> device.write(0, ByteBuffer.allocate(1)))
          .isInstanceOf(UnsupportedOperationException.class);
      return;
    }
    Random random = new Random(2);
    byte[] expected = disk.clone();
    for (int i = 0; i < 100; i++) {
      byte[] data = new byte[random.nextInt(20_000)];
      random.nextBytes(data);
      int offset = i == 0 ? SIZE - data.length : random.nextInt(SIZE - data.length + 1);
      System.arraycopy(data, 0, expected, offset, data.length);
      ByteBuffer buffer = ByteBuffer.wrap(data);
      device.write(offset, buffer);
      assertThat(buffer.hasRemaining()).isFalse();
      // The caller's buffer is the caller's again.
      Arrays.fill(data, (byte) 0x55);
    }
    device.flush();
    assertThat(Devices.contents(device)).isEqualTo(expected);
    assertThatThrownBy(() -> device.write(SIZE - 1, ByteBuffer.allocate(2)))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void isClosedTwiceWithoutHarm() {
    device.close();
    device.close();
  }
}
