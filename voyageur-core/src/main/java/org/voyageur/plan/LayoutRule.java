package org.voyageur.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.voyageur.disk.DiskLayout;
import org.voyageur.disk.DiskLayout.TableType;
import org.voyageur.disk.Extent;
import org.voyageur.disk.PartitionTable;
import org.voyageur.error.ErrorCode;
import org.voyageur.filesystem.FileType;
import org.voyageur.guest.Finding;
import org.voyageur.guest.Finding.Severity;
import org.voyageur.guest.Guest;
import org.voyageur.guest.PyGrub;
import org.voyageur.plan.DiskShape.Layout;

/** The disk that was asked for: the filesystem in a partition, or with more room, or both. */
final class LayoutRule implements ConversionRule {
  private static final long MIB = 1 << 20;

  /** Which device GRUB's (hd0) is: its programs read it, no boot loader does. */
  private static final List<String> DEVICE_MAPS =
      List.of("/boot/grub/device.map", "/boot/grub2/device.map");

  private final DiskShape shape;

  LayoutRule(DiskShape shape) {
    this.shape = shape;
  }

  /**
   * The disk that there will be.
   *
   * @param root where the root filesystem is on it
   */
  private record Disk(long size, Extent root) {}

  @Override
  public List<Change> changes(Guest guest, Target target) {
    if (!obstacles(guest, target).isEmpty()) {
      return List.of();
    }
    Optional<Disk> wanted = wanted(guest);
    List<Change> changes = new ArrayList<>();
    if (wanted.isPresent() && moves()) {
      changes.add(
          new Change.CreatePartition(
              wanted.get().root(),
              wanted.get().size(),
              "A partition was asked for: PyGrub of every release finds it, and so does other"
                  + " software that expects a partition table"));
      changes.addAll(names(guest));
    }
    if (wanted.isPresent() && shape.growth().isPresent()) {
      Disk disk = wanted.get();
      if (disk.root().length() > guest.filesystem().size() || disk.size() > guest.diskSize()) {
        changes.add(
            new Change.GrowFilesystem(
                guest.filesystem().size(),
                disk.root(),
                disk.size(),
                "A disk of %d MiB was asked for".formatted(disk.size() / MIB)));
      }
    }
    return changes;
  }

  private boolean moves() {
    return shape.layout() == Layout.PARTITION;
  }

  /** Empty where nothing was asked for, or the disk is one that cannot be changed so. */
  private Optional<Disk> wanted(Guest guest) {
    if (shape.equals(DiskShape.KEPT)) {
      return Optional.empty();
    }
    long lead = shape.lead();
    long least = moves() ? lead + Math.ceilDiv(guest.diskSize(), MIB) * MIB : guest.diskSize();
    long size = shape.growth().map(growth -> growth.from(guest.diskSize())).orElse(least);
    return switch (guest.layout()) {
      case DiskLayout.WholeDisk _ -> Optional.of(new Disk(size, new Extent(lead, size - lead)));
      case DiskLayout.Partitioned table ->
          table
              .root()
              .map(root -> root.extent().offset())
              .map(offset -> new Disk(size, new Extent(offset, Math.max(0, size - offset))));
      case DiskLayout.Unrecognised _ -> Optional.empty();
    };
  }

  @Override
  public List<Finding> obstacles(Guest guest, Target target) {
    List<Finding> obstacles = new ArrayList<>();
    if (guest.layout() instanceof DiskLayout.Partitioned table) {
      if (moves()) {
        obstacles.add(
            obstacle(
                ErrorCode.DISK_PARTITIONED,
                "the disk has a partition table already (%s)".formatted(table.table()),
                "Convert it without --layout partition"));
        return obstacles;
      }
      if (shape.growth().isPresent()) {
        lastPrimary(table).ifPresent(obstacles::add);
      }
    }
    Optional<Disk> wanted = obstacles.isEmpty() ? wanted(guest) : Optional.empty();
    wanted.flatMap(disk -> unfit(disk, guest)).ifPresent(obstacles::add);
    return obstacles;
  }

  /** Only what lies last can grow, and the table must be one that is written anew here. */
  private static Optional<Finding> lastPrimary(DiskLayout.Partitioned table) {
    boolean grows =
        table.table() == TableType.MBR
            && table.root().filter(root -> root.number() <= 4).isPresent()
            && table.partitions().stream()
                .allMatch(p -> p.extent().end() <= table.root().orElseThrow().extent().end());
    return grows
        ? Optional.empty()
        : Optional.of(
            obstacle(
                ErrorCode.DISK_GROW_PARTITION,
                "the root filesystem's partition can only grow if it is a primary one of a master"
                    + " boot record (MBR), and the last on the disk",
                "Convert it without --grow, and grow the result with sfdisk and resize2fs"));
  }

  private Optional<Finding> unfit(Disk disk, Guest guest) {
    long lead = shape.lead();
    if (disk.size() < lead + guest.diskSize()) {
      return Optional.of(
          obstacle(
              ErrorCode.DISK_SHRINK,
              "a disk of %d bytes was asked for, and the guest's takes %d"
                  .formatted(disk.size(), lead + guest.diskSize()),
              "Ask for more with --grow; disks are not made smaller"));
    }
    boolean mbr = moves() || guest.layout() instanceof DiskLayout.Partitioned;
    if (mbr && disk.root().end() > PartitionTable.MOST_MBR_BYTES) {
      return Optional.of(
          obstacle(
              ErrorCode.DISK_TOO_LARGE,
              "a partition that ends at byte %d, which no master boot record can say: it counts to"
                      .formatted(disk.root().end())
                  + " 2 TiB",
              moves()
                  ? "Convert it without --layout partition: a filesystem on the whole disk has no"
                      + " such limit"
                  : "Ask for less with --grow"));
    }
    if (shape.growth().isPresent() && disk.root().length() > guest.filesystem().growableTo()) {
      return Optional.of(
          obstacle(
              ErrorCode.DISK_GROW_LIMIT,
              "the filesystem was asked to grow to %d MiB, and it can to %d MiB without moving"
                      .formatted(disk.root().length() / MIB, guest.filesystem().growableTo() / MIB)
                  + " files: no more room is reserved for its group descriptors (resize_inode)",
              "Ask for less with --grow, or grow the result inside the guest with resize2fs"));
    }
    return Optional.empty();
  }

  private static Finding obstacle(ErrorCode code, String message, String remedy) {
    return new Finding(Severity.OBSTACLE, code, message, remedy);
  }

  @Override
  public List<String> notes(Guest guest, Target target) {
    if (!moves() || !(guest.layout() instanceof DiskLayout.WholeDisk)) {
      return List.of();
    }
    List<String> notes = new ArrayList<>();
    if (shape.growth().isEmpty()) {
      notes.add(
          "The disk becomes larger than the source: 1 MiB in front of the partition, and what is"
              + " missing to a whole MiB behind it");
    }
    if (target == Target.DUAL_BOOT) {
      notes.add(
          "Under Xen the disk must be attached whole, as xvda and not as xvda1: disk ="
              + " [\"file:IMAGE,xvda,w\"]");
    }
    return notes;
  }

  private static List<Change> names(Guest guest) {
    List<Change> changes = new ArrayList<>();
    changes.addAll(
        edits(
            guest,
            PyGrub.MENUS,
            PartitionNames::text,
            "The root filesystem is in the first partition now, no longer the whole disk"));
    changes.addAll(
        edits(
            guest,
            DEVICE_MAPS,
            PartitionNames::deviceMap,
            "The disk is attached whole now, and the name that it had is its first partition's"));
    return changes;
  }

  private static List<Change> edits(
      Guest guest, List<String> paths, UnaryOperator<String> edit, String reason) {
    return paths.stream()
        .flatMap(path -> guest.files().get(path).stream())
        .filter(file -> file.type() == FileType.REGULAR)
        .flatMap(file -> FileChanges.edit(file, edit.apply(file.text()), reason).stream())
        .toList();
  }
}
