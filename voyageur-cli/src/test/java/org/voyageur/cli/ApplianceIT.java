package org.voyageur.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.voyageur.testkit.Debugfs;
import org.voyageur.testkit.FileAttributes;
import org.voyageur.testkit.GuestBuilder;
import org.voyageur.testkit.StandIn;

/** The guest's own programs, run in libguestfs's real appliance before a conversion. */
class ApplianceIT {
  private static final String RESOLV_CONF = "nameserver 192.0.2.7\n";

  @TempDir private static Path images;
  @TempDir private Path directory;

  private static Path source;
  private static String before;

  private final StringWriter logged = new StringWriter();
  private final Logger logger = Logger.getLogger("org.voyageur.convert.Appliance");
  private final Handler handler =
      new Handler() {
        @Override
        public void publish(LogRecord entry) {
          logged.write(new SimpleFormatter().formatMessage(entry) + "\n");
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
      };

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @BeforeAll
  static void build() throws Exception {
    source = images.resolve("guest.img");
    StandIn guest =
        StandIn.scientific6()
            .with("/etc/resolv.conf", RESOLV_CONF)
            // As strict as a stand-in can be about what yum is asked.
            .with(
                "/usr/bin/yum",
                """
                #!/bin/sh
                [ "$*" = "-y install cloud-init" ] || { echo "No package $3 available."; exit 1; }
                mkdir -p /etc/cloud/cloud.cfg.d /usr/lib/python2.6/site-packages/cloudinit/sources
                echo 'system_info: {}' >/etc/cloud/cloud.cfg
                echo >/usr/lib/python2.6/site-packages/cloudinit/sources/DataSourceEc2.py
                echo Complete!
                """)
            .with(
                "/usr/bin/rpm",
                "#!/bin/sh\n[ \"$*\" = '-q cloud-init' ] && [ -e /etc/cloud/cloud.cfg ]\n");
    Map<String, FileAttributes> attributes = new HashMap<>(guest.attributes());
    attributes.put("/usr/bin/yum", new FileAttributes(0, 0, 0755));
    attributes.put("/usr/bin/rpm", new FileAttributes(0, 0, 0755));
    GuestBuilder.build(
        new StandIn(
            guest.name(),
            guest.release(),
            guest.kernels(),
            guest.filesystem(),
            guest.label(),
            guest.files(),
            guest.links(),
            guest.hostPrograms(),
            attributes),
        source,
        512L << 20);
    HostPrograms.put(source, Map.of("/bin/sh", Path.of("/usr/bin/bash")), List.of());
    before = digest(source);
  }

  @BeforeEach
  void needsLibguestfs() {
    assumeTrue(
        Files.isExecutable(Path.of("/usr/bin/guestfish")),
        "skipped: there is no guestfish (libguestfs-tools)");
  }

  @BeforeEach
  void listen() {
    logger.setLevel(Level.FINE);
    logger.addHandler(handler);
  }

  @AfterEach
  void listenNoMore() {
    logger.removeHandler(handler);
    logger.setLevel(null);
  }

  @Test
  void whatTheCommandsDidIsPartOfTheResultAndNothingElseIs() throws Exception {
    int exit =
        convert(
            "--run-command=echo \"it's $(id -u) \\\"here\\\"\" >/root/said",
            // Longer than a line that guestfish reads.
            "--run-command=: " + "\"'$".repeat(10_000).replace("\"", "\\\"").replace("'", "\\'"),
            "--run-command=cat /proc/cmdline >>/root/said; /bin/busybox ip link >/root/links");
    assertThat(exit).as(err + "" + out).isZero();
    Path made = directory.resolve("result.raw");
    assertThat(out.toString())
        .contains("programs ran in libguestfs's appliance: cat /proc/cmdline");
    assertThat(text(made, "/root/said"))
        .startsWith("it's 0 \"here\"\n")
        .contains("vsyscall=emulate");
    assertThat(text(made, "/root/links")).contains("lo:").doesNotContain("eth0");
    theRestIsAsItWas(made);
  }

  @Test
  void cloudInitIsInstalledOnAGrownDiskAndThenSetUp() throws Exception {
    int exit =
        convert(
            "--cloud-init",
            "--network",
            "--grow=1G",
            "--run-command=/bin/busybox df -k / >/root/room",
            "--run-command=/bin/busybox ip link >/root/links; cat /etc/resolv.conf >/root/lent");
    assertThat(exit).as(err + "" + out).isZero();
    Path made = directory.resolve("result.raw");
    assertThat(text(made, "/etc/cloud/cloud.cfg.d/99_voyageur.cfg"))
        .contains("datasource_list: [ Ec2 ]");
    assertThat(text(made, "/root/links")).contains("eth0");
    // Grown before the commands run: they may need the room.
    assertThat(Integer.parseInt(text(made, "/root/room").lines().toList().getLast().split(" +")[1]))
        .isGreaterThan(900_000);
    assertThat(Files.size(made)).isEqualTo(1L << 30);
    assertThat(text(made, "/root/lent")).contains("nameserver").doesNotContain("192.0.2.7");
    theRestIsAsItWas(made);
  }

  private void theRestIsAsItWas(Path made) throws Exception {
    assertThat(text(made, "/etc/resolv.conf")).isEqualTo(RESOLV_CONF);
    assertThat(Debugfs.read(made, List.of("ls -p /")).getFirst()).doesNotContain("voyageur-");
    assertThat(digest(source)).isEqualTo(before);
    nothingIsLeftBut("result.raw");
  }

  @Test
  void aCommandThatFailsLeavesNothingAndItsOutputIsTold() throws Exception {
    int exit =
        convert(
            "--run-command=echo one >/etc/fstab",
            "--run-command=echo trying; echo no such mirror; exit 7");
    assertThat(exit).isEqualTo(1);
    assertThat(err.toString()).contains("VOY-CUSTOM-004", "status 7: trying; no such mirror");
    sourceIsAsItWas();
  }

  @Test
  void aCommandThatDoesNotEndIsEnded() throws Exception {
    long start = System.nanoTime();
    int exit =
        convert("--run-command=echo I have; echo How many?; sleep 1000", "--command-timeout=3s");
    assertThat(exit).isEqualTo(1);
    assertThat(err.toString())
        .contains("VOY-CUSTOM-005", "sleep 1000", "within 3 s: I have; How many?");
    assertThat(logged.toString()).contains("it said: I have\nHow many?");
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofMinutes(2));
    sourceIsAsItWas();
  }

  @Test
  void anApplianceThatIsKilledIsSaid() throws Exception {
    Thread killer =
        Thread.startVirtualThread(() -> {
          // Our own child's child: QEMU with our disk, once the command runs.
          while (!Thread.interrupted()) {
            ProcessHandle.current()
                .descendants()
                .filter(this::isTheAppliance)
                .filter(child -> err.toString().contains("In the guest"))
                .forEach(child -> {
                  LockSupport.parkNanos(2_000_000_000); // It comes to its words.
                  child.destroyForcibly();
                });
            LockSupport.parkNanos(500_000_000);
          }
        });
    try {
      int exit =
          convert(
              "--run-command=echo last; echo words; sleep 1000",
              "--command-timeout=60s",
              "--progress=json");
      assertThat(exit).isEqualTo(3);
      assertThat(err.toString()).contains("VOY-CUSTOM-006");
      assertThat(logged.toString()).contains("it said: last\nwords");
      sourceIsAsItWas();
    } finally {
      killer.interrupt();
    }
  }

  @Test
  void aCommandThatSaysMoreThanThereIsRoomForIsToBlameItself() throws Exception {
    int exit = convert("--run-command=cat /dev/zero");
    assertThat(exit).isEqualTo(1);
    assertThat(err.toString())
        .contains("VOY-CUSTOM-004", "ended with status 1, having said 6", "there is no more room");
    sourceIsAsItWas();
  }

  @Test
  void aGuestWhoseShellCannotRunIsToBlameItself() throws Exception {
    Path image = directory.resolve("no-shell.img");
    ChildProcess.tool(directory, "cp", "--sparse=always", source.toString(), image.toString());
    ChildProcess.tool(directory, "debugfs", "-w", "-R", "rm /bin/sh", image.toString());
    int exit = run("convert", image.toString(), "-o", directory + "/r.raw", "--run-command=true");
    assertThat(exit).isEqualTo(1);
    assertThat(err.toString())
        .contains("VOY-CUSTOM-004", "could not be run: the guest's own /bin/sh failed", "/bin/sh");
    nothingIsLeftBut("no-shell.img");
  }

  /** PATH leads to every program of the host's but this one. */
  @Test
  void withoutGuestfishAPlanSaysSoAndAConversionHowToInstallIt() throws Exception {
    Path programs = Files.createDirectory(directory.resolve("programs"));
    try (Stream<Path> all = Files.list(Path.of("/usr/bin"))) {
      for (Path program : all.filter(one -> !one.endsWith("guestfish")).toList()) {
        Files.createSymbolicLink(programs.resolve(program.getFileName()), program);
      }
    }
    String command = "apt-get install libguestfs-tools";
    ChildProcess.Result plan = without(programs, "plan", source.toString(), "--run-command=true");
    assertThat(plan.exitCode()).as(plan.toString()).isZero();
    assertThat(plan.out()).contains("need guestfish, which this host lacks", command);
    ChildProcess.Result converted =
        without(
            programs,
            "convert",
            source.toString(),
            "-o",
            directory + "/r.raw",
            "--run-command=true");
    assertThat(converted.exitCode()).as(converted.toString()).isEqualTo(3);
    assertThat(converted.err()).contains("VOY-HOST-001", "guestfish", command);
    assertThat(directory.resolve("r.raw")).doesNotExist();
    assertThat(without(programs, "doctor").out())
        .containsPattern("guestfish.*--kernel-repo and --kernel-package");
  }

  private ChildProcess.Result without(Path programs, String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("/usr/bin/env", "PATH=" + programs));
    command.addAll(ChildProcess.voyageur(arguments));
    return ChildProcess.run(directory, command);
  }

  /** Other tests have virtual machines meanwhile. */
  private boolean isTheAppliance(ProcessHandle child) {
    try {
      // ProcessHandle gives no arguments that are longer than a page.
      String arguments = Files.readString(Path.of("/proc/" + child.pid() + "/cmdline"));
      return arguments.contains("qemu-system") && arguments.contains(directory.toString());
    } catch (IOException e) {
      return false; // It ended meanwhile.
    }
  }

  @Test
  void aPackageThatIsNoNameIsRefusedAtOnce() throws Exception {
    assertThat(convert("--install=--nogpgcheck")).isEqualTo(2);
    assertThat(convert("--install=a;reboot")).isEqualTo(2);
  }

  @Test
  void aPlanSaysWhatWouldRunAndRunsNothing() throws Exception {
    int exit = run("plan", source.toString(), "--install=cloud-init", "--cloud-init", "--json");
    assertThat(exit).as(out.toString()).isZero();
    assertThat(out.toString()).contains("without network: install cloud-init");
    assertThat(digest(source)).isEqualTo(before);
  }

  private int convert(String... options) {
    return run(
        Stream.concat(
                Stream.of("convert", source.toString(), "-o", directory + "/result.raw"),
                Stream.of(options))
            .toArray(String[]::new));
  }

  private void sourceIsAsItWas() throws Exception {
    assertThat(digest(source)).isEqualTo(before);
    nothingIsLeftBut();
  }

  private void nothingIsLeftBut(String... names) throws Exception {
    try (Stream<Path> files = Files.list(directory)) {
      assertThat(files.map(file -> file.getFileName().toString())).containsExactlyInAnyOrder(names);
    }
  }

  private int run(String... arguments) {
    Console console =
        new Console(
            new PrintWriter(out, true),
            new PrintWriter(err, true),
            false,
            false,
            Map.of("TMPDIR", directory.toString()));
    return Cli.run(console, arguments);
  }

  private static String text(Path image, String path) {
    return new String(Debugfs.content(image, path), StandardCharsets.UTF_8);
  }

  private static String digest(Path file) throws Exception {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
      in.transferTo(OutputStream.nullOutputStream());
    }
    return HexFormat.of().formatHex(digest.digest());
  }
}
