package org.voyageur.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Optional;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.progress.ProgressListener;

@Timeout(60)
class DiskImageTest {
  @TempDir Path directory;
  @TempDir Path scratch;

  /** A size that the CHS geometry of a VHD can express, so that every format keeps it. */
  private final byte[] disk = Devices.disk(4 * 17 * 512 * 100);

  private Path image(String name) throws IOException {
    return Files.write(directory.resolve(name), disk);
  }

  private Path convert(String name, String... options) throws IOException {
    Devices.assumeProgram("qemu-img");
    Devices.assumeProgram("qemu-nbd");
    Path path = directory.resolve(name);
    Object[] command = new Object[options.length + 6];
    System.arraycopy(new Object[] {"qemu-img", "convert", "-f", "raw"}, 0, command, 0, 4);
    System.arraycopy(options, 0, command, 4, options.length);
    command[command.length - 2] = image("source.raw");
    command[command.length - 1] = path;
    Devices.run(command);
    return path;
  }

  private DiskImage open(Path path) {
    return DiskImage.open(path, Optional.empty(), scratch, ProgressListener.none());
  }

  private void assertRefused(Path path, ErrorCode code) {
    assertRefused(path, Optional.empty(), code);
  }

  private void assertRefused(Path path, Optional<ImageFormat> format, ErrorCode code) {
    assertThatThrownBy(() -> DiskImage.open(path, format, scratch, ProgressListener.none()).close())
        .isInstanceOfSatisfying(
            VoyageurException.class, e -> assertThat(e.code()).as(e.toString()).isEqualTo(code));
  }

  private void assertReads(Path path, ImageFormat format) throws IOException {
    FileTime modified = Files.getLastModifiedTime(path);
    byte[] before = Files.readAllBytes(path);
    try (DiskImage image = open(path)) {
      assertThat(image.format()).isEqualTo(format);
      assertThat(image.path()).isEqualTo(path);
      assertThat(Devices.contents(image.device())).isEqualTo(disk);
      assertThatThrownBy(() -> image.device().write(0, ByteBuffer.allocate(1)))
          .isInstanceOf(UnsupportedOperationException.class);
      image.ensureUnchanged();
    }
    assertThat(Files.getLastModifiedTime(path)).isEqualTo(modified);
    assertThat(Files.readAllBytes(path)).isEqualTo(before);
  }

  @Test
  void readsARawImage() throws IOException {
    assertReads(image("a.img"), ImageFormat.RAW);
  }

  @Test
  void readsAGzippedImageAndLeavesNoScratchFile() throws IOException {
    Path path = directory.resolve("a.img.gz");
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(path))) {
      out.write(disk);
    }
    assertReads(path, ImageFormat.RAW_GZIP);
    try (DiskImage image = open(path);
        var files = Files.list(scratch)) {
      assertThat(image.device().size()).isEqualTo(disk.length);
      assertThat(files).isEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "qcow2, QCOW2, -O qcow2",
    "old.qcow2, QCOW2, -O qcow2 -o compat=0.10",
    "compressed.qcow2, QCOW2, -O qcow2 -c",
    "vmdk, VMDK, -O vmdk",
    "stream.vmdk, VMDK, -O vmdk -o subformat=streamOptimized",
    "vhd, VHD, -O vpc",
    "fixed.vhd, VHD, '-O vpc -o subformat=fixed'",
    "vhdx, VHDX, -O vhdx",
    "vdi, VDI, -O vdi",
    "'odd:name=,.qcow2', QCOW2, -O qcow2"
  })
  void readsWhatQemuWrites(String name, ImageFormat format, String options) throws IOException {
    assertReads(convert("./" + name, options.split(" ")).normalize(), format);
  }

  @Test
  void refusesABackingFile() throws IOException {
    Path base = convert("base.qcow2", "-O", "qcow2");
    Path path = directory.resolve("top.qcow2");
    Devices.run("qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", base, path);
    assertRefused(path, ErrorCode.IMAGE_REFERS_TO_HOST);
    assertThatThrownBy(() -> QemuImg.ensureSelfContained(path, ImageFormat.QCOW2))
        .hasMessageContaining("backing file");
  }

  @Test
  void refusesADataFile() throws IOException {
    Path data = directory.resolve("data");
    Path path = convert("a.qcow2", "-O", "qcow2", "-o", "data_file=" + data);
    assertRefused(path, ErrorCode.IMAGE_REFERS_TO_HOST);
    assertThatThrownBy(() -> QemuImg.ensureSelfContained(path, ImageFormat.QCOW2))
        .hasMessageContaining("data file");
  }

  @ParameterizedTest
  @ValueSource(strings = {"monolithicFlat", "twoGbMaxExtentSparse", "twoGbMaxExtentFlat"})
  void refusesAVmdkThatNamesItsExtents(String subformat) throws IOException {
    Path path = convert("a.vmdk", "-O", "vmdk", "-o", "subformat=" + subformat);
    assertRefused(path, ErrorCode.IMAGE_REFERS_TO_HOST);
    assertRefused(path, Optional.of(ImageFormat.VMDK), ErrorCode.IMAGE_FORMAT);
    assertThatThrownBy(() -> QemuImg.ensureSelfContained(path, ImageFormat.VMDK))
        .hasMessageContaining("another file");
  }

  @Test
  void refusesAVmdkWithAParent() throws IOException {
    Path base = convert("base.vmdk", "-O", "vmdk");
    Path path = directory.resolve("top.vmdk");
    Devices.run("qemu-img", "create", "-q", "-f", "vmdk", "-F", "vmdk", "-b", base, path);
    assertRefused(path, ErrorCode.IMAGE_REFERS_TO_HOST);
  }

  @Test
  void refusesADifferencingVhd() throws IOException {
    Path path = convert("a.vhd", "-O", "vpc");
    byte[] bytes = Files.readAllBytes(path);
    bytes[63] = 4;
    Files.write(path, bytes);
    assertRefused(path, ErrorCode.IMAGE_REFERS_TO_HOST);
  }

  @Test
  void takesARawDiskThatBeginsLikeQcow2ForRawOnlyWhenTold() throws IOException {
    byte[] trap = disk.clone();
    ByteBuffer.wrap(trap).putInt(0x514649fb).putInt(3).putLong(0x100).putInt(11);
    Path path = Files.write(directory.resolve("a.raw"), trap);
    assertRefused(path, ErrorCode.IMAGE_REFERS_TO_HOST);
    try (DiskImage image =
        DiskImage.open(path, Optional.of(ImageFormat.RAW), scratch, ProgressListener.none())) {
      assertThat(Devices.contents(image.device())).isEqualTo(trap);
    }
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "RAW")
  void refusesAFormatThatTheImageDoesNotHave(ImageFormat format) throws IOException {
    Path path = image("a.raw");
    assertRefused(path, Optional.of(format), ErrorCode.IMAGE_FORMAT);
  }

  @Test
  void refusesAnImageThatAVirtualMachineUses() throws IOException {
    Path path = convert("a.qcow2", "-O", "qcow2");
    NbdDevice machine = NbdDevice.open(path, ImageFormat.QCOW2, true);
    assertRefused(path, ErrorCode.IMAGE_NOT_READABLE);
    machine.close();
    assertReads(path, ImageFormat.QCOW2);
  }

  @Test
  void refusesASizeThatOnlyAHostileHeaderClaims() {
    Devices.assumeProgram("qemu-img");
    Path path = directory.resolve("a.qcow2");
    Devices.run("qemu-img", "create", "-q", "-f", "qcow2", path, "65T");
    assertRefused(path, ErrorCode.IMAGE_FORMAT);
  }

  @Test
  void refusesADamagedQcow2() throws IOException {
    Path path = convert("a.qcow2", "-O", "qcow2");
    byte[] bytes = Files.readAllBytes(path);
    ByteBuffer.wrap(bytes).putInt(20, 60); // a cluster size of 2^60
    Files.write(path, bytes);
    assertRefused(path, ErrorCode.IMAGE_CORRUPT);
  }

  @ParameterizedTest
  @CsvSource({"zstd, zst", "xz, xz", "bzip2, bz2"})
  void saysWhichOtherCompressionItIs(String program, String ending) throws IOException {
    Devices.assumeProgram(program);
    Devices.run(program, "-q", "-k", image("a.raw"));
    Path path = directory.resolve("a.raw." + ending);
    assertRefused(path, ErrorCode.IMAGE_FORMAT);
    assertThatThrownBy(() -> open(path)).hasMessageContaining(program);
  }

  @Test
  void saysThatItIsAnArchive() throws IOException {
    Path tar = directory.resolve("a.tar");
    Devices.run("tar", "-cf", tar, image("a.raw"));
    assertRefused(tar, ErrorCode.IMAGE_FORMAT);
    Devices.run("gzip", tar);
    assertRefused(directory.resolve("a.tar.gz"), ErrorCode.IMAGE_FORMAT);
  }

  @Test
  void refusesWhatIsNoImageFile() throws IOException {
    assertRefused(directory.resolve("missing"), ErrorCode.IMAGE_NOT_FOUND);
    assertRefused(directory, ErrorCode.IMAGE_NOT_FOUND);
    assertRefused(Path.of("/dev/zero"), ErrorCode.IMAGE_NOT_FOUND);
    Path pipe = directory.resolve("pipe");
    Devices.run("mkfifo", pipe);
    assertRefused(pipe, ErrorCode.IMAGE_NOT_FOUND);
    assertRefused(Files.createFile(directory.resolve("empty")), ErrorCode.IMAGE_CUT_OFF);
  }

  @Test
  void tellsWhenSomebodyWritesToTheImage() throws IOException {
    Path path = image("a.raw");
    try (DiskImage image = open(path)) {
      image.ensureUnchanged();
      Files.setLastModifiedTime(path, FileTime.fromMillis(1));
      assertThatThrownBy(image::ensureUnchanged)
          .isInstanceOfSatisfying(
              VoyageurException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.IMAGE_CHANGED));
    }
  }

  @Test
  void tellsWhenTheImageBecomesShorter() throws IOException {
    Path path = image("a.raw");
    try (DiskImage image = open(path)) {
      Files.write(path, "short".getBytes(StandardCharsets.US_ASCII));
      assertThatThrownBy(() -> image.device().read(0, 512))
          .isInstanceOfSatisfying(
              VoyageurException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.IMAGE_CUT_OFF));
    }
  }

  @Test
  void readsABlockDevice() throws IOException {
    Devices.assume(
        System.getProperty("user.name").equals("root"), "only root can make a loop device");
    Process losetup =
        new ProcessBuilder("losetup", "--read-only", "--show", "-f", image("a.raw").toString())
            .start();
    String loop = losetup.inputReader().readLine();
    Devices.assume(loop != null, "no loop device can be made here");
    try {
      try (DiskImage image = open(Path.of(loop))) {
        assertThat(image.format()).isEqualTo(ImageFormat.RAW);
        assertThat(Devices.contents(image.device())).isEqualTo(disk);
        assertThat(image.device().dataExtents(new Extent(0, disk.length))).isNotEmpty();
      }
    } finally {
      Devices.run("losetup", "-d", loop);
    }
  }
}
