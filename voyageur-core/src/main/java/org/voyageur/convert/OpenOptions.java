package org.voyageur.convert;

import java.nio.file.Path;
import java.util.Optional;
import org.voyageur.disk.ImageFormat;

/**
 * How an image is opened.
 *
 * @param format its format; empty to find out from its first bytes
 * @param scratch where temporary files go; they are sparse, and never larger than the data in the
 *     image
 */
public record OpenOptions(Optional<ImageFormat> format, Path scratch) {
  /** Finds the format out, and uses the system's temporary directory. */
  public static OpenOptions defaults() {
    return new OpenOptions(Optional.empty(), Path.of(System.getProperty("java.io.tmpdir")));
  }
}
