package org.voyageur.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.voyageur.process.HostProgram;

/** Files of Debian packages that are not installed, fetched and unpacked without root. */
final class DebianPackage {
  private static final Duration LIMIT = Duration.ofMinutes(5);

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
      Path fresh = Files.createTempDirectory(cache, key + "-");
      try {
        fetch(name.get(), fresh);
        publish(fresh, directory);
      } finally {
        delete(fresh);
      }
      return directory;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void fetch(String name, Path directory) throws IOException {
    Path packages = Files.createDirectory(directory.resolve("packages"));
    run(new HostProgram("apt-get", "apt"), packages, "download", name);
    try (Stream<Path> files = Files.list(packages)) {
      Path archive =
          files.filter(file -> file.toString().endsWith(".deb")).findFirst().orElseThrow();
      run(
          new HostProgram("dpkg-deb", "dpkg"),
          directory,
          "-x",
          archive.toString(),
          directory.resolve("files").toString());
    }
  }

  /** In one step: the cache never shows half a package, and of two at once one is kept. */
  private static void publish(Path fresh, Path directory) throws IOException {
    try {
      Files.move(fresh.resolve("files"), directory, StandardCopyOption.ATOMIC_MOVE);
    } catch (FileAlreadyExistsException | DirectoryNotEmptyException e) {
      // Another process was quicker.
    }
  }

  /** The first package that one depends on whose name starts so. */
  static String dependency(String name, String prefix) {
    HostProgram aptCache = new HostProgram("apt-cache", "apt");
    String depends = run(aptCache, Path.of(""), "depends", name);
    return depends
        .lines()
        .map(String::strip)
        .filter(line -> line.startsWith("Depends: " + prefix))
        .map(line -> line.substring("Depends: ".length()))
        .findFirst()
        .orElseThrow(
            () -> aptCache.failed("does not know " + name + "; run apt-get update", depends));
  }

  /** What a program says, if it succeeds. */
  static String run(HostProgram program, Path directory, String... arguments) {
    HostProgram.Result result = program.run(LIMIT, directory, List.of(arguments));
    if (result.exitCode() != 0) {
      throw program.failed(
          "ended with " + result.exitCode() + " on " + String.join(" ", arguments), result.said());
    }
    return result.output();
  }

  /** Deletes a directory and all in it; links are not followed. */
  static void delete(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
