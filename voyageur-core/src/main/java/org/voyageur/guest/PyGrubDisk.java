package org.voyageur.guest;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.voyageur.guest.XenRelease.XEN_4_1;
import static org.voyageur.guest.XenRelease.XEN_4_13;
import static org.voyageur.guest.XenRelease.XEN_4_2;
import static org.voyageur.guest.XenRelease.XEN_4_7;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.voyageur.disk.BlockCopy;
import org.voyageur.disk.BlockDevice;
import org.voyageur.disk.Extent;
import org.voyageur.disk.ScratchDisk;
import org.voyageur.disk.Window;
import org.voyageur.error.ExitStatus;
import org.voyageur.error.VoyageurException;
import org.voyageur.filesystem.ExtFilesystem;
import org.voyageur.filesystem.GuestFilesystem;
import org.voyageur.progress.ProgressListener;

/**
 * Where on a disk PyGrub looks for a filesystem, and what it comes to. Solaris' slices are not
 * looked into, nor filesystems other than ext2, ext3 and ext4.
 */
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

  /** An MBR, and a GPT's header and entries behind it. */
  private static final long TABLES = MOST_GPT_BYTES + 2L * SECTOR;

  private static final int ISO_MARK = 0x8001;

  /** Of the places at which nothing was found, as many are told. */
  private static final int MOST_REASONS = 3;

  private PyGrubDisk() {}

  /**
   * What became of the search at one place.
   *
   * @param ends whether it ends there, as an entry was selected
   */
  private record Tried(boolean ends, PyGrubAnswer answer) {}

  /** At one place, with each release. */
  @FunctionalInterface
  private interface Places {
    Map<XenRelease, Tried> tried(long offset);
  }

  /**
   * What PyGrub of each release makes of a disk, the oldest first.
   *
   * @param rootOffset where a filesystem begins that is open already
   * @param root that filesystem
   */
  public static Map<XenRelease, DiskAnswer> answers(
      BlockDevice disk, long rootOffset, GuestFilesystem root) {
    Map<Long, Map<XenRelease, Tried>> places = new HashMap<>();
    places.put(rootOffset, tried(root));
    Map<XenRelease, DiskAnswer> answers = new EnumMap<>(XenRelease.class);
    for (XenRelease release : XenRelease.values()) {
      answers.put(
          release,
          answer(
              release,
              offsets(disk, release),
              offset -> places.computeIfAbsent(offset, place -> tried(disk, place))));
    }
    return answers;
  }

  /** The same of the latest. */
  public static DiskAnswer latest(BlockDevice disk, long rootOffset, GuestFilesystem root) {
    return Objects.requireNonNull(answers(disk, rootOffset, root).get(XenRelease.LATEST));
  }

  private static DiskAnswer answer(XenRelease release, List<Long> offsets, Places places) {
    Map<Long, String> reasons = new LinkedHashMap<>();
    for (long offset : offsets) {
      Tried tried = Objects.requireNonNull(places.tried(offset).get(release));
      if (tried.ends()) {
        return new DiskAnswer(offset, tried.answer());
      }
      if (tried.answer() instanceof PyGrubAnswer.Fails(String reason)) {
        reasons.putIfAbsent(offset, reason);
      }
    }
    return new DiskAnswer(DiskAnswer.NOWHERE, new PyGrubAnswer.Fails(told(reasons)));
  }

  private static String told(Map<Long, String> reasons) {
    if (reasons.isEmpty()) {
      return "the first sector ends as one with a partition table does, and the table is empty";
    }
    if (reasons.size() == 1) {
      return reasons.values().iterator().next();
    }
    return reasons.entrySet().stream()
            .limit(MOST_REASONS)
            .map(place -> "at byte " + place.getKey() + ": " + place.getValue())
            .collect(Collectors.joining("; "))
        + (reasons.size() > MOST_REASONS ? "; and so on" : "");
  }

  private static Map<XenRelease, Tried> tried(BlockDevice disk, long offset) {
    if (offset < 0 || offset >= disk.size()) {
      return everyRelease(_ -> nothingThere("it lies behind the disk's end"));
    }
    try (ExtFilesystem filesystem = ExtFilesystem.openAsFound(at(disk, offset))) {
      return tried(filesystem);
    } catch (VoyageurException e) {
      mustBeTheGuests(e);
      return everyRelease(_ -> nothingThere("there is no ext2, ext3 or ext4"));
    }
  }

  private static Tried nothingThere(String reason) {
    return new Tried(false, new PyGrubAnswer.Fails(reason));
  }

  private static Map<XenRelease, Tried> tried(GuestFilesystem filesystem) {
    PyGrub.Menus menus = new PyGrub.Menus(filesystem);
    return everyRelease(release ->
        switch (PyGrub.selected(menus, release)) {
          case PyGrubAnswer.Starts starts -> new Tried(true, PyGrub.withItsFiles(menus, starts));
          case PyGrubAnswer.Fails fails -> new Tried(false, fails);
        });
  }

  private static Map<XenRelease, Tried> everyRelease(Function<XenRelease, Tried> trial) {
    Map<XenRelease, Tried> all = new EnumMap<>(XenRelease.class);
    for (XenRelease release : XenRelease.values()) {
      all.put(release, trial.apply(release));
    }
    return all;
  }

  /**
   * Copies what PyGrub reads of a disk to find what it would start, into a sparse raw file: the
   * partition tables, and of each filesystem that it looks into everything but the content of
   * files, with its menus.
   *
   * @param scratch a directory for the file, if it is too large for the memory
   */
  public static ScratchDisk copy(BlockDevice disk, Path scratch) {
    List<Extent> read = new ArrayList<>();
    read.add(new Extent(0, Math.min(TABLES, disk.size())));
    for (long offset : Set.copyOf(offsets(disk, XenRelease.LATEST))) {
      if (offset >= 0 && offset < disk.size()) {
        try (ExtFilesystem filesystem = ExtFilesystem.openAsFound(at(disk, offset))) {
          Stream.concat(
                  filesystem.checkedExtents().stream(), PyGrub.menuExtents(filesystem).stream())
              .map(extent -> new Extent(offset + extent.offset(), extent.length()))
              .forEach(read::add);
        } catch (VoyageurException e) {
          mustBeTheGuests(e);
        }
      }
    }
    long bytes = read.stream().mapToLong(Extent::length).sum();
    ScratchDisk copy = ScratchDisk.create(scratch, disk.size(), bytes);
    try {
      BlockCopy.copy(disk, read, copy.device(), ProgressListener.none());
      return copy;
    } catch (RuntimeException e) {
      copy.close();
      throw e;
    }
  }

  /** What is wrong with a filesystem is the guest's affair, and PyGrub passes over it. */
  private static void mustBeTheGuests(VoyageurException e) {
    if (e.code().exitStatus() != ExitStatus.GUEST) {
      throw e;
    }
  }

  /**
   * The part of a disk that PyGrub opens as a filesystem: from its first byte to the disk's end.
   */
  public static BlockDevice at(BlockDevice disk, long offset) {
    return new Window(disk, new Extent(offset, disk.size() - offset));
  }

  /**
   * The byte offsets at which a release's PyGrub tries to open a filesystem, in its order; the
   * first with something to start wins. Offsets may lie behind the disk's end.
   */
  static List<Long> offsets(BlockDevice disk, XenRelease release) {
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
