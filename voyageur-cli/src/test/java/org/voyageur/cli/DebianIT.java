package org.voyageur.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
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
import org.voyageur.verify.QemuMachine;
import org.voyageur.verify.VerificationReport;
import org.voyageur.verify.VerifyOptions;

/** A whole Debian 12 with systemd, from its packages: no stand-in. Slow: {@code ./check --all}. */
class DebianIT {
  private static final Duration BOOT = Duration.ofMinutes(8);
  private static final Duration ANSWER = Duration.ofMinutes(2);

  @TempDir private static Path images;
  @TempDir private Path directory;

  private static Path source;

  @BeforeAll
  static void build() throws Exception {
    assumeTrue(Boolean.getBoolean("voyageur.slow"), "only by ./check --all: takes minutes");
    source = images.resolve("megapipe.img");
    run("../bench/debian-guest.sh", source.toString(), "2G");
  }

  @Test
  void aWholeDebianIsConvertedAndBoots() throws Exception {
    run("gzip", "-1", "-k", source.toString());
    Path output = directory.resolve("megapipe.qcow2");

    Conversion conversion =
        Voyageur.convert(
            images.resolve("megapipe.img.gz"),
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
    assertThat(report.console()).doesNotContain("Failed to start", "emergency", "hvc0");
  }

  /** systemd runs the script, the real login takes the password, and the real sshd the key. */
  @Test
  void itIsAsItsOwnerWantsIt() throws Exception {
    Path guest = directory.resolve("guest.img");
    run("cp", "--sparse=always", source.toString(), guest.toString());
    Path key = directory.resolve("key");
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key.toString());
    voyageur("put", guest.toString(), key.toString(), "/root/key", "--mode", "0600");
    Path password = Files.writeString(directory.resolve("password"), "correct horse\n");
    Path script =
        Files.writeString(
            directory.resolve("first.sh"), "#!/bin/sh\necho \"first as $(id -un)\"\n");
    Path output = directory.resolve("result.qcow2");
    voyageur(
        "convert",
        guest.toString(),
        "-o",
        output.toString(),
        "--hostname=pipe1",
        "--password=root:file:" + password,
        "--ssh-inject=root:file:" + key + ".pub",
        "--firstboot=" + script);
    List<String> more = List.of("-m", "1024");
    try (QemuMachine machine = QemuMachine.start(output, OutputFormat.QCOW2, more)) {
      assertThat(machine.awaitConsole(Pattern.compile("pipe1 login:"), BOOT))
          .as(machine.console())
          .isTrue();
      says(machine, "root", "Password:");
      says(machine, "correct horse", "root@pipe1:~#");
      says(machine, "until [ -s /var/log/voyageur-firstboot.log ]; do sleep 1; done", "~# ");
      says(machine, "cat /var/log/voyageur-firstboot.log", "first as root");
      says(
          machine,
          "ssh -i key -o StrictHostKeyChecking=no root@127.0.0.1 'echo by-key-to-$(hostname)'",
          "by-key-to-pipe1");
      says(machine, "find / -xdev -name '*voyageur-firstboot*'; echo end", "firstboot.log\\s+end");
      says(machine, "systemctl --no-pager --failed", "0 loaded units listed");
    }
  }

  private static void says(QemuMachine machine, String command, String expected) {
    machine.typeSerial(command + "\n");
    assertThat(machine.awaitConsole(Pattern.compile(expected), ANSWER))
        .as(machine.console())
        .isTrue();
  }

  private static void voyageur(String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int exit =
        Cli.run(
            new Console(new PrintWriter(out), new PrintWriter(err), false, false, Map.of()),
            arguments);
    assertThat(exit).as(err + "" + out).isZero();
  }

  /** Without hardware virtualisation systemd takes up to a minute or two. */
  private static VerifyOptions patient() {
    VerifyOptions defaults = VerifyOptions.defaults();
    return new VerifyOptions(BOOT, ANSWER, defaults.memory(), defaults.console());
  }

  private static void run(String... command) throws Exception {
    File said = images.resolve("said").toFile();
    int exitCode =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(said)
            .start()
            .waitFor();
    assertThat(exitCode).as(Files.readString(said.toPath())).isZero();
  }
}
