package org.voyageur.disk;

import java.util.List;
import java.util.Locale;

/** What a disk holds at its outermost level. */
public sealed interface DiskLayout {
  /** One filesystem from the first byte to the last, without a partition table. */
  record WholeDisk(FilesystemType type) implements DiskLayout {}

  /** A partition table. {@code partitions} are in the table's order, empty entries left out. */
  record Partitioned(TableType table, List<Partition> partitions) implements DiskLayout {
    /** Keeps an unmodifiable copy. */
    public Partitioned {
      partitions = List.copyOf(partitions);
    }
  }

  /** Neither; {@code description} says what the first sectors look like. */
  record Unrecognised(String description) implements DiskLayout {}

  /** The two kinds of partition table. */
  enum TableType {
    MBR,
    GPT
  }

  /**
   * One partition.
   *
   * @param number as Linux numbers it, from 1
   * @param extent where it lies, in bytes
   * @param active whether the MBR boot indicator is set
   * @param type what it holds, by its own superblock
   */
  record Partition(int number, Extent extent, boolean active, FilesystemType type) {}

  /** What a superblock says; {@code UNKNOWN} where none is recognised. */
  enum FilesystemType {
    EXT2,
    EXT3,
    EXT4,
    XFS,
    BTRFS,
    SWAP,
    LVM,
    LUKS,
    NTFS,
    FAT,
    UNKNOWN;

    /** As mount(8) and blkid(8) write it. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}
