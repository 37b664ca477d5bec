package org.voyageur.disk;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32;
import org.voyageur.disk.DiskLayout.FilesystemType;
import org.voyageur.disk.DiskLayout.Partition;
import org.voyageur.disk.DiskLayout.TableType;

/**
 * Finds out how a disk is laid out. A filesystem at the very start wins over a partition table:
 * boot code that SYSLINUX puts there ends in 55 AA as a table does.
 */
public final class DiskLayoutReader {
  private static final int SECTOR = 512;
  private static final int MBR_ENTRIES = 446;
  private static final int PROTECTIVE = 0xEE;

  /** UEFI 2.10, section 5.3.2: an entry has 128 bytes times a power of two; nobody uses more. */
  private static final int LARGEST_GPT_ENTRY = 4096;

  private static final int MOST_PARTITIONS = 128;

  private DiskLayoutReader() {}

  /** Reads a disk's layout. Damaged tables make it unrecognised; it never fails on content. */
  public static DiskLayout read(BlockDevice disk) {
    if (disk.size() < 4 * SECTOR) {
      return new DiskLayout.Unrecognised("it has only " + disk.size() + " bytes");
    }
    FilesystemType whole = FilesystemTypes.probe(disk);
    // A FAT or NTFS boot sector looks like a table too, so these count only without partitions.
    if (whole != FilesystemType.UNKNOWN
        && whole != FilesystemType.FAT
        && whole != FilesystemType.NTFS) {
      return new DiskLayout.WholeDisk(whole);
    }
    byte[] first = disk.read(0, SECTOR);
    if (!hasSignature(first)) {
      return new DiskLayout.Unrecognised(describe(first));
    }
    Optional<List<Partition>> gpt = gpt(disk);
    if (gpt.isPresent()) {
      return new DiskLayout.Partitioned(TableType.GPT, gpt.get());
    }
    List<Partition> mbr = mbr(disk, first);
    if (!mbr.isEmpty()) {
      return new DiskLayout.Partitioned(TableType.MBR, mbr);
    }
    return whole == FilesystemType.UNKNOWN
        ? new DiskLayout.Unrecognised("a boot sector, but neither partitions nor a filesystem")
        : new DiskLayout.WholeDisk(whole);
  }

  private static String describe(byte[] first) {
    for (byte b : first) {
      if (b != 0) {
        return "the first sector holds neither a filesystem nor a partition table";
      }
    }
    return "the first sector is all zeros";
  }

  private static boolean hasSignature(byte[] sector) {
    return sector[510] == 0x55 && sector[511] == (byte) 0xAA;
  }

  private static List<Partition> mbr(BlockDevice disk, byte[] first) {
    List<Partition> partitions = new ArrayList<>();
    long extendedStart = 0;
    for (int i = 0; i < 4; i++) {
      MbrEntry entry = MbrEntry.at(first, i);
      if (entry.type() == PROTECTIVE || !entry.plausible()) {
        continue;
      }
      if (entry.extended()) {
        extendedStart = entry.start();
      } else {
        add(disk, partitions, i + 1, entry.start(), entry.sectors(), entry.active());
      }
    }
    if (extendedStart != 0) {
      addLogical(disk, partitions, extendedStart);
    }
    return partitions;
  }

  /** Follows the chain of extended boot records; each names the next relative to the first. */
  private static void addLogical(BlockDevice disk, List<Partition> partitions, long extendedStart) {
    long record = extendedStart;
    for (int number = 5; number < 5 + MOST_PARTITIONS; number++) {
      if (record > disk.size() / SECTOR - 1) {
        return;
      }
      byte[] sector = disk.read(record * SECTOR, SECTOR);
      if (!hasSignature(sector)) {
        return;
      }
      MbrEntry logical = MbrEntry.at(sector, 0);
      if (logical.plausible()) {
        add(disk, partitions, number, record + logical.start(), logical.sectors(), false);
      }
      MbrEntry next = MbrEntry.at(sector, 1);
      if (!next.plausible() || !next.extended()) {
        return;
      }
      record = extendedStart + next.start();
    }
  }

  private static void add(
      BlockDevice disk,
      List<Partition> partitions,
      int number,
      long start,
      long sectors,
      boolean active) {
    long diskSectors = disk.size() / SECTOR;
    if (start <= 0 || sectors <= 0 || start >= diskSectors || sectors > diskSectors - start) {
      return;
    }
    Extent extent = new Extent(start * SECTOR, sectors * SECTOR);
    FilesystemType type = FilesystemTypes.probe(new Window(disk, extent));
    partitions.add(new Partition(number, extent, active, type));
  }

  /** One of the four entries in a boot record. */
  private record MbrEntry(int status, int type, long start, long sectors) {
    static MbrEntry at(byte[] sector, int index) {
      ByteBuffer entry =
          ByteBuffer.wrap(sector, MBR_ENTRIES + 16 * index, 16)
              .slice()
              .order(ByteOrder.LITTLE_ENDIAN);
      return new MbrEntry(
          Byte.toUnsignedInt(entry.get(0)),
          Byte.toUnsignedInt(entry.get(4)),
          Integer.toUnsignedLong(entry.getInt(8)),
          Integer.toUnsignedLong(entry.getInt(12)));
    }

    /** As Linux's msdos parser has it: any other boot indicator means that this is no table. */
    boolean plausible() {
      return (status == 0 || status == 0x80) && type != 0 && start != 0 && sectors != 0;
    }

    boolean active() {
      return status == 0x80;
    }

    boolean extended() {
      return type == 0x05 || type == 0x0F || type == 0x85;
    }
  }

  /** UEFI 2.10, section 5.3; empty where header or entries do not match their checksums. */
  private static Optional<List<Partition>> gpt(BlockDevice disk) {
    byte[] sector = disk.read(SECTOR, SECTOR);
    ByteBuffer header = ByteBuffer.wrap(sector).order(ByteOrder.LITTLE_ENDIAN);
    int headerSize = header.getInt(12);
    if (!new String(sector, 0, 8, ISO_8859_1).equals("EFI PART")
        || headerSize < 92
        || headerSize > SECTOR) {
      return Optional.empty();
    }
    byte[] unsummed = sector.clone();
    ByteBuffer.wrap(unsummed).putInt(16, 0);
    long entriesAt = header.getLong(72);
    int count = header.getInt(80);
    int size = header.getInt(84);
    if (crc32(unsummed, headerSize) != header.getInt(16)
        || entriesAt < 2
        || entriesAt >= disk.size() / SECTOR
        || count < 1
        || count > 1024
        || size < 128
        || size > LARGEST_GPT_ENTRY
        || (long) count * size > disk.size() - entriesAt * SECTOR) {
      return Optional.empty();
    }
    byte[] table = disk.read(entriesAt * SECTOR, count * size);
    if (crc32(table, table.length) != header.getInt(88)) {
      return Optional.empty();
    }
    List<Partition> partitions = new ArrayList<>();
    for (int i = 0; i < count && partitions.size() < MOST_PARTITIONS; i++) {
      ByteBuffer entry =
          ByteBuffer.wrap(table, i * size, 128).slice().order(ByteOrder.LITTLE_ENDIAN);
      long firstLba = entry.getLong(32);
      long lastLba = entry.getLong(40);
      boolean used = entry.getLong(0) != 0 || entry.getLong(8) != 0;
      if (used && firstLba > 0 && lastLba >= firstLba) {
        boolean legacyBootable = (entry.getLong(48) & 4) != 0;
        add(disk, partitions, i + 1, firstLba, lastLba - firstLba + 1, legacyBootable);
      }
    }
    return Optional.of(partitions);
  }

  private static int crc32(byte[] bytes, int length) {
    CRC32 crc = new CRC32();
    crc.update(bytes, 0, length);
    return (int) crc.getValue();
  }
}
