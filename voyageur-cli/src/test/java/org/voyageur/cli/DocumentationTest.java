package org.voyageur.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.voyageur.error.ErrorCode;
import picocli.CommandLine;

/** The pages say all that there is, and nothing that there is not. */
class DocumentationTest {
  private static String page(String name) throws Exception {
    return Files.readString(Path.of("../docs", name));
  }

  private static List<String> matches(String pattern, String text) {
    return Pattern.compile(pattern).matcher(text).results().map(MatchResult::group).toList();
  }

  @Test
  void errorsExplainsEveryCodeOnce() throws Exception {
    assertThat(matches("(?m)^### VOY-[A-Z]+-\\d{3}", page("errors.md")))
        .containsExactlyInAnyOrderElementsOf(
            Arrays.stream(ErrorCode.values()).map(code -> "### " + code.code()).toList());
  }

  @Test
  void errorsSaysTheRightExitCode() throws Exception {
    String page = page("errors.md");
    for (ErrorCode code : ErrorCode.values()) {
      assertThat(page)
          .containsPattern(
              "### " + code.code() + " .*\\(exit code " + code.exitStatus().code() + "\\)\n");
    }
  }

  @Test
  void commandsNamesEveryCommandAndOption() throws Exception {
    String page = page("commands.md");
    Console console =
        new Console(
            new PrintWriter(new StringWriter()),
            new PrintWriter(new StringWriter()),
            false,
            false,
            Map.of());
    CommandLine program = Cli.commandLine(new RootCommand(console));
    for (Map.Entry<String, CommandLine> command : program.getSubcommands().entrySet()) {
      assertThat(page).contains("\n## voyageur " + command.getKey());
      command.getValue().getCommandSpec().options().stream()
          .flatMap(option -> Arrays.stream(option.names()))
          .forEach(name -> assertThat(page).contains("`" + name));
    }
    List<String> known =
        program.getSubcommands().values().stream()
            .flatMap(command -> command.getCommandSpec().options().stream())
            .flatMap(option -> Arrays.stream(option.names()))
            .toList();
    assertThat(matches("(?<=`)--[a-z0-9-]+", page))
        .allMatch(o -> known.contains(o) || o.equals("--version"));
  }
}
