package org.voyageur.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.progress.ProgressListener;

class ImageWriterTest {
  @TempDir Path directory;

  private final byte[] disk = Devices.disk(3_000_000 / 512 * 512);

  @BeforeEach
  void needsQemu() {
    Devices.assumeProgram("qemu-img");
    Devices.assumeProgram("qemu-nbd");
  }

  private Path out() {
    return directory.resolve("out");
  }

  private Path raw() throws IOException {
    return Files.write(directory.resolve("disk.raw"), disk);
  }

  private Path gzip(byte[] content) throws IOException {
    Path path = directory.resolve("disk.raw.gz");
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(path))) {
      out.write(content);
    }
    return path;
  }

  private static List<Path> files(Path directory) throws IOException {
    try (var files = Files.list(directory)) {
      return files.sorted().toList();
    }
  }

  private static void assertFails(ErrorCode code, Runnable work) {
    assertThatThrownBy(work::run)
        .isInstanceOfSatisfying(
            VoyageurException.class, e -> assertThat(e.code()).as(e.toString()).isEqualTo(code));
  }

  @ParameterizedTest
  @EnumSource
  void publishesWhatWasWritten(OutputFormat format) throws IOException {
    Files.createFile(directory.resolve("ordinary"));
    try (ImageWriter writer = ImageWriter.create(out(), format, false)) {
      Devices.fill(writer.device(disk.length), disk);
      assertThat(out()).doesNotExist();
      assertThat(files(directory).getFirst())
          .satisfies(temporary ->
              assertThat(Files.getPosixFilePermissions(temporary))
                  .isEqualTo(TemporaryFiles.PRIVATE.value()));
      writer.publish();
    }
    Devices.run("qemu-img", "compare", "-f", "raw", "-F", format.label(), raw(), out());
    assertThat(Files.getPosixFilePermissions(out()))
        .isEqualTo(Files.getPosixFilePermissions(directory.resolve("ordinary")));
    assertThat(files(directory)).hasSize(3);
  }

  @Test
  void whatIsKeptOfAnEarlierImageIsNotTakenForTheNewOnes() throws IOException {
    Path undo = Files.createFile(directory.resolve("out.voyageur-undo"));
    assertFails(
        ErrorCode.IMAGE_UNDO_EXISTS, () -> ImageWriter.create(out(), OutputFormat.RAW, true));
    Files.createFile(out());
    try (ImageWriter writer = ImageWriter.create(out(), OutputFormat.RAW, true)) {
      Devices.fill(writer.device(disk.length), disk);
      assertThat(undo).exists();
      writer.publish();
    }
    assertThat(files(directory)).containsExactly(out());
    Path journal = Files.createFile(directory.resolve("out.voyageur-journal"));
    assertFails(
        ErrorCode.IMAGE_HALF_CHANGED, () -> ImageWriter.create(out(), OutputFormat.RAW, true));
    assertThat(files(directory)).containsExactly(out(), journal);
    assertThat(out()).hasBinaryContent(disk);
  }

  @ParameterizedTest
  @EnumSource
  void inflatesAndChangesAndPublishes(OutputFormat format) throws IOException {
    Path gzip = gzip(disk);
    try (ImageWriter writer = ImageWriter.create(out(), format, false)) {
      BlockDevice device = writer.inflate(gzip, 0, ProgressListener.none());
      assertThat(device.size()).isEqualTo(disk.length);
      assertThat(Devices.contents(device)).isEqualTo(disk);
      disk[100_000] = 1;
      disk[disk.length - 1] = 2;
      device.write(100_000, ByteBuffer.wrap(new byte[] {1}));
      device.write(disk.length - 1, ByteBuffer.wrap(new byte[] {2}));
      writer.publish();
    }
    Devices.run("qemu-img", "compare", "-f", "raw", "-F", format.label(), raw(), out());
    if (format == OutputFormat.QCOW2) {
      assertThat(Devices.run("qemu-img", "check", "-f", "qcow2", out())).contains("No errors");
    }
  }

  @Test
  void compressesADiskWithItsChanges() throws IOException {
    Overlay changed = new Overlay(new MemoryDevice(disk.clone(), false));
    disk[200_000] = 1;
    changed.write(200_000, ByteBuffer.wrap(new byte[] {1}));
    try (ImageWriter writer = ImageWriter.create(out(), OutputFormat.QCOW2, false)) {
      List<Extent> used =
          List.of(new Extent(0, 100_000), new Extent(1 << 20, disk.length - (1 << 20)));
      assertThat(Devices.contents(writer.compress(changed, used, ProgressListener.none())))
          .isEqualTo(disk);
      writer.publish();
    }
    Devices.run("qemu-img", "compare", "-f", "raw", "-F", "qcow2", raw(), out());
    assertThat(Devices.run("qemu-img", "check", "-f", "qcow2", out())).contains("No errors");
  }

  @ParameterizedTest
  @EnumSource
  void roundsOddSizesUpOnlyWhereTheFormatMust(OutputFormat format) throws IOException {
    Path gzip = gzip(new byte[1000]);
    try (ImageWriter writer = ImageWriter.create(out(), format, false)) {
      assertThat(writer.inflate(gzip, 0, ProgressListener.none()).size())
          .isEqualTo(format == OutputFormat.RAW ? 1000 : 1024);
    }
  }

  @Test
  void leavesZerosOut() throws IOException {
    try (ImageWriter writer = ImageWriter.create(out(), OutputFormat.RAW, false)) {
      writer.inflate(gzip(disk), 0, ProgressListener.none());
      writer.publish();
    }
    assertThat((Integer) 512)
        .satisfies(unit ->
            assertThat(Long.parseLong(Devices.run("stat", "-c", "%b", out()).strip()) * unit)
                .isLessThan(100_000));
  }

  @ParameterizedTest
  @EnumSource
  void aDamagedSourceLeavesNothing(OutputFormat format) throws IOException {
    Path gzip = gzip(disk);
    byte[] whole = Files.readAllBytes(gzip);
    Files.write(gzip, java.util.Arrays.copyOf(whole, whole.length - 9));
    try (ImageWriter writer = ImageWriter.create(out(), format, false)) {
      assertFails(ErrorCode.IMAGE_CUT_OFF, () -> writer.inflate(gzip, 0, ProgressListener.none()));
    }
    assertThat(files(directory)).containsExactly(gzip);
  }

  @Test
  void neverReplacesAFileThatItMayNot() throws IOException {
    Files.writeString(out(), "mine");
    assertFails(ErrorCode.OUTPUT_EXISTS, () -> ImageWriter.create(out(), OutputFormat.RAW, false));
    Files.delete(out());
    try (ImageWriter writer = ImageWriter.create(out(), OutputFormat.RAW, false)) {
      writer.device(4096);
      // Somebody else was quicker.
      Files.writeString(out(), "mine");
      assertFails(ErrorCode.OUTPUT_EXISTS, writer::publish);
    }
    assertThat(out()).hasContent("mine");
    assertThat(files(directory)).containsExactly(out());
  }

  @Test
  void replacesAFileThatItMayButNothingElse() throws IOException {
    Files.writeString(out(), "old");
    try (ImageWriter writer = ImageWriter.create(out(), OutputFormat.RAW, true)) {
      writer.device(4096);
      assertThat(out()).hasContent("old");
      writer.publish();
    }
    assertThat(out()).hasSize(4096);
    assertFails(
        ErrorCode.OUTPUT_NOT_WRITABLE, () -> ImageWriter.create(directory, OutputFormat.RAW, true));
    assertFails(
        ErrorCode.OUTPUT_NOT_WRITABLE,
        () -> ImageWriter.create(Path.of("/dev/null"), OutputFormat.RAW, true));
  }

  @Test
  void saysThatTheDirectoryIsMissing() {
    assertFails(
        ErrorCode.OUTPUT_NOT_WRITABLE,
        () -> ImageWriter.create(directory.resolve("no/out"), OutputFormat.RAW, false));
  }

  @ParameterizedTest
  @EnumSource
  void aFullDiskIsToldAndLeftAsItWas(OutputFormat format) throws IOException {
    Path small = Files.createDirectory(directory.resolve("small"));
    Devices.assume(System.getProperty("user.name").equals("root"), "only root can mount a tmpfs");
    Process mount =
        new ProcessBuilder("mount", "-t", "tmpfs", "-o", "size=4m", "none", small.toString())
            .start();
    Devices.assume(mount.onExit().join().exitValue() == 0, "a tmpfs cannot be mounted here");
    try {
      byte[] noise = new byte[20 << 20];
      new Random(1).nextBytes(noise);
      Path gzip = gzip(noise);
      Path target = small.resolve("out");
      try (ImageWriter writer = ImageWriter.create(target, format, false)) {
        BlockDevice device = writer.device(noise.length);
        assertFails(
            ErrorCode.OUTPUT_NO_SPACE,
            () -> {
              Devices.fill(device, noise);
              device.flush();
            });
      }
      assertThat(files(small)).isEmpty();
      try (ImageWriter writer = ImageWriter.create(target, format, false)) {
        assertFails(
            ErrorCode.OUTPUT_NO_SPACE, () -> writer.inflate(gzip, 0, ProgressListener.none()));
      }
      if (format == OutputFormat.QCOW2) {
        try (ImageWriter writer = ImageWriter.create(target, format, false)) {
          Overlay disk = new Overlay(new MemoryDevice(noise, false));
          List<Extent> all = List.of(new Extent(0, noise.length));
          assertFails(
              ErrorCode.OUTPUT_NO_SPACE, () -> writer.compress(disk, all, ProgressListener.none()));
        }
      }
      assertThat(files(small)).isEmpty();
    } finally {
      Devices.run("umount", small);
    }
  }

  /** What is done on FAT and its like, which have no links; few hosts can mount one to test on. */
  @Test
  void wantOfRoomIsToldBeforeAnythingIsWritten() throws IOException {
    Path memory = Path.of("/dev/shm");
    Devices.assume(
        Files.isWritable(memory) && Files.getFileStore(memory).type().equals("tmpfs"),
        "/dev/shm is no tmpfs here");
    try (ImageWriter writer =
        ImageWriter.create(memory.resolve("voyageur-room"), OutputFormat.RAW, false)) {
      writer.ensureRoom(1);
      assertFails(ErrorCode.OUTPUT_NO_SPACE, () -> writer.ensureRoom(1L << 60));
    }
    assertThat(memory.resolve("voyageur-room")).doesNotExist();
  }

  @Test
  void givesTheNameAlsoWithoutLinks() throws IOException {
    Path temporary = Files.writeString(directory.resolve("temporary"), "new");
    Files.writeString(out(), "mine");
    assertThatThrownBy(() -> ImageWriter.claimAndRename(temporary, out()))
        .isInstanceOfSatisfying(
            VoyageurException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.OUTPUT_EXISTS));
    assertThat(out()).hasContent("mine");
    Files.delete(out());
    ImageWriter.claimAndRename(temporary, out());
    assertThat(out()).hasContent("new");
    assertThat(files(directory)).containsExactly(out());
  }

  @Test
  void aSignalLeavesNothing() throws Exception {
    Path gzip = gzip(disk);
    Process child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                Waiting.class.getName(),
                gzip.toString(),
                out().toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    assertThat(child.inputReader().readLine()).isEqualTo("ready");
    assertThat(files(directory)).hasSize(2);
    child.destroy();
    assertThat(child.waitFor()).isEqualTo(128 + 15);
    assertThat(files(directory)).containsExactly(gzip);
  }

  /** Writes a result and waits for its end. */
  static final class Waiting {
    private Waiting() {}

    public static void main(String[] args) throws InterruptedException {
      try (ImageWriter writer = ImageWriter.create(Path.of(args[1]), OutputFormat.QCOW2, false)) {
        writer.inflate(Path.of(args[0]), 0, ProgressListener.none());
        System.out.println("ready");
        Thread.sleep(60_000);
      }
    }
  }
}
