package org.voyageur.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.voyageur.process.HostProgram;

/** Files of Debian packages that are not installed, fetched and unpacked without root. */
final class DebianPackage {
  private DebianPackage() {}

  /**
   * The files of packages, from the cache or fetched into it: {@code VOYAGEUR_CACHE}, else {@code
   * ~/.cache/voyageur}.
   *
   * @param architecture says the directory's name in the cache
   * @param names the packages; asked for only when they must be fetched
   * @return the directory that it is unpacked in
   * @throws org.voyageur.error.VoyageurException HOST_PROGRAM_MISSING, or HOST_PROGRAM_FAILED with
   *     what apt-get said
   */
  static Path unpacked(Architecture architecture, Function<Apt, List<String>> names) {
    Path cache =
        Optional.ofNullable(System.getenv("VOYAGEUR_CACHE"))
            .map(Path::of)
            .orElse(Path.of(System.getProperty("user.home"), ".cache", "voyageur"));
    Path directory = cache.resolve(architecture.key);
    if (Files.isDirectory(directory)) {
      return directory;
    }
    try {
      Files.createDirectories(cache);
      try (TemporaryDirectory fresh = TemporaryDirectory.in(cache)) {
        Apt apt = Apt.of(architecture, fresh.path());
        publish(fetch(apt, names.apply(apt), fresh.path()), directory);
      }
      return directory;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path fetch(Apt apt, List<String> names, Path directory) throws IOException {
    Path packages = Files.createDirectory(directory.resolve("packages"));
    apt.download(names, packages);
    Path unpacked = directory.resolve("files");
    try (Stream<Path> files = Files.list(packages)) {
      for (Path archive : files.toList()) {
        Tool.run(
            new HostProgram("dpkg-deb", "dpkg"),
            directory,
            List.of("-x", archive.toString(), unpacked.toString()));
      }
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
}
