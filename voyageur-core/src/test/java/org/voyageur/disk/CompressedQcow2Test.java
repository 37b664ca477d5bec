package org.voyageur.disk;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.voyageur.progress.ProgressEvent;
import org.voyageur.progress.ProgressListener;

class CompressedQcow2Test {
  private static final int CLUSTER = 65536;

  @TempDir Path directory;

  @BeforeEach
  void needsQemu() {
    Devices.assumeProgram("qemu-img");
  }

  static Stream<Deflate> everyDeflate() {
    return Stream.concat(
        Stream.of(new ZlibDeflate()),
        IsalGunzip.isAvailable() ? Stream.of(new IsalDeflate()) : Stream.empty());
  }

  private static Supplier<Deflate> anew(Deflate deflate) {
    return switch (deflate) {
      case IsalDeflate _ -> IsalDeflate::new;
      case ZlibDeflate _ -> ZlibDeflate::new;
    };
  }

  private Path file(String name) throws IOException {
    return Files.createFile(directory.resolve(name));
  }

  private static List<Extent> all(byte[] disk) {
    return List.of(new Extent(0, disk.length));
  }

  /** Clusters of every kind in any order: zeros, noise, text, and what is between. */
  private static byte[] mixed(int clusters) {
    Random random = new Random(clusters);
    byte[] disk = new byte[clusters * CLUSTER + 512];
    byte[] text = "a line of a file that holds text\n".getBytes(StandardCharsets.US_ASCII);
    for (int i = 0; i < clusters; i++) {
      int start = i * CLUSTER;
      int noise = new int[] {0, 10, 3000, 30_000, 65_000, CLUSTER}[random.nextInt(6)];
      if (random.nextInt(5) > 0) {
        for (int at = 0; at < CLUSTER; at++) {
          disk[start + at] = text[at % text.length];
        }
        byte[] bytes = new byte[noise];
        random.nextBytes(bytes);
        System.arraycopy(bytes, 0, disk, start, noise);
      }
    }
    disk[disk.length - 1] = 1;
    return disk;
  }

  private void assertHolds(Path qcow2, byte[] disk) throws IOException {
    assertThat(Devices.run("qemu-img", "check", "-f", "qcow2", qcow2)).contains("No errors");
    Path raw = Files.write(directory.resolve("expected.raw"), disk);
    Devices.run("qemu-img", "compare", "-f", "raw", "-F", "qcow2", raw, qcow2);
  }

  @ParameterizedTest
  @MethodSource("everyDeflate")
  void qemuReadsWhatWasOnTheDisk(Deflate deflate) throws IOException {
    byte[] disk = mixed(150);
    Path path = file("disk.qcow2");
    CompressedQcow2.write(
        new MemoryDevice(disk, false), all(disk), path, ProgressListener.none(), 2, anew(deflate));
    assertHolds(path, disk);
    assertThat(Devices.run("qemu-img", "check", "--output=json", "-f", "qcow2", path))
        .containsPattern("\"compressed-clusters\": [1-9][0-9]");
    assertThat(Files.size(path)).isLessThan(disk.length / 2);
  }

  /** What is tested: a cluster that shares its neighbours' place in the file, again and again. */
  @Test
  void aThousandClustersInOne() throws IOException {
    byte[] disk = new byte[1000 * CLUSTER];
    for (int i = 0; i < disk.length; i += CLUSTER) {
      Arrays.fill(disk, i, i + CLUSTER, (byte) (1 + i / CLUSTER % 7));
    }
    Path path = file("disk.qcow2");
    CompressedQcow2.write(new MemoryDevice(disk, false), all(disk), path, ProgressListener.none());
    assertHolds(path, disk);
    assertThat(Files.size(path)).isLessThan(10 * CLUSTER);
  }

  @ParameterizedTest
  @MethodSource("everyDeflate")
  void theFileDoesNotDependOnTheThreads(Deflate deflate) throws IOException {
    byte[] disk = mixed(100);
    Path one = file("one.qcow2");
    Path five = file("five.qcow2");
    Path again = file("again.qcow2");
    for (var made : List.of(one, five, again)) {
      CompressedQcow2.write(
          new MemoryDevice(disk, false),
          all(disk),
          made,
          ProgressListener.none(),
          made.equals(one) ? 1 : 5,
          anew(deflate));
    }
    assertThat(Files.mismatch(one, five)).isEqualTo(-1);
    assertThat(Files.mismatch(five, again)).isEqualTo(-1);
  }

  @Test
  void whatDoesNotMatterBecomesZeros() throws IOException {
    byte[] disk = mixed(40);
    List<Extent> used =
        List.of(
            new Extent(39 * CLUSTER + 9, 5000),
            new Extent(100, 3),
            new Extent(CLUSTER - 1, 2),
            new Extent(15 * CLUSTER + 1, 5 * CLUSTER),
            new Extent(disk.length - 1, 1));
    Path path = file("disk.qcow2");
    long[] done = new long[1];
    CompressedQcow2.write(
        new MemoryDevice(disk, false),
        used,
        path,
        event -> {
          if (event instanceof ProgressEvent.Advanced advanced) {
            done[0] = advanced.done();
          }
        });
    byte[] expected = new byte[disk.length];
    for (Extent extent : used) {
      System.arraycopy(
          disk, (int) extent.offset(), expected, (int) extent.offset(), (int) extent.length());
    }
    assertHolds(path, expected);
    assertThat(done[0]).isEqualTo(Extents.length(used));
  }

  @Test
  void aLargeDiskWithLittleOnIt() throws IOException {
    Path raw = directory.resolve("large.raw");
    Path path = file("disk.qcow2");
    long size = 2L << 40;
    try (RawFile disk = RawFile.create(raw, size)) {
      for (long at : new long[] {0, 1L << 30, (1L << 40) + 12345, size - 100}) {
        disk.write(at, ByteBuffer.wrap(mixed(1), 0, 100));
      }
      CompressedQcow2.write(disk, List.of(new Extent(0, size)), path, ProgressListener.none());
    }
    assertThat(Devices.run("qemu-img", "check", "-f", "qcow2", path)).contains("No errors");
    Devices.run("qemu-img", "compare", "-f", "raw", "-F", "qcow2", raw, path);
  }

  /** QEMU inflates with a window of 4096 bytes. */
  @ParameterizedTest
  @MethodSource("everyDeflate")
  void noMatchReachesBehindTheWindow(Deflate deflate) {
    assertThat(deflatedRepetition(deflate, 1000)).isBetween(1000, 32_000);
    assertThat(deflatedRepetition(deflate, 5000)).matches(length -> length < 0 || length > 60_000);
  }

  private static int deflatedRepetition(Deflate deflate, int period) {
    byte[] noise = new byte[period];
    new Random(period).nextBytes(noise);
    ByteBuffer cluster = ByteBuffer.allocateDirect(CLUSTER);
    while (cluster.hasRemaining()) {
      cluster.put(noise, 0, Math.min(period, cluster.remaining()));
    }
    return deflate.deflate(cluster.flip(), ByteBuffer.allocateDirect(CLUSTER - 1));
  }
}
