package org.voyageur.boot;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/**
 * Machine code that is kept as built; its source and the script that builds it: src/main/native.
 */
final class Resources {
  private Resources() {}

  static byte[] read(String name) {
    try (InputStream stream = Resources.class.getResourceAsStream(name)) {
      if (stream == null) {
        throw new IllegalStateException("missing from the jar: " + name);
      }
      return stream.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
