package org.voyageur.disk;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.progress.ProgressListener;

/**
 * Writes an image that appears complete or not at all: to a file with a temporary name beside it,
 * made durable, and then renamed. Closed without {@link #publish}, nothing remains.
 */
public final class ImageWriter implements AutoCloseable {
  /**
   * A qcow2 costs 8 bytes of table for each 512 MiB, so a roomy one is cheap until it is cut down.
   */
  private static final long ROOMY = 16L << 40;

  private final Path target;
  private final OutputFormat format;
  private final boolean replaceExisting;
  private final ScratchFile file;
  private @Nullable BlockDevice device;

  private ImageWriter(Path target, OutputFormat format, boolean replaceExisting, ScratchFile file) {
    this.target = target;
    this.format = format;
    this.replaceExisting = replaceExisting;
    this.file = file;
  }

  /**
   * Starts an image.
   *
   * @param replaceExisting whether a file of that name may be replaced
   * @throws VoyageurException OUTPUT_EXISTS or OUTPUT_NOT_WRITABLE
   */
  public static ImageWriter create(Path target, OutputFormat format, boolean replaceExisting) {
    if (Files.exists(target) && !replaceExisting) {
      throw exists(target);
    }
    if (Files.isDirectory(target)) {
      throw new VoyageurException(
          ErrorCode.OUTPUT_NOT_WRITABLE, target + " is a directory", "Name a file with -o");
    }
    Path directory = directoryOf(target);
    if (!Files.isDirectory(directory)) {
      throw new VoyageurException(
          ErrorCode.OUTPUT_NOT_WRITABLE,
          "there is no directory " + directory + " for " + target.getFileName(),
          "Create it, or choose another output with -o");
    }
    return new ImageWriter(
        target, format, replaceExisting, ScratchFile.create(directory, "" + target.getFileName()));
  }

  /** Starts a raw image that is never published: a place for one that is inflated to be read. */
  public static ImageWriter scratch(Path directory, String name) {
    return new ImageWriter(
        directory.resolve(name), OutputFormat.RAW, false, ScratchFile.create(directory, name));
  }

  /** The file as it is called until it is published. */
  public Path path() {
    return file.path();
  }

  private static VoyageurException exists(Path target) {
    return new VoyageurException(
        ErrorCode.OUTPUT_EXISTS,
        "the output " + target + " exists",
        "Choose another with -o, or have it replaced with --force");
  }

  /**
   * The image, empty, to be written and read at random. It belongs to this writer.
   *
   * @param size in bytes
   */
  public BlockDevice device(long size) {
    if (format == OutputFormat.QCOW2) {
      QemuImg.createQcow2(file.path(), size);
    }
    return open(size);
  }

  private BlockDevice open(long size) {
    try {
      BlockDevice opened =
          switch (format) {
            case RAW -> RawFile.openWritable(file.path(), size);
            case QCOW2 -> new NbdDevice(file.path(), "qcow2", true);
          };
      device = opened;
      return opened;
    } catch (IOException e) {
      throw OutputErrors.writing(file.path(), e);
    }
  }

  /**
   * The image, filled from a compressed one as it is inflated; its blocks of zeros are not written.
   *
   * @return to be written and read at random; belongs to this writer
   */
  public BlockDevice inflate(DiskImage source, ProgressListener progress) {
    long size =
        switch (format) {
          case RAW -> inflateRaw(source, progress);
          case QCOW2 -> inflateQcow2(source, progress);
        };
    return open(size);
  }

  private long inflateRaw(DiskImage source, ProgressListener progress) {
    try (RawFile growing = RawFile.openGrowing(file.path())) {
      return GzipImage.inflate(source.path(), growing::write, progress);
    } catch (IOException e) {
      throw OutputErrors.writing(file.path(), e);
    }
  }

  /** How large the image is shows only at its end: gzip's own field holds it modulo 4 GiB. */
  private long inflateQcow2(DiskImage source, ProgressListener progress) {
    long size;
    try (BlockDevice roomy = device(ROOMY)) {
      size = GzipImage.inflate(source.path(), roomy::write, progress);
    }
    device = null;
    Qcow2Header.setVirtualSize(file.path(), size);
    return size;
  }

  /**
   * Makes the image durable and gives it its name.
   *
   * @throws VoyageurException OUTPUT_EXISTS if a file of that name has appeared meanwhile
   */
  public void publish() {
    closeDevice();
    try {
      force(file.path());
      if (replaceExisting) {
        Files.move(file.path(), target, StandardCopyOption.ATOMIC_MOVE);
      } else {
        moveWithoutReplacing();
      }
      force(directoryOf(target));
    } catch (FileAlreadyExistsException e) {
      throw exists(target);
    } catch (IOException e) {
      throw OutputErrors.writing(target, e);
    }
  }

  /** rename(2) replaces silently; link(2) fails where the name is taken, in one step. */
  private void moveWithoutReplacing() throws IOException {
    try {
      Files.createLink(target, file.path());
    } catch (UnsupportedOperationException | AtomicMoveNotSupportedException e) {
      Files.move(file.path(), target);
    }
  }

  private static Path directoryOf(Path file) {
    Path parent = file.toAbsolutePath().getParent();
    return parent == null ? Path.of("/") : parent;
  }

  private static void force(Path path) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  private void closeDevice() {
    BlockDevice open = device;
    device = null;
    if (open != null) {
      open.close();
    }
  }

  @Override
  public void close() {
    try {
      closeDevice();
    } finally {
      file.close();
    }
  }
}
