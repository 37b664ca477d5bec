package org.voyageur.disk;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileStore;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.progress.ProgressListener;

/**
 * Writes a new image: into a temporary file beside the target, which gets its name when {@link
 * #publish} is called, complete and durable. Closed before that, or ended by a signal, it leaves
 * nothing.
 *
 * <p>Call one of {@link #device}, {@link #inflate} and {@link #compress}, once; work on the device
 * that it returns; call {@link #publish}; close.
 */
public final class ImageWriter implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(ImageWriter.class.getName());

  /** As large as ext3 can be with 4 KiB blocks; its L1 table in qcow2 takes 256 KiB. */
  private static final long LARGEST = 16L << 40;

  private static final int SECTOR = 512;

  /** As /proc/self/mounts names them. */
  private static final Set<String> PLAIN_FILESYSTEMS = Set.of("ext2", "ext3", "ext4", "tmpfs");

  private final Path target;
  private final OutputFormat format;
  private final boolean replaceExisting;
  private final Path temporary;
  private final Set<PosixFilePermission> permissions;
  private @Nullable BlockDevice device;
  private boolean published;

  private ImageWriter(
      Path target,
      OutputFormat format,
      boolean replaceExisting,
      Path temporary,
      Set<PosixFilePermission> permissions) {
    this.target = target;
    this.format = format;
    this.replaceExisting = replaceExisting;
    this.temporary = temporary;
    this.permissions = permissions;
  }

  /**
   * Makes the temporary file.
   *
   * @param target the file that there will be
   * @param replaceExisting whether {@link #publish} may replace a file of that name
   * @throws VoyageurException {@link ErrorCode#OUTPUT_EXISTS}, {@link
   *     ErrorCode#OUTPUT_NOT_WRITABLE}, {@link ErrorCode#OUTPUT_NO_SPACE}; {@link
   *     ErrorCode#IMAGE_HALF_CHANGED} and {@link ErrorCode#IMAGE_UNDO_EXISTS} if what is kept of an
   *     earlier image of that name would be taken for this one's
   */
  public static ImageWriter create(Path target, OutputFormat format, boolean replaceExisting) {
    Path absolute = target.toAbsolutePath();
    Path directory = absolute.getParent();
    Path name = absolute.getFileName();
    if (directory == null || name == null) {
      throw new VoyageurException(
          ErrorCode.OUTPUT_NOT_WRITABLE,
          target + " is a directory, expected the name of a new file",
          "Name a file as output");
    }
    boolean replaced = Files.exists(absolute, LinkOption.NOFOLLOW_LINKS);
    if (replaced) {
      // Renaming over a device node or a directory would not be what anyone meant.
      if (!Files.isRegularFile(absolute)) {
        throw new VoyageurException(
            ErrorCode.OUTPUT_NOT_WRITABLE,
            target + " exists and is not a regular file, so it cannot be replaced by one",
            "Name another file as output");
      }
      if (!replaceExisting) {
        throw exists(target);
      }
    }
    UndoJournal.demandNoneOf(absolute, replaced);
    try {
      Path temporary = TemporaryFiles.create(directory, name.toString());
      // What the umask gave it is what the finished file gets; until then it is nobody's business.
      Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(temporary);
      permit(temporary, TemporaryFiles.PRIVATE.value());
      return new ImageWriter(target, format, replaceExisting, temporary, permissions);
    } catch (IOException e) {
      throw IoFailure.writing(target, e);
    }
  }

  /** FAT and its like have no permissions to set. */
  private static void permit(Path path, Set<PosixFilePermission> permissions) {
    try {
      Files.setPosixFilePermissions(path, permissions);
    } catch (IOException e) {
      LOG.log(System.Logger.Level.DEBUG, "permissions of {0} stay: {1}", path, e.getMessage());
    }
  }

  /**
   * Finds out early that the result has no room. Only where the answer is certain: other
   * filesystems than these may share the blocks with the source, or compress them.
   *
   * @param bytes what will be written
   * @throws VoyageurException {@link ErrorCode#OUTPUT_NO_SPACE}
   */
  public void ensureRoom(long bytes) {
    try {
      FileStore store = Files.getFileStore(temporary);
      long room = store.getUsableSpace();
      if (PLAIN_FILESYSTEMS.contains(store.type()) && room < bytes) {
        throw new VoyageurException(
            ErrorCode.OUTPUT_NO_SPACE,
            "the result takes up to "
                + bytes
                + " bytes, and "
                + target.toAbsolutePath().getParent()
                + " has room for "
                + room,
            "Free some space there, or choose a directory on another disk with -o");
      }
    } catch (IOException unknown) {
      // Writing tells.
      LOG.log(System.Logger.Level.DEBUG, "room for {0} unknown: {1}", target, unknown.getMessage());
    }
  }

  /**
   * The new image as a device of {@code size} zeros, rounded up to a multiple of 512 where the
   * format wants that. It belongs to this writer.
   *
   * @throws VoyageurException if it cannot be made
   */
  public BlockDevice device(long size) {
    BlockDevice made =
        switch (format) {
          case RAW -> {
            RawFile file = RawFile.openWritable(temporary);
            file.resize(size);
            yield file;
          }
          case QCOW2 -> Qcow2File.create(temporary, roundUp(size));
        };
    device = made;
    return made;
  }

  /**
   * The new image, filled from a gzip file with a raw disk in it. Nothing else is written: the disk
   * goes from the gzip file straight to its place. It belongs to this writer.
   *
   * @param offset of that place in the image; in front of it are zeros
   * @throws VoyageurException {@link ErrorCode#IMAGE_CUT_OFF}, {@link ErrorCode#IMAGE_CORRUPT},
   *     {@link ErrorCode#IMAGE_FORMAT}, or what writing throws
   */
  public BlockDevice inflate(Path gzip, long offset, ProgressListener progress) {
    BlockDevice made =
        switch (format) {
          case RAW -> {
            RawFile file = RawFile.openWritable(temporary);
            device = file;
            file.unbound();
            file.resize(offset + GzipImage.inflate(gzip, from(file, offset), progress));
            yield file;
          }
          case QCOW2 -> {
            Qcow2File file = Qcow2File.create(temporary, LARGEST);
            device = file;
            file.resize(roundUp(offset + GzipImage.inflate(gzip, from(file, offset), progress)));
            yield file;
          }
        };
    Thread ignored =
        Thread.ofPlatform().name("voyageur-writeback").daemon().start(this::writeBackEarly);
    return made;
  }

  /**
   * Has the host write what was inflated while it is looked at and checked. Linux tells each open
   * file of an error, not only the first that asks (errseq_t, since 4.13), so that {@link #publish}
   * hears of it on the device's own.
   */
  private void writeBackEarly() {
    try {
      sync(temporary);
    } catch (IOException e) {
      LOG.log(System.Logger.Level.DEBUG, "{0} not written early: {1}", target, e.getMessage());
    }
  }

  /**
   * The new image, of compressed clusters that hold a disk. It is complete then, and the device, as
   * QEMU reads it, is only to be read.
   *
   * @param used which parts of the disk below {@code disk}'s changes matter
   * @throws VoyageurException if reading or writing fails
   */
  public BlockDevice compress(Overlay disk, List<Extent> used, ProgressListener progress) {
    if (format != OutputFormat.QCOW2) {
      throw new IllegalStateException(format + " has no compressed clusters");
    }
    CompressedQcow2.write(disk, Extents.union(used, disk.changedExtents()), temporary, progress);
    BlockDevice made = NbdDevice.open(temporary, ImageFormat.QCOW2, false);
    device = made;
    return made;
  }

  private static BlockDevice from(BlockDevice large, long offset) {
    return new Window(large, new Extent(offset, large.size() - offset));
  }

  /**
   * Makes the image that {@link #inflate} gave larger, by zeros behind it.
   *
   * @param size in bytes
   * @return the image
   */
  public BlockDevice enlarge(long size) {
    return switch (device) {
      case RawFile file -> {
        file.resize(size);
        yield file;
      }
      case Qcow2File file -> {
        file.resize(roundUp(size));
        yield file;
      }
      case null, default -> throw new IllegalStateException("nothing to enlarge");
    };
  }

  private static long roundUp(long size) {
    return Math.ceilDiv(size, SECTOR) * SECTOR;
  }

  /**
   * Gives the file its name, once it is on the disk with everything written to the device; the
   * device is closed. An existing file is replaced only if that was allowed, also if it has come
   * into being meanwhile.
   *
   * @throws VoyageurException {@link ErrorCode#OUTPUT_EXISTS}, {@link
   *     ErrorCode#OUTPUT_NOT_WRITABLE}, {@link ErrorCode#OUTPUT_NO_SPACE}; there is no output then
   */
  public void publish() {
    if (device == null || published) {
      throw new IllegalStateException("nothing to publish");
    }
    device.flush();
    device.close();
    permit(temporary, permissions);
    try {
      sync(temporary);
      rename();
    } catch (IOException e) {
      throw IoFailure.writing(target, e);
    }
    published = true;
    TemporaryFiles.keep(temporary);
    UndoJournal.forget(target.toAbsolutePath());
    try {
      sync(target.toAbsolutePath().resolveSibling(""));
    } catch (IOException e) {
      // Some network filesystems cannot; the file itself is complete and in its place.
      LOG.log(
          System.Logger.Level.DEBUG, "directory of {0} not synced: {1}", target, e.getMessage());
    }
  }

  private void rename() throws IOException {
    if (replaceExisting) {
      Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
      return;
    }
    try {
      // A second name is made, or the call fails; rename(2) would replace what is there.
      Files.createLink(target, temporary);
      TemporaryFiles.delete(temporary);
    } catch (FileAlreadyExistsException e) {
      throw exists(target);
    } catch (FileSystemException | UnsupportedOperationException noLinksHere) {
      claimAndRename(temporary, target);
    }
  }

  /** Takes the name with an empty file, which fails if it is taken, and replaces that. */
  static void claimAndRename(Path temporary, Path target) throws IOException {
    try {
      Files.createFile(target);
    } catch (FileAlreadyExistsException e) {
      throw exists(target);
    }
    try {
      Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      TemporaryFiles.delete(target);
      throw e;
    }
  }

  private static void sync(Path path) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  private static VoyageurException exists(Path target) {
    return new VoyageurException(
        ErrorCode.OUTPUT_EXISTS,
        target + " exists",
        "Name another output, or allow it to be replaced with --force");
  }

  /** Deletes the temporary file if it was not published. */
  @Override
  public void close() {
    try {
      if (device != null) {
        device.close();
      }
    } finally {
      if (!published) {
        TemporaryFiles.delete(temporary);
      }
    }
  }
}
