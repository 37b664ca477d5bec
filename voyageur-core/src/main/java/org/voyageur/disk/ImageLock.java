package org.voyageur.disk;

import java.nio.file.Path;
import org.voyageur.disk.posix.Posix;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;

/**
 * Keeps others from an image while it is changed: other voyageurs, and QEMU, which puts a lock on
 * bytes 100 to 299 of each image that it opens (QEMU's block/file-posix.c, RAW_LOCK_PERM_BASE and
 * RAW_LOCK_SHARED_BASE). The lock ends with the process, however that ends.
 */
final class ImageLock implements AutoCloseable {
  private static final long OURS = 1;
  private static final long OURS_AND_QEMUS = 300;

  private final int descriptor;

  private ImageLock(int descriptor) {
    this.descriptor = descriptor;
  }

  /**
   * Locks an image.
   *
   * @throws VoyageurException {@link ErrorCode#IMAGE_NOT_WRITABLE}, {@link ErrorCode#IMAGE_IN_USE}
   */
  static ImageLock take(Path image, ImageFormat format) {
    int descriptor = Posix.openWritable(image.toString());
    if (descriptor < 0) {
      throw new VoyageurException(
          ErrorCode.IMAGE_NOT_WRITABLE,
          image + " may not be written to: error " + -descriptor + " of open(2)",
          "Give yourself write permission on the file, or work on a copy of it");
    }
    // Anything but raw is written through a QEMU of ours, which must get its own lock.
    int result = Posix.lock(descriptor, 0, format == ImageFormat.RAW ? OURS_AND_QEMUS : OURS);
    if (result == 0) {
      return new ImageLock(descriptor);
    }
    int ignored = Posix.close(descriptor);
    if (result == -Posix.EAGAIN || result == -Posix.EACCES) {
      throw new VoyageurException(
          ErrorCode.IMAGE_IN_USE,
          image + " is in use by another process",
          "Shut the virtual machine down that uses the image, or wait for the other voyageur");
    }
    throw new VoyageurException(
        ErrorCode.IMAGE_NOT_WRITABLE,
        image + " cannot be locked: error " + -result + " of fcntl(2)",
        "Work on a copy of the image on a local disk");
  }

  @Override
  public void close() {
    int ignored = Posix.close(descriptor);
  }
}
