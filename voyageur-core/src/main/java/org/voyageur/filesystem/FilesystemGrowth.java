package org.voyageur.filesystem;

import java.nio.file.Path;
import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import org.voyageur.disk.BlockCopy;
import org.voyageur.disk.BlockDevice;
import org.voyageur.disk.Extent;
import org.voyageur.disk.ScratchDisk;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.process.HostProgram;
import org.voyageur.progress.ProgressListener;

/**
 * Grows a filesystem to the end of its device. libext2fs cannot, so resize2fs does it on a sparse
 * copy that lacks the content of files, and what it changed comes back. That is sound as long as no
 * file moves, which {@link FilesystemFacts#growableTo} promises and which is checked.
 */
public final class FilesystemGrowth {
  private static final HostProgram RESIZE2FS = new HostProgram("resize2fs", "e2fsprogs");

  /** Zeroing the inode tables of 8 TiB takes a minute. */
  private static final Duration LIMIT = Duration.ofMinutes(30);

  private FilesystemGrowth() {}

  /**
   * Grows the filesystem that a device begins with; it must be clean.
   *
   * @param device an overlay, which receives the changes
   * @param scratch a directory for the copy
   * @throws VoyageurException {@link ErrorCode#DISK_GROW_FAILED}
   */
  public static void grow(BlockDevice device, Path scratch) {
    Blocks before = Blocks.of(device);
    BitSet needed = before.metadata();
    while (!grow(device, scratch, needed, before.size())) {
      // Once more, with what resize2fs wrote to besides: a page may hold a file's blocks, too.
    }
    if (!Blocks.of(device).content().equals(before.content())) {
      throw failed("resize2fs moved files, which it was not to");
    }
  }

  /**
   * What a filesystem's pages hold.
   *
   * @param metadata at least one block of the filesystem's own
   * @param content nothing but files
   */
  private record Blocks(long size, BitSet metadata, BitSet content) {
    static Blocks of(BlockDevice device) {
      try (ExtFilesystem filesystem = ExtFilesystem.open(device, false)) {
        BitSet metadata = ScratchPages.of(filesystem.metadataExtents());
        BitSet content = ScratchPages.of(filesystem.usedExtents());
        content.andNot(metadata);
        return new Blocks(filesystem.facts().size(), metadata, content);
      }
    }
  }

  /** False if it must be done again, with the pages that were added to {@code needed}. */
  private static boolean grow(BlockDevice device, Path scratch, BitSet needed, long oldSize) {
    try (ScratchDisk disk = ScratchDisk.create(scratch, device.size())) {
      BlockDevice copy = disk.device();
      BlockCopy.copy(
          device, ScratchPages.extents(needed, device.size()), copy, ProgressListener.none());
      copy.flush();
      // -f: without it resize2fs demands an "e2fsck -f" since the last mount. The result gets one.
      HostProgram.Result result = RESIZE2FS.run(LIMIT, List.of("-f", disk.path().toString()));
      if (result.exitCode() != 0) {
        throw failed(
            "resize2fs says: " + new FilesystemCheck.Result(false, result.said()).summary());
      }
      BitSet written = ScratchPages.of(copy.dataExtents(new Extent(0, device.size())));
      BitSet missed = ScratchPages.of(copy.dataExtents(new Extent(0, oldSize)));
      missed.andNot(needed);
      if (!missed.isEmpty()) {
        needed.or(missed);
        return false;
      }
      ScratchPages.bringBack(copy, device, ScratchPages.extents(written, device.size()));
      return true;
    }
  }

  private static VoyageurException failed(String why) {
    return new VoyageurException(
        ErrorCode.DISK_GROW_FAILED,
        "the filesystem could not be grown: " + why,
        "Convert the guest without --grow, and grow it from inside with resize2fs");
  }
}
