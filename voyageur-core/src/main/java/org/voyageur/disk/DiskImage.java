package org.voyageur.disk;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.progress.ProgressEvent.Noted;
import org.voyageur.progress.ProgressEvent.Step;
import org.voyageur.progress.ProgressListener;

/** An image, opened to be read. Its format was decided once, and it refers to no other file. */
public final class DiskImage implements AutoCloseable {
  /**
   * Four times the largest ext3. A few bytes of a hostile header can claim 2^60, and asking where
   * the holes of that are would take hours.
   */
  private static final long LARGEST = 64L << 40;

  private static final int S_IFMT = 0xf000;
  private static final int S_IFREG = 0x8000;
  private static final int S_IFBLK = 0x6000;

  private final Path path;
  private final ImageFormat format;
  private final FileStamp stamp;
  private final BlockDevice device;

  private DiskImage(Path path, ImageFormat format, FileStamp stamp, BlockDevice device) {
    this.path = path;
    this.format = format;
    this.stamp = stamp;
    this.device = device;
  }

  /**
   * Says what an image's format is, and makes sure that voyageur may open it. A change in place
   * that was cut off is undone first.
   *
   * @param format what the operator says that it is; empty to find out. A raw disk that begins like
   *     another format is taken for that, unless the operator says raw
   * @throws VoyageurException {@link ErrorCode#IMAGE_NOT_FOUND}, {@link
   *     ErrorCode#IMAGE_NOT_READABLE}, {@link ErrorCode#IMAGE_CUT_OFF} if it is empty, {@link
   *     ErrorCode#IMAGE_FORMAT}, {@link ErrorCode#IMAGE_REFERS_TO_HOST}, {@link
   *     ErrorCode#IMAGE_HALF_CHANGED}
   */
  public static ImageFormat identify(
      Path path, Optional<ImageFormat> format, ProgressListener progress) {
    try {
      // Before it is opened: opening a pipe would wait for its other end.
      int type = (int) Files.getAttribute(path, "unix:mode") & S_IFMT;
      if (type != S_IFREG && type != S_IFBLK) {
        throw new VoyageurException(
            ErrorCode.IMAGE_NOT_FOUND,
            path
                + (Files.isDirectory(path) ? " is a directory" : " is not a regular file")
                + ", expected a disk image",
            "Name the image file");
      }
    } catch (IOException e) {
      throw IoFailure.reading(path, e);
    }
    if (InPlaceImage.putBack(path)) {
      progress.on(putBack(path));
    }
    FormatProbe probe = FormatProbe.of(path);
    if (probe.size() == 0) {
      throw new VoyageurException(
          ErrorCode.IMAGE_CUT_OFF,
          path + " is empty, expected a disk image",
          "Get the image again from where it came from");
    }
    ImageFormat pinned = format.orElseGet(probe::format);
    probe.ensureSelfContained(pinned);
    return pinned;
  }

  /** That a change to an image had been cut off, and is undone. */
  static Noted putBack(Path path) {
    return new Noted(
        Step.OPEN, "A change to " + path + " had been cut off; the image is as it was before it");
  }

  /**
   * Opens an image.
   *
   * @param format as for {@link #identify}
   * @param scratch a directory; a {@code raw.gz} is inflated there, into a file that has no name
   *     any more when this returns
   * @throws VoyageurException as {@link #identify}; {@link ErrorCode#IMAGE_CORRUPT}, {@link
   *     ErrorCode#OUTPUT_NO_SPACE}, {@link ErrorCode#HOST_PROGRAM_MISSING}
   */
  public static DiskImage open(
      Path path, Optional<ImageFormat> format, Path scratch, ProgressListener progress) {
    ImageFormat pinned = identify(path, format, progress);
    FileStamp stamp = FileStamp.of(path);
    BlockDevice device =
        switch (pinned) {
          case RAW -> RawFile.open(path);
          case RAW_GZIP -> inflate(path, scratch, progress);
          case QCOW2, VMDK, VHD, VHDX, VDI -> {
            QemuImg.ensureSelfContained(path, pinned);
            QemuImg.ensureSound(path, pinned);
            yield new ReadAhead(NbdDevice.open(path, pinned, false));
          }
        };
    if (device.size() > LARGEST) {
      device.close();
      throw new VoyageurException(
          ErrorCode.IMAGE_FORMAT,
          path + " claims to be a disk of " + device.size() + " bytes, expected at most " + LARGEST,
          "Check the image with qemu-img info");
    }
    return new DiskImage(path, pinned, stamp, device);
  }

  private static RawFile inflate(Path path, Path scratch, ProgressListener progress) {
    Path temporary;
    try {
      temporary = TemporaryFiles.create(scratch, "scratch", TemporaryFiles.PRIVATE);
    } catch (IOException e) {
      throw IoFailure.writing(scratch.resolve("scratch"), e);
    }
    try {
      try (RawFile file = RawFile.openWritable(temporary)) {
        file.unbound();
        file.resize(GzipImage.inflate(path, file, progress));
      }
      return RawFile.open(temporary);
    } finally {
      TemporaryFiles.delete(temporary);
    }
  }

  /** The file that was opened. */
  public Path path() {
    return path;
  }

  /** Its format. */
  public ImageFormat format() {
    return format;
  }

  /** The disk; it is only to be read, and closed with this image. */
  public BlockDevice device() {
    return device;
  }

  /**
   * Checks that nobody wrote to the image since it was opened.
   *
   * @throws VoyageurException {@link ErrorCode#IMAGE_CHANGED}
   */
  public void ensureUnchanged() {
    stamp.ensureUnchanged();
  }

  @Override
  public void close() {
    device.close();
  }
}
