package org.voyageur.guest;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.filesystem.FileStat;
import org.voyageur.filesystem.FileType;
import org.voyageur.filesystem.GuestFilesystem;
import org.voyageur.guest.OperatingSystem.Family;
import org.voyageur.guest.OperatingSystem.InitSystem;

/** Finds out which system a guest is. */
final class OperatingSystemReader {
  private static final Pattern RED_HAT_RELEASE =
      Pattern.compile("^(.*?)(?: Linux)?(?: SL)? release (\\d+(?:\\.\\d+)*).*", Pattern.DOTALL);

  private static final List<String> WINDOWS =
      List.of("/Windows/System32", "/WINDOWS/system32", "/bootmgr", "/ntldr");

  private static final List<String> PROGRAMS =
      List.of("/sbin/init", "/bin/sh", "/bin/bash", "/bin/ls", "/usr/bin/env");

  private OperatingSystemReader() {}

  /**
   * Which system it is.
   *
   * @throws VoyageurException GUEST_NOT_LINUX
   */
  static OperatingSystem read(GuestFilesystem filesystem) {
    Optional<String> redHat =
        GuestFileReader.text(filesystem, "/etc/redhat-release")
            .map(OperatingSystemReader::firstLine);
    if (redHat.isPresent()) {
      return redHat(filesystem, redHat.get());
    }
    Optional<String> osRelease = GuestFileReader.text(filesystem, "/etc/os-release");
    Optional<String> lsbRelease = GuestFileReader.text(filesystem, "/etc/lsb-release");
    Optional<String> debian = GuestFileReader.text(filesystem, "/etc/debian_version");
    if (lsbRelease.flatMap(text -> value(text, "DISTRIB_ID")).isPresent()) {
      String text = lsbRelease.get();
      return new OperatingSystem(
          value(text, "DISTRIB_DESCRIPTION").orElse("unnamed"),
          debian.isPresent() ? Family.DEBIAN : Family.OTHER,
          value(text, "DISTRIB_ID").orElse("linux").toLowerCase(Locale.ROOT),
          value(text, "DISTRIB_RELEASE").orElse(""),
          architecture(filesystem),
          init(filesystem));
    }
    if (osRelease.isPresent()) {
      String text = osRelease.get();
      return new OperatingSystem(
          value(text, "PRETTY_NAME").orElse("unnamed"),
          debian.isPresent() ? Family.DEBIAN : Family.OTHER,
          value(text, "ID").orElse("linux"),
          value(text, "VERSION_ID").orElse(""),
          architecture(filesystem),
          init(filesystem));
    }
    if (debian.isPresent()) {
      String version = firstLine(debian.get());
      return new OperatingSystem(
          "Debian GNU/Linux " + version,
          Family.DEBIAN,
          "debian",
          version,
          architecture(filesystem),
          init(filesystem));
    }
    throw notLinux(filesystem);
  }

  private static OperatingSystem redHat(GuestFilesystem filesystem, String release) {
    Matcher matcher = RED_HAT_RELEASE.matcher(release);
    String name = matcher.matches() ? matcher.group(1) : release;
    String distribution =
        name.startsWith("Red Hat Enterprise")
            ? "rhel"
            : name.split(" ")[0].toLowerCase(Locale.ROOT);
    return new OperatingSystem(
        release,
        Family.RED_HAT,
        distribution,
        matcher.matches() ? matcher.group(2) : "",
        architecture(filesystem),
        init(filesystem));
  }

  private static VoyageurException notLinux(GuestFilesystem filesystem) {
    boolean windows = WINDOWS.stream().anyMatch(path -> filesystem.stat(path).isPresent());
    return new VoyageurException(
        ErrorCode.GUEST_NOT_LINUX,
        windows
            ? "the image holds Windows, and voyageur converts Linux guests"
            : "the filesystem holds no Linux system: there is none of /etc/redhat-release,"
                + " /etc/os-release, /etc/lsb-release and /etc/debian_version",
        "Check that this is the image of the guest's root disk");
  }

  private static String firstLine(String text) {
    return text.lines().findFirst().orElse("").strip();
  }

  /** The value of a shell variable in a file that only sets some. */
  private static Optional<String> value(String text, String name) {
    return text.lines()
        .map(String::strip)
        .filter(line -> line.startsWith(name + "="))
        .map(line -> line.substring(name.length() + 1).strip().replaceAll("^[\"']|[\"']$", ""))
        .findFirst();
  }

  private static String architecture(GuestFilesystem filesystem) {
    return PROGRAMS.stream()
        .filter(path ->
            filesystem.stat(path).map(FileStat::type).orElse(FileType.UNKNOWN) == FileType.REGULAR)
        .map(path -> elfArchitecture(filesystem, path))
        .flatMap(Optional::stream)
        .findFirst()
        .orElse("unknown");
  }

  private static Optional<String> elfArchitecture(GuestFilesystem filesystem, String path) {
    try (InputStream program = filesystem.open(path)) {
      return elfArchitecture(program.readNBytes(20));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** By e_ident and e_machine of an ELF header; empty if it is none. */
  static Optional<String> elfArchitecture(byte[] header) {
    if (header.length < 20 || header[0] != 0x7F || header[1] != 'E' || header[2] != 'L') {
      return Optional.empty();
    }
    ByteOrder order = header[5] == 2 ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
    int machine = ByteBuffer.wrap(header).order(order).getShort(18);
    return Optional.of(
        switch (machine) {
          case 3 -> "i686";
          case 62 -> "x86_64";
          case 183 -> "aarch64";
          default -> "ELF machine " + machine;
        });
  }

  private static InitSystem init(GuestFilesystem filesystem) {
    if (filesystem.realPath("/sbin/init").orElse("").endsWith("/systemd")) {
      return InitSystem.SYSTEMD;
    }
    if (filesystem.stat("/sbin/initctl").isPresent()
        && (filesystem.stat("/etc/init").isPresent()
            || filesystem.stat("/etc/event.d").isPresent())) {
      return InitSystem.UPSTART;
    }
    return filesystem.stat("/etc/inittab").isPresent() ? InitSystem.SYSV : InitSystem.UNKNOWN;
  }
}
