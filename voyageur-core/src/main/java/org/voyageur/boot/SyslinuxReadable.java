package org.voyageur.boot;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.voyageur.filesystem.BlockRun;
import org.voyageur.filesystem.FileStat;
import org.voyageur.filesystem.FileType;
import org.voyageur.filesystem.FilesystemFacts;
import org.voyageur.filesystem.GuestFilesystem;

/**
 * What SYSLINUX 6.04's own reading of ext2, ext3 and ext4 cannot do. Measured feature by feature;
 * 64bit and metadata_csum, which are often blamed, are read well.
 */
public final class SyslinuxReadable {
  /** Longer paths are cut: FILENAME_MAX of SYSLINUX. */
  private static final int LONGEST_PATH = 255;

  private SyslinuxReadable() {}

  /** What keeps SYSLINUX from reading anything of a filesystem; empty if nothing does. */
  public static List<String> problems(FilesystemFacts facts) {
    List<String> problems = new ArrayList<>();
    if (facts.features().contains("bigalloc") && facts.blockSize() == 1024) {
      problems.add(
          "bigalloc with blocks of 1 KiB: its group descriptors are not where SYSLINUX looks");
    }
    if (facts.features().contains("meta_bg")) {
      problems.add("meta_bg: SYSLINUX finds only the inodes of the first groups");
    }
    if (facts.blockSize() > 4096) {
      problems.add("blocks of " + facts.blockSize() + " bytes: SYSLINUX reads at most 4096");
    }
    return problems;
  }

  /** What keeps SYSLINUX from reading a file that exists; empty if nothing does. */
  public static List<String> problems(GuestFilesystem filesystem, String path) {
    List<String> problems = new ArrayList<>();
    if (path.length() > LONGEST_PATH || path.contains(" ") || path.contains(",")) {
      problems.add(path + " has a name that SYSLINUX cannot be told");
    }
    Optional<FileStat> stat = filesystem.stat(path);
    if (stat.isEmpty() || stat.get().type() != FileType.REGULAR || stat.get().size() == 0) {
      problems.add(path + " is not a regular file with content");
      return problems;
    }
    if (stat.get().size() >= 1L << 32) {
      problems.add(path + " has 4 GiB or more");
      return problems;
    }
    List<BlockRun> blocks = filesystem.blocks(path);
    if (blocks.isEmpty()) {
      problems.add(path + " is stored inside its inode (inline_data)");
    } else if (hasGap(filesystem.facts(), blocks)) {
      problems.add(path + " has holes, which SYSLINUX cannot read");
    }
    return problems;
  }

  /**
   * Whether a file has holes or unwritten blocks that matter: SYSLINUX reads holes of indirectly
   * mapped files as zeros, but fails on those in extents, and reads old content from unwritten
   * ones.
   */
  public static boolean hasGap(FilesystemFacts facts, List<BlockRun> blocks) {
    return mindsGaps(facts) && blocks.stream().anyMatch(BlockRun::isGap);
  }

  /**
   * Whether {@link #hasGap} can hold for any file: asking for each block of a kernel takes time.
   */
  public static boolean mindsGaps(FilesystemFacts facts) {
    return facts.features().contains("extent");
  }
}
