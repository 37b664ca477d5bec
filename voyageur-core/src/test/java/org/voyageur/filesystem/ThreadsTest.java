package org.voyageur.filesystem;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.voyageur.disk.Overlay;

/** Filesystems in several threads, which libext2fs by itself does not survive. */
class ThreadsTest {
  private static final int RUNS = 60;

  @Test
  void manyFilesystemsAtOnce(@TempDir Path directory) throws Exception {
    byte[] disk = Workout.disk(directory, ExtKind.EXT4.options());
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      List<? extends Future<?>> runs =
          IntStream.range(0, RUNS).mapToObj(_ -> threads.submit(() -> workOut(disk))).toList();
      for (Future<?> run : runs) {
        assertThat(run.get()).isNull();
      }
    }
  }

  private static void workOut(byte[] disk) {
    try (Overlay overlay = new Overlay(new MemoryDisk(disk))) {
      Workout.run(overlay);
    }
  }
}
