package org.voyageur.convert;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.nio.file.Path;
import java.util.Optional;
import java.util.function.LongFunction;
import java.util.zip.CRC32;
import org.voyageur.disk.BlockDevice;
import org.voyageur.disk.DiskLayout;
import org.voyageur.disk.PartitionTable;
import org.voyageur.disk.RelocatedDisk;
import org.voyageur.filesystem.FilesystemGrowth;
import org.voyageur.plan.Change;
import org.voyageur.plan.Plan;

/**
 * The disk that a plan wants, where that is not the source's: the filesystem at its new place, the
 * partition table in front of it, and more room behind it. All of it on an overlay.
 */
final class NewDisk {
  private NewDisk() {}

  /**
   * The guest on that disk, everything in its files still as it was.
   *
   * @param enlarged gives the disk of a size in which the source lies already where it is to be;
   *     empty if the source lies where it always did
   */
  static OpenedGuest of(
      OpenedGuest opened,
      BlockDevice source,
      Optional<LongFunction<BlockDevice>> enlarged,
      Plan plan,
      Path scratch) {
    Optional<Change.CreatePartition> create = plan.change(Change.CreatePartition.class);
    Optional<Change.GrowFilesystem> grow = plan.change(Change.GrowFilesystem.class);
    if (create.isEmpty() && grow.isEmpty()) {
      return opened;
    }
    long size = grow.map(Change.GrowFilesystem::diskSize).orElseGet(() -> create.get().diskSize());
    long offset = create.map(change -> change.partition().offset()).orElse(0L);
    BlockDevice larger =
        enlarged
            .map(disk -> disk.apply(size))
            .orElseGet(() -> new RelocatedDisk(source, offset, size));
    OpenedGuest moved =
        opened.on(
            larger,
            offset,
            grow.map(Change.GrowFilesystem::to).orElseGet(() -> create.get().partition()));
    if (create.isPresent()) {
      PartitionTable.createMbr(
          moved.disk(), create.get().partition(), signature(opened.guest().filesystem().uuid()));
    } else if (opened.guest().layout() instanceof DiskLayout.Partitioned table) {
      PartitionTable.resizeMbr(
          moved.disk(), table.root().orElseThrow().number(), moved.extent().length());
    }
    if (grow.isPresent()) {
      FilesystemGrowth.grow(moved.root(), scratch);
    }
    return moved;
  }

  /** The same for the same guest, so that a conversion can be repeated. */
  private static int signature(String uuid) {
    CRC32 crc = new CRC32();
    crc.update(uuid.getBytes(US_ASCII));
    return (int) crc.getValue();
  }
}
