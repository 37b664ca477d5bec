package org.voyageur.boot;

import java.nio.ByteBuffer;
import java.util.List;
import org.voyageur.disk.BlockDevice;
import org.voyageur.disk.BootPlace;
import org.voyageur.disk.DiskLayout.TableType;
import org.voyageur.disk.Extent;
import org.voyageur.disk.PartitionTable;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.filesystem.BlockRun;
import org.voyageur.filesystem.FileOwner;
import org.voyageur.filesystem.GuestFilesystem;

/**
 * Installs SYSLINUX without mounting anything: the same bytes as {@code extlinux --install} writes.
 * On a disk that is one filesystem the boot record goes into sector 1, and our loader into sector
 * 0; into a partition it goes as it is, with SYSLINUX's own code in the disk's first sector.
 */
public final class SyslinuxInstaller {
  private static final int SECTOR = 512;
  private static final int MODE = 0444;

  private SyslinuxInstaller() {}

  /**
   * Installs it.
   *
   * @param filesystem writable; flushed by this
   * @param disk the whole disk
   * @param place where the filesystem lies on it
   * @param directory an existing directory, such as {@code /boot}; symbolic links are resolved
   */
  public static void install(
      GuestFilesystem filesystem,
      BlockDevice disk,
      BootPlace place,
      String directory,
      Syslinux syslinux) {
    String path =
        filesystem
            .realPath(directory)
            .orElseThrow(() ->
                new VoyageurException(
                    ErrorCode.PATH_NOT_FOUND,
                    "there is no directory " + directory + " in the guest",
                    "Restore the guest's boot files, and convert it again"));
    String sys = child(path, "ldlinux.sys");
    replace(filesystem, sys, new byte[BootCode.fileSize(syslinux)]);
    replace(filesystem, child(path, "ldlinux.c32"), syslinux.ldlinuxC32());

    List<BlockRun> blocks = filesystem.blocks(sys);
    BootCode code =
        patch(syslinux, sectors(blocks, BootCode.fileSize(syslinux)), path, place, disk);
    filesystem.overwrite(sys, code.ldlinuxSys());
    filesystem.setImmutable(sys, true);
    filesystem.flush();
    if (!filesystem.blocks(sys).equals(blocks)) {
      throw new IllegalStateException("the blocks of " + sys + " moved");
    }

    switch (place) {
      case BootPlace.WholeDisk _ -> {
        ByteBuffer sectors = ByteBuffer.allocate(2 * SECTOR);
        sectors.put(WholeDiskLoader.sector(filesystem.facts().uuid())).put(code.vbr());
        disk.write(0, sectors.flip());
      }
      case BootPlace.Partition(TableType table, int number, Extent extent) -> {
        disk.write(extent.offset(), ByteBuffer.wrap(code.vbr()));
        PartitionTable.activate(disk, table, number);
        MasterBootCode.write(disk, table);
      }
    }
  }

  /** What belongs on a disk, its sectors counted from where the filesystem begins. */
  static BootCode patch(
      Syslinux syslinux, long[] sectors, String directory, BootPlace place, BlockDevice disk) {
    Extent extent =
        switch (place) {
          case BootPlace.WholeDisk _ -> new Extent(0, disk.size());
          case BootPlace.Partition partition -> partition.extent();
        };
    return BootCode.patch(
        syslinux, sectors, directory, extent.offset() / SECTOR, extent.length() / SECTOR);
  }

  static String child(String directory, String name) {
    return directory.equals("/") ? "/" + name : directory + "/" + name;
  }

  private static void replace(GuestFilesystem filesystem, String path, byte[] content) {
    if (filesystem.lstat(path).isPresent()) {
      filesystem.remove(path);
    }
    filesystem.create(path, content, FileOwner.ROOT, MODE);
  }

  /**
   * Where each sector of a file lies. A hole or an unwritten block has no place to be loaded from.
   */
  static long[] sectors(List<BlockRun> blocks, int fileSize) {
    long[] sectors = new long[(fileSize + SECTOR - 1) / SECTOR];
    int at = 0;
    for (BlockRun run : blocks) {
      if (run.deviceOffset() < 0 || !run.written()) {
        throw new IllegalStateException("ldlinux.sys has a hole at byte " + run.fileOffset());
      }
      for (long offset = 0; offset < run.length() && at < sectors.length; offset += SECTOR) {
        sectors[at++] = (run.deviceOffset() + offset) / SECTOR;
      }
    }
    if (at < sectors.length) {
      throw new IllegalStateException("ldlinux.sys has only " + at + " sectors");
    }
    return sectors;
  }
}
