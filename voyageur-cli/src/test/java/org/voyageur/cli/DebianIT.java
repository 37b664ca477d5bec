package org.voyageur.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.voyageur.convert.Conversion;
import org.voyageur.convert.ConvertOptions;
import org.voyageur.convert.OpenOptions;
import org.voyageur.convert.Voyageur;
import org.voyageur.disk.OutputFormat;
import org.voyageur.plan.Target;
import org.voyageur.progress.ProgressListener;
import org.voyageur.verify.BootExpectation;
import org.voyageur.verify.BootStage;
import org.voyageur.verify.VerificationReport;
import org.voyageur.verify.VerifyOptions;

/** A whole Debian 12 with systemd, from its packages: no stand-in. Slow: {@code ./check --all}. */
class DebianIT {
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
    VerificationReport report =
        Voyageur.verify(output, OpenOptions.defaults(), patient(), ProgressListener.none());
    assertThat(report.failure()).as(report.console()).isEmpty();
    assertThat(report.expected()).isEqualTo(new BootExpectation(BootStage.SSH, true, true, true));
    assertThat(report.console()).doesNotContain("Failed to start", "emergency");
  }

  /** Without hardware virtualisation systemd takes up to a minute or two. */
  private static VerifyOptions patient() {
    VerifyOptions defaults = VerifyOptions.defaults();
    return new VerifyOptions(
        Duration.ofMinutes(8), Duration.ofMinutes(2), defaults.memory(), defaults.console());
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
