package org.voyageur.cli;

import java.util.concurrent.Callable;
import org.voyageur.error.ExitStatus;
import picocli.AutoComplete;
import picocli.CommandLine.Command;

/** {@code voyageur completion}. */
@Command(
    name = "completion",
    description = {"Prints a script that completes commands and options in bash and zsh.", ""},
    footer = {"", "Example:", "  source <(voyageur completion)"})
final class CompletionCommand implements Callable<Integer> {
  private final RootCommand root;

  CompletionCommand(RootCommand root) {
    this.root = root;
  }

  @Override
  public Integer call() {
    String script = AutoComplete.bash("voyageur", Cli.commandLine(root));
    root.print(root.json() ? Json.document("shell", "bash", "script", script) : script);
    return ExitStatus.DONE.code();
  }
}
