package org.voyageur.boot;

import java.nio.ByteBuffer;
import java.util.List;
import org.voyageur.disk.BlockDevice;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.filesystem.BlockRun;
import org.voyageur.filesystem.FileOwner;
import org.voyageur.filesystem.GuestFilesystem;

/**
 * Installs SYSLINUX on a disk that is one filesystem, without mounting it: the same bytes as {@code
 * extlinux --install} writes, with the boot record in sector 1 and our loader in sector 0.
 */
public final class SyslinuxInstaller {
  private static final int SECTOR = 512;
  private static final int MODE = 0444;

  private SyslinuxInstaller() {}

  /**
   * Installs it.
   *
   * @param filesystem writable; flushed by this
   * @param disk the device that it fills
   * @param directory an existing directory, such as {@code /boot}; symbolic links are resolved
   */
  public static void install(
      GuestFilesystem filesystem, BlockDevice disk, String directory, Syslinux syslinux) {
    String place =
        filesystem
            .realPath(directory)
            .orElseThrow(() ->
                new VoyageurException(
                    ErrorCode.PATH_NOT_FOUND,
                    "there is no directory " + directory + " in the guest",
                    "Restore the guest's boot files, and convert it again"));
    String sys = child(place, "ldlinux.sys");
    replace(filesystem, sys, new byte[BootCode.fileSize(syslinux)]);
    replace(filesystem, child(place, "ldlinux.c32"), syslinux.ldlinuxC32());

    List<BlockRun> blocks = filesystem.blocks(sys);
    BootCode code =
        BootCode.patch(
            syslinux, sectors(blocks, BootCode.fileSize(syslinux)), place, 0, disk.size() / SECTOR);
    filesystem.overwrite(sys, code.ldlinuxSys());
    filesystem.setImmutable(sys, true);
    filesystem.flush();
    if (!filesystem.blocks(sys).equals(blocks)) {
      throw new IllegalStateException("the blocks of " + sys + " moved");
    }

    ByteBuffer sectors = ByteBuffer.allocate(2 * SECTOR);
    sectors.put(WholeDiskLoader.sector(filesystem.facts().uuid())).put(code.vbr());
    disk.write(0, sectors.flip());
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
