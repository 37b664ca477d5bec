package org.voyageur.disk;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.process.HostProgram;

/** The host's qemu-img: the formats that are not ours to read or write. */
final class QemuImg {
  private static final HostProgram PROGRAM = new HostProgram("qemu-img", "qemu-utils");
  private static final Duration LIMIT = Duration.ofSeconds(60);

  /**
   * Keys of {@code qemu-img info --output=json} that name another file of the host: a hostile image
   * could have any file read through them (libguestfs's guestfs-security.pod, CVE-2010-3851 and
   * later ones).
   */
  private static final Pattern OTHER_FILE =
      Pattern.compile("\"(backing-filename|full-backing-filename|data-file)\": \"([^\"]*)\"");

  private QemuImg() {}

  /**
   * Refuses an image that is damaged or that refers to another file.
   *
   * @param format qemu's name of the format, never guessed
   */
  static void check(Path image, String format) {
    HostProgram.Result info =
        PROGRAM.run(
            LIMIT,
            List.of("info", "--output=json", "-f", format, image.toAbsolutePath().toString()));
    if (info.exitCode() != 0) {
      throw new VoyageurException(
          ErrorCode.IMAGE_CORRUPT,
          image + " is not a sound " + format + " image: " + info.output().strip(),
          "Check it with 'qemu-img check', or name the right format with --source-format");
    }
    var other = OTHER_FILE.matcher(info.output());
    if (other.find()) {
      throw new VoyageurException(
          ErrorCode.IMAGE_REFERS_TO_HOST,
          image + " is not complete: it refers to the file " + other.group(2),
          "If you trust it, make it whole first: qemu-img convert -O qcow2 "
              + image
              + " WHOLE.qcow2");
    }
  }

  /** Makes an empty qcow2 of a virtual size in bytes over an existing, empty file. */
  static void createQcow2(Path image, long size) {
    run(image, "create", "-q", "-f", "qcow2", image.toAbsolutePath().toString(), "" + size);
  }

  private static void run(Path image, String... arguments) {
    HostProgram.Result result = PROGRAM.run(LIMIT, List.of(arguments));
    if (result.exitCode() != 0) {
      if (result.output().contains("No space left")) {
        throw OutputErrors.noSpace(image);
      }
      throw PROGRAM.failed("failed for " + image, result.output());
    }
  }
}
