package org.voyageur.convert;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.voyageur.disk.BlockDevice;
import org.voyageur.disk.DiskLayout;
import org.voyageur.disk.DiskLayout.FilesystemType;
import org.voyageur.disk.DiskLayoutReader;
import org.voyageur.disk.Extent;
import org.voyageur.disk.Overlay;
import org.voyageur.disk.Window;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.filesystem.ExtFilesystem;
import org.voyageur.filesystem.FilesystemFacts;
import org.voyageur.filesystem.JournalReplay;
import org.voyageur.filesystem.Superblock;
import org.voyageur.guest.Guest;
import org.voyageur.guest.GuestInspector;
import org.voyageur.progress.ProgressEvent.Finished;
import org.voyageur.progress.ProgressEvent.Started;
import org.voyageur.progress.ProgressEvent.Step;
import org.voyageur.progress.ProgressListener;

/**
 * A guest on an overlay: whatever is done to it, the disk below is only read.
 *
 * @param disk the whole disk
 * @param root the part of it that holds the root filesystem; the whole of it without partitions
 * @param source the same part of the disk below the overlay
 * @param guest what was found
 */
record OpenedGuest(Overlay disk, BlockDevice root, BlockDevice source, Guest guest) {

  /**
   * Finds the root filesystem by its content, replays its journal on the overlay where that is due,
   * and inspects it.
   */
  static OpenedGuest open(BlockDevice source, Path scratch, ProgressListener progress) {
    progress.on(new Started(Step.INSPECT, "Inspecting the guest"));
    Overlay disk = new Overlay(source);
    DiskLayout layout = DiskLayoutReader.read(disk);
    List<String> passedOver = new ArrayList<>();
    for (Extent candidate : extFilesystems(layout, disk.size())) {
      BlockDevice root = new Window(disk, candidate);
      FilesystemFacts.State asFound = Superblock.read(root).facts().state();
      replayIfDue(root, asFound, scratch);
      try (ExtFilesystem filesystem = ExtFilesystem.open(root, false)) {
        if (candidate.length() == disk.size() || GuestInspector.looksLikeRoot(filesystem)) {
          Guest guest = GuestInspector.inspect(layout, disk.size(), asFound, filesystem);
          progress.on(new Finished(Step.INSPECT, guest.operatingSystem().productName()));
          return new OpenedGuest(disk, root, new Window(source, candidate), guest);
        }
      }
      passedOver.add("the filesystem at byte " + candidate.offset() + " is not a root filesystem");
    }
    throw noRoot(layout, passedOver);
  }

  private static void replayIfDue(BlockDevice root, FilesystemFacts.State asFound, Path scratch) {
    switch (asFound) {
      case JOURNAL_DIRTY, ORPHANS -> JournalReplay.replay(root, scratch);
      case CLEAN, NOT_CLEAN, ERRORS -> {}
    }
  }

  private static List<Extent> extFilesystems(DiskLayout layout, long diskSize) {
    return switch (layout) {
      case DiskLayout.WholeDisk(FilesystemType type) ->
          isExt(type) ? List.of(new Extent(0, diskSize)) : List.of();
      case DiskLayout.Partitioned partitioned ->
          partitioned.partitions().stream()
              .filter(partition -> isExt(partition.type()))
              .map(DiskLayout.Partition::extent)
              .toList();
      case DiskLayout.Unrecognised _ -> List.of();
    };
  }

  private static boolean isExt(FilesystemType type) {
    return switch (type) {
      case EXT2, EXT3, EXT4 -> true;
      case XFS, BTRFS, SWAP, LVM, LUKS, NTFS, FAT, UNKNOWN -> false;
    };
  }

  private static VoyageurException noRoot(DiskLayout layout, List<String> passedOver) {
    return switch (layout) {
      case DiskLayout.Unrecognised(String description) ->
          new VoyageurException(
              ErrorCode.IMAGE_NO_FILESYSTEM,
              "no filesystem and no partition table was found: " + description,
              "Check that this is a disk image and that it is complete");
      case DiskLayout.WholeDisk(FilesystemType type) ->
          new VoyageurException(
              ErrorCode.FILESYSTEM_TYPE,
              "the disk holds " + type + ", and voyageur reads ext2, ext3 and ext4",
              "Convert this guest by another way");
      case DiskLayout.Partitioned partitioned ->
          new VoyageurException(
              ErrorCode.FILESYSTEM_TYPE,
              "none of the "
                  + partitioned.partitions().size()
                  + " partitions ("
                  + partitioned.table()
                  + ") holds a root filesystem of type ext2, ext3 or ext4"
                  + Optional.of(String.join("; ", passedOver))
                      .filter(text -> !text.isEmpty())
                      .map(text -> ": " + text)
                      .orElse(""),
              "Convert this guest by another way");
    };
  }
}
