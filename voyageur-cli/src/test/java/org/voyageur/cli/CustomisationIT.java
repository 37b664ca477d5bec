package org.voyageur.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.voyageur.disk.OutputFormat;
import org.voyageur.testkit.Debugfs;
import org.voyageur.testkit.GuestBuilder;
import org.voyageur.testkit.StandIn;
import org.voyageur.verify.QemuMachine;

/** What an owner wants changed, by the command line, and the guest that comes of it. */
class CustomisationIT {
  private static final Duration BOOT = Duration.ofMinutes(2);
  private static final Duration ANSWER = Duration.ofSeconds(20);
  private static final String KEY = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC7vbqajDhA me@here";

  @TempDir private Path directory;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  /** System V, Red Hat's Upstart and Ubuntu's. */
  static Stream<StandIn> guests() {
    return Stream.of(StandIn.scientific5(), StandIn.scientific6(), StandIn.ubuntu1204())
        .map(guest ->
            guest
                .with(
                    "/etc/passwd",
                    "root:x:0:0:root:/root:/bin/sh\nastro:x:500:500::/home/astro:/bin/sh\n")
                .with("/etc/shadow", "root:*:15000:0:99999:7:::\nastro:!!:15000:0:99999:7:::\n")
                .with("/etc/hostname", "megapipe\n")
                .with("/home/astro/.profile", "")
                .with(
                    "/etc/selinux/targeted/contexts/files/file_contexts",
                    "/root/\\.ssh(/.*)?\tsystem_u:object_r:ssh_home_t:s0\n"));
  }

  @ParameterizedTest
  @MethodSource("guests")
  void theGuestIsAsItsOwnerWantsIt(StandIn standIn) throws Exception {
    Path source = directory.resolve("guest.img");
    GuestBuilder.build(standIn, source, 512L << 20);
    Path key = Files.writeString(directory.resolve("key.pub"), KEY + "\n");
    Path password = Files.writeString(directory.resolve("password"), "correct horse\nmore\n");
    Path first =
        Files.writeString(
            directory.resolve("first.sh"), "#!/bin/sh\necho \"I am $(id -u)\"\nexit 3\n");
    Path second = Files.writeString(directory.resolve("it's 2nd"), "echo second >/root/second\n");
    Path output = directory.resolve("result.raw");
    boolean partitioned = standIn.name().equals("sl6");

    int exit =
        run(
            "convert",
            source.toString(),
            "-o",
            output.toString(),
            "--hostname=pipe1",
            "--password=root:file:" + password,
            "--password=astro:random",
            "--ssh-inject=astro:file:" + key,
            "--firstboot=" + first,
            "--firstboot=" + second,
            "--layout=" + (partitioned ? "partition" : "keep"),
            "--json");

    assertThat(exit).as(err + "" + out).isZero();
    assertThat(out.toString())
        .contains("edit-secret-file")
        .doesNotContain("correct horse", "$6$", "$1$");
    Matcher madeUp = Pattern.compile("The password of astro is (\\w{20})").matcher(err.toString());
    assertThat(madeUp.find()).isTrue();
    assertThat(out.toString()).doesNotContain(madeUp.group(1));
    theKeyIsInPlace(partitioned ? Path.of(output + "?offset=1048576") : output);

    try (QemuMachine machine = QemuMachine.start(output, OutputFormat.RAW, List.of())) {
      assertThat(machine.awaitConsole(Pattern.compile("stand-in login:"), BOOT))
          .as(machine.console())
          .isTrue();
      assertThat(machine.awaitConsole(Pattern.compile("002-it_s_2nd ended with status 0"), ANSWER))
          .as(machine.console())
          .isTrue();
      assertThat(machine.console())
          .contains("VOYAGEUR-GUEST hostname=pipe1", "001-first.sh ended with status 3")
          .doesNotContain("not found");
      login(machine, "root", "correct horse");
      says(machine, "cat /root/second /var/log/voyageur-firstboot.log", "second\\s+voyageur: .*");
      assertThat(machine.console()).contains("I am 0");
      says(machine, "busybox find /etc -name '*firstboot*' | busybox wc -l", "\\n0\\s");
      says(machine, "exit", "(?s)exit\\s.*login:");
      login(machine, "astro", madeUp.group(1));
      says(machine, "id -u; id -un", "\\n500\\s+astro");
    }
  }

  private static void theKeyIsInPlace(Path image) {
    assertThat(Debugfs.content(image, "/home/astro/.ssh/authorized_keys"))
        .asString(StandardCharsets.UTF_8)
        .isEqualTo(KEY + "\n");
    List<String> stats =
        Debugfs.read(
            image, List.of("stat /home/astro/.ssh", "stat /home/astro/.ssh/authorized_keys"));
    assertThat(stats.get(0)).containsPattern("Mode: +0700").containsPattern("User: +500 ");
    assertThat(stats.get(1))
        .containsPattern("Mode: +0600")
        .containsPattern("User: +500 +Group: +500 ");
  }

  private static void login(QemuMachine machine, String user, String password) {
    machine.typeSerial(user + "\n");
    assertThat(machine.awaitConsole(Pattern.compile(user + "\\s+Password:"), ANSWER))
        .as(machine.console())
        .isTrue();
    machine.typeSerial(password + "\n");
    says(machine, "echo in-as-$(id -un)", "in-as-" + user);
  }

  private static void says(QemuMachine machine, String command, String expected) {
    machine.typeSerial(command + "\n");
    assertThat(machine.awaitConsole(Pattern.compile(expected), ANSWER))
        .as(machine.console())
        .isTrue();
  }

  @Test
  void whatIsMissingIsSaidBeforeAnythingIsWritten() throws Exception {
    Path source = directory.resolve("guest.img");
    GuestBuilder.build(guests().findFirst().orElseThrow(), source, 512L << 20);
    Path output = directory.resolve("result.raw");
    int exit =
        run(
            "convert",
            source.toString(),
            "-o",
            output.toString(),
            "--password=nobody:random",
            "--cloud-init");
    assertThat(exit).isEqualTo(1);
    assertThat(out.toString()).contains("VOY-CUSTOM-001", "astro", "VOY-CUSTOM-002");
    assertThat(err.toString()).doesNotContain("The password of");
    assertThat(output).doesNotExist();
  }

  @Test
  void whatWasConvertedBeforeIsStillChangedAsItsOwnerWants() throws Exception {
    Path image = directory.resolve("guest.img");
    GuestBuilder.build(StandIn.scientific6(), image, 512L << 20);
    Path undo = directory.resolve("guest.img.voyageur-undo");
    succeeds("Converted in place", "convert", "--in-place", image.toString());
    succeeds("Was converted before", "convert", "--in-place", image.toString());
    Path copy = directory.resolve("copy.raw");
    succeeds("Converted: ", "convert", image.toString(), "-o", copy.toString(), "--hostname=pipe2");
    assertThat(network(copy)).contains("HOSTNAME=pipe2\n");

    String named = "--hostname=pipe1";
    assertThat(run("convert", "--in-place", image.toString(), named)).isEqualTo(1);
    assertThat(err.toString()).contains("VOY-IMAGE-015");
    assertThat(network(image)).doesNotContain("pipe1");
    Files.delete(undo);
    Path converted = Files.copy(image, directory.resolve("converted.img"));
    succeeds("Converted in place", "convert", "--in-place", image.toString(), named);
    assertThat(network(image)).contains("HOSTNAME=pipe1\n");
    succeeds("Was converted before", "convert", "--in-place", image.toString(), named);
    succeeds("as it was before", "undo", image.toString());
    assertThat(Files.mismatch(image, converted)).isEqualTo(-1);
    assertThat(undo).doesNotExist();
  }

  @Test
  void theGuestsOwnProgramsDoNotRunInPlace() throws Exception {
    Path image = Files.writeString(directory.resolve("guest.img"), "");
    assertThat(run("convert", "--in-place", image.toString(), "--run-command=true")).isEqualTo(2);
    assertThat(err.toString()).contains("--in-place goes with none of");
  }

  private static String network(Path image) {
    return new String(Debugfs.content(image, "/etc/sysconfig/network"), StandardCharsets.UTF_8);
  }

  private void succeeds(String said, String... arguments) {
    out.getBuffer().setLength(0);
    assertThat(run(arguments)).as(err + "" + out).isZero();
    assertThat(out.toString()).contains(said);
  }

  private int run(String... arguments) {
    Console console =
        new Console(new PrintWriter(out), new PrintWriter(err), false, false, Map.of());
    return Cli.run(console, arguments);
  }
}
