package org.voyageur.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.voyageur.convert.Conversion;
import org.voyageur.convert.ConvertOptions;
import org.voyageur.convert.OpenOptions;
import org.voyageur.convert.Voyageur;
import org.voyageur.disk.OutputFormat;
import org.voyageur.plan.Target;
import org.voyageur.progress.ProgressListener;
import org.voyageur.verify.QemuMachine;

/** A whole Debian 12 with systemd, from its packages: no stand-in. Slow: {@code ./check --all}. */
class DebianIT {
  /** Without hardware virtualisation systemd takes about a minute. */
  private static final Duration BOOT = Duration.ofMinutes(6);

  private static final Pattern LOGIN = Pattern.compile("megapipe login:");

  @TempDir Path directory;

  @Test
  void aWholeDebianIsConvertedAndBoots() throws Exception {
    assumeTrue(Boolean.getBoolean("voyageur.slow"), "only by ./check --all: takes minutes");
    Path source = directory.resolve("megapipe.img");
    run("../bench/debian-guest.sh", source.toString(), "2G");
    run("gzip", "-1", source.toString());
    Path output = directory.resolve("megapipe.qcow2");

    Conversion conversion =
        Voyageur.convert(
            directory.resolve("megapipe.img.gz"),
            OpenOptions.defaults(),
            new ConvertOptions(Target.KVM, output, OutputFormat.QCOW2, false),
            ProgressListener.none());

    assertThat(conversion)
        .as(conversion.planned().plan().obstacles().toString())
        .isInstanceOf(Conversion.Converted.class);
    try (QemuMachine machine =
        QemuMachine.start(output, OutputFormat.QCOW2, List.of("-m", "1024"))) {
      assertThat(machine.awaitConsole(LOGIN, BOOT)).as(machine.console()).isTrue();
      assertThat(machine.awaitScreen(LOGIN, Duration.ofMinutes(1))).as(machine.screen()).isTrue();
      // ifupdown waits for DHCP's answer before the prompt comes.
      assertThat(machine.console()).doesNotContain("Failed to start", "emergency");
    }
  }

  private void run(String... command) throws Exception {
    File said = directory.resolve("said").toFile();
    int exitCode =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(said)
            .start()
            .waitFor();
    assertThat(exitCode).as(Files.readString(said.toPath())).isZero();
  }
}
