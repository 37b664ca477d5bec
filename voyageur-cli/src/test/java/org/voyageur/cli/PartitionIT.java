package org.voyageur.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.voyageur.convert.Conversion;
import org.voyageur.convert.ConvertOptions;
import org.voyageur.convert.OpenOptions;
import org.voyageur.convert.Voyageur;
import org.voyageur.disk.OutputFormat;
import org.voyageur.error.ErrorCode;
import org.voyageur.guest.Finding;
import org.voyageur.plan.Customisation;
import org.voyageur.plan.DiskShape;
import org.voyageur.plan.DiskShape.Layout;
import org.voyageur.plan.Growth;
import org.voyageur.plan.Target;
import org.voyageur.progress.ProgressListener;
import org.voyageur.testkit.GuestBuilder;
import org.voyageur.testkit.StandIn;
import org.voyageur.verify.QemuMachine;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Partitioned results, grown ones, and sources that are partitioned already. What they are is told
 * by sfdisk, blkid, e2fsck and PyGrub, and by booting them.
 */
class PartitionIT {
  private static final long MIB = 1 << 20;
  private static final long SIZE = 512 * MIB;
  private static final Duration BOOT = Duration.ofMinutes(2);
  private static final Pattern LOGIN = Pattern.compile("stand-in login:");
  private static final Path PYGRUB = Path.of("/usr/lib/xen-4.17/bin/pygrub");
  private static final DiskShape PARTITION = new DiskShape(Layout.PARTITION, Optional.empty());

  @TempDir private static Path images;
  @TempDir private Path directory;

  private Path output;

  @BeforeAll
  static void buildGuests() {
    GuestBuilder.build(StandIn.scientific6(), images.resolve("sl6.img"), SIZE);
    GuestBuilder.build(StandIn.ubuntu1310(), images.resolve("ubuntu1310.img"), SIZE);
  }

  @BeforeEach
  void nameTheOutput() {
    output = directory.resolve("out.img");
  }

  @ParameterizedTest
  @CsvSource({"sl6, RAW, KVM", "ubuntu1310, QCOW2, DUAL_BOOT"})
  void aPartitionedResultBoots(String guest, OutputFormat format, Target target) throws Exception {
    convert(images.resolve(guest + ".img"), target, format, PARTITION);
    boots(format, "vda1");
    Path raw = raw(format);
    JsonNode table = table(raw);
    assertThat(table.at("/label").stringValue()).isEqualTo("dos");
    assertThat(table.at("/partitions").size()).isEqualTo(1);
    JsonNode partition = table.at("/partitions/0");
    assertThat(partition.at("/start").longValue()).isEqualTo(2048);
    assertThat(partition.at("/size").longValue()).isEqualTo(SIZE / 512);
    assertThat(partition.at("/type").stringValue()).isEqualTo("83");
    assertThat(partition.at("/bootable").booleanValue()).isTrue();
    assertThat(Files.size(raw)).isEqualTo(SIZE + MIB);
    assertThat(run("blkid", "-p", raw.toString())).contains("PTTYPE=\"dos\"");
    assertThat(filesystemCheck(raw, MIB, SIZE)).isZero();
  }

  @Test
  void pyGrubFindsTheSameKernelInThePartition() throws Exception {
    assumeTrue(Files.isExecutable(PYGRUB), "this host has no PyGrub (xen-utils-4.17)");
    Path source = images.resolve("ubuntu1310.img");
    convert(source, Target.DUAL_BOOT, OutputFormat.RAW, PARTITION);
    String before = pygrub(source);
    assertThat(pygrub(output))
        .isEqualTo(before.replaceAll("root=/dev/xvda(?!\\d)", "root=/dev/xvda1"));
  }

  /** Where PyGrub looks, and hardly anybody has them. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/grub|menu.lst|title a\\nroot (hd0)\\nkernel %s root=/dev/xvda ro\\ninitrd %s\\n",
        "/extlinux|extlinux.conf|DEFAULT a\\nLABEL a\\nKERNEL %s\\nAPPEND root=/dev/xvda ro initrd=%s\\n"
      })
  void aMenuInAnotherPlaceFollowsIntoThePartition(String place, String name, String menu)
      throws Exception {
    assumeTrue(Files.isExecutable(PYGRUB), "this host has no PyGrub (xen-utils-4.17)");
    Path source = directory.resolve("source.img");
    run("cp", "--sparse=always", images.resolve("ubuntu1310.img").toString(), source.toString());
    StandIn guest = StandIn.ubuntu1310();
    Path file =
        Files.writeString(
            directory.resolve("menu"),
            menu.replace("\\n", "\n").formatted(guest.kernel(), guest.initrd()));
    run("debugfs", "-w", "-R", "rm /boot/grub/menu.lst", source.toString());
    run("debugfs", "-w", "-R", "mkdir " + place, source.toString());
    run("debugfs", "-w", "-R", "write " + file + " " + place + "/" + name, source.toString());
    String before = pygrub(source);
    assertThat(before).contains("root=/dev/xvda ro");
    convert(source, Target.DUAL_BOOT, OutputFormat.RAW, PARTITION);
    assertThat(pygrub(output)).isEqualTo(before.replace("root=/dev/xvda ", "root=/dev/xvda1 "));
  }

  @Test
  void aCompressedImageIsInflatedIntoThePartition() throws Exception {
    Path gzip = directory.resolve("guest.img.gz");
    run(
        "sh",
        "-c",
        "gzip -1 < \"$0\" > \"$1\"",
        images.resolve("sl6.img").toString(),
        gzip.toString());
    convert(images.resolve("sl6.img"), Target.KVM, OutputFormat.RAW, PARTITION);
    Path other = output;
    for (OutputFormat format : OutputFormat.values()) {
      output = directory.resolve("gz." + format);
      convert(gzip, Target.KVM, format, PARTITION);
      Path raw = raw(format);
      assertThat(filesystemCheck(raw, MIB, SIZE)).isZero();
      assertThat(Files.size(raw)).isEqualTo(Files.size(other));
      assertThat(firstSector(raw)).isEqualTo(firstSector(other));
    }
  }

  @ParameterizedTest
  @CsvSource({"sl6, PARTITION, 2G", "ubuntu1310, KEEP, +1G"})
  void aGrownResultBootsAndHasTheRoom(String guest, Layout layout, String growth) throws Exception {
    Growth wanted = Growth.parse(growth).orElseThrow();
    convert(
        images.resolve(guest + ".img"),
        Target.KVM,
        OutputFormat.RAW,
        new DiskShape(layout, Optional.of(wanted)));
    long size = wanted.bytes() + (wanted.relative() ? SIZE : 0);
    long start = layout == Layout.PARTITION ? MIB : 0;
    assertThat(Files.size(output)).isEqualTo(size);
    assertThat(filesystemCheck(output, start, size - start)).isZero();
    String superblock = run("dumpe2fs", "-h", part(output, start, size - start).toString());
    assertThat(superblock).contains("Block count:              " + (size - start) / 4096);
    // Nothing is written but what the filesystem needs.
    assertThat(allocated(output)).isLessThan(allocated(images.resolve(guest + ".img")) + 16 * MIB);
    boots(OutputFormat.RAW, start == 0 ? "vda" : "vda1");
  }

  @ParameterizedTest
  @ValueSource(strings = {"dos", "gpt"})
  void aPartitionedSourceGetsTheBootCodeThatItLacks(String label) throws Exception {
    Path source = partitioned(label, images.resolve("ubuntu1310.img"));
    convert(source, Target.KVM, OutputFormat.RAW, DiskShape.KEPT);
    JsonNode before = table(source);
    JsonNode after = table(output);
    assertThat(after.at("/partitions").size()).isEqualTo(2);
    assertThat(after.at("/partitions/1/start")).isEqualTo(before.at("/partitions/1/start"));
    if (label.equals("dos")) {
      assertThat(after.at("/partitions/0/bootable").isMissingNode()).isTrue();
      assertThat(after.at("/partitions/1/bootable").booleanValue()).isTrue();
    } else {
      assertThat(after.at("/partitions/1/attrs").stringValue()).isEqualTo("LegacyBIOSBootable");
      assertThat(run("sfdisk", "--verify", output.toString())).contains("No errors detected");
    }
    assertThat(filesystemCheck(output, 17 * MIB, SIZE)).isZero();
    boots(OutputFormat.RAW, "vda2");
  }

  /** By what they are called under every hypervisor, although fstab had Xen's names for them. */
  @ParameterizedTest
  @CsvSource({"dos, /dev/xvde, ext3, KVM", "gpt, /dev/xvda, ext4, DUAL_BOOT"})
  void theDisksOtherPartitionsAreMountedByTheirUuids(
      String label, String xen, String type, Target target) throws Exception {
    StandIn guest =
        (type.equals("ext3") ? StandIn.scientific6() : StandIn.ubuntu1310())
            .with("/home/here", "below the mount point\n")
            .with(
                "/etc/fstab",
                "%1$s2 / %2$s defaults 1 1\n%1$s1 /home %2$s defaults 1 2\n%1$s3 swap swap sw 0 0\n"
                    .formatted(xen, type));
    Path root = directory.resolve("root.img");
    GuestBuilder.build(guest, root, SIZE);
    Path source = directory.resolve("source.img");
    run(
        "sh",
        "-ec",
        """
        cd "$0"
        truncate -s 16M home && mke2fs -q -t "$2" home
        truncate -s 8M swap && mkswap -q swap
        truncate -s 540M source.img
        printf 'label: %s\\n2048,16M\\n34816,512M\\n1083392,8M\\n' "$1" | sfdisk -q source.img
        dd if=home of=source.img bs=1M seek=1 conv=notrunc,sparse status=none
        dd if=root.img of=source.img bs=1M seek=17 conv=notrunc,sparse status=none
        dd if=swap of=source.img bs=1M seek=529 conv=notrunc,sparse status=none
        """,
        directory.toString(),
        label,
        type);
    convert(source, target, OutputFormat.RAW, DiskShape.KEPT);
    String fstab = run("debugfs", "-R", "cat /etc/fstab", part(output, 17 * MIB, SIZE).toString());
    assertThat(fstab)
        .contains(
            "\nUUID=%s /home %s defaults 1 2\nUUID=%s swap swap sw 0 0\n"
                .formatted(uuid("home"), type, uuid("swap")));
    boots(OutputFormat.RAW, "vda2", "mounts=vda2:/ vda1:/home", "swaps=vda3");
  }

  private String uuid(String file) throws Exception {
    return run("blkid", "-p", "-o", "value", "-s", "UUID", directory.resolve(file).toString())
        .strip();
  }

  @ParameterizedTest
  @ValueSource(strings = {"dos", "gpt"})
  void aPartitionedImageIsConvertedWhereItIsAndKnownThenAndPutBack(String label) throws Exception {
    Path image = partitioned(label, images.resolve("sl6.img"));
    String before = run("sha256sum", image.toString());
    assertThat(inPlace(image)).isInstanceOf(Conversion.Converted.class);
    output = image;
    boots(OutputFormat.RAW, "vda2");
    assertThat(inPlace(image)).isInstanceOf(Conversion.Unchanged.class);
    Voyageur.undo(image, OpenOptions.defaults(), ProgressListener.none());
    assertThat(run("sha256sum", image.toString())).isEqualTo(before);
  }

  private static Conversion inPlace(Path image) {
    return Voyageur.convertInPlace(
        image,
        OpenOptions.defaults(),
        Target.DUAL_BOOT,
        Customisation.NONE,
        ProgressListener.none());
  }

  /** The features of ext4 that SYSLINUX is often said not to read. */
  @Test
  void ext4With64BitAndChecksumsBootsAlsoFromAPartitionThatGrew() throws Exception {
    Path source = directory.resolve("features.img");
    run("cp", "--sparse=always", images.resolve("ubuntu1310.img").toString(), source.toString());
    run("sh", "-ec", "resize2fs -b \"$0\"; tune2fs -O metadata_csum \"$0\"", source.toString());
    assertThat(run("dumpe2fs", "-h", source.toString())).contains(" 64bit ", "metadata_csum");
    convert(
        source, Target.KVM, OutputFormat.RAW, new DiskShape(Layout.PARTITION, Growth.parse("1G")));
    assertThat(filesystemCheck(output, MIB, 1023 * MIB)).isZero();
    boots(OutputFormat.RAW, "vda1");
  }

  @Test
  void thePartitionThatLiesLastGrows() throws Exception {
    Path source = partitioned("dos", images.resolve("sl6.img"));
    convert(source, Target.KVM, OutputFormat.RAW, new DiskShape(Layout.KEEP, Growth.parse("1G")));
    assertThat(Files.size(output)).isEqualTo(1024 * MIB);
    assertThat(table(output).at("/partitions/1/size").longValue())
        .isEqualTo((1024 - 17) * MIB / 512);
    assertThat(filesystemCheck(output, 17 * MIB, (1024 - 17) * MIB)).isZero();
  }

  @Test
  void whatCannotBeIsRefusedBeforeAnythingIsWritten() throws Exception {
    Path partitioned = partitioned("gpt", images.resolve("sl6.img"));
    assertThat(refused(partitioned, PARTITION)).containsExactly(ErrorCode.DISK_PARTITIONED);
    assertThat(refused(partitioned, new DiskShape(Layout.KEEP, Growth.parse("2G"))))
        .containsExactly(ErrorCode.DISK_GROW_PARTITION);
    // The first copy's header, so that only the last is left.
    run("dd", "if=/dev/zero", "of=" + partitioned, "bs=512", "seek=1", "count=1", "conv=notrunc");
    assertThat(refused(partitioned, DiskShape.KEPT)).containsExactly(ErrorCode.DISK_TABLE);
    // Its 512 MiB are all there, and the table says 513.
    Path lying = partitioned("dos", images.resolve("sl6.img"));
    run("sh", "-c", "echo ',513M' | sfdisk -q -N 2 \"$0\"", lying.toString());
    run("truncate", "-s", "529M", lying.toString());
    assertThat(refused(lying, DiskShape.KEPT)).containsExactly(ErrorCode.DISK_TABLE);
    Path whole = images.resolve("sl6.img");
    assertThat(refused(whole, new DiskShape(Layout.KEEP, Growth.parse("100M"))))
        .containsExactly(ErrorCode.DISK_SHRINK);
    assertThat(refused(whole, new DiskShape(Layout.PARTITION, Growth.parse("512M"))))
        .containsExactly(ErrorCode.DISK_SHRINK);
    assertThat(refused(whole, new DiskShape(Layout.PARTITION, Growth.parse("3T"))))
        .containsExactly(ErrorCode.DISK_TOO_LARGE);
    assertThat(output).doesNotExist();
  }

  private List<ErrorCode> refused(Path source, DiskShape shape) {
    Conversion conversion = conversion(source, Target.KVM, OutputFormat.RAW, shape);
    assertThat(conversion).isInstanceOf(Conversion.Refused.class);
    return conversion.planned().plan().obstacles().stream().map(Finding::code).toList();
  }

  private void convert(Path source, Target target, OutputFormat format, DiskShape shape) {
    Conversion conversion = conversion(source, target, format, shape);
    assertThat(conversion)
        .as(conversion.planned().plan().obstacles().toString())
        .isInstanceOf(Conversion.Converted.class);
  }

  private Conversion conversion(Path source, Target target, OutputFormat format, DiskShape shape) {
    return Voyageur.convert(
        source,
        OpenOptions.defaults(),
        new ConvertOptions(target, output, format, false, shape),
        ProgressListener.none());
  }

  private void boots(OutputFormat format, String root, String... reports) {
    try (QemuMachine machine = QemuMachine.start(output, format, List.of())) {
      assertThat(machine.awaitConsole(LOGIN, BOOT)).as(machine.console()).isTrue();
      assertThat(machine.console())
          .contains("SYSLINUX 6", "VOYAGEUR-GUEST root=/dev/" + root + " rw");
      for (String report : reports) {
        assertThat(machine.console()).contains("VOYAGEUR-GUEST " + report);
      }
    }
  }

  /** A disk with 16 MiB of another filesystem in front of the guest, and no boot code. */
  private Path partitioned(String label, Path guest) throws Exception {
    Path disk = directory.resolve(label + ".img");
    run(
        "sh",
        "-ec",
        """
        truncate -s 530M "$0"
        printf 'label: %s\\n2048,16M\\n34816,512M\\n' "$1" | sfdisk -q "$0"
        mke2fs -q -t ext2 -E offset=1048576 "$0" 16M
        dd if="$2" of="$0" bs=1M seek=17 conv=notrunc,sparse status=none
        """,
        disk.toString(),
        label,
        guest.toString());
    return disk;
  }

  private Path raw(OutputFormat format) throws Exception {
    return switch (format) {
      case RAW -> output;
      case QCOW2 -> {
        Path raw = directory.resolve(output.getFileName() + ".raw");
        run("qemu-img", "convert", "-O", "raw", output.toString(), raw.toString());
        yield raw;
      }
    };
  }

  private static JsonNode table(Path disk) throws Exception {
    return JsonMapper.shared().readTree(run("sfdisk", "-J", disk.toString())).at("/partitiontable");
  }

  private Path part(Path disk, long start, long length) throws Exception {
    Path part = directory.resolve("part");
    run(
        "dd",
        "if=" + disk,
        "of=" + part,
        "bs=1M",
        "skip=" + start / MIB,
        "count=" + length / MIB,
        "conv=sparse",
        "status=none");
    return part;
  }

  private int filesystemCheck(Path disk, long start, long length) throws Exception {
    Path part = part(disk, start, length);
    try {
      return exitCode("e2fsck", "-fn", part.toString());
    } finally {
      Files.delete(part);
    }
  }

  private static long allocated(Path file) throws Exception {
    return Long.parseLong(run("stat", "-c", "%b", file.toString()).strip()) * 512;
  }

  private String pygrub(Path image) throws Exception {
    Path out = Files.createTempDirectory(directory, "pygrub");
    return run(
            PYGRUB.toString(),
            "-q",
            "--output-format=simple",
            "--output-directory=" + out,
            image.toString())
        .replaceAll(out + "/boot_(kernel|ramdisk)\\S*", "$1");
  }

  private static byte[] firstSector(Path disk) throws Exception {
    try (InputStream stream = Files.newInputStream(disk)) {
      return stream.readNBytes(512);
    }
  }

  private static int exitCode(String... command) throws Exception {
    return process(command).waitFor();
  }

  private static String run(String... command) throws Exception {
    Process process = process(command);
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as("%s: %s", List.of(command), said).isZero();
    return said;
  }

  private static Process process(String... command) throws Exception {
    List<String> words = new ArrayList<>(List.of("env", "LC_ALL=C"));
    words.addAll(List.of(command));
    ProcessBuilder builder = new ProcessBuilder(words).redirectErrorStream(true);
    builder.environment().merge("PATH", "/usr/sbin:/sbin", (path, more) -> path + ":" + more);
    return builder.start();
  }
}
