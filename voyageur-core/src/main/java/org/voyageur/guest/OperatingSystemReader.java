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
import java.util.stream.Stream;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.filesystem.DirectoryEntry;
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
   * Which system it is, by the file that says it best: Red Hat's family names itself in
   * redhat-release with the full version, Ubuntu in lsb-release, others in os-release.
   *
   * @throws VoyageurException GUEST_NOT_LINUX
   */
  static OperatingSystem read(GuestFilesystem filesystem) {
    String debianVersion = firstLine(filesystem, "/etc/debian_version");
    String lsbRelease = GuestFileReader.text(filesystem, "/etc/lsb-release").orElse("");
    String osRelease =
        Stream.of("/etc/os-release", "/usr/lib/os-release")
            .flatMap(path -> GuestFileReader.text(filesystem, path).stream())
            .findFirst()
            .orElse("");
    Identity identity =
        Stream.of("/etc/redhat-release", "/etc/system-release")
            .map(path -> firstLine(filesystem, path))
            .filter(line -> !line.isEmpty())
            .findFirst()
            .map(OperatingSystemReader::redHat)
            .or(() -> lsb(lsbRelease))
            .or(() -> osRelease(osRelease))
            .or(() ->
                Optional.of(debianVersion)
                    .filter(version -> !version.isEmpty())
                    .map(version -> new Identity("Debian GNU/Linux " + version, "debian", version)))
            .orElseThrow(() -> notLinux(filesystem));
    return new OperatingSystem(
        identity.productName(),
        identity.redHat() ? Family.RED_HAT : debianVersion.isEmpty() ? Family.OTHER : Family.DEBIAN,
        identity.distribution(),
        identity.version(),
        architecture(filesystem),
        init(filesystem));
  }

  private record Identity(String productName, String distribution, String version, boolean redHat) {
    Identity(String productName, String distribution, String version) {
      this(productName, distribution, version, false);
    }
  }

  private static Identity redHat(String release) {
    Matcher matcher = RED_HAT_RELEASE.matcher(release);
    String name = matcher.matches() ? matcher.group(1) : release;
    String distribution =
        name.startsWith("Red Hat Enterprise")
            ? "rhel"
            : name.split(" ", 2)[0].toLowerCase(Locale.ROOT);
    return new Identity(release, distribution, matcher.matches() ? matcher.group(2) : "", true);
  }

  private static Optional<Identity> lsb(String text) {
    return value(text, "DISTRIB_ID")
        .map(id ->
            new Identity(
                value(text, "DISTRIB_DESCRIPTION").orElse(id),
                id.toLowerCase(Locale.ROOT),
                value(text, "DISTRIB_RELEASE").orElse("")));
  }

  private static Optional<Identity> osRelease(String text) {
    return value(text, "ID")
        .map(id ->
            new Identity(
                value(text, "PRETTY_NAME").orElse(id), id, value(text, "VERSION_ID").orElse("")));
  }

  private static VoyageurException notLinux(GuestFilesystem filesystem) {
    boolean windows = WINDOWS.stream().anyMatch(path -> filesystem.stat(path).isPresent());
    return new VoyageurException(
        ErrorCode.GUEST_NOT_LINUX,
        windows
            ? "the image holds Windows, and voyageur converts Linux guests"
            : "the filesystem holds no Linux system that says what it is: there is none of"
                + " /etc/redhat-release, /etc/os-release, /etc/lsb-release and /etc/debian_version;"
                + " found: "
                + String.join(
                    " ",
                    filesystem.list("/").stream().limit(20).map(DirectoryEntry::name).toList()),
        "Check that this is the image of the guest's root disk");
  }

  private static String firstLine(GuestFilesystem filesystem, String path) {
    return GuestFileReader.text(filesystem, path)
        .flatMap(text -> text.lines().findFirst())
        .orElse("")
        .strip();
  }

  /** The value of a shell variable in a file that only sets some. */
  private static Optional<String> value(String text, String name) {
    return text.lines()
        .map(String::strip)
        .filter(line -> line.startsWith(name + "="))
        .map(line -> line.substring(name.length() + 1).strip().replaceAll("^[\"']|[\"']$", ""))
        .filter(value -> !value.isEmpty())
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
    // Jobs alone prove nothing: Debian's packages bring some where sysvinit runs.
    boolean upstart =
        filesystem.stat("/sbin/initctl").isPresent() && filesystem.stat("/etc/init").isPresent();
    if (upstart) {
      return InitSystem.UPSTART;
    }
    return filesystem.stat("/etc/inittab").isPresent() ? InitSystem.SYSV : InitSystem.UNKNOWN;
  }
}
