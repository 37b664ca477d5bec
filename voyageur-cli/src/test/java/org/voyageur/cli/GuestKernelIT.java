package org.voyageur.cli;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.SimpleFileServer;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.voyageur.disk.OutputFormat;
import org.voyageur.testkit.Debugfs;
import org.voyageur.testkit.FilesystemDiff;
import org.voyageur.testkit.FilesystemDiff.Aspect;
import org.voyageur.testkit.KernelRpm;
import org.voyageur.verify.QemuMachine;

/**
 * A Scientific Linux 5 with a kernel for Xen alone gets one for KVM by its own yum. Slow: {@code
 * ./check --all}.
 */
class GuestKernelIT {
  private static final String VERSION = "2.6.18-371.8.1.el5";
  private static final Pattern LOGIN = Pattern.compile("stand-in login:");
  private static final Duration BOOT = Duration.ofMinutes(2);
  private static final Duration ANSWER = Duration.ofSeconds(60);

  @TempDir private static Path shared;
  @TempDir private Path directory;

  private static Path source;
  private static Path repository;
  private static Path home;
  private static byte[] menu;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @BeforeAll
  static void build() throws Exception {
    assumeTrue(Boolean.getBoolean("voyageur.slow"), "only by ./check --all: takes two minutes");
    for (String program :
        List.of("/usr/bin/guestfish", "/usr/bin/rpmbuild", "/usr/bin/createrepo_c")) {
      assumeTrue(Files.isExecutable(Path.of(program)), "skipped: there is no " + program);
    }
    source = shared.resolve("guest.img");
    // The path of gpg's agent's socket must be short.
    home = Files.createTempDirectory("gpg");
    for (String name : List.of("maker", "other", "stranger")) {
      run(gpg("--passphrase", "", "--quick-generate-key", name, "rsa2048", "sign", "never"));
    }
    guest(source, 512L << 20);
    menu = Debugfs.content(source, "/boot/grub/grub.conf");
    repository = Files.createDirectory(shared.resolve("a repository"));
    packages();
    run(
        "createrepo_c",
        "-q",
        "--checksum=sha",
        "--general-compress-type=gz",
        "--no-database",
        repository.toString());
  }

  @AfterAll
  static void endGpgsAgent() throws Exception {
    if (home != null) {
      run("gpgconf", "--homedir", home.toString(), "--kill", "all");
      run("rm", "-rf", home.toString());
    }
  }

  private static String[] gpg(String... words) {
    return Stream.concat(
            Stream.of("gpg", "--homedir", home.toString(), "--batch"), Stream.of(words))
        .toArray(String[]::new);
  }

  private static void guest(Path image, long size) throws Exception {
    YumGuest.build(
        image,
        size,
        Map.of(
            "/etc/resolv.conf",
            "nameserver 192.0.2.53\n",
            // Of a guest that was not shut down.
            "/var/lib/rpm/__db.001",
            "locked\n",
            "/etc/yum.repos.d/sl.repo",
            """
            [sl-base]
            name=SL 5 base
            gpgcheck=1
            gpgkey = file:///etc/pki/rpm-gpg/RPM-GPG-KEY-other
            # a comment
                file:///etc/pki/rpm-gpg/RPM-GPG-KEY-sl
            enabled=0
            """,
            "/etc/pki/rpm-gpg/RPM-GPG-KEY-sl",
            run(gpg("--armor", "--export", "maker")),
            "/etc/pki/rpm-gpg/RPM-GPG-KEY-other",
            run(gpg("--armor", "--export", "other"))));
  }

  /** The kernel's package as el5's is, and what goes wrong with one. */
  private static void packages() throws Exception {
    KernelRpm kernel = KernelRpm.scientific5(shared);
    sign(kernel.build(repository), "maker");
    // As ELRepo's, with a key that no guest has.
    sign(KernelRpm.longTerm(shared).build(repository), "stranger");
    kernel.named("kernel-unsigned").build(repository);
    kernel.named("kernel-script").withPost("exit 1").build(repository);
    kernel
        .named("kernel-full")
        // Whatever becomes free is filled again.
        .withPost(
            """
            echo '# changed' >>/boot/grub/grub.conf
            (while :; do cat /dev/zero >>/filler; done) >/dev/null 2>&1 &
            until cp /boot/vmlinuz* /tmp 2>&1 | grep 'No space'; do rm /tmp/vmlinuz*; done
            """)
        .build(repository);
    kernel
        .named("kernel-cut")
        .withInstall("find %{buildroot} -name 'virtio_blk.ko*' -delete")
        .build(repository);
    // The appliance's /proc, as libguestfs mounts it into the guest: the machine is off at once.
    kernel
        .named("kernel-power")
        .withPost("echo o >/proc/sysrq-trigger; sleep 60")
        .build(repository);
    new KernelRpm(
            "motd",
            "1.0",
            "1.el5",
            "x86_64",
            "mkdir %{buildroot}/etc; echo hi >%{buildroot}/etc/motd",
            "/etc/motd",
            "true")
        .build(repository);
  }

  private static void sign(Path rpm, String name) throws Exception {
    run(
        "rpmsign",
        "--define",
        "__gpg /usr/bin/gpg",
        "--define",
        "_gpg_path " + home,
        "--define",
        "_gpg_name " + name,
        "--addsign",
        rpm.toString());
  }

  /** {@code kernel-lt} is ELRepo's, one kernel for Xen and KVM. */
  @ParameterizedTest
  @CsvSource({"kernel, 2.6.18-371.8.1.el5", "kernel-lt, 3.2.58-1.el5.elrepo"})
  void itsYumInstallsOneThatBootsAndXenKeepsItsOwn(String name, String version) throws Exception {
    Path output = directory.resolve("result.raw");
    int exit = convert("--to=dual-boot", "--kernel-repo=" + repository, "--kernel-package=" + name);
    assertThat(exit).as(err + "" + out).isZero();
    assertThat(out.toString()).contains("install " + name + " from " + repository);
    // What new-kernel-pkg has put there is gone; a kernel for both stands behind Xen's own.
    String after = new String(Debugfs.content(output, "/boot/grub/grub.conf"), US_ASCII);
    String more = "title Scientific Linux (" + version + ")\n\troot (hd0)\n\tkernel ";
    assertThat(after).startsWith(new String(menu, US_ASCII));
    assertThat(after.substring(menu.length)).startsWith(name.equals("kernel-lt") ? more : "");
    assertThat(after.length() > menu.length).isEqualTo(name.equals("kernel-lt"));
    nothingIsLeft(output);
    // SELinux is on in this guest, and it has no setfiles.
    assertThat(Debugfs.read(output, List.of("ls -p /")).getFirst()).contains(".autorelabel");

    try (QemuMachine machine = QemuMachine.start(output, OutputFormat.RAW, List.of())) {
      assertThat(machine.awaitConsole(LOGIN, BOOT)).as(machine.console()).isTrue();
      assertThat(machine.awaitScreen(LOGIN, ANSWER)).as(machine.screen()).isTrue();
      assertThat(machine.console())
          .contains("VOYAGEUR-GUEST eth0=10.0.2.15", "VOYAGEUR-GUEST kernel=" + version)
          .doesNotContain("respawning too fast");
      says(machine, "root", "root login on 'ttyS0'[^#]*# ");
      says(machine, "cat /proc/cmdline", "BOOT_IMAGE=\\S*" + version);
      says(machine, "cat /proc/modules", "virtio_net ");
      says(machine, "rpm -q " + name, name + "-" + version + "\\.x86_64");
      says(machine, "rpm -V " + name + "; echo verified=$?", "verified=0");
      // What the next kernel's package does: virtio's drivers by modprobe.conf, Xen's are missing.
      says(
          machine,
          "mkinitrd --allow-missing -f /root/next.img " + version + "; echo made=$?",
          "No module xenblk found [^\\n]*continuing anyway[\\s\\S]*made=0");
      says(
          machine,
          "zcat /root/next.img | cpio -t 2>/dev/null | grep -c -e virtio_blk -e virtio_pci.ko",
          "\\n2\\s");
      for (String key : List.of("r", "o", "o", "t", "ret")) {
        machine.pressKeys(key);
      }
      assertThat(machine.awaitScreen(Pattern.compile("-sh-\\d\\S*#"), ANSWER))
          .as(machine.screen())
          .isTrue();
    }
  }

  private static void nothingIsLeft(Path output) {
    assertThat(
            Debugfs.read(
                output,
                List.of(
                    "ls -p /",
                    "ls -p /etc/yum.repos.d",
                    "ls -p /var/tmp",
                    "ls -p /boot/grub",
                    "ls -p /var/lib/rpm")))
        .noneMatch(names ->
            names.contains("voyageur") || names.contains("/yum.") || names.contains("__db"));
  }

  /** QEMU's user network has the host's loopback at this address, in libguestfs's own range. */
  private static String url(int port, String path) {
    return "http://169.254.2.2:" + port + path;
  }

  @Test
  void aRepositoryOfTheNetworkIsReadAndItsSignaturesAreChecked() throws Exception {
    Path output = directory.resolve("result.raw");
    HttpServer server =
        SimpleFileServer.createFileServer(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            repository,
            SimpleFileServer.OutputLevel.NONE);
    server.start();
    int port = server.getAddress().getPort();
    try {
      int exit = convert("--kernel-repo=" + url(port, ""), "--network");
      assertThat(exit).as(err + "" + out).isZero();
      assertThat(Debugfs.read(output, List.of("ls -p /boot")).getFirst())
          .contains("/vmlinuz-" + VERSION + "/", "/initrd-" + VERSION + ".img/");
      assertThat(Debugfs.content(output, "/etc/resolv.conf"))
          .isEqualTo(Debugfs.content(source, "/etc/resolv.conf"));
      nothingIsLeft(output);
      Files.delete(output);

      failsWith(" is not signed", url(port, ""), "kernel-unsigned");
      failsWith("Public key for kernel-lt", url(port, ""), "kernel-lt");
      String key = "--rpm-key=" + key("stranger");
      exit =
          convert("--kernel-repo=" + url(port, ""), "--kernel-package=kernel-lt", "--network", key);
      assertThat(exit).as(err + "" + out).isZero();
      assertThat(Debugfs.read(output, List.of("ls -p /boot")).getFirst())
          .contains("/initrd-3.2.58-1.el5.elrepo.img/");
      nothingIsLeft(output);
      Files.delete(output);

      failsWith("Cannot retrieve repository metadata", url(port, "/none"), "kernel");
    } finally {
      server.stop(0);
    }
    failsWith("Cannot retrieve repository metadata", url(port, ""), "kernel");
  }

  private void failsWith(String cause, String place, String name, String... more) throws Exception {
    byte[] before = digest();
    List<String> options = new ArrayList<>(List.of(more));
    options.addAll(List.of("--kernel-repo=" + place, "--kernel-package=" + name, "--network"));
    int exit = convert(options.toArray(String[]::new));
    assertThat(exit).as(err + "" + out).isEqualTo(1);
    assertThat(err.toString()).contains("VOY-CUSTOM-004", cause);
    err.getBuffer().setLength(0);
    assertThat(digest()).isEqualTo(before);
    try (Stream<Path> left = Files.list(directory)) {
      assertThat(left).isEmpty();
    }
  }

  private static Path key(String... names) throws Exception {
    Path file = shared.resolve(String.join("-", names) + ".asc");
    StringBuilder keys = new StringBuilder();
    for (String name : names) {
      keys.append(run(gpg("--armor", "--export", name)));
    }
    return Files.writeString(file, keys);
  }

  /** With a key also what lies in a directory must be signed with it. */
  @Test
  void aDirectorysPackagesMustBeSignedWithAKeyThatIsGiven() throws Exception {
    String maker = "--rpm-key=" + key("maker");
    failsWith(" is not signed", repository.toString(), "kernel-unsigned", maker);
    Path packages = Files.createDirectory(shared.resolve("signed packages"));
    String file = KernelRpm.scientific5(shared).fullName() + ".rpm";
    Files.copy(repository.resolve(file), packages.resolve(file));
    failsWith("Public key for", packages.toString(), "kernel", "--rpm-key=" + key("stranger"));
    int exit = convert("--kernel-repo=" + packages, "--rpm-key=" + key("other", "maker"));
    assertThat(exit).as(err + "" + out).isZero();
    nothingIsLeft(directory.resolve("result.raw"));
  }

  @Test
  void aDirectoryOfPackagesAloneWillDo() throws Exception {
    Path packages = Files.createDirectory(directory.resolve("packages"));
    String file = "kernel-2.6.18-371.8.1.el5.x86_64.rpm";
    Files.copy(repository.resolve(file), packages.resolve(file));
    assertThat(convert("--kernel-repo=" + packages)).as(err + "" + out).isZero();
    assertThat(Debugfs.read(directory.resolve("result.raw"), List.of("ls -p /boot")).getFirst())
        .contains("/vmlinuz-" + VERSION + "/", "/initrd-" + VERSION + ".img/");
  }

  @ParameterizedTest
  @CsvSource({
    "kernel-none, yum did not install kernel-none",
    "motd, motd-1.0-1.el5.x86_64 is no kernel",
    "kernel-full, No space left on device",
    "kernel-full, grub.conf could not be put back"
  })
  void whatGoesWrongInTheGuestIsToldAndLeavesNothing(String name, String cause) throws Exception {
    byte[] before = digest();
    int exit = convert("--kernel-repo=" + repository, "--kernel-package=" + name);
    assertThat(exit).as(err + "" + out).isEqualTo(1);
    assertThat(err.toString()).contains("VOY-CUSTOM-004", cause);
    assertThat(digest()).isEqualTo(before);
    try (Stream<Path> left = Files.list(directory)) {
      assertThat(left).isEmpty();
    }
  }

  /** yum of el5 says so by its status, and has installed it all the same. */
  @Test
  void aPackageOneOfWhoseScriptsFailsIsTaken() throws Exception {
    int exit = convert("--kernel-repo=" + repository, "--kernel-package=kernel-script");
    assertThat(exit).as(err + "" + out).isZero();
    assertThat(Debugfs.read(directory.resolve("result.raw"), List.of("ls -p /boot")).getFirst())
        .contains("/initrd-" + VERSION + ".img/");
  }

  @Test
  void aKernelThatLacksADriverIsRefusedWhenItIsThere() throws Exception {
    int exit = convert("--kernel-repo=" + repository, "--kernel-package=kernel-cut");
    assertThat(exit).as(err + "" + out).isEqualTo(1);
    assertThat(out.toString()).contains("VOY-GUEST-004", VERSION);
    try (Stream<Path> left = Files.list(directory)) {
      assertThat(left).isEmpty();
    }
  }

  @Test
  void anApplianceThatEndsInTheMiddleLeavesNothing() throws Exception {
    byte[] before = digest();
    int exit = convert("--kernel-repo=" + repository, "--kernel-package=kernel-power");
    assertThat(exit).as(err + "" + out).isEqualTo(3);
    assertThat(err.toString()).contains("VOY-CUSTOM-006", "libguestfs's appliance does not work");
    assertThat(digest()).isEqualTo(before);
    try (Stream<Path> left = Files.list(directory)) {
      assertThat(left).isEmpty();
    }
  }

  @Test
  void aGuestThatIsTooFullIsRefusedBeforeAndGrownOnRequest() throws Exception {
    Path large = source;
    source = directory.resolve("small.img");
    try {
      guest(source, 160L << 20);
      assertThat(convert("--kernel-repo=" + repository)).isEqualTo(1);
      assertThat(out + "" + err).contains("VOY-FS-006", "a kernel by yum takes", "--grow");
      assertThat(directory.resolve("result.raw")).doesNotExist();
      int exit = convert("--kernel-repo=" + repository, "--grow=600M", "--layout=partition");
      assertThat(exit).as(err + "" + out).isZero();
      assertThat(Files.size(directory.resolve("result.raw"))).isEqualTo(600L << 20);
    } finally {
      source = large;
    }
  }

  private static final Pattern DIFFERENCE = Pattern.compile("(?m)^\\| `(/[^`]+)` \\|");

  /** docs/kernels.md lists what differs between the two ways; here it is held to that. */
  @Test
  void bothWaysGiveTheSameFilesButForThoseThatTheDocumentLists() throws Exception {
    int exit = convert("--kernel-repo=" + repository);
    assertThat(exit).as(err + "" + out).isZero();
    Path byYum = directory.resolve("result.raw");
    Path unpacked = directory.resolve("unpacked.raw");
    Path file = repository.resolve("kernel-2.6.18-371.8.1.el5.x86_64.rpm");
    exit = convert("--kernel-rpm=" + file, "--force", "-o", unpacked.toString());
    assertThat(exit).as(err + "" + out).isZero();
    assertThat(out.toString())
        .containsPattern(
            "is signed by [0-9a-f]{16}, a key of the guest's \\(\\S+/RPM-GPG-KEY-sl\\)");

    List<Pattern> listed =
        DIFFERENCE
            .matcher(Files.readString(Path.of("../docs/kernels.md")))
            .results()
            .map(row ->
                Pattern.compile(
                    Pattern.quote(row.group(1))
                        .replace("VERSION", VERSION)
                        .replace("*", "\\E[^/]*\\Q")))
            .toList();
    List<String> different =
        FilesystemDiff.between(byYum, unpacked).entrySet().stream()
            // Which inode a file has is up to the order in which they were made; what is written in
            // the appliance has no label before the guest gives it one.
            .filter(one -> !Set.of(Aspect.INODE, Aspect.ATTRIBUTES).containsAll(one.getValue()))
            .map(Map.Entry::getKey)
            .toList();
    assertThat(different)
        .allMatch(path -> listed.stream().anyMatch(row -> row.matcher(path).matches()));
    assertThat(listed)
        .isNotEmpty()
        .allMatch(row -> different.stream().anyMatch(path -> row.matcher(path).matches()));
  }

  @Test
  void whatCannotWorkIsSaidBeforeTheApplianceStarts() throws Exception {
    assertThat(convert("--kernel-package=kernel-lt")).isEqualTo(2);
    assertThat(convert("--kernel-repo=http://example.org/el5/")).isEqualTo(2);
    assertThat(err.toString()).contains("takes --network");
    assertThat(convert("--kernel-repo=" + directory)).isEqualTo(2);
    assertThat(err.toString()).contains("has neither repodata/repomd.xml nor packages");
    assertThat(convert("--kernel-repo=" + directory + "/none")).isNotZero();
    Path today = Files.createDirectory(directory.resolve("today"));
    run("createrepo_c", "-q", today.toString());
    for (String command : List.of("plan", "convert")) {
      err.getBuffer().setLength(0);
      assertThat(run(List.of(command, source.toString(), "--kernel-repo=" + today))).isEqualTo(1);
      assertThat(err.toString())
          .contains("VOY-PACKAGE-010", "createrepo_c --checksum=sha", "'" + today + "'");
    }
    assertThat(convert("--in-place", "--kernel-repo=" + repository)).isEqualTo(2);
  }

  private static void says(QemuMachine machine, String command, String expected) {
    machine.typeSerial(command + "\n");
    assertThat(machine.awaitConsole(Pattern.compile(expected), ANSWER))
        .as(machine.console())
        .isTrue();
  }

  private int convert(String... options) {
    List<String> arguments = new ArrayList<>(List.of("convert", source.toString()));
    arguments.addAll(List.of(options));
    if (!arguments.contains("--in-place") && !arguments.contains("-o")) {
      arguments.addAll(List.of("-o", directory + "/result.raw"));
    }
    return run(arguments);
  }

  private int run(List<String> arguments) {
    Console console =
        new Console(
            new PrintWriter(out, true),
            new PrintWriter(err, true),
            false,
            false,
            Map.of("TMPDIR", directory.toString()));
    return Cli.run(console, arguments.toArray(String[]::new));
  }

  private static byte[] digest() throws Exception {
    return run("sha256sum", source.toString()).getBytes(StandardCharsets.UTF_8);
  }

  private static String run(String... command) throws Exception {
    Path said = Files.createTempFile(shared, "said", "");
    int exitCode =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(said.toFile())
            .start()
            .waitFor();
    String text = Files.readString(said, StandardCharsets.ISO_8859_1);
    assertThat(exitCode).as(String.join(" ", command) + "\n" + text).isZero();
    return text;
  }
}
