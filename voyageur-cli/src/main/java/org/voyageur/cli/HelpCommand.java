package org.voyageur.cli;

import java.util.Optional;
import java.util.concurrent.Callable;
import org.voyageur.error.ExitStatus;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code voyageur help}. */
@Command(
    name = "help",
    description = {"Explains a command, or lists all of them.", ""},
    footer = {"", "Example:", "  voyageur help convert"})
@SuppressWarnings("NullAway.Init") // picocli sets the fields.
final class HelpCommand implements Callable<Integer> {
  private final RootCommand root;

  @Spec private CommandSpec spec;

  @Parameters(arity = "0..1", paramLabel = "COMMAND", description = "The command to explain.")
  private Optional<String> name;

  @Option(
      names = "--man",
      description = "Print its page for man(1), as in: voyageur help --man convert | man -l -")
  private boolean man;

  HelpCommand(RootCommand root) {
    this.root = root;
  }

  @Override
  public Integer call() {
    CommandLine parent = spec.parent().commandLine();
    if (name.isPresent() && !parent.getSubcommands().containsKey(name.get())) {
      throw new ParameterException(spec.commandLine(), "there is no command '" + name.get() + "'");
    }
    CommandLine explained = name.map(parent.getSubcommands()::get).orElse(parent);
    String text = man ? ManPage.of(explained) : explained.getUsageMessage();
    root.print(root.json() ? Json.document("help", text) : text);
    return ExitStatus.DONE.code();
  }
}
