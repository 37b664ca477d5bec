package org.voyageur.openstack;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import org.voyageur.disk.FileStamp;

/** The bytes of an image, which may be read more than once. */
public interface ImageContent {
  /** Reads them from the first on. */
  InputStream open() throws IOException;

  /** How many there are; where that is not known, they are sent in chunks. */
  OptionalLong size();

  /**
   * Checks that they are what they were.
   *
   * @throws org.voyageur.error.VoyageurException if not
   */
  void ensureUnchanged();

  /** Those of a file, which must not change meanwhile. */
  static ImageContent of(Path file) {
    FileStamp stamp = FileStamp.of(file);
    return new ImageContent() {
      @Override
      public InputStream open() throws IOException {
        return Files.newInputStream(file);
      }

      @Override
      public OptionalLong size() {
        return OptionalLong.of(stamp.size());
      }

      @Override
      public void ensureUnchanged() {
        stamp.ensureUnchanged();
      }
    };
  }
}
