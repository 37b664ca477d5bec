package org.voyageur.disk;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;

/**
 * Runs {@code qemu-img}. Paths are passed absolute: QEMU takes {@code a:b} for a protocol, but only
 * before the first slash.
 */
final class QemuImg {
  /** Far above what reading an image's headers takes; a hostile one must not hold us up. */
  private static final Duration LIMIT = Duration.ofSeconds(30);

  private static final int MAX_OUTPUT = 1 << 20;

  private static final Pattern FILENAME =
      Pattern.compile("\"filename\": (\"(?:[^\"\\\\]|\\\\.)*\")");

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

  static void create(Path path, long size) {
    run("create", "-q", "-f", "qcow2", absolute(path), Long.toString(size));
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
    String json;
    try {
      json = run("info", "--output=json", "-f", driver(format), absolute(path));
    } catch (VoyageurException e) {
      if (e.code() != ErrorCode.HOST_PROGRAM_FAILED) {
        throw e;
      }
      // QEMU locks the images of running virtual machines.
      if (e.getMessage().contains("another process using the image")) {
        throw new VoyageurException(
            ErrorCode.IMAGE_NOT_READABLE,
            path + " is in use by another process",
            "Shut the virtual machine down that uses the image, and start again",
            e);
      }
      throw new VoyageurException(
          ErrorCode.IMAGE_CORRUPT,
          path + " cannot be read as " + format.label() + ": " + e.getMessage(),
          "Check the image with qemu-img check, or name its format with --source-format",
          e);
    }
    for (String key : List.of("backing-filename", "data-file")) {
      // Inside a JSON string a quote is escaped, so this text can only be a key.
      if (json.contains("\"" + key + "\":")) {
        throw refersToHost(path, "it has a " + key.replace('-', ' '));
      }
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

  private static String run(String... arguments) {
    List<String> command = new ArrayList<>(List.of("qemu-img"));
    command.addAll(List.of(arguments));
    Path errors = null;
    Process process = null;
    try {
      errors = Files.createTempFile("voyageur-", ".stderr");
      process = start(command, errors);
      // A file for stderr and a bounded read of stdout: neither side can block the other.
      Process started = process;
      var ignored =
          process
              .onExit()
              .orTimeout(LIMIT.toSeconds(), TimeUnit.SECONDS)
              .exceptionally(late -> {
                started.destroyForcibly();
                return started;
              });
      byte[] output;
      try (InputStream stdout = process.getInputStream()) {
        output = stdout.readNBytes(MAX_OUTPUT);
      }
      int status = process.waitFor();
      if (status != 0) {
        String said = tail(errors).replace("qemu-img: ", "");
        throw failed("qemu-img " + arguments[0], said.isEmpty() ? "exit code " + status : said);
      }
      return new String(output, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw failed("qemu-img " + arguments[0], String.valueOf(e.getMessage()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw IoFailure.interrupted(e);
    } finally {
      if (process != null) {
        process.destroyForcibly();
      }
      if (errors != null) {
        TemporaryFiles.delete(errors);
      }
    }
  }

  /** Starts a QEMU program that speaks English and says what is wrong into {@code errors}. */
  static Process start(List<String> command, Path errors) {
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("LC_ALL", "C");
    builder.redirectInput(Path.of("/dev/null").toFile());
    builder.redirectError(errors.toFile());
    try {
      return builder.start();
    } catch (IOException e) {
      throw new VoyageurException(
          ErrorCode.HOST_PROGRAM_MISSING,
          command.getFirst() + " could not be started: " + e.getMessage(),
          "Install the package qemu-utils",
          e);
    }
  }

  static VoyageurException failed(String program, String said) {
    return new VoyageurException(
        ErrorCode.HOST_PROGRAM_FAILED,
        program + " failed: " + said,
        "Run voyageur doctor, and try the same command by hand");
  }

  /** The last line that a child said. */
  static String tail(Path errors) {
    try (InputStream in = Files.newInputStream(errors)) {
      String text = new String(in.readNBytes(MAX_OUTPUT), StandardCharsets.UTF_8).strip();
      return text.substring(text.lastIndexOf('\n') + 1);
    } catch (IOException e) {
      return "";
    }
  }
}
