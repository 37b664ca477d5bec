package org.voyageur.disk;

import java.util.Optional;
import org.voyageur.disk.DiskLayout.TableType;

/** Where the filesystem that SYSLINUX is installed in lies on its disk. */
public sealed interface BootPlace {
  /** It is the whole disk. */
  record WholeDisk() implements BootPlace {}

  /**
   * It fills a partition.
   *
   * @param number as Linux numbers it; at most 4 in a master boot record
   * @param extent where it lies, in bytes
   */
  record Partition(TableType table, int number, Extent extent) implements BootPlace {}

  /** Where a disk's root filesystem lies; empty if it has none. */
  static Optional<BootPlace> of(DiskLayout layout) {
    return switch (layout) {
      case DiskLayout.WholeDisk _ -> Optional.of(new WholeDisk());
      case DiskLayout.Partitioned table ->
          table.root().map(root -> new Partition(table.table(), root.number(), root.extent()));
      case DiskLayout.Unrecognised _ -> Optional.empty();
    };
  }
}
