package org.voyageur.cli;

/** Starts the command line. */
public final class Main {
  private Main() {}

  /** Runs one command and exits with its code. */
  public static void main(String[] arguments) {
    Console console = Console.ofProcess();
    int exitCode = Cli.run(console, arguments);
    // A document that was cut off by a full disk must not look like success. Whoever reads through
    // a pipe may stop, as head does.
    if (console.out().checkError() && exitCode == 0 && !Console.outIsPipe()) {
      exitCode = Cli.outputLost(console);
    }
    console.err().flush();
    System.exit(exitCode);
  }
}
