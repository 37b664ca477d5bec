package org.voyageur.testkit;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.voyageur.archive.CpioWriter;
import org.voyageur.process.HostProgram;

/**
 * Builds a stand-in's disk: one filesystem on the whole of it, without root, in a second or two.
 */
public final class GuestBuilder {
  private static final Duration LIMIT = Duration.ofMinutes(2);

  private static final List<String> DISK_MODULES =
      List.of(
          "drivers/virtio/virtio_ring.ko",
          "drivers/virtio/virtio.ko",
          "drivers/virtio/virtio_pci_legacy_dev.ko",
          "drivers/virtio/virtio_pci_modern_dev.ko",
          "drivers/virtio/virtio_pci.ko",
          "drivers/block/virtio_blk.ko");

  private static final List<String> NETWORK_MODULES =
      List.of("net/core/failover.ko", "drivers/net/net_failover.ko", "drivers/net/virtio_net.ko");

  private static final List<String> XEN_MODULES =
      List.of("drivers/block/xen-blkfront.ko", "drivers/net/xen-netfront.ko");

  private final StandIn standIn;
  private final KernelPackage kernel;
  private final Path busybox;

  private GuestBuilder(StandIn standIn, KernelPackage kernel) {
    this.standIn = standIn;
    this.kernel = kernel;
    this.busybox = new HostProgram("busybox", "busybox-static").require();
  }

  /**
   * Builds one.
   *
   * @param image the file to write; replaced if it exists
   * @param size of the disk in bytes
   */
  public static void build(StandIn standIn, Path image, long size) {
    try {
      Path tree = Files.createTempDirectory("voyageur-stand-in-");
      try {
        new GuestBuilder(standIn, KernelPackage.fetch()).build(tree, image, size);
      } finally {
        delete(tree);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void delete(Path tree) throws IOException {
    try (Stream<Path> files = Files.walk(tree)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  private void build(Path tree, Path image, long size) throws IOException {
    for (String directory :
        List.of("dev", "proc", "sys", "tmp", "root", "bin", "sbin", "staging")) {
      Files.createDirectories(tree.resolve(directory));
    }
    programs(tree);
    write(tree, "/etc/passwd", "root::0:0:root:/root:/bin/sh\n");
    write(tree, "/etc/stand-in", standIn.kind() + "\n");
    for (Map.Entry<String, String> file : standIn.files().entrySet()) {
      write(tree, file.getKey(), file.getValue());
    }
    for (Map.Entry<String, String> link : standIn.links().entrySet()) {
      Path path = tree.resolve(link.getKey().substring(1));
      Files.createDirectories(path.getParent());
      Files.createSymbolicLink(path, Path.of(link.getValue()));
    }
    for (Map.Entry<String, String> entry : standIn.kernels().entrySet()) {
      kernel(tree, entry.getKey(), entry.getValue());
    }
    modules(tree, kernel.version());
    Files.deleteIfExists(image);
    List<String> arguments = new ArrayList<>(standIn.filesystem());
    arguments.addAll(
        List.of(
            "-q",
            "-L",
            standIn.label(),
            "-E",
            "root_owner=0:0",
            "-d",
            tree.toString(),
            image.toString(),
            size / 1024 + "k"));
    HostProgram mke2fs = new HostProgram("mke2fs", "e2fsprogs");
    HostProgram.Result result = mke2fs.run(LIMIT, arguments);
    if (result.exitCode() != 0) {
      throw mke2fs.failed("failed", result.said());
    }
  }

  private void programs(Path tree) throws IOException {
    Files.copy(busybox, tree.resolve("bin/busybox"));
    for (String name :
        List.of(
            "sh",
            "cat",
            "sed",
            "grep",
            "sleep",
            "mount",
            "ip",
            "ifconfig",
            "tr",
            "ls",
            "echo",
            "findfs",
            "modprobe",
            "udhcpc",
            "hostname",
            "tail",
            "login")) {
      Files.createSymbolicLink(tree.resolve("bin/" + name), Path.of("busybox"));
    }
    program(tree, "/sbin/init", "stand-in-init.sh");
    program(tree, "/sbin/dhcp-script", "dhcp-script.sh");
    for (String name : List.of("getty", "mingetty", "agetty")) {
      program(tree, "/sbin/" + name, "getty.sh");
    }
  }

  private static void program(Path tree, String path, String resource) throws IOException {
    write(tree, path, new String(resource(resource), StandardCharsets.UTF_8));
    Files.setPosixFilePermissions(
        tree.resolve(path.substring(1)),
        java.nio.file.attribute.PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private static byte[] resource(String name) throws IOException {
    try (InputStream stream = GuestBuilder.class.getResourceAsStream(name)) {
      if (stream == null) {
        throw new IllegalStateException("missing from the jar: " + name);
      }
      return stream.readAllBytes();
    }
  }

  private static void write(Path tree, String path, String text) throws IOException {
    Path file = tree.resolve(path.substring(1));
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  private void kernel(Path tree, String version, String config) throws IOException {
    Files.createDirectories(tree.resolve("boot"));
    Files.copy(kernel.image(), tree.resolve("boot/vmlinuz-" + version));
    write(tree, "/boot/config-" + version, config);
    Files.write(tree.resolve("boot/" + standIn.initrdName().formatted(version)), initrd());
    modules(tree, version);
  }

  /** The real modules of the real kernel, under the name that is claimed too. */
  private void modules(Path tree, String version) throws IOException {
    Path directory = tree.resolve("lib/modules/" + version);
    List<String> all = new ArrayList<>(DISK_MODULES);
    all.addAll(NETWORK_MODULES);
    for (String module : all) {
      Path file = directory.resolve("kernel/" + module);
      Files.createDirectories(file.getParent());
      Files.copy(kernel.module(module), file);
    }
    Files.writeString(directory.resolve("modules.order"), "");
    Files.writeString(directory.resolve("modules.builtin"), "");
    HostProgram depmod = new HostProgram("depmod", "kmod");
    HostProgram.Result result = depmod.run(LIMIT, List.of("-b", tree.toString(), version));
    if (result.exitCode() != 0) {
      throw depmod.failed("failed", result.said());
    }
  }

  /** Composed here: busybox, the modules, and an init that behaves as the family's own. */
  private byte[] initrd() throws IOException {
    CpioWriter archive = new CpioWriter();
    archive.directory("bin", 0755).directory("lib", 0755).directory("lib/modules", 0755);
    archive.file("bin/busybox", 0755, Files.readAllBytes(busybox));
    archive.file("init", 0755, resource("initrd-init.sh"));
    List<String> modules = new ArrayList<>(standIn.virtioInInitrd() ? DISK_MODULES : List.of());
    modules.addAll(XEN_MODULES);
    StringBuilder list = new StringBuilder();
    for (String module : modules) {
      Path file = kernel.module(module);
      if (Files.exists(file)) {
        String name = "lib/modules/" + file.getFileName();
        archive.file(name, 0644, Files.readAllBytes(file));
        list.append('/').append(name).append('\n');
      }
    }
    archive.file("modules", 0644, list.toString().getBytes(StandardCharsets.UTF_8));
    ByteArrayOutputStream compressed = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(compressed)) {
      gzip.write(archive.finish());
    }
    return compressed.toByteArray();
  }
}
