package org.voyageur.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.voyageur.process.HostProgram;

/**
 * A real kernel for stand-ins: Debian's cloud kernel, which runs as a Xen paravirtual guest and
 * under KVM, unpacked without root.
 *
 * @param directory where its package is unpacked
 * @param version as in its file names
 */
public record KernelPackage(Path directory, String version) {
  private static final String META_PACKAGE = "linux-image-cloud-amd64";
  private static final Duration LIMIT = Duration.ofMinutes(5);

  /** The kernel, fetched by apt-get into the cache when it is not there yet. */
  public static KernelPackage fetch() {
    Path cache =
        Optional.ofNullable(System.getenv("VOYAGEUR_CACHE"))
            .map(Path::of)
            .orElse(Path.of(System.getProperty("user.home"), ".cache", "voyageur"));
    Path unpacked = cache.resolve("kernel");
    try {
      if (!Files.isDirectory(unpacked.resolve("boot"))) {
        Files.createDirectories(cache);
        Path fresh = Files.createTempDirectory(cache, "kernel-");
        download(fresh);
        Files.move(fresh, unpacked);
      }
      try (Stream<Path> files = Files.list(unpacked.resolve("boot"))) {
        String version =
            files
                .map(file -> file.getFileName().toString())
                .filter(name -> name.startsWith("vmlinuz-"))
                .map(name -> name.substring("vmlinuz-".length()))
                .findFirst()
                .orElseThrow();
        return new KernelPackage(unpacked, version);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void download(Path directory) throws IOException {
    String depends =
        run(new HostProgram("apt-cache", "apt"), directory, "depends", META_PACKAGE).output();
    String name =
        depends
            .lines()
            .map(String::strip)
            .filter(line -> line.startsWith("Depends: linux-image-"))
            .map(line -> line.substring("Depends: ".length()))
            .findFirst()
            .orElseThrow(() ->
                new HostProgram("apt-cache", "apt")
                    .failed("does not know " + META_PACKAGE + "; run apt-get update", depends));
    run(new HostProgram("apt-get", "apt"), directory, "download", name);
    try (Stream<Path> files = Files.list(directory)) {
      Path archive =
          files.filter(file -> file.toString().endsWith(".deb")).findFirst().orElseThrow();
      run(
          new HostProgram("dpkg-deb", "dpkg"),
          directory,
          "-x",
          archive.toString(),
          directory.toString());
      Files.delete(archive);
    }
  }

  private static HostProgram.Result run(HostProgram program, Path directory, String... arguments) {
    HostProgram.Result result = program.run(LIMIT, directory, List.of(arguments));
    if (result.exitCode() != 0) {
      throw program.failed("failed", result.said());
    }
    return result;
  }

  /** The kernel image. */
  public Path image() {
    return directory.resolve("boot/vmlinuz-" + version);
  }

  /** One of its modules, by its path below the kernel's module directory. */
  public Path module(String path) {
    return directory.resolve("lib/modules/" + version + "/kernel/" + path);
  }
}
