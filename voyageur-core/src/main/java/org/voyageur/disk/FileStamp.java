package org.voyageur.disk;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;

/** Size and modification time of a file: whoever writes to it changes them. */
public record FileStamp(Path path, long size, FileTime modified) {
  /** What it is now. */
  public static FileStamp of(Path path) {
    try {
      BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
      return new FileStamp(path, attributes.size(), attributes.lastModifiedTime());
    } catch (IOException e) {
      throw IoFailure.reading(path, e);
    }
  }

  /**
   * Checks that the file is what it was.
   *
   * @throws VoyageurException {@link ErrorCode#IMAGE_CHANGED}
   */
  public void ensureUnchanged() {
    FileStamp now = of(path);
    if (!now.equals(this)) {
      throw new VoyageurException(
          ErrorCode.IMAGE_CHANGED,
          path
              + " changed while it was read: it had "
              + size
              + " bytes of "
              + modified
              + ", now "
              + now.size
              + " of "
              + now.modified,
          "Shut the virtual machine down that uses the image, and start again");
    }
  }
}
