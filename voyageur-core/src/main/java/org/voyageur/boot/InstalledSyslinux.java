package org.voyageur.boot;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.voyageur.disk.BlockDevice;
import org.voyageur.disk.BootPlace;
import org.voyageur.disk.DiskLayout;
import org.voyageur.disk.DiskLayout.TableType;
import org.voyageur.disk.DiskLayoutReader;
import org.voyageur.disk.Extent;
import org.voyageur.error.VoyageurException;
import org.voyageur.filesystem.FileType;
import org.voyageur.filesystem.GuestFilesystem;

/** Reads installed boot code back, in the order in which the BIOS and the code itself will. */
public final class InstalledSyslinux {
  private static final int SECTOR = 512;

  private InstalledSyslinux() {}

  /**
   * Whether a disk begins with the code that an installation has.
   *
   * @throws VoyageurException HOST_SYSLINUX if the host lacks the code to compare it with
   */
  public static boolean isOn(BlockDevice disk, BootPlace place) {
    return switch (place) {
      case BootPlace.WholeDisk _ -> WholeDiskLoader.isIn(disk.read(0, SECTOR));
      case BootPlace.Partition partition -> MasterBootCode.isOn(disk, partition.table());
    };
  }

  /**
   * What is wrong with an installation.
   *
   * @return one sentence each; empty if it is sound
   */
  public static List<String> problems(
      GuestFilesystem filesystem,
      BlockDevice disk,
      BootPlace place,
      String directory,
      Syslinux syslinux) {
    List<String> problems = new ArrayList<>();
    problems.addAll(firstSector(disk, place));
    String path = filesystem.realPath(directory).orElse(directory);
    String sys = SyslinuxInstaller.child(path, "ldlinux.sys");
    String c32 = SyslinuxInstaller.child(path, "ldlinux.c32");
    int size = BootCode.fileSize(syslinux);
    int c32Size = syslinux.ldlinuxC32().length;
    if (!isFile(filesystem, sys, size) || !isFile(filesystem, c32, c32Size)) {
      problems.add(
          "ldlinux.sys or ldlinux.c32 of this build, %d and %d bytes, is missing in %s"
              .formatted(size, c32Size, path));
      return problems;
    }
    if (filesystem.blocks(sys).stream().anyMatch(run -> run.deviceOffset() < 0 || !run.written())) {
      problems.add(sys + " has holes");
      return problems;
    }
    long[] sectors = SyslinuxInstaller.sectors(filesystem.blocks(sys), size);
    BootCode expected = SyslinuxInstaller.patch(syslinux, sectors, path, place, disk);
    long start =
        switch (place) {
          case BootPlace.WholeDisk _ -> 0;
          case BootPlace.Partition partition -> partition.extent().offset();
        };
    long record =
        switch (place) {
          case BootPlace.WholeDisk _ -> SECTOR;
          case BootPlace.Partition _ -> start;
        };
    if (!Arrays.equals(disk.read(record, SECTOR), expected.vbr())) {
      problems.add(
          "sector "
              + record / SECTOR
              + " does not hold the boot record for where ldlinux.sys lies");
    }
    // By sector, as the boot record will, and not through the filesystem.
    for (int i = 0; i < sectors.length; i++) {
      byte[] found = disk.read(start + sectors[i] * SECTOR, SECTOR);
      int from = i * SECTOR;
      if (!Arrays.equals(found, 0, SECTOR, expected.ldlinuxSys(), from, from + SECTOR)) {
        problems.add("sector " + sectors[i] + " does not hold sector " + i + " of ldlinux.sys");
        break;
      }
    }
    if (!Arrays.equals(filesystem.read(c32, c32Size), syslinux.ldlinuxC32())) {
      problems.add(c32 + " is not of the same build as ldlinux.sys");
    }
    return problems;
  }

  private static boolean isFile(GuestFilesystem filesystem, String path, int size) {
    return filesystem
        .stat(path)
        .filter(stat -> stat.type() == FileType.REGULAR && stat.size() == size)
        .isPresent();
  }

  private static List<String> firstSector(BlockDevice disk, BootPlace place) {
    List<String> problems = new ArrayList<>();
    if (!isOn(disk, place)) {
      problems.add("sector 0 does not hold the code that starts SYSLINUX");
    }
    if (place instanceof BootPlace.Partition(TableType _, int number, Extent extent)) {
      List<DiskLayout.Partition> active =
          DiskLayoutReader.read(disk) instanceof DiskLayout.Partitioned found
              ? found.partitions().stream().filter(DiskLayout.Partition::active).toList()
              : List.of();
      boolean marked =
          active.size() == 1
              && active.getFirst().number() == number
              && active.getFirst().extent().equals(extent);
      if (!marked) {
        problems.add("partition " + number + " is not the one that is marked to be booted");
      }
    }
    return problems;
  }
}
