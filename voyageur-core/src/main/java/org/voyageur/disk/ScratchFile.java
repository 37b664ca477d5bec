package org.voyageur.disk;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/** A file that is deleted when it is closed, and when the program is stopped by a signal. */
public final class ScratchFile implements AutoCloseable {
  private static final Set<Path> LIVE = ConcurrentHashMap.newKeySet();

  static {
    Runtime.getRuntime().addShutdownHook(new Thread(() -> LIVE.forEach(ScratchFile::delete)));
  }

  private final Path path;

  private ScratchFile(Path path) {
    this.path = path;
  }

  /**
   * Creates an empty file.
   *
   * @param directory an existing directory
   * @param name part of the file's name, for whoever finds it
   * @throws org.voyageur.error.VoyageurException if it cannot be created
   */
  public static ScratchFile create(Path directory, String name) {
    Path path =
        directory.resolve("." + name + ".voyageur-" + UUID.randomUUID().toString().substring(0, 8));
    LIVE.add(path);
    try {
      Files.createFile(path);
      return new ScratchFile(path);
    } catch (IOException e) {
      LIVE.remove(path);
      throw OutputErrors.writing(path, e);
    }
  }

  /** Where it is. */
  public Path path() {
    return path;
  }

  @Override
  public void close() {
    delete(path);
    LIVE.remove(path);
  }

  private static void delete(Path path) {
    try {
      Files.deleteIfExists(path);
    } catch (IOException e) {
      System.getLogger(ScratchFile.class.getName())
          .log(System.Logger.Level.WARNING, "could not delete " + path, e);
    }
  }
}
