package org.voyageur.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.voyageur.process.HostProgram;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** groff, which man(1) runs, is the judge. */
class ManPageTest {
  private static final HostProgram GROFF = new HostProgram("groff", "groff-base");

  @TempDir Path directory;

  static Stream<CommandLine> commands() {
    StringWriter nowhere = new StringWriter();
    CommandLine program =
        Cli.commandLine(
            new RootCommand(
                new Console(
                    new PrintWriter(nowhere), new PrintWriter(nowhere), false, false, Map.of())));
    return Stream.concat(Stream.of(program), program.getSubcommands().values().stream());
  }

  @ParameterizedTest
  @MethodSource("commands")
  void groffTakesThePageWithoutAWarningAndShowsEveryOption(CommandLine command) throws Exception {
    Path page =
        Files.writeString(directory.resolve(ManPage.name(command) + ".1"), ManPage.of(command));
    HostProgram.Result result =
        GROFF.run(
            Duration.ofSeconds(30),
            List.of("-man", "-Tascii", "-P-cbou", "-ww", "-rLL=200n", page.toString()));
    assertThat(result.errors()).isEmpty();
    assertThat(result.exitCode()).isZero();
    assertThat(result.output()).contains("NAME", "SYNOPSIS", "DESCRIPTION", "EXIT STATUS");
    for (OptionSpec option : command.getCommandSpec().options()) {
      assertThat(result.output()).contains("       " + String.join(", ", option.names()));
    }
    String.join("\n", command.getCommandSpec().usageMessage().footer())
        .lines()
        .filter(line -> line.startsWith("  "))
        .forEach(line -> assertThat(result.output()).contains(line.strip()));
  }
}
