package org.voyageur.disk;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;

/** Says what an {@link IOException} means to the operator. */
final class IoFailure {
  /** With less than this left, a failed write is taken to have failed for want of space. */
  private static final long NEARLY_FULL = 1 << 20;

  private IoFailure() {}

  static VoyageurException reading(Path path, IOException e) {
    return switch (e) {
      case ClosedByInterruptException interrupted -> interrupted(interrupted);
      case NoSuchFileException missing ->
          new VoyageurException(
              ErrorCode.IMAGE_NOT_FOUND,
              path + " does not exist",
              "Check the name of the image",
              missing);
      case AccessDeniedException denied ->
          new VoyageurException(
              ErrorCode.IMAGE_NOT_READABLE,
              path + " may not be read: permission denied",
              "Give yourself read permission on the file and on its directory",
              denied);
      default ->
          new VoyageurException(
              ErrorCode.IMAGE_NOT_READABLE,
              path + " could not be read: " + e.getMessage(),
              "Check the disk or the network that the image lies on",
              e);
    };
  }

  static VoyageurException writing(Path path, IOException e) {
    if (e instanceof ClosedByInterruptException) {
      return interrupted(e);
    }
    if (isNoSpace(path, e)) {
      return noSpace(path, e);
    }
    return new VoyageurException(
        ErrorCode.OUTPUT_NOT_WRITABLE,
        path + " could not be written: " + e.getMessage(),
        "Choose an output in an existing directory that you may write to",
        e);
  }

  static VoyageurException noSpace(Path path, Throwable e) {
    return new VoyageurException(
        ErrorCode.OUTPUT_NO_SPACE,
        "No space is left on the disk of " + path,
        "Free some space there, or choose a directory on another disk",
        e);
  }

  static VoyageurException interrupted(Throwable e) {
    return new VoyageurException(
        ErrorCode.INTERRUPTED, "The work was interrupted", "Start it again", e);
  }

  /**
   * Java passes the system's message on, not its number, and in the user's language; so an unknown
   * message is settled by asking how much space is left.
   */
  private static boolean isNoSpace(Path path, IOException e) {
    String message = String.valueOf(e.getMessage());
    if (message.contains("No space left") || message.contains("quota exceeded")) {
      return true;
    }
    Path directory = path.toAbsolutePath().getParent();
    try {
      return directory != null && Files.getFileStore(directory).getUsableSpace() < NEARLY_FULL;
    } catch (IOException unknown) {
      return false;
    }
  }
}
