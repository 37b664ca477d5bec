package org.voyageur.files;

import java.util.List;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.filesystem.FileType;
import org.voyageur.filesystem.GuestFilesystem;

/** Removes files from a guest; links are removed, and not followed. */
public final class Removal {
  private Removal() {}

  /**
   * Removes a file, or with {@code recursive} a directory with everything below it.
   *
   * @return the paths that are gone
   * @throws VoyageurException {@link ErrorCode#PATH_NOT_FOUND}; {@link ErrorCode#PATH_UNUSABLE} if
   *     it is a directory and {@code recursive} is not said, or the root directory
   */
  public static List<String> remove(GuestFilesystem filesystem, String path, boolean recursive) {
    ListedFile file = ListedFile.of(filesystem, path);
    if (file.stat().type() != FileType.DIRECTORY) {
      filesystem.remove(path);
      return List.of(path);
    }
    if (!recursive) {
      throw new VoyageurException(
          ErrorCode.PATH_UNUSABLE,
          path + " in the guest is a directory",
          "Remove it and everything in it with -r");
    }
    if (filesystem.realPath(path).orElse(path).equals("/")) {
      throw new VoyageurException(
          ErrorCode.PATH_UNUSABLE,
          path + " is the guest's root directory",
          "Name what is to be removed");
    }
    List<String> paths =
        ListedFile.tree(filesystem, path).reversed().stream().map(ListedFile::path).toList();
    paths.forEach(filesystem::remove);
    return paths;
  }
}
