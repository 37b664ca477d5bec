package org.voyageur.testkit;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.voyageur.process.HostProgram;

/** Runs of the host's programs that must succeed. */
final class Tool {
  /** For a slow network; everything else takes a second. */
  static final Duration LIMIT = Duration.ofMinutes(5);

  private Tool() {}

  /**
   * What a program says.
   *
   * @param directory that it works in
   * @throws org.voyageur.error.VoyageurException HOST_PROGRAM_MISSING, or HOST_PROGRAM_FAILED with
   *     what it said
   */
  static String run(HostProgram program, Path directory, List<String> arguments) {
    HostProgram.Result result = program.run(LIMIT, directory, arguments);
    if (result.exitCode() != 0) {
      throw program.failed(
          "ended with " + result.exitCode() + " on " + String.join(" ", arguments), result.said());
    }
    return result.output();
  }
}
