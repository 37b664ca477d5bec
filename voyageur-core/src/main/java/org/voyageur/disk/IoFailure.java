package org.voyageur.disk;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Objects;
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
    return switch (e) {
      case ClosedByInterruptException interrupted -> interrupted(interrupted);
      case AccessDeniedException denied ->
          notWritable(directory(path) + " may not be written to: permission denied", denied);
      case NoSuchFileException missing ->
          notWritable(
              Files.isDirectory(directory(path))
                  ? directory(path) + " takes no new files"
                  : "there is no directory " + directory(path),
              missing);
      case FileSystemException failed when !saysNoSpace(failed) ->
          notWritable(path + " could not be written: " + failed.getReason(), failed);
      default ->
          saysNoSpace(e) || isNearlyFull(path)
              ? noSpace(path, e)
              : notWritable(path + " could not be written: " + e.getMessage(), e);
    };
  }

  private static VoyageurException notWritable(String what, IOException e) {
    return new VoyageurException(
        ErrorCode.OUTPUT_NOT_WRITABLE,
        what,
        "Choose a directory that exists and that you may write to, for the output with -o, for"
            + " temporary files with --scratch",
        e);
  }

  static VoyageurException noSpace(Path path, Throwable e) {
    return new VoyageurException(
        ErrorCode.OUTPUT_NO_SPACE,
        "there is no room in "
            + directory(path)
            + ": the disk is full, or a quota or a limit on the size of files is reached",
        "Free some space there, or choose a directory on another disk with -o or --scratch",
        e);
  }

  private static Path directory(Path path) {
    return Objects.requireNonNullElse(path.toAbsolutePath().getParent(), path);
  }

  static VoyageurException interrupted(Throwable e) {
    return new VoyageurException(
        ErrorCode.INTERRUPTED, "The work was interrupted", "Start it again", e);
  }

  /** ENOSPC, EDQUOT, and EFBIG: FAT's 4 GiB, or ulimit -f. */
  private static boolean saysNoSpace(IOException e) {
    String message = String.valueOf(e.getMessage());
    return message.contains("No space left")
        || message.contains("quota exceeded")
        || message.contains("File too large");
  }

  /**
   * Java passes the system's message on, not its number, and in the user's language; so an unknown
   * message is settled by asking how much space is left.
   */
  private static boolean isNearlyFull(Path path) {
    try {
      return Files.getFileStore(directory(path)).getUsableSpace() < NEARLY_FULL;
    } catch (IOException unknown) {
      return false;
    }
  }
}
