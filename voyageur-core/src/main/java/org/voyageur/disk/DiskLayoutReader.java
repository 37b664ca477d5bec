package org.voyageur.disk;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.zip.CRC32;
import org.voyageur.disk.DiskLayout.FilesystemType;
import org.voyageur.disk.DiskLayout.Partition;
import org.voyageur.disk.DiskLayout.Partitioned;
import org.voyageur.disk.DiskLayout.TableType;
import org.voyageur.disk.DiskLayout.Tag;
import org.voyageur.disk.DiskLayout.Unrecognised;
import org.voyageur.disk.DiskLayout.WholeDisk;

/**
 * Finds out what a disk holds: a filesystem, or a partition table. Numbers and limits are Linux's
 * ({@code block/partitions/msdos.c}, {@code efi.c}): a partition that begins behind the disk's end
 * is left out, one that ends there is cut off; extended partitions are containers and left out.
 */
public final class DiskLayoutReader {
  private static final int SECTOR = 512;
  private static final int SIGNATURE = 440;
  private static final int TABLE = 446;
  private static final int ENTRY = 16;
  private static final int ENTRIES = 4;
  private static final int FIRST_LOGICAL = 5;

  /** Linux's {@code DISK_MAX_PARTS} is 256; a chain that is longer is a loop, or hostile. */
  private static final int MAX_LOGICAL = 252;

  /** "UEFI Specification", chapter 5: the header, and what its fields may be. */
  private static final String GPT_SIGNATURE = "EFI PART";

  private static final int GPT_MIN_HEADER = 92;
  private static final int GPT_MIN_ENTRY = 128;
  private static final int GPT_MAX_ENTRY = 4096;
  private static final int GPT_MAX_ENTRIES = 1024;

  /** "Legacy BIOS Bootable". */
  private static final long GPT_BOOTABLE = 1 << 2;

  private final BlockDevice device;
  private final List<String> problems = new ArrayList<>();

  private DiskLayoutReader(BlockDevice device) {
    this.device = device;
  }

  /**
   * Reads the disk's first sectors, and what the partition tables point to.
   *
   * @throws org.voyageur.error.VoyageurException if reading fails
   */
  public static DiskLayout read(BlockDevice device) {
    return new DiskLayoutReader(device).layout();
  }

  private DiskLayout layout() {
    FilesystemType type = FilesystemProbe.probe(device).type();
    // The copy at the disk's end often outlives what it described, so a filesystem goes before it.
    Optional<Partitioned> table =
        gpt(1)
            .or(() ->
                type == FilesystemType.UNKNOWN ? gpt(device.size() / SECTOR - 1) : Optional.empty())
            .or(this::mbr);
    // A filesystem on the whole disk may carry boot code that looks like a table with nothing in
    // it. A disk partitioned later may carry an old superblock before its first partition.
    boolean partitioned =
        table
            .map(Partitioned::partitions)
            .filter(found ->
                type == FilesystemType.UNKNOWN
                    || found.stream().anyMatch(p -> p.type() != FilesystemType.UNKNOWN))
            .isPresent();
    if (partitioned) {
      return table.orElseThrow();
    }
    return type == FilesystemType.UNKNOWN ? new Unrecognised(describe()) : new WholeDisk(type);
  }

  private Optional<Partitioned> mbr() {
    byte[] sector = sector(0);
    if (!hasBootSignature(sector)) {
      return Optional.empty();
    }
    List<MbrEntry> entries = entries(sector);
    if (!plausible(entries)) {
      return Optional.empty();
    }
    int signature = ByteBuffer.wrap(sector).order(ByteOrder.LITTLE_ENDIAN).getInt(SIGNATURE);
    List<Partition> partitions = new ArrayList<>();
    MbrEntry extended = null;
    for (int i = 0; i < ENTRIES; i++) {
      MbrEntry entry = entries.get(i);
      if (entry.isExtended()) {
        extended = extended == null ? entry : extended;
      } else if (!entry.isEmpty()) {
        partition(
                i + 1, entry.start(), entry.sectors(), entry.isActive(), mbrNames(signature, i + 1))
            .ifPresent(partitions::add);
      }
    }
    if (extended != null) {
      readLogical(extended.start(), signature, partitions);
    }
    return partitions.isEmpty()
        ? Optional.empty()
        : Optional.of(partitioned(TableType.MBR, partitions));
  }

  /**
   * Boot code may end in 55 AA, too. A table has only 00 and 80 as indicators, at least one entry,
   * none of them at sector 0, and none on top of another.
   */
  private static boolean plausible(List<MbrEntry> entries) {
    if (entries.stream().anyMatch(entry -> (entry.indicator() & 0x7f) != 0)) {
      return false;
    }
    List<MbrEntry> used = entries.stream().filter(entry -> !entry.isEmpty()).toList();
    for (MbrEntry entry : used) {
      if (entry.start() == 0
          || used.stream().anyMatch(other -> !other.equals(entry) && other.overlaps(entry))) {
        return false;
      }
    }
    return !used.isEmpty() && used.stream().distinct().count() == used.size();
  }

  /**
   * The chain of tables in an extended partition: each describes one logical partition, from itself
   * on, and the next table, from the extended partition's start on.
   */
  private void readLogical(long extendedStart, int signature, List<Partition> partitions) {
    long table = extendedStart;
    int number = FIRST_LOGICAL;
    for (int i = 0; i < MAX_LOGICAL; i++) {
      byte[] sector = sector(table);
      if (!hasBootSignature(sector)) {
        return;
      }
      long next = 0;
      for (MbrEntry entry : entries(sector)) {
        if (entry.isEmpty()) {
          continue;
        }
        if (entry.isExtended()) {
          next = next == 0 ? extendedStart + entry.start() : next;
        } else if (number < FIRST_LOGICAL + MAX_LOGICAL) {
          partition(
                  number,
                  table + entry.start(),
                  entry.sectors(),
                  entry.isActive(),
                  mbrNames(signature, number))
              .ifPresent(partitions::add);
          number++;
        }
      }
      if (next <= table) {
        // Every tool chains them upwards; this way the chain ends.
        return;
      }
      table = next;
    }
  }

  private Optional<Partitioned> gpt(long headerSector) {
    ByteBuffer header = ByteBuffer.wrap(sector(headerSector)).order(ByteOrder.LITTLE_ENDIAN);
    int headerSize = header.getInt(12);
    if (!new String(header.array(), 0, 8, StandardCharsets.ISO_8859_1).equals(GPT_SIGNATURE)
        || headerSize < GPT_MIN_HEADER
        || headerSize > SECTOR
        || header.getLong(24) != headerSector) {
      return Optional.empty();
    }
    int headerCrc = header.getInt(16);
    header.putInt(16, 0);
    if (crc(header.array(), headerSize) != headerCrc) {
      return Optional.empty();
    }
    long entriesSector = header.getLong(72);
    int count = header.getInt(80);
    int entrySize = header.getInt(84);
    if (count < 1
        || count > GPT_MAX_ENTRIES
        || entrySize < GPT_MIN_ENTRY
        || entrySize > GPT_MAX_ENTRY
        || Integer.bitCount(entrySize) != 1
        || entriesSector < 0
        || entriesSector > Math.floorDiv(device.size() - (long) count * entrySize, SECTOR)) {
      return Optional.empty();
    }
    byte[] array = device.read(entriesSector * SECTOR, count * entrySize);
    if (crc(array, array.length) != header.getInt(88)) {
      return Optional.empty();
    }
    List<Partition> partitions = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      ByteBuffer entry =
          ByteBuffer.wrap(array, i * entrySize, entrySize).slice().order(ByteOrder.LITTLE_ENDIAN);
      boolean used = entry.getLong(0) != 0 || entry.getLong(8) != 0; // the type's UUID
      long first = entry.getLong(32);
      long last = entry.getLong(40);
      if (used && first > 0 && last >= first) {
        partition(
                i + 1,
                first,
                last - first + 1,
                (entry.getLong(48) & GPT_BOOTABLE) != 0,
                gptNames(entry))
            .ifPresent(partitions::add);
      }
    }
    if (headerSector != 1) {
      problems.add("its first copy is damaged, and only that at the disk's end can be read");
    }
    return Optional.of(partitioned(TableType.GPT, partitions));
  }

  private Partitioned partitioned(TableType table, List<Partition> partitions) {
    return new Partitioned(
        table,
        partitions,
        Optional.empty(),
        problems.stream().limit(3).reduce((a, b) -> a + "; " + b));
  }

  private static int crc(byte[] bytes, int length) {
    CRC32 crc = new CRC32();
    crc.update(bytes, 0, length);
    return (int) crc.getValue();
  }

  /** As Linux names it ({@code block/partitions/msdos.c}): by the disk's signature. */
  private static Map<Tag, String> mbrNames(int signature, int number) {
    return signature == 0
        ? Map.of()
        : Map.of(Tag.PARTUUID, "%08x-%02x".formatted(signature, number));
  }

  /** The first three fields of a GUID are little-endian; the name is UTF-16. */
  private static Map<Tag, String> gptNames(ByteBuffer entry) {
    long high =
        (entry.getInt(16) & 0xffff_ffffL) << 32
            | (entry.getShort(20) & 0xffffL) << 16
            | (entry.getShort(22) & 0xffffL);
    Map<Tag, String> names = new EnumMap<>(Tag.class);
    names.put(Tag.PARTUUID, new UUID(high, Long.reverseBytes(entry.getLong(24))).toString());
    byte[] name = new byte[72];
    entry.get(56, name);
    String text = new String(name, StandardCharsets.UTF_16LE).split("\0", 2)[0];
    if (!text.isEmpty()) {
      names.put(
          Tag.PARTLABEL,
          new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1));
    }
    return names;
  }

  private Optional<Partition> partition(
      int number, long start, long sectors, boolean active, Map<Tag, String> tableNames) {
    long diskSectors = device.size() / SECTOR;
    if (sectors > diskSectors - start) {
      problems.add(
          "partition %d ends at sector %d, and the disk has %d"
              .formatted(number, start + sectors - 1, diskSectors));
    }
    if (start >= diskSectors) {
      return Optional.empty();
    }
    long length = Math.min(sectors, diskSectors - start);
    Extent extent = new Extent(start * SECTOR, length * SECTOR);
    FilesystemProbe.Found found = FilesystemProbe.probe(new Window(device, extent));
    Map<Tag, String> names = new EnumMap<>(Tag.class);
    names.putAll(tableNames);
    names.putAll(found.names());
    return Optional.of(new Partition(number, extent, active, found.type(), names));
  }

  /** A sector; zeros where the disk has none. */
  private byte[] sector(long number) {
    return number < 0 || number >= device.size() / SECTOR
        ? new byte[SECTOR]
        : device.read(number * SECTOR, SECTOR);
  }

  private static boolean hasBootSignature(byte[] sector) {
    return sector[510] == 0x55 && (sector[511] & 0xff) == 0xaa;
  }

  private static List<MbrEntry> entries(byte[] sector) {
    ByteBuffer table = ByteBuffer.wrap(sector).order(ByteOrder.LITTLE_ENDIAN);
    List<MbrEntry> entries = new ArrayList<>();
    for (int at = TABLE; at < TABLE + ENTRIES * ENTRY; at += ENTRY) {
      entries.add(
          new MbrEntry(
              table.get(at) & 0xff,
              table.get(at + 4) & 0xff,
              Integer.toUnsignedLong(table.getInt(at + 8)),
              Integer.toUnsignedLong(table.getInt(at + 12))));
    }
    return entries;
  }

  /** What the disk begins with, in a form that shows nothing but digits. */
  private String describe() {
    byte[] sector = sector(0);
    if (Zeros.only(ByteBuffer.wrap(sector))) {
      return "the first sector is empty";
    }
    String start = HexFormat.ofDelimiter(" ").formatHex(sector, 0, 16);
    String begins =
        "the first sector begins with "
            + start
            + FormatProbe.containerIn(sector)
                .map(container -> ", as " + container + " does")
                .orElse("");
    return hasBootSignature(sector)
        ? begins + ", and ends like boot code, without partitions"
        : begins;
  }

  /** An entry of a DOS partition table; positions in sectors. */
  private record MbrEntry(int indicator, int type, long start, long sectors) {
    boolean isEmpty() {
      return type == 0 || sectors == 0;
    }

    boolean isActive() {
      return indicator == 0x80;
    }

    /** CHS and LBA extended, and Linux's own. */
    boolean isExtended() {
      return !isEmpty() && (type == 0x05 || type == 0x0f || type == 0x85);
    }

    boolean overlaps(MbrEntry other) {
      return start < other.start + other.sectors && other.start < start + sectors;
    }
  }
}
