package org.voyageur.files;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.voyageur.disk.NewFile;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.filesystem.FileStat;
import org.voyageur.filesystem.GuestFilesystem;

/**
 * Copies files from a guest to the host. Content, times and permissions stay, but for the set-id
 * bits and what the umask takes away, and the owner is whoever runs this. Nothing is written
 * outside of the target, whatever the guest's names and links say.
 */
public final class Download {
  private final GuestFilesystem filesystem;
  private final boolean replace;
  private final List<String> notes = new ArrayList<>();

  /**
   * From a guest.
   *
   * @param replace whether files of the host may be replaced
   */
  public Download(GuestFilesystem filesystem, boolean replace) {
    this.filesystem = filesystem;
    this.replace = replace;
  }

  /** What was left out and why. */
  public List<String> notes() {
    return List.copyOf(notes);
  }

  /**
   * Where a file goes: into {@code target} if that is a directory.
   *
   * @param path of the guest
   */
  public static Path place(Path target, String path) {
    String name = GuestPath.name(path);
    if (!Files.isDirectory(target) || name.isEmpty()) {
      return target;
    }
    return child(target, name)
        .orElseThrow(() ->
            new VoyageurException(
                ErrorCode.OUTPUT_NOT_WRITABLE,
                "the name of " + path + " is none on this host",
                "Name the file that is to be written"));
  }

  /**
   * A name in a directory of the host; empty if it would be another place, or cannot be written.
   */
  private static Optional<Path> child(Path directory, String name) {
    if (name.equals(".") || name.equals("..") || name.indexOf('/') >= 0) {
      return Optional.empty();
    }
    try {
      return Optional.of(directory.resolve(name));
    } catch (InvalidPathException notInThisCharset) {
      return Optional.empty();
    }
  }

  /**
   * Copies a regular file, links followed.
   *
   * @throws VoyageurException {@link ErrorCode#PATH_NOT_FOUND}, {@link ErrorCode#PATH_UNUSABLE},
   *     {@link ErrorCode#OUTPUT_EXISTS} and what writing throws
   */
  public void file(String path, Path target) {
    try (InputStream content = filesystem.open(path)) {
      FileStat stat = filesystem.stat(path).orElseThrow();
      NewFile.write(
          target, content, permissions(stat.mode(), 0600), FileTime.from(stat.modified()), replace);
    } catch (IOException e) {
      throw notWritten(target, e);
    }
  }

  /**
   * Copies a directory with everything below it. Directories that are there already are added to.
   * Devices, sockets and pipes are left out, and links that lead out of the tree.
   *
   * @param path a directory, or a link to one; or a single file
   */
  public void tree(String path, Path target) {
    String real = filesystem.realPath(path).orElse(path);
    Map<String, Path> directories = new HashMap<>();
    List<ListedFile> files = ListedFile.tree(filesystem, real);
    for (ListedFile file : files) {
      Optional<Path> place =
          file.path().equals(real)
              ? Optional.of(target)
              : Optional.ofNullable(directories.get(parent(file.path())))
                  .flatMap(directory -> child(directory, file.name()));
      if (place.isEmpty()) {
        note(file, "its name is none on this host");
        continue;
      }
      switch (file.stat().type()) {
        case DIRECTORY -> {
          directory(place.get(), file.stat(), file.path().equals(real));
          directories.put(file.path(), place.get());
        }
        case REGULAR -> file(file.path(), place.get());
        case SYMBOLIC_LINK -> link(file, place.get(), depth(real, file.path()));
        case CHARACTER_DEVICE, BLOCK_DEVICE, FIFO, SOCKET, UNKNOWN ->
            note(file, "it is no file, directory or link");
      }
    }
    for (ListedFile file : files.reversed()) {
      Path directory = directories.get(file.path());
      if (directory != null) {
        setModified(directory, file.stat());
      }
    }
  }

  private void note(ListedFile file, String why) {
    notes.add(file.path() + " was left out: " + why);
  }

  private static String parent(String path) {
    int slash = path.lastIndexOf('/');
    return slash <= 0 ? "/" : path.substring(0, slash);
  }

  /** How many directories of the tree a file lies in. */
  private static int depth(String root, String path) {
    String below = root.equals("/") ? path : path.substring(root.length());
    return (int) below.chars().filter(c -> c == '/').count() - 1;
  }

  private static void directory(Path place, FileStat stat, boolean isTarget) {
    try {
      // The target may be a link of the operator's; below it, links are the work of some guest.
      boolean isThere =
          isTarget ? Files.isDirectory(place) : Files.isDirectory(place, LinkOption.NOFOLLOW_LINKS);
      if (!isThere) {
        Files.createDirectory(
            place, PosixFilePermissions.asFileAttribute(permissions(stat.mode(), 0700)));
      }
    } catch (IOException e) {
      throw notWritten(place, e);
    }
  }

  private static void setModified(Path directory, FileStat stat) {
    try {
      Files.setLastModifiedTime(directory, FileTime.from(stat.modified()));
    } catch (IOException e) {
      throw notWritten(directory, e);
    }
  }

  private void link(ListedFile file, Path place, int depth) {
    String target = file.linkTarget().orElseThrow();
    if (!staysInside(target, depth)) {
      note(file, "it points out of the tree, to " + target);
      return;
    }
    try {
      boolean isDirectory = Files.isDirectory(place, LinkOption.NOFOLLOW_LINKS);
      if (replace && !isDirectory) {
        Files.deleteIfExists(place);
      }
      Files.createSymbolicLink(place, Path.of(target));
    } catch (InvalidPathException e) {
      note(file, "it points to a name that is none on this host");
    } catch (FileAlreadyExistsException e) {
      throw new VoyageurException(
          ErrorCode.OUTPUT_EXISTS,
          place + " exists",
          "Name another directory, or allow files to be replaced with --force",
          e);
    } catch (IOException e) {
      throw notWritten(place, e);
    }
  }

  /**
   * Whether a link can only lead to its own tree. A {@code ..} behind a name could follow another
   * link and climb from there, so it counts as leading out; those in front climb real directories.
   */
  static boolean staysInside(String target, int depth) {
    if (target.startsWith("/")) {
      return false;
    }
    int up = 0;
    boolean named = false;
    for (String name : target.split("/")) {
      if (name.equals("..")) {
        if (named || ++up > depth) {
          return false;
        }
      } else if (!name.isEmpty() && !name.equals(".")) {
        named = true;
      }
    }
    return true;
  }

  /** A guest's permission bits for whoever has to read and write the file here. */
  private static Set<PosixFilePermission> permissions(int mode, int atLeast) {
    StringBuilder letters = new StringBuilder("rwxrwxrwx");
    for (int i = 0; i < letters.length(); i++) {
      if (((mode | atLeast) & (0400 >> i)) == 0) {
        letters.setCharAt(i, '-');
      }
    }
    return PosixFilePermissions.fromString(letters.toString());
  }

  private static VoyageurException notWritten(Path target, IOException e) {
    return new VoyageurException(
        ErrorCode.OUTPUT_NOT_WRITABLE,
        target + " could not be written: " + e.getMessage(),
        "Name another place, or remove what is in the way",
        e);
  }
}
