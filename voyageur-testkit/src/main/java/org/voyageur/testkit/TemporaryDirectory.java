package org.voyageur.testkit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** A directory that is gone, with all in it, when it is closed. */
record TemporaryDirectory(Path path) implements AutoCloseable {
  /** A fresh one, where the host has its temporary files. */
  static TemporaryDirectory create() throws IOException {
    return new TemporaryDirectory(Files.createTempDirectory("voyageur-testkit-"));
  }

  /** A fresh one in another directory. */
  static TemporaryDirectory in(Path directory) throws IOException {
    return new TemporaryDirectory(Files.createTempDirectory(directory, "new-"));
  }

  /** Links are not followed. */
  @Override
  public void close() throws IOException {
    try (Stream<Path> files = Files.walk(path)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
