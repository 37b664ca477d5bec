package org.voyageur.disk;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** What a disk holds at its outermost level. */
public sealed interface DiskLayout {
  /** One filesystem from the first byte to the last, without a partition table. */
  record WholeDisk(FilesystemType type) implements DiskLayout {}

  /**
   * A partition table.
   *
   * @param partitions in the table's order, empty entries left out
   * @param root which of them holds the root filesystem; empty where that is not known
   * @param problem what is wrong with the table, though its partitions can be read; empty if
   *     nothing is
   */
  record Partitioned(
      TableType table,
      List<Partition> partitions,
      Optional<Partition> root,
      Optional<String> problem)
      implements DiskLayout {
    /** Keeps an unmodifiable copy. */
    public Partitioned {
      partitions = List.copyOf(partitions);
    }

    /** A sound table, without saying which partition holds the root filesystem. */
    public Partitioned(TableType table, List<Partition> partitions) {
      this(table, partitions, Optional.empty(), Optional.empty());
    }

    /** The partitions that are called so: more than one where a filesystem was copied. */
    public List<Partition> named(Tag tag, String name) {
      return partitions.stream()
          .filter(p -> tag.matches(p.names().getOrDefault(tag, ""), name))
          .toList();
    }

    /** The same, with the partition of this extent as the root. */
    public Partitioned withRoot(Extent extent) {
      return new Partitioned(
          table,
          partitions,
          partitions.stream().filter(p -> p.extent().equals(extent)).findFirst(),
          problem);
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
   * @param active whether it is marked to be booted by the BIOS: the MBR's boot indicator, or bit 2
   *     of the GPT's attributes
   * @param type what it holds, by its own superblock
   * @param names what it can be called by, whatever its device is called; a character a byte
   */
  record Partition(
      int number, Extent extent, boolean active, FilesystemType type, Map<Tag, String> names) {
    /** Keeps an unmodifiable copy. */
    public Partition {
      names = Map.copyOf(names);
    }

    /** One without a name. */
    public Partition(int number, Extent extent, boolean active, FilesystemType type) {
      this(number, extent, active, type, Map.of());
    }

    /** The same partition at another place, or of another length. */
    public Partition withExtent(Extent changed) {
      return new Partition(number, changed, active, type, names);
    }
  }

  /** The kinds of names that fstab(5) knows besides devices: of filesystems, and of partitions. */
  enum Tag {
    LABEL,
    UUID,
    PARTLABEL,
    PARTUUID;

    /** Whether two names of this kind are the same; no name is none. */
    public boolean matches(String one, String other) {
      return switch (this) {
            case LABEL, PARTLABEL -> one.equals(other);
            case UUID, PARTUUID -> one.equalsIgnoreCase(other);
          }
          && !one.isEmpty();
    }
  }

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
