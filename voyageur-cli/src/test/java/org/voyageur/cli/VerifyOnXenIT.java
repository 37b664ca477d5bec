package org.voyageur.cli;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.voyageur.convert.Conversion;
import org.voyageur.convert.ConvertOptions;
import org.voyageur.convert.OpenOptions;
import org.voyageur.convert.Voyageur;
import org.voyageur.disk.OutputFormat;
import org.voyageur.disk.RawFile;
import org.voyageur.error.ErrorCode;
import org.voyageur.filesystem.ExtFilesystem;
import org.voyageur.guest.Finding;
import org.voyageur.plan.Target;
import org.voyageur.progress.ProgressListener;
import org.voyageur.testkit.GuestBuilder;
import org.voyageur.testkit.StandIn;
import org.voyageur.verify.BootStage;
import org.voyageur.verify.HostPyGrub;
import org.voyageur.verify.VerificationReport;

/**
 * {@code verify --on xen} without a boot. The host's PyGrub is asked of a raw image, and of what it
 * reads of a qcow2; voyageur's model must tell the same, or the report says that it does not.
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
      told(report);
    }
  }

  private static void told(VerificationReport report) {
    assertThat(report.notes())
        .anyMatch(note -> note.contains("/bin/pygrub"))
        .noneMatch(note -> note.contains("model"));
  }

  private Conversion convert(Target target) {
    return Voyageur.convert(
        raw,
        OpenOptions.defaults(),
        new ConvertOptions(target, directory.resolve("out.raw"), OutputFormat.RAW, true),
        ProgressListener.none());
  }

  private void isRefused(ErrorCode code) {
    assertThat(convert(Target.DUAL_BOOT))
        .isInstanceOfSatisfying(
            Conversion.Refused.class,
            refused ->
                assertThat(refused.planned().plan().obstacles())
                    .extracting(Finding::code)
                    .contains(code));
    assertThat(directory.resolve("out.raw")).doesNotExist();
  }

  private void toQcow2() throws Exception {
    ChildProcess.tool(
        directory, "qemu-img", "convert", "-O", "qcow2", raw.toString(), qcow2.toString());
  }

  @Test
  void bothTakeTheKernelOfTheMenu() throws Exception {
    byte[] before = Files.readAllBytes(raw);
    toQcow2();
    for (Path image : new Path[] {raw, qcow2}) {
      VerificationReport report = verify(image);
      assertThat(report.failure()).as(report.toString()).isEmpty();
      assertThat(report.stages()).hasSize(1);
      assertThat(report.stages().getFirst().stage()).isEqualTo(BootStage.BOOT_LOADER);
      assertThat(report.stages().getFirst().evidence())
          .contains("/boot/grub/", GUEST.kernel(), GUEST.initrd(), "root=/dev/xvde");
      told(report);
    }
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

  /** As {@code kernel /xen.gz}, which starts a hypervisor on hardware, would. */
  @Test
  void whatIsNoKernelIsNoGuestOfXens() throws Exception {
    change(filesystem ->
        filesystem.overwrite(GUEST.kernel(), "a hypervisor, perhaps\n".getBytes(ISO_8859_1)));
    bothFailWith(ErrorCode.PYGRUB_KERNEL_NOT_PV);
    isRefused(ErrorCode.PYGRUB_KERNEL_NOT_PV);
    change(filesystem -> {
      byte[] menu = filesystem.read("/boot/grub/grub.conf", 1 << 16);
      String text = new String(menu, ISO_8859_1);
      filesystem.overwrite(
          "/boot/grub/grub.conf", text.replace(GUEST.kernel(), "/etc/passwd").getBytes(ISO_8859_1));
    });
    bothFailWith(ErrorCode.PYGRUB_KERNEL_NOT_PV);
  }

  /** What the manual procedure made: extlinux's own boot sector on a disk without partitions. */
  @Test
  void behindExtlinuxsBootSectorPyGrubFindsNothingAndAConversionMendsThat() throws Exception {
    try (RawFile disk = RawFile.openWritable(raw)) {
      byte[] code = new byte[512];
      Arrays.fill(code, (byte) 0x90);
      code[510] = 0x55;
      code[511] = (byte) 0xaa;
      disk.write(0, ByteBuffer.wrap(code));
    }
    bothFailWith(ErrorCode.PYGRUB_STARTS_NOTHING);
    assertThat(
            Voyageur.inspect(raw, OpenOptions.defaults(), ProgressListener.none())
                .guest()
                .findings())
        .extracting(Finding::code)
        .contains(ErrorCode.PYGRUB_PASSES_BY);
    assertThat(convert(Target.DUAL_BOOT)).isInstanceOf(Conversion.Converted.class);
    VerificationReport report = verify(directory.resolve("out.raw"));
    assertThat(report.failure()).as(report.toString()).isEmpty();
    told(report);
  }

  /** The first partition holds another system, which PyGrub starts before and after. */
  @Test
  void aMenuInAnEarlierPartitionIsInTheWay() throws Exception {
    Path tree = directory.resolve("tree");
    Files.createDirectories(tree.resolve("boot/grub"));
    Files.writeString(tree.resolve("k"), "kernel");
    Files.writeString(tree.resolve("boot/grub/menu.lst"), "title other\nkernel /k other\n");
    Path other = directory.resolve("other.img");
    ChildProcess.tool(
        directory, "mke2fs", "-q", "-t", "ext2", "-d", tree.toString(), other.toString(), "8m");
    Path disk = directory.resolve("disk.img");
    ChildProcess.tool(
        directory,
        "sh",
        "-c",
        "truncate -s 540M $1; printf '2048,16384,L\\n20480,1048576,L\\n' | sfdisk -q $1;"
            + " dd if=$2 of=$1 bs=1M seek=1 conv=notrunc,sparse 2>&1;"
            + " dd if=$3 of=$1 bs=1M seek=10 conv=notrunc,sparse 2>&1",
        "sh",
        disk.toString(),
        other.toString(),
        raw.toString());
    raw = disk;
    toQcow2();
    for (Path image : new Path[] {raw, qcow2}) {
      VerificationReport report = verify(image);
      assertThat(report.stages().getFirst().evidence()).contains("/boot/grub/menu.lst: /k");
      assertThat(report.failure().map(failure -> failure.code()))
          .contains(ErrorCode.PYGRUB_KERNEL_NOT_PV);
      told(report);
    }
    isRefused(ErrorCode.PYGRUB_OTHER_FILESYSTEM);
    assertThat(convert(Target.KVM))
        .isInstanceOfSatisfying(
            Conversion.Converted.class,
            converted ->
                assertThat(converted.checks())
                    .contains(
                        "PyGrub's menu is as before; on this disk PyGrub does not come to it"));
  }
}
