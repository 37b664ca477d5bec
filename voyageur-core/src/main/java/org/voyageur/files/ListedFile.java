package org.voyageur.files;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.filesystem.DirectoryEntry;
import org.voyageur.filesystem.FileStat;
import org.voyageur.filesystem.FileType;
import org.voyageur.filesystem.GuestFilesystem;

/**
 * A file of a guest's.
 *
 * @param path absolute, its last link not followed
 * @param linkTarget where it points, if it is a symbolic link
 */
public record ListedFile(String path, FileStat stat, Optional<String> linkTarget) {
  /** Linux's PATH_MAX: no program of the guest's could name it. */
  private static final int LONGEST_PATH = 4096;

  /** The name alone. */
  public String name() {
    return GuestPath.name(path);
  }

  /**
   * The file at a path.
   *
   * @throws VoyageurException {@link ErrorCode#PATH_NOT_FOUND}
   */
  public static ListedFile of(GuestFilesystem filesystem, String path) {
    FileStat stat =
        filesystem
            .lstat(path)
            .orElseThrow(() ->
                new VoyageurException(
                    ErrorCode.PATH_NOT_FOUND,
                    "there is no " + path + " in the guest",
                    "List the directory with 'voyageur ls'"));
    return new ListedFile(
        path,
        stat,
        stat.type() == FileType.SYMBOLIC_LINK
            ? Optional.of(filesystem.readLink(path))
            : Optional.empty());
  }

  /** What is in a directory, sorted by name. */
  public static List<ListedFile> in(GuestFilesystem filesystem, String directory) {
    List<ListedFile> files = new ArrayList<>();
    for (DirectoryEntry entry : filesystem.list(directory)) {
      String name = entry.name();
      if (name.isEmpty() || name.indexOf('/') >= 0 || name.indexOf('\0') >= 0) {
        throw damaged("in " + directory + " of the guest is a file of the name '" + name + "'");
      }
      String path = GuestPath.child(directory, name);
      if (path.length() > LONGEST_PATH) {
        throw damaged("directories are nested too deeply: " + path);
      }
      files.add(of(filesystem, path));
    }
    return files;
  }

  /**
   * A directory with everything below it, each before what it holds; links are not followed.
   *
   * @throws VoyageurException {@link ErrorCode#FILESYSTEM_DAMAGED} if a directory holds itself, or
   *     is found twice
   */
  public static List<ListedFile> tree(GuestFilesystem filesystem, String path) {
    List<ListedFile> files = new ArrayList<>();
    collect(filesystem, of(filesystem, path), files, new HashSet<>());
    return files;
  }

  private static void collect(
      GuestFilesystem filesystem, ListedFile file, List<ListedFile> files, Set<Long> seen) {
    files.add(file);
    if (file.stat().type() != FileType.DIRECTORY) {
      return;
    }
    if (!seen.add(file.stat().inode())) {
      throw damaged("the directory " + file.path() + " is found twice");
    }
    for (ListedFile below : in(filesystem, file.path())) {
      collect(filesystem, below, files, seen);
    }
  }

  private static VoyageurException damaged(String what) {
    return new VoyageurException(
        ErrorCode.FILESYSTEM_DAMAGED, what, "Repair a copy of the image with 'e2fsck -f'");
  }
}
