package org.voyageur.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** The scripts that stand-ins run. */
final class Resources {
  private Resources() {}

  static byte[] read(String name) throws IOException {
    try (InputStream stream = Resources.class.getResourceAsStream("guest/" + name)) {
      if (stream == null) {
        throw new IllegalStateException("missing from the jar: guest/" + name);
      }
      return stream.readAllBytes();
    }
  }

  /** One that is a file of a guest's, and none that every stand-in has. */
  static String text(String name) {
    try {
      return new String(read(name), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What the scripts of a release must know of it. */
  static String settings(StandIn.Release release) {
    return "family=%s\nrelease=%s\ninit=%s\n"
        .formatted(release.family, release.name().toLowerCase(Locale.ROOT), release.init);
  }
}
