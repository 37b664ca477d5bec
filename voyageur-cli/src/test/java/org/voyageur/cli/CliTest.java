package org.voyageur.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.voyageur.process.HostProgram;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Whole command lines, in this process. */
class CliTest {
  private static final String ESCAPE = "\u001b";

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @TempDir Path directory;

  private int run(String... arguments) {
    return run(false, Map.of(), arguments);
  }

  private int run(boolean terminal, Map<String, String> environment, String... arguments) {
    Console console =
        new Console(new PrintWriter(out), new PrintWriter(err), terminal, terminal, environment);
    return Cli.run(console, arguments);
  }

  private JsonNode document() {
    return JsonMapper.shared().readTree(out.toString());
  }

  /** A filesystem that looks like a guest, but has no kernel. */
  private Path guestWithoutKernel() throws IOException {
    HostProgram mke2fs = new HostProgram("mke2fs", "e2fsprogs");
    Assumptions.assumeTrue(mke2fs.find().isPresent(), "this host has no mke2fs");
    Path tree = directory.resolve("tree");
    Files.createDirectories(tree.resolve("etc"));
    Files.writeString(
        tree.resolve("etc/redhat-release"), "Scientific Linux release 5.9 (\u001b[2JBoron)\n");
    Files.writeString(tree.resolve("etc/fstab"), "/dev/xvde / ext3 defaults 1 1\n");
    Path image = directory.resolve("guest.img");
    int exitCode =
        mke2fs
            .run(
                java.time.Duration.ofMinutes(1),
                List.of("-q", "-t", "ext3", "-d", tree.toString(), image.toString(), "8M"))
            .exitCode();
    assertThat(exitCode).isZero();
    return image;
  }

  @Test
  void saysWhatIsWrongAndWhereHelpIsWhenNoCommandIsGiven() {
    assertThat(run()).isEqualTo(2);
    assertThat(err).hasToString("voyageur: no command was given\nTry 'voyageur --help'\n");
    assertThat(out.toString()).isEmpty();
  }

  @Test
  void suggestsTheCommandThatWasMeant() {
    assertThat(run("inspct", "x")).isEqualTo(2);
    assertThat(err.toString()).contains("Did you mean").contains("voyageur inspect");
  }

  @Test
  void suggestsTheOptionThatWasMeant() {
    assertThat(run("convert", "--forse", "x")).isEqualTo(2);
    assertThat(err.toString()).contains("--force");
  }

  @ParameterizedTest
  @ValueSource(strings = {"inspect", "plan", "convert"})
  void namesTheCommandWhoseImageIsMissing(String command) {
    assertThat(run(command)).isEqualTo(2);
    assertThat(err)
        .hasToString(
            "voyageur %1$s: Missing required parameter: 'IMAGE'\nTry 'voyageur %1$s --help'\n"
                .formatted(command));
  }

  @Test
  void refusesAFormatThatIsNone() {
    assertThat(run("inspect", "--source-format", "iso", "x")).isEqualTo(2);
    assertThat(err.toString()).contains("'iso' is none of raw, raw.gz, qcow2");
  }

  @ParameterizedTest
  @CsvSource({
    "--kernel-rpm=a.rpm --kernel-repo=http://example.org/ --network, in one of the two ways",
    "--kernel-rpm=a.rpm --kernel-package=kernel --network, in one of the two ways",
    "--rpm-key=a.key, is the key of what --kernel-rpm or --kernel-repo names",
    "--rpm-key=a.key --kernel-package=kernel --network, is the key of what"
  })
  void refusesAKernelThatIsNamedInTwoWaysAndAKeyOfNothing(String options, String message) {
    for (String command : List.of("plan", "convert")) {
      err.getBuffer().setLength(0);
      String[] words = (command + " x " + options).split(" ");
      assertThat(run(words)).isEqualTo(2);
      assertThat(err.toString()).contains(message);
    }
  }

  @Test
  void refusesAKeyThatTheGuestsYumWouldNotTake() throws IOException {
    Path key = Files.writeString(directory.resolve("key"), "no key");
    String[] command = {"plan", "x", "--kernel-repo=http://a/", "--network", "--rpm-key=" + key};
    assertThat(run(command)).isEqualTo(1);
    assertThat(err.toString()).contains("VOY-PACKAGE-003", "cannot be read");
    // A key of RSA with nothing about it (RFC 4880, 5.5.2), which --kernel-rpm takes.
    String packet = "99010d" + "040000000001" + "0800" + "c5".repeat(256) + "0011" + "010001";
    Files.write(key, HexFormat.of().parseHex(packet));
    assertThat(run(command)).isEqualTo(1);
    assertThat(err.toString()).contains("in OpenPGP's binary form", "gpg --enarmor");
  }

  @Test
  void refusesAScratchDirectoryThatIsNone() {
    assertThat(run("inspect", "--scratch", directory + "/none", "x")).isEqualTo(2);
    assertThat(err.toString()).contains("there is no directory " + directory + "/none");
  }

  @Test
  void printsWrongUsageAsOneDocumentForPrograms() {
    assertThat(run("convert", "--json")).isEqualTo(2);
    JsonNode error = document().get("error");
    assertThat(document().get("schemaVersion").intValue()).isEqualTo(1);
    assertThat(error.get("code").stringValue()).isEqualTo("VOY-USAGE-001");
    assertThat(error.get("exitCode").intValue()).isEqualTo(2);
    assertThat(error.get("remedy").stringValue()).isEqualTo("Try 'voyageur convert --help'");
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void tellsPeopleCodeMessageAndRemedyOfAFailure() {
    assertThat(run("inspect", directory + "/none.img")).isEqualTo(1);
    assertThat(err.toString())
        .matches("voyageur: VOY-IMAGE-001: .*none.img.*\n  .+\n")
        .doesNotContain("Exception");
    assertThat(out.toString()).isEmpty();
  }

  @Test
  void tellsProgramsTheSame() {
    assertThat(run("--json", "inspect", directory + "/none.img")).isEqualTo(1);
    assertThat(document().get("error").get("code").stringValue()).isEqualTo("VOY-IMAGE-001");
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void showsWhereAFailureCameUpOnlyWhenAsked() {
    run("inspect", "--stacktrace", directory + "/none.img");
    assertThat(err.toString()).contains("at org.voyageur");
  }

  @Test
  void escapesTheTerminalSequencesOfAnImagesName() {
    run("inspect", directory + "/\u001b[31mred.img");
    assertThat(err.toString()).contains("\\x1b[31mred").doesNotContain(ESCAPE);
  }

  @Test
  void coloursOnlyForATerminalThatWantsIt() throws IOException {
    String image = guestWithoutKernel().toString();
    run(true, Map.of("TERM", "xterm"), "inspect", image);
    assertThat(out.toString()).contains(ESCAPE);

    for (Map<String, String> plain :
        List.of(Map.of("TERM", "xterm", "NO_COLOR", "1"), Map.of("TERM", "dumb"))) {
      out.getBuffer().setLength(0);
      run(true, plain, "inspect", image);
      assertThat(out.toString()).as("with " + plain).doesNotContain(ESCAPE);
    }
    out.getBuffer().setLength(0);
    run(true, Map.of("TERM", "xterm"), "inspect", "--color", "never", image);
    assertThat(out.toString()).doesNotContain(ESCAPE);
    run(false, Map.of("NO_COLOR", "1"), "inspect", "--color=always", image);
    assertThat(out.toString()).as("asked for").contains(ESCAPE + "[1m");
  }

  @Test
  void inspectsAnImageAndPrintsNothingThatControlsTheTerminal() throws IOException {
    assertThat(run("inspect", guestWithoutKernel().toString())).isZero();
    assertThat(out.toString())
        .contains("Scientific Linux release 5.9 (\\x1b[2JBoron)")
        .contains("VOY-GUEST-002")
        .doesNotContain(ESCAPE);
  }

  @Test
  void plansAndConvertsNothingWhereThereAreObstacles() throws IOException {
    Path image = guestWithoutKernel();
    assertThat(run("plan", "--json", image.toString())).isEqualTo(1);
    assertThat(document().get("plan").get("feasible").booleanValue()).isFalse();
    assertThat(document().get("error").get("code").stringValue()).isEqualTo("VOY-PLAN-001");

    out.getBuffer().setLength(0);
    assertThat(run("convert", image.toString())).isEqualTo(1);
    assertThat(out.toString()).contains("cannot be converted").contains("VOY-GUEST-002");
    assertThat(directory.resolve("guest-kvm.qcow2")).doesNotExist();
  }

  @Test
  void printsItsVersionForPeopleAndPrograms() {
    assertThat(run("--version")).isZero();
    assertThat(out.toString()).matches("voyageur \\d+\\.\\d+\\.\\d+\\S*\n");
    out.getBuffer().setLength(0);
    run("--version", "--json");
    assertThat(document().get("version").stringValue()).matches("\\d+\\.\\d+\\.\\d+\\S*");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "inspect",
        "plan",
        "convert",
        "ls",
        "cat",
        "get",
        "put",
        "edit",
        "rm",
        "script",
        "recover",
        "demo",
        "doctor",
        "completion",
        "help"
      })
  void explainsEveryCommandWithItsOptionsAndExitCodes(String command) {
    assertThat(run("help", command)).isZero();
    String help = out.toString();
    assertThat(help)
        .startsWith("Usage: voyageur " + command)
        .contains("--json", "--progress", "--color", "Exit codes:", " 70 ", " 130 ");
    out.getBuffer().setLength(0);
    assertThat(run(command, "--help")).isZero();
    assertThat(out).hasToString(help);
  }

  @Test
  void completesCommandsAndOptions() {
    assertThat(run("completion")).isZero();
    assertThat(out.toString()).startsWith("#!/").contains("--source-format", "inspect", "qcow2");
  }

  @Test
  void aCommandThatDoesNotExistHasNoHelp() {
    assertThat(run("help", "convrt")).isEqualTo(2);
    assertThat(err.toString()).contains("there is no command 'convrt'");
  }
}
