package org.voyageur.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.voyageur.process.HostProgram;

/** Files of Debian packages that are not installed, fetched and unpacked without root. */
final class DebianPackage {
  private DebianPackage() {}

  /**
   * A package's files, from the cache or fetched into it: {@code VOYAGEUR_CACHE}, else {@code
   * ~/.cache/voyageur}.
   *
   * @param key the directory's name in the cache
   * @param name the package; asked for only when it must be fetched
   * @return the directory that it is unpacked in
   * @throws org.voyageur.error.VoyageurException HOST_PROGRAM_MISSING, or HOST_PROGRAM_FAILED with
   *     what apt-get said
   */
  static Path unpacked(String key, Supplier<String> name) {
    Path cache =
        Optional.ofNullable(System.getenv("VOYAGEUR_CACHE"))
            .map(Path::of)
            .orElse(Path.of(System.getProperty("user.home"), ".cache", "voyageur"));
    Path directory = cache.resolve(key);
    if (Files.isDirectory(directory)) {
      return directory;
    }
    try {
      Files.createDirectories(cache);
      try (TemporaryDirectory fresh = TemporaryDirectory.in(cache)) {
        publish(fetch(name.get(), fresh.path()), directory);
      }
      return directory;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path fetch(String name, Path directory) throws IOException {
    Path packages = Files.createDirectory(directory.resolve("packages"));
    Tool.run(new HostProgram("apt-get", "apt"), packages, List.of("download", name));
    Path unpacked = directory.resolve("files");
    try (Stream<Path> files = Files.list(packages)) {
      Path archive =
          files.filter(file -> file.toString().endsWith(".deb")).findFirst().orElseThrow();
      Tool.run(
          new HostProgram("dpkg-deb", "dpkg"),
          directory,
          List.of("-x", archive.toString(), unpacked.toString()));
    }
    return unpacked;
  }

  /** In one step: the cache never shows half a package, and of two at once one is kept. */
  private static void publish(Path fresh, Path directory) throws IOException {
    try {
      Files.move(fresh, directory, StandardCopyOption.ATOMIC_MOVE);
    } catch (FileSystemException e) {
      if (!Files.isDirectory(directory)) {
        throw e;
      }
    }
  }

  /** The first package that one depends on whose name starts so. */
  static String dependency(String name, String prefix) {
    HostProgram aptCache = new HostProgram("apt-cache", "apt");
    String depends = Tool.run(aptCache, Path.of(""), List.of("depends", name));
    return depends
        .lines()
        .map(String::strip)
        .filter(line -> line.startsWith("Depends: " + prefix))
        .map(line -> line.substring("Depends: ".length()))
        .findFirst()
        .orElseThrow(
            () -> aptCache.failed("does not know " + name + "; run apt-get update", depends));
  }
}
