package org.voyageur.filesystem;

import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import org.voyageur.disk.BlockCopy;
import org.voyageur.disk.BlockDevice;
import org.voyageur.disk.Extent;
import org.voyageur.disk.ScratchDisk;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.filesystem.FilesystemFacts.State;
import org.voyageur.process.HostProgram;
import org.voyageur.progress.ProgressListener;

/**
 * Replays a journal and releases orphaned inodes, as the guest's kernel would at its next start.
 * libext2fs has no replay, so e2fsck does it on a sparse copy that lacks the content of files, and
 * what it changed comes back.
 */
public final class JournalReplay {
  private JournalReplay() {}

  /**
   * Replays the journal of a filesystem that fills a device.
   *
   * @param device an overlay, which receives the changes
   * @param scratch a directory for the copy
   * @throws VoyageurException FILESYSTEM_JOURNAL_REPLAY if anything was lost or is not clean after
   *     it
   */
  public static void replay(BlockDevice device, Path scratch) {
    BitSet needed = ScratchPages.of(metadata(device));
    while (!replay(device, scratch, needed)) {
      // Once more, with what e2fsck touched besides.
    }
  }

  /**
   * Replays on a copy of some pages.
   *
   * @param needed the pages; those that e2fsck wrote to besides are added
   * @return false if there were any, so that what it read there was not what the device holds
   */
  private static boolean replay(BlockDevice device, Path scratch, BitSet needed) {
    try (ScratchDisk disk = ScratchDisk.create(scratch, device.size())) {
      BlockDevice copy = disk.device();
      BlockCopy.copy(
          device, ScratchPages.extents(needed, device.size()), copy, ProgressListener.none());
      copy.flush();
      HostProgram.Result result = E2fsck.run(disk.path(), "-p", "-E", "journal_only");
      BitSet touched = ScratchPages.of(copy.dataExtents(new Extent(0, device.size())));
      touched.andNot(needed);
      if (!touched.isEmpty()) {
        needed.or(touched);
        return false;
      }
      demandNothingLost(result, copy, disk.path());
      ScratchPages.bringBack(copy, device, ScratchPages.extents(needed, device.size()));
      return true;
    }
  }

  /** Where it is too damaged to tell, everything. */
  private static List<Extent> metadata(BlockDevice device) {
    try {
      return ExtFilesystem.metadataBeforeReplay(device);
    } catch (VoyageurException e) {
      return List.of(new Extent(0, device.size()));
    }
  }

  /** e2fsck exits with 0 also when it dropped a damaged transaction (measured), so look closer. */
  private static void demandNothingLost(
      HostProgram.Result replay, BlockDevice copy, Path copyFile) {
    boolean replayed = (replay.exitCode() & ~1) == 0 && !E2fsck.saysSomethingWasLost(replay.said());
    if (replayed && Superblock.read(copy).facts().state() == State.CLEAN) {
      HostProgram.Result check = E2fsck.checkOnly(copyFile);
      if (check.exitCode() == 0) {
        return;
      }
      throw failed(
          "the filesystem is damaged also after its journal was replayed: e2fsck -fn says: ",
          check.output());
    }
    throw failed("the journal cannot be replayed without loss: e2fsck says: ", replay.said());
  }

  private static VoyageurException failed(String what, String output) {
    return new VoyageurException(
        ErrorCode.FILESYSTEM_JOURNAL_REPLAY,
        what + new FilesystemCheck.Result(false, output).summary(),
        "Start the guest once more and shut it down cleanly, or repair a copy with 'e2fsck -f'");
  }
}
