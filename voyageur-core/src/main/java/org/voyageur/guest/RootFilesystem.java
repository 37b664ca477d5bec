package org.voyageur.guest;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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
import org.voyageur.filesystem.FilesystemFacts.State;
import org.voyageur.filesystem.JournalReplay;
import org.voyageur.filesystem.Superblock;

/**
 * Where a disk's root filesystem is.
 *
 * @param layout what the disk holds at its outermost level
 * @param extent the part of the disk that it fills
 * @param device the same as a device
 * @param asFound in what state the filesystem was found
 */
public record RootFilesystem(DiskLayout layout, Extent extent, BlockDevice device, State asFound) {
  /**
   * Finds the root filesystem by its content. Where its journal is due to be replayed, that is
   * done.
   *
   * @param disk receives the changes of a replay
   * @param scratch a directory for temporary files
   * @throws VoyageurException {@link ErrorCode#IMAGE_NO_FILESYSTEM}, {@link
   *     ErrorCode#FILESYSTEM_TYPE}, or what reading and replaying throw
   */
  public static RootFilesystem find(Overlay disk, Path scratch) {
    DiskLayout layout = DiskLayoutReader.read(disk);
    List<String> passedOver = new ArrayList<>();
    for (Extent candidate : extFilesystems(layout, disk.size())) {
      RootFilesystem found = replayed(rooted(layout, candidate), candidate, disk, scratch);
      if (candidate.length() == disk.size() || found.looksLikeRoot()) {
        return found;
      }
      passedOver.add("the filesystem at byte " + candidate.offset() + " is not a root filesystem");
    }
    throw noRoot(layout, passedOver);
  }

  private static DiskLayout rooted(DiskLayout layout, Extent root) {
    return switch (layout) {
      case DiskLayout.Partitioned partitioned -> partitioned.withRoot(root);
      case DiskLayout.WholeDisk _, DiskLayout.Unrecognised _ -> layout;
    };
  }

  private static RootFilesystem replayed(
      DiskLayout layout, Extent extent, Overlay disk, Path scratch) {
    BlockDevice device = new Window(disk, extent);
    RootFilesystem found =
        new RootFilesystem(layout, extent, device, Superblock.read(device).facts().state());
    if (found.wasReplayed()) {
      JournalReplay.replay(device, scratch);
    }
    return found;
  }

  /** Whether its journal was replayed, or orphaned inodes were released. */
  public boolean wasReplayed() {
    return switch (asFound) {
      case JOURNAL_DIRTY, ORPHANS -> true;
      case CLEAN, NOT_CLEAN, ERRORS -> false;
    };
  }

  private boolean looksLikeRoot() {
    try (ExtFilesystem filesystem = ExtFilesystem.open(device, false)) {
      return GuestInspector.looksLikeRoot(filesystem);
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
                  + (passedOver.isEmpty() ? "" : ": " + String.join("; ", passedOver)),
              "Convert this guest by another way");
    };
  }
}
