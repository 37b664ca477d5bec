package org.voyageur.cli;

import org.voyageur.error.ErrorCode;
import org.voyageur.error.ExitStatus;
import org.voyageur.error.VoyageurException;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/** The program {@code voyageur}. */
@Command(
    name = "voyageur",
    mixinStandardHelpOptions = true,
    version = "voyageur 0.1.0",
    description = "Moves Xen virtual machine images to KVM.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      InspectCommand.class,
      PlanCommand.class,
      ConvertCommand.class,
      DemoCommand.class,
      DoctorCommand.class,
      CommandLine.HelpCommand.class,
      AutoComplete.GenerateCompletion.class
    },
    footer = {
      "",
      "Exit codes: 0 done; 1 this guest cannot be migrated, or its check failed; 2 wrong usage;"
          + " 3 the host lacks something; 4 a remote service failed; 70 a fault in voyageur;"
          + " 130 interrupted.",
      "",
      "Start with: voyageur inspect IMAGE"
    })
public final class Main implements Runnable {
  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the field.
  Main() {}

  /** Runs the program and exits. */
  public static void main(String[] arguments) {
    System.exit(run(arguments));
  }

  /** Runs a command; its exit code. */
  static int run(String... arguments) {
    return new CommandLine(new Main())
        .setExecutionExceptionHandler(Main::failed)
        .setParameterExceptionHandler(Main::wrongUsage)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .execute(arguments);
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a command is needed");
  }

  private static int failed(Exception failure, CommandLine command, ParseResult parsed) {
    CommonOptions options = options(command);
    VoyageurException known =
        failure instanceof VoyageurException expected
            ? expected
            : new VoyageurException(
                ErrorCode.INTERNAL,
                "a fault in voyageur: " + failure,
                "Please report it with the output of the same command and --stacktrace",
                failure);
    report(command, known, options);
    if (options.stacktrace) {
      failure.printStackTrace(command.getErr());
    }
    return known.code().exitStatus().code();
  }

  private static void report(CommandLine command, VoyageurException error, CommonOptions options) {
    if (options.json) {
      command.getOut().println(Json.error(error));
      command.getOut().flush();
    } else {
      command.getErr().println("voyageur: " + Printable.text(error.getMessage()));
      command
          .getErr()
          .println("  " + Printable.text(error.remedy()) + " [" + error.code().code() + "]");
      command.getErr().flush();
    }
  }

  private static CommonOptions options(CommandLine command) {
    return command.getCommand() instanceof WithCommonOptions with
        ? with.common()
        : new CommonOptions();
  }

  private static int wrongUsage(ParameterException failure, String[] arguments) {
    CommandLine command = failure.getCommandLine();
    command.getErr().println("voyageur: " + failure.getMessage());
    UnmatchedArgumentException.printSuggestions(failure, command.getErr());
    command
        .getErr()
        .println(
            "Try '" + command.getCommandSpec().qualifiedName() + " --help' for more information.");
    command.getErr().flush();
    return ExitStatus.USAGE.code();
  }
}
