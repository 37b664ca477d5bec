package org.voyageur.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.voyageur.error.ErrorCode;
import org.voyageur.verify.BootExpectation;
import org.voyageur.verify.BootFailure;
import org.voyageur.verify.BootStage;
import org.voyageur.verify.Hypervisor;
import org.voyageur.verify.ReachedStage;
import org.voyageur.verify.VerificationReport;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code verify} as far as it goes without booting. */
class VerifyCommandTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @TempDir Path directory;
  private Path image = Path.of("");

  @BeforeEach
  void anEmptyDisk() throws Exception {
    image = Files.write(directory.resolve("disk.img"), new byte[1 << 20]);
  }

  private int run(String... arguments) {
    Console console =
        new Console(new PrintWriter(out), new PrintWriter(err), false, false, Map.of());
    return Cli.run(console, arguments);
  }

  @Test
  void saysWhyADiskCannotBoot() {
    assertThat(run("verify", image.toString())).isEqualTo(1);
    assertThat(out.toString())
        .contains("Does not boot: ", "told from the image", "VOY-BOOT-001", "-> ");
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void saysTheSameAsADocument() {
    assertThat(run("verify", "--json", image.toString())).isEqualTo(1);
    JsonNode document = JsonMapper.shared().readTree(out.toString());
    assertThat(document.get("error").get("code").stringValue()).isEqualTo("VOY-BOOT-001");
    assertThat(document.get("verification").get("booted").booleanValue()).isFalse();
    assertThat(document.get("verification").has("accelerator")).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--timeout=0",
        "--timeout=5x",
        "--timeout=-1s",
        "--memory=1",
        "--on=vmware",
        "--full"
      })
  void refusesWhatItCannotUse(String option) {
    assertThat(run("verify", option, image.toString())).isEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"--log", "--screenshot"})
  void neverWritesItsEvidenceIntoTheImage(String option) throws Exception {
    byte[] before = Files.readAllBytes(image);
    assertThat(run("verify", option, directory + "/./disk.img", image.toString())).isEqualTo(2);
    assertThat(err.toString()).contains("VOY-OUTPUT-004");
    assertThat(Files.readAllBytes(image)).isEqualTo(before);
  }

  @Test
  void saysBeforehandThatItsEvidenceCannotBeWritten() {
    assertThat(run("verify", "--log", directory + "/none/log", image.toString())).isEqualTo(3);
    assertThat(err.toString()).contains("VOY-OUTPUT-002");
  }

  @Test
  void escapesWhatAGuestSays() {
    VerificationReport report =
        new VerificationReport(
            image,
            Hypervisor.KVM,
            Optional.of(new VerificationReport.Machine("QEMU 7", "tcg", 512)),
            BootExpectation.unknown(),
            List.of(
                new ReachedStage(
                    BootStage.KERNEL, Duration.ofMillis(1500), "Linux \u001b[2J \u009b")),
            Optional.of(
                new BootFailure(
                    ErrorCode.BOOT_PANIC, "gave up: \u001b[1m", List.of("\u0007ring"), "none")),
            List.of(),
            "",
            "",
            Optional.empty(),
            Duration.ofSeconds(2));
    String text = VerificationText.of(report, Paint.OFF);
    assertThat(text).contains("kernel", "1.5 s", "\\x1b[2J", "\\x07ring", "gave up: \\x1b[1m");
    assertThat(text.chars()).noneMatch(c -> c < ' ' && c != '\n');
    assertThat(Json.verification(report).chars()).allMatch(c -> c < 0x7f);
  }

  @Test
  void followsTheConsoleWithoutLettingItControlTheTerminal() {
    new LiveConsole(new PrintWriter(err)).accept("boot\u009b1m\n\tok\u001b");
    assertThat(err.toString()).isEqualTo("boot\\x9b1m\n\tok\\x1b");
  }
}
