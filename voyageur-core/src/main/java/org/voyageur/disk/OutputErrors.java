package org.voyageur.disk;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;

/** Says why a file could not be written. */
final class OutputErrors {
  private OutputErrors() {}

  static VoyageurException writing(Path path, IOException e) {
    String reason = e.getMessage() == null ? e.toString() : e.getMessage();
    // The JDK has no type for ENOSPC and EDQUOT; their text is strerror's, in English or
    // translated.
    if (reason.contains("No space left") || reason.contains("Disk quota exceeded")) {
      return noSpace(path);
    }
    String what =
        switch (e) {
          case AccessDeniedException _ -> "permission denied";
          case NoSuchFileException _ -> "its directory does not exist";
          default -> reason;
        };
    return new VoyageurException(
        ErrorCode.OUTPUT_NOT_WRITABLE,
        "cannot write " + path + ": " + what,
        "Choose another output with -o, or another temporary directory with --scratch",
        e);
  }

  static VoyageurException noSpace(Path path) {
    return new VoyageurException(
        ErrorCode.OUTPUT_NO_SPACE,
        "no space left for " + path,
        "Free some space, or choose another disk with -o or --scratch; nothing was left behind");
  }
}
