package org.voyageur.plan;

import java.util.Optional;

/**
 * How the result's disk is to be laid out.
 *
 * @param layout whether the filesystem stays where it is
 * @param growth how large the disk is to be; empty for as large as it must be
 */
public record DiskShape(Layout layout, Optional<Growth> growth) {
  /** As the source is. */
  public static final DiskShape KEPT = new DiskShape(Layout.KEEP, Optional.empty());

  /** Where the root filesystem is to be. */
  public enum Layout {
    /** Where it is. */
    KEEP,
    /** In the only partition of a master boot record. */
    PARTITION
  }
}
