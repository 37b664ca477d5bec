package org.voyageur.guest;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.voyageur.guest.XenRelease.XEN_4_1;
import static org.voyageur.guest.XenRelease.XEN_4_13;
import static org.voyageur.guest.XenRelease.XEN_4_2;
import static org.voyageur.guest.XenRelease.XEN_4_7;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.voyageur.disk.BlockDevice;

/** Where on a disk PyGrub looks for a filesystem. Solaris' slices are not looked into. */
public final class PyGrubDisk {
  private static final int SECTOR = 512;
  private static final int TABLE = 446;
  private static final int ENTRY = 16;
  private static final int TABLE_END = 510;
  private static final int SOLARIS = 0xbf;

  /** Linux's swap has the same number. */
  private static final int SOLARIS_OLD = 0x82;

  private static final int GPT = 0xee;

  /** Of a table that is none; real ones have 128 entries of 128 bytes. */
  private static final int MOST_GPT_BYTES = 1 << 16;

  private static final int ISO_MARK = 0x8001;

  private PyGrubDisk() {}

  /**
   * The byte offsets at which a release's PyGrub tries to open a filesystem, in its order; the
   * first with something to start wins. Offsets may lie behind the disk's end.
   */
  public static List<Long> offsets(BlockDevice disk, XenRelease release) {
    if (disk.size() < SECTOR) {
      return List.of(0L);
    }
    ByteBuffer sector = ByteBuffer.wrap(disk.read(0, SECTOR)).order(ByteOrder.LITTLE_ENDIAN);
    if (sector.getShort(TABLE_END) != (short) 0xAA55) {
      return List.of(0L);
    }
    return release.since(XEN_4_1) ? every(disk, sector, release) : active(disk, sector);
  }

  /** That of the first active entry, else of the first entry, used or not. */
  private static List<Long> active(BlockDevice disk, ByteBuffer sector) {
    int chosen =
        Stream.iterate(TABLE, at -> at < TABLE_END, at -> at + ENTRY)
            .filter(at -> isActive(sector, at))
            .findFirst()
            .orElse(TABLE);
    return type(sector, chosen) == GPT
        ? firstOfGpt(disk)
        : isSolaris(sector, chosen) ? List.of() : List.of(start(sector, chosen));
  }

  private static List<Long> every(BlockDevice disk, ByteBuffer sector, XenRelease release) {
    List<Long> offsets = new ArrayList<>();
    // Python 3 compares bytes with text there, and finds neither an ISO nor an active entry.
    boolean python2 = !release.since(XEN_4_13);
    if (python2 && release.since(XEN_4_2) && isIso(disk)) {
      offsets.add(0L);
    }
    for (int at = TABLE; at < TABLE_END; at += ENTRY) {
      if (start(sector, at) == 0 || isSolaris(sector, at)) {
        continue;
      }
      if (type(sector, at) == GPT) {
        offsets.addAll(release.since(XEN_4_2) ? allOfGpt(disk) : firstOfGpt(disk));
        if (release.since(XEN_4_2)) {
          break;
        }
      } else if (python2 && isActive(sector, at)) {
        offsets.addFirst(start(sector, at));
      } else {
        offsets.add(start(sector, at));
      }
    }
    return offsets.isEmpty() && release.since(XEN_4_7) ? List.of(0L) : offsets;
  }

  private static boolean isActive(ByteBuffer sector, int at) {
    return sector.get(at) == (byte) 0x80;
  }

  private static int type(ByteBuffer sector, int at) {
    return sector.get(at + 4) & 0xff;
  }

  private static boolean isSolaris(ByteBuffer sector, int at) {
    return type(sector, at) == SOLARIS || type(sector, at) == SOLARIS_OLD;
  }

  private static long start(ByteBuffer sector, int at) {
    return Integer.toUnsignedLong(sector.getInt(at + 8)) * SECTOR;
  }

  private static boolean isIso(BlockDevice disk) {
    return disk.size() >= ISO_MARK + 5
        && new String(disk.read(ISO_MARK, 5), ISO_8859_1).equals("CD001");
  }

  private static List<Long> firstOfGpt(BlockDevice disk) {
    return disk.size() < 3L * SECTOR
        ? List.of()
        : List.of(gptStart(disk.read(2L * SECTOR, SECTOR)));
  }

  /** Every entry that is used, by the numbers in the header, of which nothing else is checked. */
  private static List<Long> allOfGpt(BlockDevice disk) {
    if (disk.size() < 2L * SECTOR) {
      return List.of();
    }
    ByteBuffer header = ByteBuffer.wrap(disk.read(SECTOR, SECTOR)).order(ByteOrder.LITTLE_ENDIAN);
    long count = Integer.toUnsignedLong(header.getInt(80));
    long size = Integer.toUnsignedLong(header.getInt(84));
    List<Long> offsets = new ArrayList<>();
    if (size < 40 || size > SECTOR) {
      return offsets;
    }
    for (long i = 0; i < count && (i + 1) * size <= MOST_GPT_BYTES; i++) {
      long at = 2L * SECTOR + i * size;
      if (at + size > disk.size()) {
        break;
      }
      offsets.add(gptStart(disk.read(at, (int) size)));
    }
    return offsets;
  }

  private static long gptStart(byte[] entry) {
    return ByteBuffer.wrap(entry).order(ByteOrder.LITTLE_ENDIAN).getLong(32) * SECTOR;
  }
}
