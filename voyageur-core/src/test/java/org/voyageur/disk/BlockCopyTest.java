package org.voyageur.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.voyageur.progress.ProgressEvent;
import org.voyageur.progress.ProgressListener;

class BlockCopyTest {
  private static final int SIZE = 5_000_192;

  @TempDir Path directory;

  private final byte[] disk = Devices.disk(SIZE);

  private RawFile source() {
    RawFile file = RawFile.create(directory.resolve("source"), SIZE);
    Devices.fill(file, disk);
    return file;
  }

  @Test
  void copiesBetweenFilesAndKeepsTheHoles() {
    try (RawFile from = source();
        RawFile to = RawFile.create(directory.resolve("copy"), SIZE)) {
      long written =
          BlockCopy.copy(from, List.of(new Extent(0, SIZE)), to, ProgressListener.none());
      assertThat(Devices.contents(to)).isEqualTo(disk);
      assertThat(written).isLessThan(60_000);
      assertThat(Extents.length(to.dataExtents(new Extent(0, SIZE)))).isLessThan(60_000);
    }
  }

  @Test
  void copiesBetweenOtherDevicesWithoutTheirZeros() {
    MemoryDevice from = new MemoryDevice(disk, false);
    try (RawFile to = RawFile.create(directory.resolve("copy"), SIZE)) {
      List<ProgressEvent> events = new ArrayList<>();
      long written = BlockCopy.copy(from, List.of(new Extent(0, SIZE)), to, events::add);
      assertThat(Devices.contents(to)).isEqualTo(disk);
      assertThat(written).isLessThan(60_000);
      assertThat(events)
          .last()
          .isEqualTo(new ProgressEvent.Advanced(ProgressEvent.Step.COPY, SIZE, SIZE));
    }
  }

  @Test
  void copiesOnlyWhatIsAskedFor() {
    List<Extent> what =
        List.of(new Extent(SIZE - 1000, 1000), new Extent(100, 500), new Extent(300, 1000));
    byte[] expected = new byte[SIZE];
    System.arraycopy(disk, 100, expected, 100, 1200);
    System.arraycopy(disk, SIZE - 1000, expected, SIZE - 1000, 1000);
    byte[] bytes = new byte[SIZE];
    BlockCopy.copy(
        new MemoryDevice(disk, false),
        what,
        new MemoryDevice(bytes, true),
        ProgressListener.none());
    assertThat(Arrays.equals(bytes, expected)).isTrue();
    try (RawFile from = source();
        RawFile to = RawFile.create(directory.resolve("copy"), SIZE)) {
      BlockCopy.copy(from, what, to, ProgressListener.none());
      assertThat(Arrays.equals(Devices.contents(to), expected)).isTrue();
    }
  }

  @Test
  void refusesADeviceThatIsTooSmall() {
    MemoryDevice small = new MemoryDevice(new byte[512], true);
    assertThatThrownBy(() ->
            BlockCopy.copy(
                new MemoryDevice(disk, false),
                List.of(new Extent(0, 513)),
                small,
                ProgressListener.none()))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }
}
