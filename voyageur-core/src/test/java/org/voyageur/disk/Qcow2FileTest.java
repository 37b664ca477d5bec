package org.voyageur.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;

class Qcow2FileTest {
  private static final int CLUSTER = 65536;

  /** That of the disk in the property below. */
  private static final int SIZE = 20 * CLUSTER + 512;

  @TempDir Path directory;

  @BeforeEach
  void needsQemu() {
    Devices.assumeProgram("qemu-img");
  }

  private Path file() throws IOException {
    return Files.createFile(directory.resolve("disk.qcow2"));
  }

  private static void assertSound(Path qcow2) {
    assertThat(Devices.run("qemu-img", "check", "-f", "qcow2", qcow2)).contains("No errors");
  }

  private static void assertHolds(Path qcow2, byte[] disk) throws IOException {
    assertSound(qcow2);
    Path raw = Files.write(qcow2.resolveSibling("expected.raw"), disk);
    Devices.run("qemu-img", "compare", "-f", "raw", "-F", "qcow2", raw, qcow2);
  }

  private static ByteBuffer noise(int length) {
    byte[] bytes = new byte[length];
    new Random(length).nextBytes(bytes);
    return ByteBuffer.wrap(bytes);
  }

  @Test
  void anEmptyDiskIsAnImageOfZeros() throws IOException {
    Path path = file();
    try (Qcow2File file = Qcow2File.create(path, 5L << 40)) {
      file.flush();
    }
    assertSound(path);
    assertThat(Devices.run("qemu-img", "info", "--output=json", path))
        .contains("\"virtual-size\": " + (5L << 40), "\"compat\": \"1.1\"");
    assertThat(Files.size(path)).isLessThan(512 << 10);
  }

  @Test
  void whatIsWrittenBehindAFlushIsThereAfterTheNext() throws IOException {
    Path path = file();
    byte[] disk = new byte[3 * CLUSTER];
    try (Qcow2File file = Qcow2File.create(path, disk.length)) {
      file.write(0, ByteBuffer.wrap(new byte[] {1}));
      file.flush();
      assertSound(path);
      // Comes where the tables of that flush were; what is around it must read as zeros.
      file.write(2 * CLUSTER + 7, ByteBuffer.wrap(new byte[] {2}));
      disk[0] = 1;
      disk[2 * CLUSTER + 7] = 2;
      assertThat(Devices.contents(file)).isEqualTo(disk);
      file.flush();
      file.flush();
    }
    assertHolds(path, disk);
  }

  /** More L2 tables than are kept in memory, each used again after it was put away. */
  @Test
  void aLargeDiskWrittenAllOver() throws IOException {
    Path path = file();
    long size = 2L << 40;
    long step = 3L << 30;
    try (Qcow2File file = Qcow2File.create(path, size)) {
      for (int round = 0; round < 2; round++) {
        for (long at = 0; at < size; at += step) {
          file.write(at + round * 5000L, ByteBuffer.allocate(8).putLong(0, at + 1));
        }
      }
      file.write(size - 8, ByteBuffer.allocate(8).putLong(0, 42));
      for (long at = 0; at < size; at += step) {
        assertThat(ByteBuffer.wrap(file.read(at, 8)).getLong()).isEqualTo(at + 1);
        assertThat(ByteBuffer.wrap(file.read(at + 5000, 8)).getLong()).isEqualTo(at + 1);
      }
      file.flush();
    }
    assertSound(path);
    Devices.assumeProgram("qemu-nbd");
    try (NbdDevice image = NbdDevice.open(path, ImageFormat.QCOW2, false)) {
      for (long at = 0; at < size; at += step) {
        assertThat(ByteBuffer.wrap(image.read(at, 8)).getLong()).isEqualTo(at + 1);
        assertThat(ByteBuffer.wrap(image.read(at + 5000, 8)).getLong()).isEqualTo(at + 1);
      }
      assertThat(ByteBuffer.wrap(image.read(size - 8, 8)).getLong()).isEqualTo(42);
      assertThat(Extents.length(image.dataExtents(new Extent(0, size))))
          .isEqualTo((Math.ceilDiv(size, step) + 1) * CLUSTER);
    }
  }

  /** A refcount block counts 32768 clusters, those of the tables among them. */
  @ParameterizedTest
  @ValueSource(ints = {32750, 32759, 32760, 32761, 32762, 32763, 32764, 32765, 32766, 80_000})
  void everyClusterIsCounted(int clusters) throws IOException {
    Path path = file();
    try (FileChannel channel =
        FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      Qcow2Tables tables = new Qcow2Tables(channel, (long) clusters * CLUSTER);
      for (int i = 0; i < clusters; i++) {
        // Nothing is written there, so that the file is small.
        assertThat(tables.add(i, 1)).isPositive();
      }
      tables.write();
    }
    assertSound(path);
  }

  @Test
  void keepsItsDataTogetherAndItsHolesOut() throws IOException {
    Path path = file();
    try (Qcow2File file = Qcow2File.create(path, 2L << 30)) {
      file.write(1 << 20, noise(4 << 20));
      // Across the end of what one L2 table maps.
      file.write((512L << 20) - (1 << 20), noise(2 << 20));
      assertThat(file.dataExtents(new Extent(0, file.size())))
          .containsExactly(
              new Extent(1 << 20, 4 << 20), new Extent((512L << 20) - (1 << 20), 2 << 20));
      file.flush();
    }
    assertThat(Devices.run("qemu-img", "map", "--output=json", "-f", "qcow2", path).lines())
        .filteredOn(line -> line.contains("\"data\": true"))
        .hasSize(3);
    assertSound(path);
  }

  @Test
  void growsAndShrinksToWhatWasWritten() throws IOException {
    Path path = file();
    try (Qcow2File file = Qcow2File.create(path, 16L << 40)) {
      file.write(0, noise(3 << 20));
      file.resize(3 << 20);
      assertThatThrownBy(() -> file.resize(0)).isInstanceOf(IllegalArgumentException.class);
      file.resize(1L << 40);
      file.write((1L << 40) - 10, noise(10));
      file.flush();
    }
    assertSound(path);
    assertThat(Devices.run("qemu-img", "info", "--output=json", path))
        .contains("\"virtual-size\": " + (1L << 40));
  }

  @Test
  void tellsWhenItsFileIsCutOff() throws IOException {
    Path path = file();
    try (Qcow2File file = Qcow2File.create(path, 1 << 20)) {
      file.write(0, noise(1 << 20));
      try (FileChannel other = FileChannel.open(path, StandardOpenOption.WRITE)) {
        other.truncate(300_000);
      }
      assertThatThrownBy(() -> file.read(0, 1 << 20))
          .isInstanceOfSatisfying(
              VoyageurException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.IMAGE_CUT_OFF));
    }
  }

  /** A piece of the disk that is written, over what was written before. */
  record Piece(int offset, int length, byte value) {}

  @Provide
  static Arbitrary<List<Piece>> pieces() {
    return Combinators.combine(
            Arbitraries.integers().between(0, SIZE - 1),
            Arbitraries.integers().between(0, 5 * CLUSTER),
            Arbitraries.bytes())
        .as((number, length, value) -> {
          // Half of them begin where a cluster does.
          int offset = number % 2 == 0 ? number / CLUSTER * CLUSTER : number;
          return new Piece(offset, Math.min(length, SIZE - offset), value);
        })
        .list()
        .ofMaxSize(12);
  }

  @Property(tries = 25)
  void qemuReadsWhatWasWrittenInAnyOrder(@ForAll("pieces") List<Piece> pieces) throws IOException {
    needsQemu();
    // jqwik knows nothing of JUnit's annotations.
    directory = Files.createTempDirectory("qcow2");
    Path path = file();
    byte[] disk = new byte[SIZE];
    try (Qcow2File file = Qcow2File.create(path, SIZE)) {
      for (Piece piece : pieces) {
        byte[] bytes = new byte[piece.length()];
        Arrays.fill(bytes, piece.value());
        System.arraycopy(bytes, 0, disk, piece.offset(), bytes.length);
        file.write(piece.offset(), ByteBuffer.wrap(bytes));
        if (piece.value() % 4 == 0) {
          file.flush();
        }
      }
      assertThat(Devices.contents(file)).isEqualTo(disk);
      file.flush();
    }
    assertHolds(path, disk);
    try (var files = Files.list(directory)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(directory);
  }
}
