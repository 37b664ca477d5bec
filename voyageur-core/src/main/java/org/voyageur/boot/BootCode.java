package org.voyageur.boot;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * SYSLINUX's boot record and core with the addresses of one disk filled in: pure, for any list of
 * sectors. Sectors have 512 bytes and are counted from the filesystem's start.
 *
 * @param vbr the volume boot record, 512 bytes
 * @param ldlinuxSys the file ldlinux.sys, with its two sectors of ADV
 */
record BootCode(byte[] vbr, byte[] ldlinuxSys) {
  private static final int SECTOR = 512;
  private static final int ADV_SECTORS = 2;

  private static final int ADV_HEAD = 0x5A2D2FA5;
  private static final int ADV_TAIL = 0xDD28BF64;
  private static final int ADV_SUM = 0xA3041767;

  /** What extlinux writes for a disk without a geometry of its own; EDD boots do not look at it. */
  private static final short HEADS = 64;

  private static final short SECTORS_PER_TRACK = 32;

  /** Longer runs are split: SYSLINUX's max_transfer. */
  private static final int LONGEST_EXTENT = 127;

  /** The size of ldlinux.sys as a file, in bytes. */
  static int fileSize(Syslinux syslinux) {
    return syslinux.ldlinuxSys().length + ADV_SECTORS * SECTOR;
  }

  /**
   * Fills the addresses in.
   *
   * @param sectors where each sector of the file ldlinux.sys lies
   * @param directory the directory that it is in, from the filesystem's root
   * @param hiddenSectors where the filesystem starts on its disk; 0 for a whole disk
   * @param totalSectors the size of the partition, or of the disk
   */
  static BootCode patch(
      Syslinux syslinux, long[] sectors, String directory, long hiddenSectors, long totalSectors) {
    return new BootCode(
        vbr(syslinux, sectors[0], hiddenSectors, totalSectors),
        ldlinuxSys(syslinux, sectors, directory));
  }

  private static byte[] vbr(
      Syslinux syslinux, long firstSector, long hiddenSectors, long totalSectors) {
    byte[] bytes = syslinux.vbr().clone();
    ByteBuffer vbr = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    vbr.putShort(0x0B, (short) SECTOR);
    vbr.putShort(0x13, totalSectors < 65536 ? (short) totalSectors : 0);
    vbr.putShort(0x18, SECTORS_PER_TRACK);
    vbr.putShort(0x1A, HEADS);
    vbr.putInt(0x1C, (int) hiddenSectors);
    vbr.putInt(0x20, (int) totalSectors);
    Epa epa = Epa.of(syslinux);
    vbr.putInt(epa.firstSectorLow(), (int) firstSector);
    vbr.putInt(epa.firstSectorHigh(), (int) (firstSector >>> 32));
    return bytes;
  }

  private static byte[] ldlinuxSys(Syslinux syslinux, long[] sectors, String directory) {
    int length = syslinux.ldlinuxSys().length;
    int core = length / SECTOR;
    if (sectors.length != core + ADV_SECTORS) {
      throw new IllegalArgumentException(sectors.length + " sectors");
    }
    byte[] bytes = new byte[fileSize(syslinux)];
    System.arraycopy(syslinux.ldlinuxSys(), 0, bytes, 0, length);
    ByteBuffer sys = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    Epa epa = Epa.of(syslinux);

    int area = syslinux.patchArea();
    sys.putShort(area + 8, (short) core);
    sys.putShort(area + 10, (short) ADV_SECTORS);
    sys.putInt(area + 12, length / 4);
    sys.putInt(area + 16, 0);
    sys.putLong(epa.adv(), sectors[core]);
    sys.putLong(epa.adv() + 8, sectors[core + 1]);

    byte[] name = directory.getBytes(UTF_8);
    if (name.length >= epa.directoryLength()) {
      throw new IllegalArgumentException("directory " + directory);
    }
    sys.put(epa.directory(), name);
    sys.put(epa.directory() + name.length, (byte) 0);

    putExtents(sys, epa, sectors, core);
    sys.putInt(area + 16, Syslinux.MAGIC - sum(sys, length));
    putEmptyAdv(sys, length);
    putEmptyAdv(sys, length + SECTOR);
    return bytes;
  }

  /** Sectors 1 to core - 1: the boot record loads sector 0 itself, and the ADV is named apart. */
  private static void putExtents(ByteBuffer sys, Epa epa, long[] sectors, int core) {
    int at = epa.extents();
    int left = epa.extentCount();
    sys.put(at, new byte[10 * left]);
    int first = 1;
    while (first < core) {
      int next = first + 1;
      while (next < core
          && sectors[next] == sectors[next - 1] + 1
          && next - first < LONGEST_EXTENT) {
        next++;
      }
      if (left-- == 0) {
        throw new IllegalArgumentException("more than " + epa.extentCount() + " extents");
      }
      sys.putLong(at, sectors[first]);
      sys.putShort(at + 8, (short) (next - first));
      at += 10;
      first = next;
    }
  }

  /** The sum of all words of a length in bytes; that of a whole ldlinux.sys is the magic. */
  static int sum(ByteBuffer sys, int length) {
    int sum = 0;
    for (int at = 0; at < length; at += 4) {
      sum += sys.getInt(at);
    }
    return sum;
  }

  /** The auxiliary data vector: what SYSLINUX remembers between boots; nothing yet. */
  private static void putEmptyAdv(ByteBuffer sys, int at) {
    sys.putInt(at, ADV_HEAD);
    sys.putInt(at + 4, ADV_SUM);
    sys.putInt(at + SECTOR - 4, ADV_TAIL);
  }

  /** The extended patch area: ten offsets, the last three into the boot record. */
  record Epa(
      int adv,
      int directory,
      int directoryLength,
      int extents,
      int extentCount,
      int firstSectorLow,
      int firstSectorHigh) {
    static Epa of(Syslinux syslinux) {
      ByteBuffer sys = syslinux.words();
      int epa = Short.toUnsignedInt(sys.getShort(syslinux.patchArea() + 22));
      return new Epa(
          field(sys, epa, 0),
          field(sys, epa, 2),
          field(sys, epa, 4),
          field(sys, epa, 10),
          field(sys, epa, 12),
          field(sys, epa, 14),
          field(sys, epa, 16));
    }

    private static int field(ByteBuffer sys, int epa, int offset) {
      return Short.toUnsignedInt(sys.getShort(epa + offset));
    }
  }
}
