package org.voyageur.disk;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.process.HostProgram;

/**
 * Runs {@code qemu-img}. Paths are passed absolute: QEMU takes {@code a:b} for a protocol, but only
 * before the first slash.
 */
final class QemuImg {
  /** Far above what reading an image's headers takes; a hostile one must not hold us up. */
  private static final Duration LIMIT = Duration.ofSeconds(30);

  /** All tables of an image of 2 TiB are read in seconds. */
  private static final Duration CHECK_LIMIT = Duration.ofMinutes(10);

  private static final HostProgram PROGRAM = new HostProgram("qemu-img", "qemu-utils");

  private static final Pattern FILENAME =
      Pattern.compile("\"filename\": (\"(?:[^\"\\\\]|\\\\.)*\")");

  /** A line of {@code map}, of what lies in the overlay itself: its depth is 0. */
  private static final Pattern OWN_DATA =
      Pattern.compile(
          "\"start\": (\\d{1,18}), \"length\": (\\d{1,18}), \"depth\": 0, [^}]*\"data\": true");

  private QemuImg() {}

  /** QEMU's name of a format. */
  static String driver(ImageFormat format) {
    return switch (format) {
      case RAW -> "raw";
      case QCOW2 -> "qcow2";
      case VMDK -> "vmdk";
      case VHD -> "vpc";
      case VHDX -> "vhdx";
      case VDI -> "vdi";
      case RAW_GZIP -> throw new IllegalArgumentException("QEMU does not read raw.gz");
    };
  }

  /** An overlay over an image whose format is pinned. */
  static void createOverlay(Path path, Path image, ImageFormat format) {
    HostProgram.Result result =
        PROGRAM.run(
            LIMIT,
            List.of(
                "create",
                "-q",
                "-f",
                "qcow2",
                "-b",
                absolute(image),
                "-F",
                driver(format),
                absolute(path)));
    if (result.exitCode() != 0) {
      throw PROGRAM.failed("create failed", lastLine(result.errors()));
    }
  }

  /** Makes an overlay larger by zeros. */
  static void resize(Path overlay, long size) {
    HostProgram.Result result =
        PROGRAM.run(
            LIMIT, List.of("resize", "-q", "-f", "qcow2", absolute(overlay), Long.toString(size)));
    if (result.exitCode() != 0) {
      throw PROGRAM.failed("resize failed", lastLine(result.errors()));
    }
  }

  /**
   * Where a qcow2 over another image has data of its own.
   *
   * @param overlay that {@link #createOverlay} made
   */
  static List<Extent> ownData(Path overlay) {
    HostProgram.Result map =
        PROGRAM.run(LIMIT, List.of("map", "--output=json", "-f", "qcow2", absolute(overlay)));
    if (map.exitCode() != 0) {
      throw PROGRAM.failed("map failed", lastLine(map.errors()));
    }
    return OWN_DATA
        .matcher(map.output())
        .results()
        .map(own -> new Extent(Long.parseLong(own.group(1)), Long.parseLong(own.group(2))))
        .toList();
  }

  /**
   * Refuses an image that names other files: opening those would let the image's author read any
   * file of the host that we may read (CVE-2010-3851, CVE-2024-4467).
   *
   * @throws VoyageurException {@link ErrorCode#IMAGE_REFERS_TO_HOST}; {@link
   *     ErrorCode#IMAGE_CORRUPT} if qemu-img cannot read the image as {@code format}, {@link
   *     ErrorCode#IMAGE_NOT_READABLE} if a virtual machine uses it
   */
  static void ensureSelfContained(Path path, ImageFormat format) {
    HostProgram.Result info =
        PROGRAM.run(LIMIT, List.of("info", "--output=json", "-f", driver(format), absolute(path)));
    if (info.exitCode() != 0) {
      throw unreadable(path, format, lastLine(info.errors()));
    }
    String json = info.output();
    // Inside a JSON string a quote is escaped, so these texts can only be keys.
    if (json.contains("\"backing-filename\":")) {
      throw refersToHost(path, "it has a backing file");
    }
    if (json.contains("\"data-file\":")) {
      throw refersToHost(path, "it has a data file");
    }
    // One name is the image's own; a second one is an extent in another file.
    if (FILENAME.matcher(json).results().map(name -> name.group(1)).distinct().count() > 1) {
      throw refersToHost(path, "it keeps data in another file");
    }
  }

  static VoyageurException refersToHost(Path path, String what) {
    return new VoyageurException(
        ErrorCode.IMAGE_REFERS_TO_HOST,
        path + " depends on another file of this host: " + what,
        "If you trust the image, make it self-contained with qemu-img convert -O qcow2, and"
            + " convert the copy");
  }

  private static String absolute(Path path) {
    return path.toAbsolutePath().toString();
  }

  /**
   * Has the image's own tables checked: QEMU reads zeros where a table points behind the end of the
   * file, so that a transfer that broke off would go unnoticed.
   *
   * @throws VoyageurException {@link ErrorCode#IMAGE_CORRUPT} with what is wrong
   */
  static void ensureSound(Path path, ImageFormat format) {
    HostProgram.Result check =
        PROGRAM.run(CHECK_LIMIT, List.of("check", "-f", driver(format), absolute(path)));
    // qemu-img(1), "check": 2 is damage; 3 is space that nothing uses, 63 that it cannot check.
    if (check.exitCode() == 2 || check.exitCode() == 1) {
      throw new VoyageurException(
          ErrorCode.IMAGE_CORRUPT,
          path + " is damaged or cut off: " + firstLine(check.errors() + check.output()),
          "Get the image again from where it came from, and compare size and checksum");
    }
  }

  private static String firstLine(String said) {
    return said.lines().filter(line -> !line.isBlank()).findFirst().orElse("qemu-img check fails");
  }

  private static VoyageurException unreadable(Path path, ImageFormat format, String said) {
    // QEMU locks the images of running virtual machines.
    if (said.contains("another process using the image")) {
      return new VoyageurException(
          ErrorCode.IMAGE_NOT_READABLE,
          path + " is in use by another process",
          "Shut the virtual machine down that uses the image, and start again");
    }
    return new VoyageurException(
        ErrorCode.IMAGE_CORRUPT,
        path + " cannot be read as " + format.label() + ": " + said,
        "Get the image again from where it came from, and compare size and checksum; or name its"
            + " format with --source-format");
  }

  private static String lastLine(String said) {
    String line = said.strip().substring(said.strip().lastIndexOf('\n') + 1);
    return line.replace("qemu-img: ", "").replaceFirst("\\.$", "");
  }
}
