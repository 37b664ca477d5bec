package org.voyageur.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * Where output goes, and what it is.
 *
 * @param out for results
 * @param err for progress and errors
 * @param in what is piped into the program
 * @param bytes the same place as {@code out}, for what is not text
 * @param outIsTerminal whether a person reads {@code out} as it is written
 * @param errIsTerminal the same of {@code err}
 * @param environment the process's environment variables
 */
record Console(
    PrintWriter out,
    PrintWriter err,
    InputStream in,
    OutputStream bytes,
    boolean outIsTerminal,
    boolean errIsTerminal,
    Map<String, String> environment) {
  /** For what reads nothing and prints text only. */
  Console(
      PrintWriter out,
      PrintWriter err,
      boolean outIsTerminal,
      boolean errIsTerminal,
      Map<String, String> environment) {
    this(
        out,
        err,
        InputStream.nullInputStream(),
        OutputStream.nullOutputStream(),
        outIsTerminal,
        errIsTerminal,
        environment);
  }

  /** This process's own. */
  static Console ofProcess() {
    return new Console(
        new PrintWriter(System.out, false, System.out.charset()),
        new PrintWriter(System.err, true, System.err.charset()),
        System.in,
        // Not System.out, which keeps quiet about a full disk.
        new FileOutputStream(FileDescriptor.out),
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
