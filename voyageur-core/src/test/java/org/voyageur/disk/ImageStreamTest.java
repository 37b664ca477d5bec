package org.voyageur.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImageStreamTest {
  @TempDir Path directory;

  /** The disk that comes of an overlay if only some of what is below matters. */
  private record Sample(Overlay disk, List<Extent> used, byte[] expected) {
    static Sample of(Random random, int size) {
      byte[] below = new byte[size];
      random.nextBytes(below);
      byte[] expected = new byte[size];
      List<Extent> used = new ArrayList<>();
      for (int i = random.nextInt(30); i > 0; i--) {
        int start = random.nextInt(size);
        int length = Math.min(size - start, random.nextInt(i % 2 == 0 ? 5000 : 500_000));
        used.add(new Extent(start, length));
        System.arraycopy(below, start, expected, start, length);
      }
      Overlay disk = new Overlay(new MemoryDevice(below.clone(), false));
      for (int i = random.nextInt(5); i > 0; i--) {
        int start = random.nextInt(size / 4096) * 4096;
        byte[] page = new byte[Math.min(4096, size - start)];
        random.nextBytes(page);
        disk.write(start, ByteBuffer.wrap(page));
        System.arraycopy(page, 0, expected, start, page.length);
      }
      return new Sample(disk, used, expected);
    }

    ImageStream stream(OutputFormat format) {
      return ImageStream.of(disk, used, format);
    }
  }

  @Property(tries = 50)
  void rawIsTheDisk(@ForAll long seed) throws IOException {
    Random random = new Random(seed);
    Sample sample = Sample.of(random, 4096 + random.nextInt(3_000_000));
    ImageStream stream = sample.stream(OutputFormat.RAW);
    assertThat(stream.size()).isEqualTo(sample.expected().length);
    try (InputStream bytes = stream.open()) {
      assertThat(bytes.readAllBytes()).isEqualTo(sample.expected());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6})
  void qemuReadsTheQcow2(int seed) throws IOException {
    Devices.assumeProgram("qemu-img");
    Random random = new Random(seed);
    Sample sample = Sample.of(random, (8 + random.nextInt(6000)) * 512);
    assertQemuReads(sample.stream(OutputFormat.QCOW2), sample.expected());
  }

  private void assertQemuReads(ImageStream stream, byte[] expected) throws IOException {
    Path qcow2 = directory.resolve("stream.qcow2");
    try (InputStream bytes = stream.open()) {
      Files.copy(bytes, qcow2);
    }
    assertThat(qcow2).hasSize(stream.size());
    assertThat(Devices.run("qemu-img", "check", "-f", "qcow2", qcow2)).contains("No errors");
    Path raw = Files.write(directory.resolve("expected.raw"), expected);
    Devices.run("qemu-img", "compare", "-f", "raw", "-F", "qcow2", raw, qcow2);
  }

  @Test
  void qemuReadsAQcow2OfManyTables() throws IOException {
    Devices.assumeProgram("qemu-img");
    // 8 TiB: more than one cluster of L1 entries.
    Path large = directory.resolve("large");
    long size = 8L << 40;
    try (RawFile file = RawFile.openWritable(Files.createFile(large))) {
      file.resize(size);
      for (long at : new long[] {0, (512L << 20) - 4096, 512L << 20, 5L << 40, size - 4096}) {
        file.write(at, ByteBuffer.wrap("here".repeat(1024).getBytes(StandardCharsets.US_ASCII)));
      }
      ImageStream stream =
          ImageStream.of(
              new Overlay(file), file.dataExtents(new Extent(0, size)), OutputFormat.QCOW2);
      assertThat(stream.size()).isLessThan(2L << 20);
      Path qcow2 = directory.resolve("large.qcow2");
      try (InputStream bytes = stream.open()) {
        Files.copy(bytes, qcow2);
      }
      assertThat(Devices.run("qemu-img", "check", "-f", "qcow2", qcow2)).contains("No errors");
      Devices.run("qemu-img", "compare", "-f", "raw", "-F", "qcow2", large, qcow2);
    }
  }

  @Test
  void qemuReadsAnEmptyQcow2() throws IOException {
    Devices.assumeProgram("qemu-img");
    byte[] zeros = new byte[1 << 20];
    assertQemuReads(
        ImageStream.of(new Overlay(new MemoryDevice(zeros, false)), List.of(), OutputFormat.QCOW2),
        zeros);
  }

  @ParameterizedTest
  @EnumSource
  void isReadAsOftenAsWantedAndInPiecesOfAnySize(OutputFormat format) throws IOException {
    Random random = new Random(7);
    ImageStream stream = Sample.of(random, 1_000_000).stream(format);
    byte[] once;
    try (InputStream bytes = stream.open()) {
      once = bytes.readAllBytes();
    }
    byte[] again = new byte[once.length];
    try (InputStream bytes = stream.open()) {
      int at = 0;
      while (at < again.length) {
        int n =
            random.nextInt(10) == 0
                ? single(bytes, again, at)
                : bytes.read(again, at, Math.min(again.length - at, random.nextInt(100_000)));
        at += n;
      }
      assertThat(bytes.read()).isEqualTo(-1);
    }
    assertThat(Arrays.equals(once, again)).isTrue();
  }

  private static int single(InputStream bytes, byte[] into, int at) throws IOException {
    into[at] = (byte) bytes.read();
    return 1;
  }

  @Test
  void saysWhereTheDiskCannotBeRead() throws IOException {
    Path path = Files.write(directory.resolve("short"), new byte[1 << 20]);
    try (RawFile file = RawFile.openWritable(path)) {
      ImageStream stream =
          ImageStream.of(new Overlay(file), List.of(new Extent(0, file.size())), OutputFormat.RAW);
      Files.write(path, new byte[100]);
      try (InputStream bytes = stream.open()) {
        assertThatThrownBy(bytes::readAllBytes)
            .isInstanceOf(IOException.class)
            .hasMessageContaining("short");
      }
    }
  }
}
