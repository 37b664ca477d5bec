package org.voyageur.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * Where output goes, and what it is.
 *
 * @param out for results
 * @param err for progress and errors
 * @param outIsTerminal whether a person reads {@code out} as it is written
 * @param errIsTerminal the same of {@code err}
 * @param environment the process's environment variables
 */
record Console(
    PrintWriter out,
    PrintWriter err,
    boolean outIsTerminal,
    boolean errIsTerminal,
    Map<String, String> environment) {
  /** This process's own. */
  static Console ofProcess() {
    return new Console(
        new PrintWriter(System.out, false, System.out.charset()),
        new PrintWriter(System.err, true, System.err.charset()),
        isTerminal(1),
        isTerminal(2),
        System.getenv());
  }

  /** System.console() answers only for standard input and output together. */
  private static boolean isTerminal(int descriptor) {
    String target = target(descriptor);
    return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
  }

  /** Whether standard output goes to another program. */
  static boolean outIsPipe() {
    String target = target(1);
    return target.startsWith("pipe:") || target.startsWith("socket:");
  }

  /** What a descriptor stands for, as Linux says it; empty if it is closed. */
  private static String target(int descriptor) {
    try {
      return Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor)).toString();
    } catch (IOException | UnsupportedOperationException e) {
      return "";
    }
  }
}
