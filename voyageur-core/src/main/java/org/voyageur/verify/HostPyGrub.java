package org.voyageur.verify;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.process.HostProgram;

/**
 * The PyGrub of Xen's that is installed here. It reads an image with our rights and parsers of its
 * own, so its time and memory are bounded, and it writes nothing.
 *
 * @param program where it is
 */
public record HostPyGrub(Path program) {
  /** It takes a tenth of a second. */
  private static final Duration LIMIT = Duration.ofSeconds(30);

  /** Python with PyGrub's libraries has 200 MiB of address space before it reads anything. */
  private static final long MOST_MEMORY = 1L << 30;

  private static final HostProgram PRLIMIT = new HostProgram("prlimit", "util-linux");

  /** What Debian and others call the directory, with Xen's version in it or not. */
  private static final List<Path> PLACES = List.of(Path.of("/usr/lib"), Path.of("/usr/libexec"));

  private static final Pattern CONFIG =
      Pattern.compile("^Using <class .*> to parse (?<file>/.*)$", Pattern.MULTILINE);

  /** Of its output format "simple"; without arguments there is no such line. */
  private static final Pattern ARGUMENTS = Pattern.compile("^args (.*)$", Pattern.MULTILINE);

  private static final Pattern ERROR = Pattern.compile("^\\w*(?:Error|Exception): ");

  /**
   * What it says of an image.
   *
   * @param configFile the file that it read; empty if it found none
   * @param arguments those of the kernel that it would start
   * @param failure in its words why it would start nothing; empty if it would
   */
  public record Answer(Optional<String> configFile, String arguments, Optional<String> failure) {}

  /** The newest that is installed. */
  public static Optional<HostPyGrub> find() {
    List<Path> found = new ArrayList<>();
    for (Path place : PLACES) {
      try (DirectoryStream<Path> directories = Files.newDirectoryStream(place, "xen*")) {
        directories.forEach(directory -> found.add(directory.resolve("bin/pygrub")));
      } catch (IOException e) {
        // There is no such directory.
      }
    }
    return found.stream()
        .filter(Files::isExecutable)
        .max(Comparator.naturalOrder())
        .map(HostPyGrub::new);
  }

  /**
   * Asks what it would start.
   *
   * @param image a raw disk, as PyGrub reads no other format, or the parts of one that it reads
   * @param scratch an existing directory, to which it writes nothing
   * @throws VoyageurException HOST_PROGRAM_MISSING
   */
  public Answer ask(Path image, Path scratch) {
    PRLIMIT.require();
    HostProgram.Result result;
    try {
      result =
          PRLIMIT.run(
              LIMIT,
              List.of(
                  "--as=" + MOST_MEMORY,
                  program.toString(),
                  "--quiet",
                  "--not-really",
                  "--output-format=simple",
                  "--output-directory=" + scratch.toAbsolutePath(),
                  // An argument that begins with a dash would be an option.
                  image.toAbsolutePath().toString()));
    } catch (VoyageurException e) {
      if (e.code() != ErrorCode.HOST_PROGRAM_FAILED) {
        throw e;
      }
      return new Answer(Optional.empty(), "", Optional.of("it did not come to an end"));
    }
    Optional<String> config = first(CONFIG.matcher(result.errors()));
    String arguments = first(ARGUMENTS.matcher(result.output())).orElse("");
    return new Answer(
        config, arguments, result.exitCode() == 0 ? Optional.empty() : Optional.of(reason(result)));
  }

  private static Optional<String> first(Matcher matcher) {
    return matcher.find() ? Optional.of(matcher.group(1)) : Optional.empty();
  }

  /** The last line of Python's traceback, or of what PyGrub says itself. */
  private static String reason(HostProgram.Result result) {
    String last = (result.output() + "\n" + result.errors()).strip();
    last = last.substring(last.lastIndexOf('\n') + 1).strip();
    return last.isEmpty()
        ? "it ended with exit code " + result.exitCode()
        : ERROR.matcher(last).replaceFirst("");
  }
}
