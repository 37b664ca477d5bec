package org.voyageur.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.Optional;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;

/**
 * An image file, its format decided once and pinned. It is only read.
 *
 * @param path where it is
 * @param format what it is
 * @param fileSize in bytes, when it was identified
 * @param modified when it was last changed before that
 */
public record DiskImage(Path path, ImageFormat format, long fileSize, FileTime modified) {

  /**
   * Finds out what a file is.
   *
   * @param format its format; empty to go by its first bytes
   * @throws VoyageurException IMAGE_NOT_FOUND, IMAGE_NOT_READABLE, IMAGE_FORMAT, IMAGE_CORRUPT or
   *     IMAGE_REFERS_TO_HOST
   */
  public static DiskImage identify(Path path, Optional<ImageFormat> format) {
    if (!Files.exists(path)) {
      throw new VoyageurException(
          ErrorCode.IMAGE_NOT_FOUND, "there is no file " + path, "Check the path");
    }
    if (Files.isDirectory(path)) {
      throw new VoyageurException(
          ErrorCode.IMAGE_NOT_FOUND, path + " is a directory, not a disk image", "Name a file");
    }
    try (FileChannel file = FileChannel.open(path, StandardOpenOption.READ)) {
      byte[] start = start(file);
      if (start.length == 0) {
        throw new VoyageurException(
            ErrorCode.IMAGE_CUT_OFF, path + " is empty", "Fetch the image again");
      }
      ImageFormat found = format.orElseGet(() -> ImageFormats.probe(path.toString(), start));
      DiskImage image = new DiskImage(path, found, file.size(), Files.getLastModifiedTime(path));
      switch (found) {
        case RAW -> {}
        case RAW_GZIP -> mustHoldRaw(path);
        case QCOW2, VMDK, VHD, VHDX, VDI -> QemuImg.check(path, ImageFormats.qemuName(found));
      }
      return image;
    } catch (AccessDeniedException e) {
      throw new VoyageurException(
          ErrorCode.IMAGE_NOT_READABLE,
          "permission denied to read " + path,
          "Give yourself the right to read it",
          e);
    } catch (IOException e) {
      throw new VoyageurException(
          ErrorCode.IMAGE_NOT_READABLE,
          "cannot read " + path + ": " + e.getMessage(),
          "Check the disk that the image lies on",
          e);
    }
  }

  private static byte[] start(ReadableByteChannel channel) throws IOException {
    ByteBuffer start = ByteBuffer.allocateDirect(ImageFormats.PROBE_LENGTH);
    while (start.hasRemaining() && channel.read(start) >= 0) {}
    byte[] bytes = new byte[start.flip().remaining()];
    start.get(bytes);
    return bytes;
  }

  private static void mustHoldRaw(Path path) {
    byte[] start;
    try (FileChannel file = FileChannel.open(path, StandardOpenOption.READ);
        ReadableByteChannel inflated = GzipImage.open(file)) {
      start = start(inflated);
    } catch (IOException e) {
      return; // Inflating the whole of it will say what is wrong, and where.
    }
    ImageFormat inner = ImageFormats.probe("what is inside " + path, start);
    if (inner != ImageFormat.RAW) {
      throw new VoyageurException(
          ErrorCode.IMAGE_FORMAT,
          path
              + " is a compressed "
              + inner.label()
              + " image; only raw images are read compressed",
          "Unpack it first: gzip -dk " + path);
    }
  }

  /** Whether it must be inflated before it can be read at random. */
  public boolean isStream() {
    return format == ImageFormat.RAW_GZIP;
  }

  /**
   * Opens it for reading at random.
   *
   * @throws IllegalStateException if it is a stream
   */
  public BlockDevice open() {
    try {
      return switch (format) {
        case RAW -> RawFile.openReadOnly(path);
        case RAW_GZIP -> throw new IllegalStateException(path + " is a stream");
        case QCOW2, VMDK, VHD, VHDX, VDI ->
            new NbdDevice(path, ImageFormats.qemuName(format), false);
      };
    } catch (IOException e) {
      throw new VoyageurException(
          ErrorCode.IMAGE_NOT_READABLE,
          "cannot read " + path + ": " + e.getMessage(),
          "Check the disk that the image lies on",
          e);
    }
  }

  /**
   * Makes sure that nobody wrote to it meanwhile.
   *
   * @throws VoyageurException IMAGE_CHANGED
   */
  public void ensureUnchanged() {
    try {
      if (Files.size(path) == fileSize && Files.getLastModifiedTime(path).equals(modified)) {
        return;
      }
    } catch (IOException e) {
      // It is gone: that is a change as well.
    }
    throw new VoyageurException(
        ErrorCode.IMAGE_CHANGED,
        path + " changed while it was read",
        "Shut the virtual machine that uses it down, and try again");
  }
}
