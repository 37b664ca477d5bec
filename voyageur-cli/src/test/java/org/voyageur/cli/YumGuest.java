package org.voyageur.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.voyageur.testkit.FileAttributes;
import org.voyageur.testkit.GuestBuilder;
import org.voyageur.testkit.StandIn;

/**
 * A Scientific Linux 5 with a kernel for Xen alone, and what installs another: a stand-in whose rpm
 * and depmod are real, Debian's; yum, mkinitrd and new-kernel-pkg are scripts that do as el5's do.
 */
final class YumGuest {
  private YumGuest() {}

  /** Builds one with more files. */
  static void build(Path image, long size, Map<String, String> more) throws Exception {
    StandIn bare = StandIn.scientific5XenOnly();
    Map<String, String> files = new HashMap<>(bare.files());
    Map<String, FileAttributes> attributes = new HashMap<>(bare.attributes());
    for (String path : List.of("/usr/bin/yum", "/sbin/mkinitrd", "/sbin/new-kernel-pkg")) {
      files.put(path, resource("el5/" + path.substring(path.lastIndexOf('/') + 1) + ".sh"));
      attributes.put(path, new FileAttributes(0, 0, 0755));
    }
    for (String directory : List.of("init.d", "rc2.d", "rc3.d", "rc4.d", "rc5.d")) {
      files.put("/etc/rc.d/" + directory + "/.keep", "");
    }
    for (String empty : List.of("/var/lib/rpm/.keep", "/var/tmp/x", "/etc/yum.repos.d/.keep")) {
      files.put(empty, "");
    }
    files.put("/etc/yum.conf", "[main]\ncachedir=/var/cache/yum\ngpgcheck=1\nplugins=1\n");
    // Debian keeps it in the home directory.
    files.put("/etc/rpm/macros", "%_dbpath /var/lib/rpm\n");
    files.putAll(more);
    Map<String, String> links = new HashMap<>(bare.links());
    for (String command :
        "awk cmp cp cpio expr find gzip md5sum mktemp readlink sha1sum sort touch wget zcat"
            .split(" ")) {
      links.put("/bin/" + command, "busybox");
    }
    GuestBuilder.build(
        new StandIn(
            bare.name(),
            bare.release(),
            bare.kernels(),
            bare.filesystem(),
            bare.label(),
            files,
            links,
            bare.hostPrograms(),
            attributes),
        image,
        size);
    HostPrograms.put(
        image,
        Map.of(
            "/bin/sh", Path.of("/usr/bin/bash"),
            "/bin/rpm", Path.of("/usr/bin/rpm"),
            "/usr/bin/rpmkeys", Path.of("/usr/bin/rpmkeys"),
            "/sbin/depmod", Path.of("/usr/bin/kmod")),
        rpmsFiles());
  }

  /** The first names the options that rpm leaves to rpmkeys. */
  private static List<Path> rpmsFiles() throws IOException {
    Path directory = Path.of("/usr/lib/rpm");
    try (DirectoryStream<Path> options = Files.newDirectoryStream(directory, "rpmpopt-*")) {
      List<Path> files = new ArrayList<>();
      options.forEach(files::add);
      for (String name : List.of("rpmrc", "macros", "platform/x86_64-linux/macros")) {
        files.add(directory.resolve(name));
      }
      return files;
    }
  }

  private static String resource(String name) throws IOException {
    try (InputStream resource = YumGuest.class.getResourceAsStream(name)) {
      return new String(Objects.requireNonNull(resource).readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
