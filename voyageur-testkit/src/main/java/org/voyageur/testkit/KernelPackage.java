package org.voyageur.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * A real kernel for stand-ins: Debian's cloud kernel, which runs as a Xen paravirtual guest and
 * under KVM, unpacked without root.
 *
 * @param directory where its package is unpacked
 * @param version as in its file names
 */
public record KernelPackage(Path directory, String version) {
  private static final String META_PACKAGE = "linux-image-cloud-amd64";

  /** The kernel, fetched by apt-get into the cache when it is not there yet. */
  public static KernelPackage fetch() {
    Path unpacked =
        DebianPackage.unpacked(
            "kernel", () -> DebianPackage.dependency(META_PACKAGE, "linux-image-"));
    try (Stream<Path> files = Files.list(unpacked.resolve("boot"))) {
      String version =
          files
              .map(file -> file.getFileName().toString())
              .filter(name -> name.startsWith("vmlinuz-"))
              .map(name -> name.substring("vmlinuz-".length()))
              .findFirst()
              .orElseThrow();
      return new KernelPackage(unpacked, version);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
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
