package org.voyageur.filesystem;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.voyageur.disk.BlockDevice;
import org.voyageur.disk.Extent;
import org.voyageur.disk.Overlay;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;

/** The disk fails at each of its requests in turn, once: it is always told, and nothing hangs. */
class FaultInjectionTest {
  private static final boolean EVERY_REQUEST = Boolean.getBoolean("voyageur.slow");

  private enum Request {
    READ,
    WRITE,
    FLUSH
  }

  /** Fails once, at a request of a kind; counts them. */
  private static class Failing implements BlockDevice {
    private final BlockDevice device;
    private final Request failing;
    private int left;
    private int writesAfter;

    Failing(BlockDevice device, Request failing, int number) {
      this.device = device;
      this.failing = failing;
      this.left = number;
    }

    private void count(Request request) {
      if (left < 0 && request == Request.WRITE) {
        writesAfter++;
      }
      if (request == failing && --left == -1) {
        throw injected();
      }
    }

    boolean hasFailed() {
      return left < 0;
    }

    @Override
    public long size() {
      return device.size();
    }

    @Override
    public void read(long offset, ByteBuffer into) {
      count(Request.READ);
      device.read(offset, into);
    }

    @Override
    public void write(long offset, ByteBuffer from) {
      count(Request.WRITE);
      device.write(offset, from);
    }

    @Override
    public List<Extent> dataExtents(Extent range) {
      return device.dataExtents(range);
    }

    @Override
    public void flush() {
      count(Request.FLUSH);
      device.flush();
    }

    @Override
    public void close() {}
  }

  private static VoyageurException injected() {
    return new VoyageurException(ErrorCode.IMAGE_CHANGES_TOO_LARGE, "injected", "");
  }

  @ParameterizedTest
  @EnumSource(
      value = ExtKind.class,
      names = {"EXT3_1K", "EXT3_4K", "EXT4", "EXT4_INLINE_DATA"})
  void everyFailureIsReported(ExtKind kind, @TempDir Path directory) throws Exception {
    byte[] disk = Workout.disk(directory, kind.options());
    long before = checksum(disk);
    for (Request request : Request.values()) {
      int number = 0;
      while (failsAt(disk, request, number)) {
        // One at a time at first, where the filesystem is opened; then a sample.
        number += EVERY_REQUEST || number < 20 ? 1 : 1 + number / 8;
      }
      assertThat(number).as(request + "s").isPositive();
    }
    assertThat(checksum(disk)).isEqualTo(before);
  }

  private static boolean failsAt(byte[] disk, Request request, int number) {
    try (Overlay overlay = new Overlay(new MemoryDisk(disk));
        Failing device = new Failing(overlay, request, number)) {
      Throwable thrown = catchThrowable(() -> Workout.run(device));
      if (device.hasFailed()) {
        assertThat(thrown)
            .as("%s %d", request, number)
            .isInstanceOf(VoyageurException.class)
            .hasMessage("injected");
        assertThat(device.writesAfter).as("writes after a failed one").isZero();
      } else {
        assertThat(thrown).isNull();
      }
      return device.hasFailed();
    }
  }

  private static long checksum(byte[] disk) {
    CRC32C checksum = new CRC32C();
    checksum.update(disk);
    return checksum.getValue();
  }

  @Test
  void anErrorOfTheJavaMachineDoesNotEndIt(@TempDir Path directory) throws Exception {
    byte[] disk = Workout.disk(directory, ExtKind.EXT3_4K.options());
    BlockDevice broken =
        new Failing(new MemoryDisk(disk), Request.WRITE, 1) {
          @Override
          public void read(long offset, ByteBuffer into) {
            if (offset > 1 << 20) {
              throw new StackOverflowError("injected");
            }
            super.read(offset, into);
          }
        };
    assertThatThrownBy(() -> Workout.run(broken)).isInstanceOf(StackOverflowError.class);
  }
}
