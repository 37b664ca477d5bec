package org.voyageur.boot;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.voyageur.disk.BlockDevice;
import org.voyageur.disk.DiskLayout.TableType;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;

/**
 * The code in a partitioned disk's first sector, which starts the boot record of the partition that
 * is marked: the host's mbr.bin and gptmbr.bin of SYSLINUX.
 */
final class MasterBootCode {
  /** Behind it are the disk's signature and the table, which stay. */
  static final int LENGTH = 440;

  private static final int SECTOR = 512;

  /** Debian's extlinux, its syslinux-common, Fedora's and Arch Linux's packages. */
  private static final List<String> DIRECTORIES =
      List.of(
          "/usr/lib/EXTLINUX",
          "/usr/lib/syslinux/mbr",
          "/usr/share/syslinux",
          "/usr/lib/syslinux/bios");

  private MasterBootCode() {}

  /** Writes it, the table and the signature unchanged. */
  static void write(BlockDevice disk, TableType table) {
    byte[] sector = disk.read(0, SECTOR);
    System.arraycopy(fromHost(table), 0, sector, 0, LENGTH);
    disk.write(0, ByteBuffer.wrap(sector));
  }

  static boolean isOn(BlockDevice disk, TableType table) {
    return Arrays.equals(disk.read(0, LENGTH), fromHost(table));
  }

  private static byte[] fromHost(TableType table) {
    String name =
        switch (table) {
          case MBR -> "mbr.bin";
          case GPT -> "gptmbr.bin";
        };
    for (String directory : DIRECTORIES) {
      Path file = Path.of(directory, name);
      if (Files.isRegularFile(file)) {
        return read(file);
      }
    }
    throw unusable("there is no " + name + " in any of " + String.join(", ", DIRECTORIES));
  }

  private static byte[] read(Path file) {
    try {
      // The code is 440 bytes long in every release since 2010, padded.
      if (Files.size(file) != LENGTH) {
        throw unusable(file + " has " + Files.size(file) + " bytes, and " + LENGTH + " are needed");
      }
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw unusable(file + " cannot be read: " + e.getMessage());
    }
  }

  private static VoyageurException unusable(String why) {
    return new VoyageurException(
        ErrorCode.HOST_SYSLINUX,
        "the host's SYSLINUX lacks the boot code for a partitioned disk: " + why,
        "Install SYSLINUX 6: apt-get install extlinux");
  }
}
