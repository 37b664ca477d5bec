package org.voyageur.filesystem;

import java.nio.file.Path;
import java.util.List;
import org.voyageur.disk.BlockCopy;
import org.voyageur.disk.BlockDevice;
import org.voyageur.disk.Extent;
import org.voyageur.disk.Overlay;
import org.voyageur.disk.ScratchDisk;
import org.voyageur.process.HostProgram;
import org.voyageur.progress.ProgressListener;

/**
 * Has e2fsck check a filesystem that is not in a file of its own. e2fsck reads no content of
 * regular files, so a sparse file with everything else is as good as the whole, and is made in an
 * instant. Nor need it read inodes that were never used, which in ext3 are most of what it reads;
 * docs/adr/0012 says what that leaves unseen.
 */
public final class FilesystemCheck {
  /**
   * What e2fsck said.
   *
   * @param clean whether it found nothing at all
   */
  public record Result(boolean clean, String output) {
    private static final int MOST_LINES = 3;

    /** The first few things that it found, on one line. */
    public String summary() {
      List<String> found =
          output
              .lines()
              .map(String::strip)
              .filter(line -> !line.isEmpty() && !line.startsWith("Pass "))
              .toList();
      String first = String.join("; ", found.subList(0, Math.min(MOST_LINES, found.size())));
      return found.size() > MOST_LINES ? first + "; and more" : first;
    }
  }

  private FilesystemCheck() {}

  /**
   * Checks a filesystem as it is on its device.
   *
   * @param scratch a directory for the temporary file
   * @throws org.voyageur.error.VoyageurException FILESYSTEM_DAMAGED if it cannot even be opened
   */
  public static Result check(BlockDevice device, Path scratch) {
    Overlay declared = new Overlay(device);
    try (ExtFilesystem filesystem = ExtFilesystem.open(declared, true)) {
      filesystem.declareUnusedInodes();
      filesystem.flush();
      List<Extent> read = filesystem.checkedExtents();
      long bytes = read.stream().mapToLong(Extent::length).sum();
      try (ScratchDisk copy = ScratchDisk.create(scratch, device.size(), bytes)) {
        BlockCopy.copy(declared, read, copy.device(), ProgressListener.none());
        HostProgram.Result result = E2fsck.checkOnly(copy.path());
        return new Result(result.exitCode() == 0, result.output());
      }
    }
  }
}
