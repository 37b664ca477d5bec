package org.voyageur.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;

/** Where {@code --report} writes its page. */
record ReportFile(Path path) {
  /**
   * Before any work is done: whether the page can be written afterwards.
   *
   * @param replace whether a file of that name may be replaced
   * @throws VoyageurException OUTPUT_EXISTS or OUTPUT_NOT_WRITABLE
   */
  static ReportFile at(Path path, boolean replace) {
    Path directory = path.toAbsolutePath().getParent();
    if (Files.isDirectory(path) || directory == null || !Files.isWritable(directory)) {
      throw new VoyageurException(
          ErrorCode.OUTPUT_NOT_WRITABLE,
          "the report " + path + " cannot be written there",
          "Name a file in a directory that exists and that you may write to");
    }
    if (Files.exists(path) && !replace) {
      throw new VoyageurException(
          ErrorCode.OUTPUT_EXISTS,
          "the report " + path + " exists",
          "Choose another name, or replace it with --force");
    }
    return new ReportFile(path);
  }

  /** Writes the page, whole or not at all. */
  void write(String page) {
    try {
      Path temporary =
          Files.createTempFile(path.toAbsolutePath().getParent(), ".report-", ".html.tmp");
      try {
        Files.writeString(temporary, page);
        Files.move(temporary, path, StandardCopyOption.ATOMIC_MOVE);
      } finally {
        Files.deleteIfExists(temporary);
      }
    } catch (IOException e) {
      throw new VoyageurException(
          ErrorCode.OUTPUT_NOT_WRITABLE,
          "the report " + path + " cannot be written: " + e.getMessage(),
          "The converted image is complete; see that the disk has room and convert again",
          e);
    }
  }
}
