package org.voyageur.filesystem;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.voyageur.process.HostProgram;

/** The host's e2fsck. Its exit code is a set of bits: e2fsck(8). */
final class E2fsck {
  private static final HostProgram PROGRAM = new HostProgram("e2fsck", "e2fsprogs");

  /** Minutes for a large and badly damaged filesystem; an ordinary one takes less than a second. */
  private static final Duration LIMIT = Duration.ofMinutes(30);

  private E2fsck() {}

  static HostProgram.Result run(Path image, String... options) {
    return PROGRAM.run(
        LIMIT, Stream.concat(Stream.of(options), Stream.of(image.toString())).toList());
  }

  static HostProgram.Result checkOnly(Path image) {
    return run(image, "-f", "-n");
  }

  /** Texts that say that something was lost although the exit code says nothing (measured). */
  static boolean saysSomethingWasLost(String output) {
    return List.of("checksum error", "CLEARED", "deleted").stream().anyMatch(output::contains);
  }
}
