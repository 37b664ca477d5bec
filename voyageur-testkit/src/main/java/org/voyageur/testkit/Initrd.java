package org.voyageur.testkit;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.voyageur.archive.CpioWriter;
import org.voyageur.testkit.ClaimedKernel.Module;

/**
 * Composes a stand-in's initrd: the modules where the family's tool puts them, and an init that
 * behaves as the family's own.
 *
 * <p>What is under {@code /stand-in} the real one has not: drivers that the claimed kernel says are
 * built in while the real one has them as modules, and Xen's.
 */
final class Initrd {
  private final StandIn.Release release;
  private final ClaimedKernel claimed;
  private final KernelPackage real;

  private record Entry(String path, Path source) {}

  Initrd(StandIn.Release release, ClaimedKernel claimed, KernelPackage real) {
    this.release = release;
    this.claimed = claimed;
    this.real = real;
  }

  /** The archive, compressed with gzip, which every kernel reads. */
  byte[] compose(Path busybox) throws IOException {
    List<Entry> modules = new ArrayList<>();
    for (Module module : claimed.inInitrd()) {
      modules.add(new Entry(place(module), real.module(module.real())));
    }
    // Not those that the claimed kernel has as modules but its initrd lacks: the guest must miss
    // them.
    Stream.concat(
            claimed.builtIn().stream().filter(ClaimedKernel.VIRTIO_DISK::contains),
            claimed.xen().stream().filter(module -> !claimed.inInitrd().contains(module)))
        .map(module -> new Entry("stand-in/" + module.fileName(), real.module(module.real())))
        .forEach(modules::add);

    CpioWriter archive = new CpioWriter();
    List<String> names =
        Stream.concat(
                Stream.of("bin/busybox", "stand-in/settings"), modules.stream().map(Entry::path))
            .toList();
    for (String directory : directories(names)) {
      archive.directory(directory, 0755);
    }
    archive.file("bin/busybox", 0755, Files.readAllBytes(busybox));
    archive.file("init", 0755, Resources.read("initrd-init.sh"));
    StringBuilder list = new StringBuilder();
    for (Entry module : modules) {
      archive.file(module.path(), 0644, Files.readAllBytes(module.source()));
      list.append('/').append(module.path()).append('\n');
    }
    archive.file("stand-in/modules", 0644, list.toString().getBytes(StandardCharsets.UTF_8));
    archive.file(
        "stand-in/settings", 0644, Resources.settings(release).getBytes(StandardCharsets.UTF_8));
    ByteArrayOutputStream compressed = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(compressed)) {
      gzip.write(archive.finish());
    }
    return compressed.toByteArray();
  }

  private String place(Module module) {
    return switch (release) {
      // mkinitrd's are flat.
      case EL5 -> "lib/" + module.fileName();
      case EL6, UBUNTU -> "lib/modules/" + claimed.version() + "/kernel/" + module.path();
    };
  }

  private static Set<String> directories(List<String> files) {
    Set<String> directories = new TreeSet<>();
    for (String file : files) {
      for (int at = file.indexOf('/'); at >= 0; at = file.indexOf('/', at + 1)) {
        directories.add(file.substring(0, at));
      }
    }
    return directories;
  }
}
