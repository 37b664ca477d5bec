package org.voyageur.cli;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.voyageur.convert.OpenOptions;
import org.voyageur.convert.Voyageur;
import org.voyageur.disk.RawFile;
import org.voyageur.error.ErrorCode;
import org.voyageur.filesystem.ExtFilesystem;
import org.voyageur.progress.ProgressListener;
import org.voyageur.testkit.GuestBuilder;
import org.voyageur.testkit.StandIn;
import org.voyageur.verify.BootStage;
import org.voyageur.verify.HostPyGrub;
import org.voyageur.verify.VerificationReport;

/**
 * {@code verify --on xen} without a boot: the host's PyGrub, which is asked of a raw image, and
 * voyageur's model, which is asked of a qcow2, tell the same.
 */
class VerifyOnXenIT {
  private static final String MENU = "/boot/grub/menu.lst";
  private static final StandIn GUEST = StandIn.scientific6();

  @TempDir static Path guests;
  private static Path source;

  @TempDir Path directory;
  private Path raw;
  private Path qcow2;

  @BeforeAll
  static void build() {
    assumeTrue(HostPyGrub.find().isPresent(), "skipped: there is no pygrub (xen-utils-4.17)");
    source = guests.resolve("source.img");
    GuestBuilder.build(GUEST, source, 512L << 20);
  }

  @BeforeEach
  void copy() throws Exception {
    raw = directory.resolve("guest.img");
    qcow2 = directory.resolve("guest.qcow2");
    ChildProcess.tool(directory, "cp", "--sparse=always", source.toString(), raw.toString());
  }

  private void change(Consumer<ExtFilesystem> change) {
    try (RawFile disk = RawFile.openWritable(raw);
        ExtFilesystem filesystem = ExtFilesystem.open(disk, true)) {
      change.accept(filesystem);
      filesystem.flush();
    }
  }

  private static VerificationReport verify(Path image) {
    return Voyageur.verifyPyGrub(image, OpenOptions.defaults(), ProgressListener.none());
  }

  private void bothFailWith(ErrorCode code) throws Exception {
    toQcow2();
    for (Path image : new Path[] {raw, qcow2}) {
      VerificationReport report = verify(image);
      assertThat(report.failure().map(failure -> failure.code()))
          .as(report.toString())
          .contains(code);
      assertThat(report.notes()).noneMatch(note -> note.contains("something else"));
    }
  }

  private void toQcow2() throws Exception {
    ChildProcess.tool(
        directory, "qemu-img", "convert", "-O", "qcow2", raw.toString(), qcow2.toString());
  }

  @Test
  void bothTakeTheKernelOfTheMenu() throws Exception {
    byte[] before = Files.readAllBytes(raw);
    toQcow2();
    VerificationReport real = verify(raw);
    VerificationReport model = verify(qcow2);
    assertThat(real.failure()).as(real.toString()).isEmpty();
    assertThat(real.stages()).isEqualTo(model.stages()).hasSize(1);
    assertThat(real.stages().getFirst().stage()).isEqualTo(BootStage.BOOT_LOADER);
    assertThat(real.stages().getFirst().evidence())
        .contains("/boot/grub/", GUEST.kernel(), GUEST.initrd(), "root=/dev/xvde");
    assertThat(real.notes()).anyMatch(note -> note.contains("/bin/pygrub"));
    assertThat(model.notes()).anyMatch(note -> note.contains("model"));
    assertThat(Files.readAllBytes(raw)).isEqualTo(before);
  }

  @Test
  void bothFindNothingWithoutAnEntry() throws Exception {
    change(filesystem -> {
      for (String path : new String[] {MENU, "/boot/grub/grub.conf"}) {
        if (filesystem.stat(path).isPresent()) {
          filesystem.overwrite(path, "timeout=1\n".getBytes(ISO_8859_1));
        }
      }
    });
    bothFailWith(ErrorCode.PYGRUB_STARTS_NOTHING);
  }

  @Test
  void bothMissTheKernel() throws Exception {
    change(filesystem -> filesystem.remove(GUEST.kernel()));
    bothFailWith(ErrorCode.BOOT_FILE_MISSING);
  }

  @Test
  void aKernelWithoutXenIsNoGuestOfXens() throws Exception {
    String config = GUEST.kernel().replace("vmlinuz", "config");
    change(filesystem ->
        filesystem.overwrite(
            config, "CONFIG_VIRTIO_BLK=y\n# CONFIG_XEN is not set\n".getBytes(ISO_8859_1)));
    bothFailWith(ErrorCode.PYGRUB_KERNEL_NOT_PV);
  }
}
