package org.voyageur.files;

import java.util.ArrayList;
import java.util.List;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.filesystem.DirectoryEntry;
import org.voyageur.filesystem.FileStat;
import org.voyageur.filesystem.FileType;
import org.voyageur.filesystem.GuestFilesystem;

/** Paths in a guest, as operators write them. */
public final class GuestPath {
  /** More than fit on a screen, and few enough to keep: {@code /*}{@code /*} of a whole guest. */
  private static final int MOST_MATCHES = 100_000;

  private GuestPath() {}

  /**
   * The paths that a pattern means: {@code *}, {@code ?} and {@code [...]} stand for parts of a
   * name as in a shell, {@code \} takes a character as it is. What matches nothing may still be a
   * file's very name.
   *
   * @param pattern from the root directory on, also without a slash in front
   * @return sorted absolute paths; of files that exist, if the pattern has wildcards
   * @throws VoyageurException {@link ErrorCode#PATH_NOT_FOUND} if wildcards match nothing
   */
  public static List<String> expand(GuestFilesystem filesystem, String pattern) {
    String absolute = pattern.startsWith("/") ? pattern : "/" + pattern;
    if (!Glob.hasWildcards(absolute)) {
      return List.of(Glob.literal(absolute));
    }
    List<String> paths = List.of("");
    for (String name : absolute.substring(1).split("/", -1)) {
      paths =
          Glob.hasWildcards(name)
              ? matches(filesystem, paths, new Glob(name), absolute)
              : paths.stream().map(path -> path + "/" + Glob.literal(name)).toList();
    }
    List<String> found = paths.stream().filter(path -> filesystem.lstat(path).isPresent()).toList();
    if (!found.isEmpty()) {
      return found;
    }
    if (filesystem.lstat(absolute).isPresent()) {
      return List.of(absolute);
    }
    throw new VoyageurException(
        ErrorCode.PATH_NOT_FOUND,
        "nothing in the guest matches " + pattern,
        "List the directory with 'voyageur ls'");
  }

  private static List<String> matches(
      GuestFilesystem filesystem, List<String> directories, Glob glob, String pattern) {
    List<String> paths = new ArrayList<>();
    for (String directory : directories) {
      String path = directory.isEmpty() ? "/" : directory;
      if (filesystem.stat(path).map(FileStat::type).orElse(FileType.UNKNOWN)
          != FileType.DIRECTORY) {
        continue;
      }
      for (DirectoryEntry entry : filesystem.list(path)) {
        if (glob.matches(entry.name())) {
          paths.add(directory + "/" + entry.name());
        }
      }
      if (paths.size() > MOST_MATCHES) {
        throw new VoyageurException(
            ErrorCode.PATH_UNUSABLE,
            pattern + " matches more than " + MOST_MATCHES + " files",
            "Name a directory with -r, or a narrower pattern");
      }
    }
    return paths;
  }

  /** The last name of a path; empty of the root directory. */
  public static String name(String path) {
    String trimmed = trimmed(path);
    return trimmed.substring(trimmed.lastIndexOf('/') + 1);
  }

  /** A name in a directory. */
  public static String child(String directory, String name) {
    return trimmed(directory) + "/" + name;
  }

  private static String trimmed(String path) {
    int end = path.length();
    while (end > 0 && path.charAt(end - 1) == '/') {
      end--;
    }
    return path.substring(0, end);
  }
}
