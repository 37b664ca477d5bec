package org.voyageur.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.ExitStatus;
import org.voyageur.error.VoyageurException;
import picocli.CommandLine;
import picocli.CommandLine.ExecutionException;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Runs one command line: parses it, runs the command, and tells what went wrong. */
final class Cli {
  private Cli() {}

  /**
   * Runs a command line.
   *
   * @return the exit code, one of {@link ExitStatus}
   */
  static int run(Console console, String... arguments) {
    RootCommand root = new RootCommand(console);
    // Also when the command line cannot be parsed, whoever asked for JSON gets it.
    boolean json = Arrays.asList(arguments).contains("--json");
    try {
      return commandLine(root, meantBy(arguments))
          .setExecutionStrategy(parsed -> {
            quieten(root.verbose());
            return new CommandLine.RunLast().execute(parsed);
          })
          .setExecutionExceptionHandler(
              (failure, _, _) -> report(failure, console, json, root.stacktrace()))
          .setParameterExceptionHandler((failure, _) -> wrongUsage(failure, console, json))
          .execute(arguments);
    } catch (Error | ExecutionException failure) {
      return report(failure, console, json, root.stacktrace());
    }
  }

  /** By name, what picocli reads each from: an object with annotations, or what it read there. */
  private static final Map<String, Function<RootCommand, Object>> COMMANDS = commands();

  private static Map<String, Function<RootCommand, Object>> commands() {
    Map<String, Function<RootCommand, Object>> commands = new LinkedHashMap<>();
    commands.put("inspect", InspectCommand::new);
    commands.put("plan", PlanCommand::new);
    commands.put("convert", ConvertCommand::new);
    commands.put("verify", VerifyCommand::new);
    commands.put("ls", root -> FileCommand.of(root, new LsCommand()));
    commands.put("cat", root -> FileCommand.of(root, new CatCommand()));
    commands.put("get", root -> FileCommand.of(root, new GetCommand()));
    commands.put("put", root -> FileCommand.of(root, new PutCommand()));
    commands.put("edit", root -> FileCommand.of(root, new EditCommand()));
    commands.put("rm", root -> FileCommand.of(root, new RmCommand()));
    commands.put("script", ScriptCommand::new);
    commands.put("undo", UndoCommand::new);
    commands.put("recover", RecoverCommand::new);
    commands.put("upload", UploadCommand::new);
    commands.put("share", ShareCommand::new);
    commands.put("images", ImagesCommand::new);
    commands.put("launch", LaunchCommand::new);
    commands.put("migrate", MigrateCommand::new);
    commands.put("demo", DemoCommand::new);
    commands.put("doctor", DoctorCommand::new);
    commands.put("completion", CompletionCommand::new);
    commands.put("help", HelpCommand::new);
    return commands;
  }

  /**
   * What a command line can mean. Reading the annotations of all commands takes 0.1 s, a quarter of
   * a short command's time.
   */
  private static Predicate<String> meantBy(String... arguments) {
    boolean one =
        arguments.length > 0
            && COMMANDS.containsKey(arguments[0])
            && !arguments[0].equals("help"); // which tells of the others
    return name -> !one || name.equals(arguments[0]);
  }

  /** All commands, with what picocli needs to know of them. */
  static CommandLine commandLine(RootCommand root) {
    return commandLine(root, _ -> true);
  }

  private static CommandLine commandLine(RootCommand root, Predicate<String> wanted) {
    CommandLine commandLine = new CommandLine(root);
    COMMANDS.forEach((name, command) -> {
      if (wanted.test(name)) {
        commandLine.addSubcommand(command.apply(root));
      }
    });
    commandLine
        .setOut(root.console().out())
        .setErr(root.console().err())
        .registerConverter(Path.class, new FileNames())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setUsageHelpAutoWidth(false)
        .setUsageHelpLongOptionsMaxWidth(26);
    Map<String, String> exitCodes = exitCodes();
    List<CommandLine> all = new ArrayList<>(commandLine.getSubcommands().values());
    all.add(commandLine);
    for (CommandLine each : all) {
      each.getCommandSpec()
          .usageMessage()
          .exitCodeListHeading("%nExit codes:%n")
          .exitCodeList(exitCodes)
          .commandListHeading("%nCommands:%n")
          .optionListHeading("%nOptions:%n");
    }
    return commandLine;
  }

  private static Map<String, String> exitCodes() {
    Map<String, String> codes = new LinkedHashMap<>();
    for (ExitStatus status : ExitStatus.values()) {
      String meaning =
          switch (status) {
            case DONE -> "done";
            case GUEST -> "this image cannot be migrated, or its check failed";
            case USAGE -> "wrong usage";
            case HOST -> "the host lacks a program, a library, disk space or a permission";
            case REMOTE -> "a remote service failed";
            case INTERNAL -> "voyageur's own fault";
            case INTERRUPTED -> "interrupted";
          };
      codes.put(" " + status.code(), meaning);
    }
    return codes;
  }

  /** Without {@code -v}, only warnings are worth a line among the results. */
  private static void quieten(boolean verbose) {
    if (verbose) {
      Logger.getLogger("org.voyageur").setLevel(Level.FINE);
      Arrays.stream(Logger.getLogger("").getHandlers()).forEach(h -> h.setLevel(Level.FINE));
    }
  }

  private static int report(Throwable failure, Console console, boolean json, boolean stacktrace) {
    if (isEnding()) {
      // A signal came, and what fails now fails because its files and programs were put away.
      return ExitStatus.INTERRUPTED.code();
    }
    VoyageurException error =
        switch (failure) {
          case VoyageurException expected -> expected;
          case OutOfMemoryError _ ->
              new VoyageurException(
                  ErrorCode.INTERNAL,
                  "out of memory: " + failure.getMessage(),
                  "Give it more, as in VOYAGEUR_HEAP=2g voyageur convert ..., and report it");
          default ->
              new VoyageurException(
                  ErrorCode.INTERNAL,
                  "voyageur failed: " + failure,
                  stacktrace
                      ? "Please report this with the lines below"
                      : "Please report this with what --stacktrace prints");
        };
    tell(error, console, json);
    if (stacktrace) {
      failure.printStackTrace(console.err());
    }
    console.err().flush();
    return error.code().exitStatus().code();
  }

  /** Whether the JVM is going down: it takes no more hooks then. */
  private static boolean isEnding() {
    Thread hook = new Thread(() -> {});
    try {
      Runtime.getRuntime().addShutdownHook(hook);
      return !Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      return true;
    }
  }

  private static void tell(VoyageurException error, Console console, boolean json) {
    if (json) {
      console.out().println(Json.error(error));
      console.out().flush();
    } else {
      Paint paint = Paint.of(Paint.Mode.AUTO, console.errIsTerminal(), console.environment());
      console
          .err()
          .println(
              paint.red("voyageur: " + error.code().code() + ":")
                  + " "
                  + Printable.line(error.getMessage()));
      console.err().println("  " + Printable.line(error.remedy()));
    }
  }

  /** Tells that standard output did not take what was printed; returns the exit code. */
  static int outputLost(Console console) {
    VoyageurException error =
        new VoyageurException(
            ErrorCode.OUTPUT_NOT_WRITABLE,
            "the command is done, but its standard output could not be written to the end",
            "Send standard output to a disk with room");
    tell(error, console, false);
    return error.code().exitStatus().code();
  }

  private static int wrongUsage(ParameterException failure, Console console, boolean json) {
    String command = failure.getCommandLine().getCommandSpec().qualifiedName();
    String message = Objects.requireNonNullElse(failure.getMessage(), "the command line is wrong");
    String remedy = "Try '" + command + " --help'";
    if (json) {
      tell(new VoyageurException(ErrorCode.USAGE, message, remedy), console, true);
    } else {
      console.err().println(command + ": " + Printable.line(message));
      if (!UnmatchedArgumentException.printSuggestions(failure, console.err())) {
        console.err().println(remedy);
      }
    }
    console.err().flush();
    return ExitStatus.USAGE.code();
  }
}
