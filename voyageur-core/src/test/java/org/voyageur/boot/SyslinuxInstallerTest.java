package org.voyageur.boot;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.voyageur.Host;
import org.voyageur.disk.BlockDevice;
import org.voyageur.disk.BootPlace;
import org.voyageur.disk.DiskLayout.TableType;
import org.voyageur.disk.Extent;
import org.voyageur.disk.Overlay;
import org.voyageur.disk.RawFile;
import org.voyageur.disk.Window;
import org.voyageur.filesystem.ExtFilesystem;

/** Against the real mke2fs, e2fsck, blkid and, as root, the real extlinux. */
class SyslinuxInstallerTest {
  @TempDir Path directory;

  @BeforeEach
  void extlinux() {
    assumeTrue(Files.exists(Path.of("/usr/bin/extlinux")), "no extlinux on this host");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "-t ext3 -I 128 -b 4096",
        "-t ext3 -I 128 -b 1024",
        "-t ext2 -b 2048",
        "-t ext4",
        "-t ext4 -b 1024 -O ^64bit,^metadata_csum"
      })
  void installsSoThatItReadsBackAndTheFilesystemIsClean(String options) throws Exception {
    Path image = image(options);
    install(image);
    Host.run("e2fsck", "-fn", image.toString());
    assertThat(Host.output("blkid", "-p", image.toString()))
        .contains("TYPE=\"ext")
        .doesNotContain("PTTYPE");
    assertThat(Host.output("debugfs", "-R", "stat /boot/ldlinux.sys", image.toString()))
        .contains("Mode:  0444", "User:     0");
  }

  @Test
  void installsOverAnOlderInstallation() throws Exception {
    Path image = image("-t ext3 -I 128");
    install(image);
    byte[] first = Files.readAllBytes(image);
    install(image);
    Host.run("e2fsck", "-fn", image.toString());
    assertThat(Files.readAllBytes(image)).hasSameSizeAs(first);
  }

  @Test
  void findsEveryKindOfDamage() throws Exception {
    Path image = image("-t ext3 -I 128");
    install(image);
    try (BlockDevice device = RawFile.open(image)) {
      long core = problemFreeSector(device);
      for (long sector : List.of(0L, 1L, core)) {
        Overlay damaged = new Overlay(device);
        byte[] bytes = damaged.read(sector * 512, 512);
        bytes[100] ^= 1;
        damaged.write(sector * 512, ByteBuffer.wrap(bytes));
        try (ExtFilesystem filesystem = ExtFilesystem.open(damaged, false)) {
          assertThat(
                  InstalledSyslinux.problems(
                      filesystem, damaged, new BootPlace.WholeDisk(), "/boot", Syslinux.fromHost()))
              .as("sector " + sector)
              .hasSize(1);
        }
      }
    }
  }

  private static long problemFreeSector(BlockDevice device) {
    try (ExtFilesystem filesystem = ExtFilesystem.open(new Overlay(device), false)) {
      assertThat(
              InstalledSyslinux.problems(
                  filesystem, device, new BootPlace.WholeDisk(), "/boot", Syslinux.fromHost()))
          .isEmpty();
      return filesystem.blocks("/boot/ldlinux.sys").getFirst().deviceOffset() / 512 + 1;
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"-t ext3 -I 128 -b 4096", "-t ext3 -I 128 -b 1024", "-t ext4"})
  void equalsTheRealExtlinuxButForTheSectorThatTheBootRecordLiesIn(String options)
      throws Exception {
    assumeTrue("root".equals(System.getProperty("user.name")), "mounting needs root");
    Path image = image(options);
    Path mountPoint = Files.createDirectory(directory.resolve("mnt"));
    assumeTrue(
        Host.exitCode("mount", "-o", "loop", image.toString(), mountPoint.toString()) == 0,
        "this host has no loop devices");
    try {
      Host.run("extlinux", "--install", mountPoint.resolve("boot").toString());
    } finally {
      Host.run("umount", mountPoint.toString());
    }
    try (BlockDevice device = RawFile.open(image);
        ExtFilesystem filesystem = ExtFilesystem.open(device, false)) {
      Syslinux syslinux = Syslinux.fromHost();
      int size = BootCode.fileSize(syslinux);
      long[] sectors = SyslinuxInstaller.sectors(filesystem.blocks("/boot/ldlinux.sys"), size);
      BootCode ours = BootCode.patch(syslinux, sectors, "/boot", 0, device.size() / 512);
      assertThat(device.read(0, 512)).isEqualTo(ours.vbr());
      assertThat(filesystem.read("/boot/ldlinux.sys", size)).isEqualTo(ours.ldlinuxSys());
      assertThat(filesystem.read("/boot/ldlinux.c32", 1 << 20)).isEqualTo(syslinux.ldlinuxC32());
    }
  }

  @ParameterizedTest
  @EnumSource
  void installsIntoAPartitionWhichThenIsTheOneToBoot(TableType table) throws Exception {
    Path filesystem = image("-t ext4");
    Path disk = directory.resolve("partitioned.img");
    Host.run("truncate", "-s", "40M", disk.toString());
    String label = table == TableType.MBR ? "dos" : "gpt";
    Host.run(
        "sh",
        "-ec",
        "printf 'label: "
            + label
            + "\\n2048,1M\\n4096,32M\\n' | sfdisk -q "
            + disk
            + "; dd if="
            + filesystem
            + " of="
            + disk
            + " bs=1M seek=2 conv=notrunc status=none");
    BootPlace place = new BootPlace.Partition(table, 2, new Extent(2 << 20, 32 << 20));
    try (BlockDevice device = RawFile.openWritable(disk)) {
      Window root = new Window(device, new Extent(2 << 20, 32 << 20));
      try (ExtFilesystem guest = ExtFilesystem.open(root, true)) {
        SyslinuxInstaller.install(guest, device, place, "/boot", Syslinux.fromHost());
        assertThat(InstalledSyslinux.problems(guest, device, place, "/boot", Syslinux.fromHost()))
            .isEmpty();
      }
      assertThat(ByteBuffer.wrap(root.read(0, 512)).order(LITTLE_ENDIAN).getInt(0x1C))
          .isEqualTo(4096);
    }
    String found = Host.output("sfdisk", "-J", disk.toString());
    assertThat(found)
        .contains(table == TableType.MBR ? "\"bootable\": true" : "LegacyBIOSBootable");
    assertThat(Host.output("sfdisk", "--verify", disk.toString())).contains("No errors");
  }

  private Path image(String options) throws Exception {
    Path tree = directory.resolve("tree");
    Files.createDirectories(tree.resolve("boot"));
    Path image = directory.resolve("disk.img");
    Files.deleteIfExists(image);
    List<String> command = new java.util.ArrayList<>(List.of("mke2fs", "-q", "-L", "/"));
    command.addAll(Arrays.asList(options.split(" ")));
    command.addAll(List.of("-E", "root_owner=0:0", "-d", tree.toString(), image.toString(), "32M"));
    Host.run(command.toArray(String[]::new));
    return image;
  }

  private void install(Path image) throws Exception {
    try (BlockDevice device = RawFile.open(image)) {
      Overlay overlay = new Overlay(device);
      try (ExtFilesystem filesystem = ExtFilesystem.open(overlay, true)) {
        SyslinuxInstaller.install(
            filesystem, overlay, new BootPlace.WholeDisk(), "/boot", Syslinux.fromHost());
      }
      try (ExtFilesystem filesystem = ExtFilesystem.open(overlay, false)) {
        assertThat(
                InstalledSyslinux.problems(
                    filesystem, overlay, new BootPlace.WholeDisk(), "/boot", Syslinux.fromHost()))
            .isEmpty();
      }
      Host.commit(overlay, image);
    }
  }
}
