package org.voyageur.plan;

import java.util.Optional;
import org.voyageur.disk.PartitionTable;

/**
 * How the result's disk is to be laid out.
 *
 * @param layout whether the filesystem stays where it is
 * @param growth how large the disk is to be; empty for as large as it must be
 */
public record DiskShape(Layout layout, Optional<Growth> growth) {
  /** As the source is. */
  public static final DiskShape KEPT = new DiskShape(Layout.KEEP, Optional.empty());

  /**
   * What of this is done before the filesystem moves: the growth, where it is.
   *
   * @param size of the disk as it is, in bytes
   */
  public DiskShape beforeMoving(long size) {
    return new DiskShape(
        Layout.KEEP, growth.map(wanted -> new Growth(wanted.from(size) - lead(), false)));
  }

  /** What remains after that: no more growth than was asked for. */
  public DiskShape afterGrowing(long size) {
    return new DiskShape(layout, growth.map(wanted -> new Growth(wanted.from(size), false)));
  }

  /** What lies in front of the source's first byte, in bytes. */
  public long lead() {
    return switch (layout) {
      case KEEP -> 0;
      case PARTITION -> PartitionTable.FIRST_OFFSET;
    };
  }

  /** Where the root filesystem is to be. */
  public enum Layout {
    /** Where it is. */
    KEEP,
    /** In the only partition of a master boot record. */
    PARTITION
  }
}
