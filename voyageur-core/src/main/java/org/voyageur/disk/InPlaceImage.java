package org.voyageur.disk;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.process.AtExit;
import org.voyageur.progress.ProgressListener;

/**
 * An image that is to be changed where it is: locked, and changed as a whole or not at all, also
 * when the program is killed or the power fails. Until {@link #commit} it is only read.
 */
public final class InPlaceImage implements AutoCloseable {
  private final ImageLock lock;
  private final DiskImage image;
  private final Path scratch;
  private final boolean putBack;

  private InPlaceImage(ImageLock lock, DiskImage image, Path scratch, boolean putBack) {
    this.lock = lock;
    this.image = image;
    this.scratch = scratch;
    this.putBack = putBack;
  }

  /**
   * Opens and locks an image; a change that was cut off is undone first, and {@code progress} told.
   *
   * @param format as for {@link DiskImage#identify}
   * @throws VoyageurException as {@link DiskImage#open}; {@link ErrorCode#IMAGE_NOT_WRITABLE} if it
   *     is compressed, no file, has another name, or may not be written to; {@link
   *     ErrorCode#IMAGE_IN_USE}; {@link ErrorCode#IMAGE_HALF_CHANGED} if the change that was cut
   *     off cannot be undone
   */
  public static InPlaceImage open(
      Path path, Optional<ImageFormat> format, Path scratch, ProgressListener progress) {
    boolean putBack = UndoJournal.isThere(realPath(path));
    ImageFormat pinned = DiskImage.identify(path, format, progress);
    Path real = realPath(path);
    demandChangeable(real, pinned);
    Object inode = attribute(real, "unix:ino");
    ImageLock lock = ImageLock.take(real);
    try {
      if (pinned == ImageFormat.RAW) {
        lock.keepQemuOut();
      }
      if (!attribute(real, "unix:ino").equals(inode) || UndoJournal.isThere(real)) {
        throw new VoyageurException(
            ErrorCode.IMAGE_IN_USE,
            path + " was just replaced or changed by another process",
            "Start again");
      }
      return new InPlaceImage(
          lock, DiskImage.open(real, Optional.of(pinned), scratch, progress), scratch, putBack);
    } catch (RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  private static void demandChangeable(Path real, ImageFormat format) {
    if (format == ImageFormat.RAW_GZIP) {
      throw notWritable(
          real + " is compressed, and cannot be changed in place",
          "Decompress it first: gunzip --keep FILE; or change the result of a conversion");
    }
    if (!Files.isRegularFile(real)) {
      throw notWritable(
          real + " is a device, and a change to it could not be undone after a power cut",
          "Copy it to a file, and change that");
    }
    // The journal lies beside one name, and who opens the image by the other would not see it.
    if ((int) attribute(real, "unix:nlink") > 1) {
      throw notWritable(
          real + " has another name (a hard link), whose content would change with it",
          "Make a copy with cp --reflink=auto, and change that");
    }
  }

  private static VoyageurException notWritable(String message, String remedy) {
    return new VoyageurException(ErrorCode.IMAGE_NOT_WRITABLE, message, remedy);
  }

  private static Path realPath(Path path) {
    try {
      return path.toRealPath();
    } catch (IOException e) {
      throw IoFailure.reading(path, e);
    }
  }

  private static Object attribute(Path path, String name) {
    try {
      return Files.getAttribute(path, name);
    } catch (IOException e) {
      throw IoFailure.reading(path, e);
    }
  }

  /**
   * Undoes a change that was cut off, if there is one.
   *
   * @return whether there was
   * @throws VoyageurException {@link ErrorCode#IMAGE_HALF_CHANGED} if it cannot be undone
   */
  static boolean putBack(Path path) {
    Path real = realPath(path);
    if (!UndoJournal.isThere(real)) {
      return false;
    }
    try (ImageLock lock = ImageLock.take(real)) {
      lock.keepQemuOut();
      return UndoJournal.rollBack(real, () -> RawFile.openWritable(real));
    } catch (VoyageurException e) {
      throw e.code() == ErrorCode.IMAGE_HALF_CHANGED ? e : UndoJournal.halfChanged(real, e);
    }
  }

  /** Whether an earlier change was cut off and has been undone. */
  public boolean wasPutBack() {
    return putBack;
  }

  /** The image's format. */
  public ImageFormat format() {
    return image.format();
  }

  /** The disk; it is only to be read, and closed with this image, or by {@link #commit}. */
  public BlockDevice device() {
    return image.device();
  }

  /**
   * Writes changes to the image and makes them durable; {@link #device} is closed.
   *
   * @param changes an overlay over {@link #device}
   * @throws VoyageurException {@link ErrorCode#IMAGE_CHANGED} if somebody else wrote to the image
   *     since it was opened, or what writing throws; the image is as it was then, or {@link
   *     ErrorCode#IMAGE_HALF_CHANGED}
   */
  public void commit(Overlay changes) {
    commit(changes, false);
  }

  /**
   * The same so that {@link #undo} can undo it. What is needed for that is kept in a file beside
   * the image.
   *
   * @throws VoyageurException as {@link #commit}; as {@link #demandUndoable}
   */
  public void commitUndoably(Overlay changes) {
    demandUndoable();
    commit(changes, true);
  }

  /**
   * Refuses an image of which a change could not be undone.
   *
   * @throws VoyageurException {@link ErrorCode#IMAGE_NOT_WRITABLE} if it is neither raw nor qcow2;
   *     {@link ErrorCode#IMAGE_UNDO_EXISTS}
   */
  public void demandUndoable() {
    switch (image.format()) {
      case RAW, QCOW2 -> UndoJournal.demandNoneKept(image.path());
      case VMDK, VHD, VHDX, VDI, RAW_GZIP ->
          throw notWritable(
              image.path() + " is a " + image.format().label() + ", and is not converted in place",
              "Leave out --in-place: the result is a new qcow2 or raw image");
    }
  }

  /**
   * Puts the disk back as it was before {@link #commitUndoably}; {@link #device} is closed.
   *
   * @throws VoyageurException {@link ErrorCode#IMAGE_NO_UNDO}; {@link
   *     ErrorCode#IMAGE_CHANGED_SINCE} if what was changed has been written to since
   */
  public void undo() {
    Path path = image.path();
    image.close();
    lock.keepQemuOut();
    try (RawFile file = RawFile.open(path)) {
      UndoJournal.undo(path, file, () -> RawFile.openWritable(path));
    }
  }

  private void commit(Overlay changes, boolean undoable) {
    image.ensureUnchanged();
    Path path = image.path();
    switch (image.format()) {
      case RAW ->
          UndoJournal.commit(
              path, image.device(), changes, undoable, () -> RawFile.openWritable(path));
      case QCOW2 -> {
        try (RawFile file = RawFile.open(path)) {
          Overlay inFile = Qcow2Change.of(path, file, changes, scratch);
          image.close();
          lock.keepQemuOut();
          image.ensureUnchanged();
          UndoJournal.commit(path, file, inFile, undoable, () -> RawFile.openWritable(path));
        }
      }
      // Their drivers put new blocks at the end of a file, which a layer has none of.
      case VMDK, VHD, VHDX, VDI -> replace(path, changes);
      case RAW_GZIP -> throw new AssertionError("refused when it was opened");
    }
  }

  /** Changes a copy, and gives it the image's name. */
  private void replace(Path path, Overlay changes) {
    try {
      Path copy =
          AtExit.make(
              () ->
                  TemporaryFiles.create(
                      path.resolveSibling(""),
                      String.valueOf(path.getFileName()),
                      TemporaryFiles.PRIVATE),
              TemporaryFiles::delete);
      try {
        Files.copy(
            path, copy, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.COPY_ATTRIBUTES);
        image.ensureUnchanged();
        QemuImg.ensureSelfContained(copy, image.format());
        try (BlockDevice device = NbdDevice.open(copy, image.format(), true)) {
          changes.writeTo(device);
          device.flush();
        }
        sync(copy);
        Files.move(copy, path, StandardCopyOption.ATOMIC_MOVE);
        sync(path.resolveSibling(""));
      } finally {
        TemporaryFiles.delete(copy);
        AtExit.forget(copy);
      }
    } catch (IOException e) {
      throw IoFailure.writing(path, e);
    }
  }

  private static void sync(Path path) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  @Override
  public void close() {
    try {
      image.close();
    } finally {
      lock.close();
    }
  }
}
