package org.voyageur.disk;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import org.voyageur.process.AtExit;

/** Names and ends of files that are ours alone. */
final class TemporaryFiles {
  /** Only we may read it. */
  static final FileAttribute<Set<PosixFilePermission>> PRIVATE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

  private TemporaryFiles() {}

  /**
   * An empty new file in {@code directory}, named after {@code name}; deleted at exit unless {@link
   * #delete} or {@link #keep} came before.
   */
  static Path create(Path directory, String name, FileAttribute<?>... attributes)
      throws IOException {
    // 255 bytes is the longest name; a character takes up to 4.
    String part = name.substring(0, Math.min(name.length(), 50));
    while (true) {
      String random = Integer.toHexString(ThreadLocalRandom.current().nextInt());
      Path path = directory.resolve("." + part + ".voyageur-" + random + ".tmp");
      try {
        return AtExit.make(() -> Files.createFile(path, attributes), TemporaryFiles::remove);
      } catch (FileAlreadyExistsException taken) {
        // Another name, then.
      }
    }
  }

  /** Takes a file for finished: it has its final name. */
  static void keep(Path path) {
    AtExit.forget(path);
  }

  /** Deletes as far as it can; what is left is told of by whoever finds it. */
  static void delete(Path path) {
    remove(path);
    AtExit.forget(path);
  }

  private static void remove(Path path) {
    try {
      Files.deleteIfExists(path);
    } catch (IOException e) {
      System.getLogger(TemporaryFiles.class.getName())
          .log(System.Logger.Level.WARNING, "{0} could not be deleted: {1}", path, e.getMessage());
    }
  }
}
