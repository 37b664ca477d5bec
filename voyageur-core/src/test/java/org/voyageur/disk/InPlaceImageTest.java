package org.voyageur.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.progress.ProgressEvent;
import org.voyageur.progress.ProgressEvent.Noted;
import org.voyageur.progress.ProgressListener;

class InPlaceImageTest {
  private static final int SIZE = 4 << 20;

  @TempDir Path directory;

  private Path raw() throws Exception {
    return Files.write(directory.resolve("disk.img"), Devices.disk(SIZE));
  }

  private InPlaceImage open(Path image) {
    return InPlaceImage.open(image, Optional.empty(), directory, ProgressListener.none());
  }

  private static void refuses(ThrowingCallable what, ErrorCode code) {
    assertThatThrownBy(what)
        .asInstanceOf(type(VoyageurException.class))
        .extracting(VoyageurException::code)
        .isEqualTo(code);
  }

  @ParameterizedTest
  @CsvSource({"raw, raw", "qcow2, qcow2", "vmdk, vmdk", "vpc, vhd", "vhdx, vhdx", "vdi, vdi"})
  void changesAnImageOfEachFormat(String driver, String label) throws Exception {
    Devices.assumeProgram("qemu-img");
    Path image = directory.resolve("disk." + driver);
    Devices.run("qemu-img", "convert", "-f", "raw", "-O", driver, raw(), image);
    Files.setPosixFilePermissions(image, PosixFilePermissions.fromString("rw-r-----"));
    byte[] expected;
    try (InPlaceImage target = open(image)) {
      assertThat(target.wasPutBack()).isFalse();
      Overlay changes = new Overlay(target.device());
      expected = Devices.contents(target.device());
      for (int at : new int[] {100, SIZE / 4, SIZE - 700}) {
        byte[] bytes = Devices.disk(600);
        changes.write(at, ByteBuffer.wrap(bytes));
        System.arraycopy(bytes, 0, expected, at, bytes.length);
      }
      target.commit(changes);
    }
    Path copy = directory.resolve("copy.raw");
    Devices.run("qemu-img", "convert", "-f", driver, "-O", "raw", image, copy);
    assertThat(Files.readAllBytes(copy)).startsWith(expected);
    assertThat(DiskImage.identify(image, Optional.empty(), ProgressListener.none()).label())
        .isEqualTo(label);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(image)))
        .isEqualTo("rw-r-----");
    try (var files = Files.list(directory)) {
      assertThat(files.map(file -> String.valueOf(file.getFileName())))
          .containsOnly("disk.img", "disk." + driver, "copy.raw");
    }
  }

  @Test
  void isOnlyReadUntilItIsCommitted() throws Exception {
    Path image = raw();
    FileStamp stamp = FileStamp.of(image);
    try (InPlaceImage target = open(image);
        Overlay changes = new Overlay(target.device())) {
      changes.write(0, ByteBuffer.wrap(new byte[5000]));
    }
    assertThat(FileStamp.of(image)).isEqualTo(stamp);
    assertThat(Files.readAllBytes(image)).isEqualTo(Devices.disk(SIZE));
  }

  @Test
  void onlyOneMayChangeItAtATime() throws Exception {
    Path image = raw();
    try (InPlaceImage first = open(image)) {
      // Another descriptor of the same process that is closed would release a lock of POSIX.
      RawFile.open(image).close();
      refuses(() -> open(image), ErrorCode.IMAGE_IN_USE);
      assertThat(first.device().size()).isEqualTo(SIZE);
    }
    open(image).close();
  }

  @ParameterizedTest
  @CsvSource({"raw", "qcow2"})
  void isRefusedWhileAVirtualMachineHasIt(String format) throws Exception {
    Devices.assumeProgram("qemu-io");
    Path image = directory.resolve("vm." + format);
    Devices.run("qemu-img", "create", "-q", "-f", format, image, "1M");
    Process machine =
        new ProcessBuilder("qemu-io", "-f", format, image.toString())
            .redirectErrorStream(true)
            .start();
    try {
      // The prompt comes once the image is open.
      assertThat(machine.getInputStream().read()).isPositive();
      assertThatThrownBy(() -> open(image))
          .asInstanceOf(type(VoyageurException.class))
          .extracting(VoyageurException::code)
          .isIn(ErrorCode.IMAGE_IN_USE, ErrorCode.IMAGE_NOT_READABLE);
    } finally {
      machine.destroyForcibly().waitFor();
    }
    open(image).close();
  }

  @Test
  void qemuIsKeptFromARawImageThatIsBeingChanged() throws Exception {
    Devices.assumeProgram("qemu-io");
    Path image = raw();
    try (InPlaceImage target = open(image)) {
      Process machine =
          new ProcessBuilder("qemu-io", "-f", "raw", "-c", "read 0 512", image.toString())
              .redirectErrorStream(true)
              .start();
      String said =
          new String(
              machine.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
      assertThat(machine.waitFor()).as(said).isNotZero();
      assertThat(said).contains("lock");
      assertThat(target.wasPutBack()).isFalse();
    }
  }

  @Test
  void aCompressedImageIsRefused() throws Exception {
    Devices.run("gzip", raw());
    refuses(() -> open(directory.resolve("disk.img.gz")), ErrorCode.IMAGE_NOT_WRITABLE);
  }

  @Test
  void anImageWithAnotherNameIsRefused() throws Exception {
    Path image = raw();
    Files.createLink(directory.resolve("other"), image);
    refuses(() -> open(image), ErrorCode.IMAGE_NOT_WRITABLE);
  }

  @Test
  void anImageThatSomebodyWroteToMeanwhileIsNotChanged() throws Exception {
    Path image = raw();
    try (InPlaceImage target = open(image)) {
      Overlay changes = new Overlay(target.device());
      changes.write(0, ByteBuffer.wrap(new byte[5000]));
      byte[] other = Devices.disk(SIZE);
      other[SIZE / 2] ^= 1;
      Files.write(image, other);
      refuses(() -> target.commit(changes), ErrorCode.IMAGE_CHANGED);
      assertThat(Files.readAllBytes(image)).isEqualTo(other);
    }
  }

  @Test
  void whatWasCutOffIsPutBackByWhoeverOpensItNext() throws Exception {
    Path image = raw();
    Path real = image.toRealPath();
    RawFile base = RawFile.open(real);
    Overlay changes = new Overlay(RawFile.open(real));
    changes.write(8192, ByteBuffer.wrap(new byte[8192]).put(0, (byte) 1));
    assertThatThrownBy(() ->
            UndoJournal.commit(
                real,
                base,
                changes,
                false,
                () -> {
                  RawFile disk = RawFile.openWritable(real);
                  disk.write(8192, ByteBuffer.wrap(new byte[4096]).put(0, (byte) 1));
                  disk.close();
                  throw new OutOfMemoryError("the end");
                }))
        .isInstanceOf(OutOfMemoryError.class);
    Path beside = real.resolveSibling("disk.img.voyageur-journal");
    Path link = Files.createSymbolicLink(directory.resolve("link"), image);
    try (ImageLock _ = ImageLock.take(real)) {
      refuses(
          () -> DiskImage.open(link, Optional.empty(), directory, ProgressListener.none()),
          ErrorCode.IMAGE_HALF_CHANGED);
    }
    byte[] journal = Files.readAllBytes(beside);
    byte[] half = Files.readAllBytes(image);
    List<ProgressEvent> said = new ArrayList<>();
    DiskImage.open(link, Optional.empty(), directory, said::add).close();
    assertThat(Files.readAllBytes(image)).isEqualTo(Devices.disk(SIZE));
    assertThat(said).hasOnlyElementsOfType(Noted.class).hasSize(1);
    Files.write(beside, journal);
    Files.write(image, half);
    try (InPlaceImage target = open(link)) {
      assertThat(target.wasPutBack()).isTrue();
    }
    assertThat(Files.readAllBytes(image)).isEqualTo(Devices.disk(SIZE));
  }
}
