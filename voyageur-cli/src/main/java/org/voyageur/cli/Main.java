package org.voyageur.cli;

/** Starts the command line. */
public final class Main {
  private Main() {}

  /** Runs one command and exits with its code. */
  public static void main(String[] arguments) {
    Console console = Console.ofProcess();
    int exitCode = Cli.run(console, arguments);
    console.out().flush();
    console.err().flush();
    System.exit(exitCode);
  }
}
