package org.voyageur.cli;

import java.util.concurrent.Callable;
import org.voyageur.error.ExitStatus;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The program itself, with the options that every command takes. */
@Command(
    name = "voyageur",
    synopsisSubcommandLabel = "COMMAND",
    description = {
      "Moves Xen virtual machine images to KVM.",
      "",
      "Takes the disk image of a Xen guest that has no partition table and no boot loader, and"
          + " makes one of it that boots under KVM. Needs no root, mounts nothing, and only reads"
          + " the source."
    },
    footer = {
      "",
      "Examples:",
      "  voyageur inspect megapipe.img.gz    what it is and what stands in the way",
      "  voyageur plan megapipe.img.gz       every change as a diff; writes nothing",
      "  voyageur convert megapipe.img.gz    makes megapipe-kvm.qcow2",
      "  voyageur verify megapipe-kvm.qcow2  boots a throw-away copy and says how far it comes",
      "  voyageur demo                       shows all of that on a guest made for it",
      "  voyageur doctor                     what this host lacks, and how to install it"
    })
@SuppressWarnings("NullAway.Init") // picocli sets what has no value yet.
final class RootCommand implements Callable<Integer> {
  private final Console console;

  @Spec private CommandSpec spec;

  @Option(
      names = {"-V", "--version"},
      description = "Print the version and exit.")
  private boolean version;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      scope = ScopeType.INHERIT,
      description = "Print this help and exit.")
  @SuppressWarnings("UnusedVariable") // picocli prints the help by itself.
  private boolean help;

  @Option(
      names = "--json",
      scope = ScopeType.INHERIT,
      description = "Print one JSON document on standard output, for errors too.")
  private boolean json;

  @Option(
      names = "--progress",
      paramLabel = "STYLE",
      defaultValue = "auto",
      scope = ScopeType.INHERIT,
      description = "Progress on standard error: ${COMPLETION-CANDIDATES} (${DEFAULT-VALUE}).")
  private Progress.Mode progress;

  @Option(
      names = "--color",
      paramLabel = "WHEN",
      defaultValue = "auto",
      scope = ScopeType.INHERIT,
      description = "Colours: ${COMPLETION-CANDIDATES} (${DEFAULT-VALUE}). NO_COLOR is respected.")
  private Paint.Mode color;

  @Option(
      names = {"-v", "--verbose"},
      scope = ScopeType.INHERIT,
      description = "Tell of every step, and log what is done.")
  private boolean verbose;

  @Option(
      names = "--stacktrace",
      scope = ScopeType.INHERIT,
      description = "On an error, print where in voyageur it came up.")
  private boolean stacktrace;

  RootCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    if (!version) {
      throw new ParameterException(spec.commandLine(), "no command was given");
    }
    print(
        json
            ? Json.document("version", Version.NAME, "java", Runtime.version().toString())
            : "voyageur " + Version.NAME);
    return ExitStatus.DONE.code();
  }

  boolean json() {
    return json;
  }

  boolean stacktrace() {
    return stacktrace;
  }

  boolean verbose() {
    return verbose;
  }

  /** Prints a result, a line feed behind it. */
  void print(String text) {
    console.out().println(text.stripTrailing());
    console.out().flush();
  }

  /** For what goes to standard output. */
  Paint outPaint() {
    return Paint.of(color, console.outIsTerminal(), console.environment());
  }

  Console console() {
    return console;
  }

  /** What is told of a long operation while it runs; to be closed when it has ended. */
  Progress progress() {
    return Progress.start(console, progress, verbose);
  }
}
