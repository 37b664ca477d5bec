package org.voyageur.files;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.filesystem.FileOwner;
import org.voyageur.filesystem.FileStat;
import org.voyageur.filesystem.FileType;
import org.voyageur.filesystem.GuestFilesystem;

/**
 * Copies files from the host to a guest. A file that is there keeps its inode, owner, mode, links
 * and extended attributes, SELinux label included; a new one belongs to root. The time of the last
 * modification is that of the host's file.
 */
public final class Upload {
  /** As large as the largest initrds; it is held in memory, twice. */
  public static final int LARGEST = 128 << 20;

  private final GuestFilesystem filesystem;
  private final List<String> written = new ArrayList<>();
  private final List<String> notes = new ArrayList<>();

  /** To a guest. */
  public Upload(GuestFilesystem filesystem) {
    this.filesystem = filesystem;
  }

  /** The guest's paths that were written, in order. */
  public List<String> written() {
    return List.copyOf(written);
  }

  /** What was left out and why. */
  public List<String> notes() {
    return List.copyOf(notes);
  }

  /** Where a file goes: into {@code path} if that is a directory of the guest's. */
  public String place(String path, Path source) {
    boolean isDirectory =
        filesystem.stat(path).map(FileStat::type).orElse(FileType.UNKNOWN) == FileType.DIRECTORY;
    return isDirectory
        ? GuestPath.child(path, String.valueOf(source.toAbsolutePath().normalize().getFileName()))
        : path;
  }

  /**
   * Writes a file.
   *
   * @param modified when it was last modified
   * @param owner of a new file
   * @param mode of a new file: permission bits
   * @throws VoyageurException {@link ErrorCode#PATH_NOT_FOUND} if there is no such directory,
   *     {@link ErrorCode#PATH_UNUSABLE} if something else than a file is there, {@link
   *     ErrorCode#FILESYSTEM_FULL}
   */
  public void file(String path, byte[] content, Instant modified, FileOwner owner, int mode) {
    if (filesystem.stat(path).isPresent()) {
      filesystem.overwrite(path, content);
    } else if (filesystem.lstat(path).isPresent()) {
      throw new VoyageurException(
          ErrorCode.PATH_UNUSABLE,
          path + " in the guest is a symbolic link to nothing: " + filesystem.readLink(path),
          "Name the file that it points to, or remove the link first");
    } else {
      filesystem.create(path, content, owner, mode);
    }
    filesystem.setModified(path, modified);
    written.add(path);
  }

  /**
   * Copies a host's file.
   *
   * @param owner of a new file
   * @param mode of a new file: permission bits
   */
  public void file(String path, Path source, FileOwner owner, int mode) {
    Source found = Source.of(source, true);
    if (!found.isFile()) {
      throw new VoyageurException(
          ErrorCode.HOST_FILE,
          source + " is not a regular file",
          "Name a file; or copy a directory with -r");
    }
    file(path, found.content(), found.modified(), owner, mode);
  }

  /**
   * Copies a host's directory with everything below it; links stay links. Directories that are
   * there already are added to. What is new has the mode that it has on the host.
   */
  public void tree(String path, Path source, FileOwner owner) {
    tree(path, Source.of(source, true), owner);
  }

  private void tree(String path, Source source, FileOwner owner) {
    if (source.isFile()) {
      file(path, source.content(), source.modified(), owner, source.mode());
    } else if (source.isLink()) {
      link(path, source.target());
    } else if (source.isDirectory()) {
      if (filesystem.stat(path).isEmpty()) {
        filesystem.createDirectory(path, owner, source.mode());
        written.add(path);
      }
      for (Path child : source.children()) {
        tree(
            GuestPath.child(path, String.valueOf(child.getFileName())),
            Source.of(child, false),
            owner);
      }
    } else {
      notes.add(source.path() + " was left out: it is no file, directory or link");
    }
  }

  private void link(String path, String target) {
    Optional<FileStat> there = filesystem.lstat(path);
    if (there.isPresent() && there.get().type() == FileType.SYMBOLIC_LINK) {
      if (filesystem.readLink(path).equals(target)) {
        return;
      }
      filesystem.remove(path);
    }
    filesystem.createSymbolicLink(path, target);
    written.add(path);
  }

  /** A file of the host. */
  private record Source(Path path, PosixFileAttributes attributes) {
    static Source of(Path path, boolean followLink) {
      LinkOption[] options =
          followLink ? new LinkOption[0] : new LinkOption[] {LinkOption.NOFOLLOW_LINKS};
      try {
        return new Source(path, Files.readAttributes(path, PosixFileAttributes.class, options));
      } catch (IOException e) {
        throw unreadable(path, e);
      }
    }

    boolean isFile() {
      return attributes.isRegularFile();
    }

    boolean isDirectory() {
      return attributes.isDirectory();
    }

    boolean isLink() {
      return attributes.isSymbolicLink();
    }

    int mode() {
      String letters = PosixFilePermissions.toString(attributes.permissions());
      return IntStream.range(0, 9).filter(i -> letters.charAt(i) != '-').map(i -> 0400 >> i).sum();
    }

    Instant modified() {
      return attributes.lastModifiedTime().toInstant();
    }

    byte[] content() {
      long size = attributes.size();
      if (size > LARGEST) {
        throw tooLarge(path + " has " + size + " bytes");
      }
      try {
        return Files.readAllBytes(path);
      } catch (IOException e) {
        throw unreadable(path, e);
      }
    }

    String target() {
      try {
        return Files.readSymbolicLink(path).toString();
      } catch (IOException e) {
        throw unreadable(path, e);
      }
    }

    List<Path> children() {
      List<Path> children = new ArrayList<>();
      try (DirectoryStream<Path> stream = Files.newDirectoryStream(path)) {
        stream.forEach(children::add);
      } catch (IOException e) {
        throw unreadable(path, e);
      }
      children.sort(null);
      return children;
    }
  }

  /** That something is more than can be changed at once. */
  public static VoyageurException tooLarge(String what) {
    return new VoyageurException(
        ErrorCode.IMAGE_CHANGES_TOO_LARGE,
        what + ", and at most " + LARGEST + " can be written to a guest at once",
        "Copy it into the running guest instead");
  }

  private static VoyageurException unreadable(Path path, IOException e) {
    return new VoyageurException(
        ErrorCode.HOST_FILE,
        path + " could not be read: " + e.getClass().getSimpleName() + ": " + e.getMessage(),
        "Check the name and the permissions of the file",
        e);
  }
}
