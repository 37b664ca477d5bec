package org.voyageur.filesystem;

import java.io.InputStream;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.voyageur.disk.Extent;

/**
 * A guest's root filesystem, read and written without mounting it. Paths are absolute within the
 * guest; symbolic links are resolved inside the guest and never lead to the host. One thread only.
 * Names are UTF-8; a byte that is not appears as the lone surrogate U+DC00 + byte.
 *
 * <p>Changes go to the device below, which is an overlay: after any exception the overlay must be
 * thrown away, as libext2fs has no transactions.
 *
 * <p>Every method throws {@link org.voyageur.error.VoyageurException}: FILESYSTEM_DAMAGED,
 * FILESYSTEM_FULL, PATH_NOT_FOUND or PATH_UNUSABLE.
 */
public interface GuestFilesystem extends AutoCloseable {
  /** What the superblock says now. */
  FilesystemFacts facts();

  /** The file at a path, links followed; empty if there is none or a link dangles or loops. */
  Optional<FileStat> stat(String path);

  /** The file at a path, the last link not followed; empty if there is none. */
  Optional<FileStat> lstat(String path);

  /** The path with every link resolved; empty if there is no such file. */
  Optional<String> realPath(String path);

  /** Where a symbolic link points, as it is written. */
  String readLink(String path);

  /** The entries of a directory but for {@code .} and {@code ..}, sorted by name. */
  List<DirectoryEntry> list(String directory);

  /**
   * A regular file's content, links followed.
   *
   * @param limit the most bytes to accept; a larger file is PATH_UNUSABLE
   */
  byte[] read(String path, int limit);

  /** A regular file's content as a stream, links followed; to be closed before the filesystem. */
  InputStream open(String path);

  /** An extended attribute's value as it is stored; empty if the file has none of that name. */
  Optional<byte[]> extendedAttribute(String path, String name);

  /**
   * Replaces a regular file's content, links followed. Inode, owner, mode, links and extended
   * attributes stay; modification and change time are set.
   */
  void overwrite(String path, byte[] content);

  /**
   * Gives a regular file blocks with zeros where it has holes or unwritten ones, so that SYSLINUX
   * can read it. Its content stays; modification and change time are set.
   */
  void fillGaps(String path);

  /**
   * Creates a regular file. No hole and no unwritten extent is made, so SYSLINUX can read it.
   *
   * @param mode permission bits, such as 0644
   */
  void create(String path, byte[] content, FileOwner owner, int mode);

  /** Creates a directory; its parent must exist. */
  void createDirectory(String path, FileOwner owner, int mode);

  /** Creates a symbolic link. */
  void createSymbolicLink(String path, String target);

  /** Sets an extended attribute. */
  void setExtendedAttribute(String path, String name, byte[] value);

  /** Sets when a regular file or directory was last modified, links followed. */
  void setModified(String path, Instant time);

  /** Sets or clears the immutable flag of a regular file, links not followed. */
  void setImmutable(String path, boolean immutable);

  /** Removes a file, a symbolic link or an empty directory; links not followed. */
  void remove(String path);

  /** Sets the volume label, at most 16 bytes of ASCII. */
  void setLabel(String label);

  /**
   * Where a regular file's content lies on the device, in file order, links followed.
   *
   * @return runs that cover every block of the file up to its size
   */
  List<BlockRun> blocks(String path);

  /** The parts of the device that the filesystem uses, metadata included, ascending, in bytes. */
  List<Extent> usedExtents();

  /** Writes everything cached to the device. */
  void flush();

  /** Closes without writing what is cached; call {@link #flush} first to keep changes. */
  @Override
  void close();
}
