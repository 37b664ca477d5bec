package org.voyageur.disk;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32;
import org.voyageur.disk.DiskLayout.TableType;

/**
 * Writes to partition tables. Their formats: the PC's master boot record as Linux reads it ({@code
 * block/partitions/msdos.c}), and the GUID partition table of the UEFI Specification, chapter 5.
 */
public final class PartitionTable {
  /** Where the first partition begins: a MiB, as every tool has aligned it since 2009. */
  public static final long FIRST_OFFSET = 1 << 20;

  /** A master boot record counts sectors of 512 bytes in 32 bits. */
  public static final long MOST_MBR_BYTES = 0xFFFF_FFFFL * 512;

  private static final int SECTOR = 512;
  private static final int SIGNATURE = 440;
  private static final int TABLE = 446;
  private static final int ENTRY = 16;
  private static final int ENTRIES = 4;
  private static final byte LINUX = (byte) 0x83;

  /** "Attributes", bit 2 of an entry: "Legacy BIOS Bootable", which gptmbr.bin looks for. */
  private static final int GPT_ATTRIBUTES = 48;

  private static final long GPT_BOOTABLE = 1 << 2;

  private PartitionTable() {}

  /**
   * Writes a master boot record with one partition of Linux's, active, and no boot code.
   *
   * @param partition within the first 2 TiB, in whole sectors
   * @param signature the disk's identity, for whoever looks for one
   */
  public static void createMbr(BlockDevice disk, Extent partition, int signature) {
    if (partition.end() > MOST_MBR_BYTES) {
      throw new IllegalArgumentException("a partition that ends at byte " + partition.end());
    }
    ByteBuffer sector = ByteBuffer.allocate(SECTOR).order(ByteOrder.LITTLE_ENDIAN);
    sector.putInt(SIGNATURE, signature);
    sector.put(TABLE, (byte) 0x80);
    putChs(sector, TABLE + 1, partition.offset() / SECTOR);
    sector.put(TABLE + 4, LINUX);
    putChs(sector, TABLE + 5, partition.end() / SECTOR - 1);
    sector.putInt(TABLE + 8, (int) (partition.offset() / SECTOR));
    sector.putInt(TABLE + 12, (int) (partition.length() / SECTOR));
    sector.putShort(SECTOR - 2, (short) 0xAA55);
    disk.write(0, sector);
  }

  /** By 255 heads and 63 sectors, as the BIOS does it; 1023, 254, 63 where that is too far. */
  private static void putChs(ByteBuffer sector, int at, long lba) {
    long cylinder = lba / (255 * 63);
    long head = cylinder > 1023 ? 254 : lba / 63 % 255;
    long number = cylinder > 1023 ? 63 : lba % 63 + 1;
    long shown = Math.min(cylinder, 1023);
    sector.put(at, (byte) head);
    sector.put(at + 1, (byte) (number | (shown >> 8) << 6));
    sector.put(at + 2, (byte) shown);
  }

  /**
   * Marks the partition that is to be booted, and unmarks every other.
   *
   * @param number a primary partition's, from 1
   */
  public static void activate(BlockDevice disk, TableType table, int number) {
    switch (table) {
      case MBR -> activateMbr(disk, number);
      case GPT -> activateGpt(disk, number);
    }
  }

  private static void activateMbr(BlockDevice disk, int number) {
    byte[] sector = disk.read(0, SECTOR);
    for (int i = 0; i < ENTRIES; i++) {
      sector[TABLE + i * ENTRY] = (byte) (i + 1 == number ? 0x80 : 0);
    }
    disk.write(0, ByteBuffer.wrap(sector));
  }

  /** Gives a partition of a master boot record another length; it begins where it did. */
  public static void resizeMbr(BlockDevice disk, int number, long length) {
    ByteBuffer sector = ByteBuffer.wrap(disk.read(0, SECTOR)).order(ByteOrder.LITTLE_ENDIAN);
    int at = TABLE + (number - 1) * ENTRY;
    long start = Integer.toUnsignedLong(sector.getInt(at + 8));
    putChs(sector, at + 5, start + length / SECTOR - 1);
    sector.putInt(at + 12, (int) (length / SECTOR));
    disk.write(0, sector);
  }

  /** The first copy is valid, as DiskLayoutReader saw; the last may be anything. */
  private static void activateGpt(BlockDevice disk, int number) {
    byte[] primary = disk.read(SECTOR, SECTOR);
    long backup = words(primary).getLong(32);
    activateGpt(disk, primary, number);
    if (backup > 1 && backup < disk.size() / SECTOR) {
      byte[] other = disk.read(backup * SECTOR, SECTOR);
      if (describeSameTable(words(primary), words(other), backup)) {
        activateGpt(disk, other, number);
      }
    }
  }

  private static boolean describeSameTable(ByteBuffer primary, ByteBuffer other, long backup) {
    long entries = other.getLong(72);
    long sectors = Math.ceilDiv((long) primary.getInt(80) * primary.getInt(84), SECTOR);
    return other.getLong(0) == primary.getLong(0)
        && other.getInt(12) == primary.getInt(12)
        && other.getLong(24) == backup
        && other.getInt(80) == primary.getInt(80)
        && other.getInt(84) == primary.getInt(84)
        && entries > 1
        && entries <= backup - sectors;
  }

  private static void activateGpt(BlockDevice disk, byte[] header, int number) {
    ByteBuffer fields = words(header);
    long at = fields.getLong(72) * SECTOR;
    int size = fields.getInt(84);
    byte[] table = disk.read(at, fields.getInt(80) * size);
    ByteBuffer entries = words(table);
    for (int i = 0; (i + 1) * size <= table.length; i++) {
      int attributes = i * size + GPT_ATTRIBUTES;
      long others = entries.getLong(attributes) & ~GPT_BOOTABLE;
      entries.putLong(attributes, others | (i + 1 == number ? GPT_BOOTABLE : 0));
    }
    disk.write(at, ByteBuffer.wrap(table));
    fields.putInt(88, crc(table, table.length));
    fields.putInt(16, 0);
    fields.putInt(16, crc(header, fields.getInt(12)));
    disk.write(fields.getLong(24) * SECTOR, ByteBuffer.wrap(header));
  }

  private static ByteBuffer words(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static int crc(byte[] bytes, int length) {
    CRC32 crc = new CRC32();
    crc.update(bytes, 0, length);
    return (int) crc.getValue();
  }
}
