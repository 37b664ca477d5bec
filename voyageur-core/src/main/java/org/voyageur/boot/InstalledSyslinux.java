package org.voyageur.boot;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.voyageur.disk.BlockDevice;
import org.voyageur.filesystem.FileType;
import org.voyageur.filesystem.GuestFilesystem;

/** Reads installed boot code back, in the order in which the BIOS and the code itself will. */
public final class InstalledSyslinux {
  private static final int SECTOR = 512;

  private InstalledSyslinux() {}

  /** Whether a disk begins with the loader that a whole-disk installation has. */
  public static boolean isOn(BlockDevice disk) {
    return disk.size() >= SECTOR && WholeDiskLoader.isIn(disk.read(0, SECTOR));
  }

  /**
   * What is wrong with a whole-disk installation.
   *
   * @return one sentence each; empty if it is sound
   */
  public static List<String> problems(
      GuestFilesystem filesystem, BlockDevice disk, String directory, Syslinux syslinux) {
    List<String> problems = new ArrayList<>();
    if (!isOn(disk)) {
      problems.add("sector 0 does not hold the loader");
    }
    String place = filesystem.realPath(directory).orElse(directory);
    String sys = SyslinuxInstaller.child(place, "ldlinux.sys");
    String c32 = SyslinuxInstaller.child(place, "ldlinux.c32");
    int size = BootCode.fileSize(syslinux);
    int c32Size = syslinux.ldlinuxC32().length;
    if (!isFile(filesystem, sys, size) || !isFile(filesystem, c32, c32Size)) {
      problems.add(
          "ldlinux.sys or ldlinux.c32 of this build, %d and %d bytes, is missing in %s"
              .formatted(size, c32Size, place));
      return problems;
    }
    if (filesystem.blocks(sys).stream().anyMatch(run -> run.deviceOffset() < 0 || !run.written())) {
      problems.add(sys + " has holes");
      return problems;
    }
    long[] sectors = SyslinuxInstaller.sectors(filesystem.blocks(sys), size);
    BootCode expected = BootCode.patch(syslinux, sectors, place, 0, disk.size() / SECTOR);
    if (!Arrays.equals(disk.read(SECTOR, SECTOR), expected.vbr())) {
      problems.add("sector 1 does not hold the boot record for where ldlinux.sys lies");
    }
    // By sector, as the boot record will, and not through the filesystem.
    for (int i = 0; i < sectors.length; i++) {
      byte[] found = disk.read(sectors[i] * SECTOR, SECTOR);
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
}
