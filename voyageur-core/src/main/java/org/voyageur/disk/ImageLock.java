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

  private final Path image;
  private final int descriptor;

  private ImageLock(Path image, int descriptor) {
    this.image = image;
    this.descriptor = descriptor;
  }

  /**
   * Locks an image against other voyageurs. A QEMU may still read it, as our own does.
   *
   * @throws VoyageurException {@link ErrorCode#IMAGE_NOT_WRITABLE}, {@link ErrorCode#IMAGE_IN_USE}
   */
  static ImageLock take(Path image) {
    int descriptor = Posix.openWritable(image.toString());
    if (descriptor < 0) {
      throw new VoyageurException(
          ErrorCode.IMAGE_NOT_WRITABLE,
          image + " may not be written to: error " + -descriptor + " of open(2)",
          "Give yourself write permission on the file, or work on a copy of it");
    }
    ImageLock lock = new ImageLock(image, descriptor);
    try {
      lock.extend(OURS);
      return lock;
    } catch (VoyageurException e) {
      lock.close();
      throw e;
    }
  }

  /**
   * Locks it against QEMU as well, which must be done before it is written to.
   *
   * @throws VoyageurException as {@link #take}
   */
  void keepQemuOut() {
    extend(OURS_AND_QEMUS);
  }

  private void extend(long length) {
    int result = Posix.lock(descriptor, 0, length);
    if (result == -Posix.EAGAIN || result == -Posix.EACCES) {
      throw new VoyageurException(
          ErrorCode.IMAGE_IN_USE,
          image + " is in use by another process",
          "Shut the virtual machine down that uses the image, or wait for the other voyageur");
    }
    if (result != 0) {
      throw new VoyageurException(
          ErrorCode.IMAGE_NOT_WRITABLE,
          image + " cannot be locked: error " + -result + " of fcntl(2)",
          "Work on a copy of the image on a local disk");
    }
  }

  @Override
  public void close() {
    int ignored = Posix.close(descriptor);
  }
}
