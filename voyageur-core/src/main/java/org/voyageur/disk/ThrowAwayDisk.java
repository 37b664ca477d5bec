package org.voyageur.disk;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.voyageur.progress.ProgressListener;

/**
 * A disk that others may write to without changing the image that it shows: a qcow2 overlay over
 * it, or the inflated copy of a {@code raw.gz}. Deleted when it is closed.
 */
public final class ThrowAwayDisk implements AutoCloseable {
  private final Path path;
  private final ImageFormat format;

  private ThrowAwayDisk(Path path, ImageFormat format) {
    this.path = path;
    this.format = format;
  }

  /**
   * Makes one.
   *
   * @param image is only read, and must stay as it is
   * @param scratch the directory where it is
   * @throws org.voyageur.error.VoyageurException as {@link DiskImage#open}
   */
  public static ThrowAwayDisk over(
      Path image, ImageFormat format, Path scratch, ProgressListener progress) {
    // That the image names no other file is seen to here; QEMU would open those.
    if (format != ImageFormat.RAW_GZIP) {
      DiskImage.open(image, Optional.of(format), scratch, progress).close();
    }
    Path path;
    try {
      path = TemporaryFiles.create(scratch, "guest", TemporaryFiles.PRIVATE);
    } catch (IOException e) {
      throw IoFailure.writing(scratch.resolve("guest"), e);
    }
    ThrowAwayDisk disk =
        new ThrowAwayDisk(
            path, format == ImageFormat.RAW_GZIP ? ImageFormat.RAW : ImageFormat.QCOW2);
    try {
      if (format == ImageFormat.RAW_GZIP) {
        try (RawFile file = RawFile.openWritable(path)) {
          file.unbound();
          file.resize(GzipImage.inflate(image, file, progress));
        }
      } else {
        QemuImg.createOverlay(path, image, format);
      }
      return disk;
    } catch (RuntimeException e) {
      disk.close();
      throw e;
    }
  }

  /** The file. */
  public Path path() {
    return path;
  }

  /** Its format, by QEMU's name. */
  public String driver() {
    return QemuImg.driver(format);
  }

  /** The disk as it is now, to be read; closed by the caller. */
  public BlockDevice open() {
    return format == ImageFormat.RAW
        ? RawFile.open(path)
        : new ReadAhead(NbdDevice.open(path, format, false));
  }

  @Override
  public void close() {
    TemporaryFiles.delete(path);
  }
}
