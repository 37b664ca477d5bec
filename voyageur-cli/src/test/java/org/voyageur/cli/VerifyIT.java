package org.voyageur.cli;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.voyageur.convert.Conversion;
import org.voyageur.convert.ConvertOptions;
import org.voyageur.convert.OpenOptions;
import org.voyageur.convert.Voyageur;
import org.voyageur.disk.BlockDevice;
import org.voyageur.disk.ImageFormat;
import org.voyageur.disk.OutputFormat;
import org.voyageur.disk.RawFile;
import org.voyageur.error.ErrorCode;
import org.voyageur.filesystem.ExtFilesystem;
import org.voyageur.filesystem.FileOwner;
import org.voyageur.plan.Target;
import org.voyageur.progress.ProgressListener;
import org.voyageur.testkit.GuestBuilder;
import org.voyageur.testkit.StandIn;
import org.voyageur.verify.BootExpectation;
import org.voyageur.verify.BootStage;
import org.voyageur.verify.GuestBoot;
import org.voyageur.verify.ReachedStage;
import org.voyageur.verify.VerificationReport;
import org.voyageur.verify.VerifyOptions;

/**
 * Breaks a converted guest in each of the ways that are known, and the cause must be found. Two at
 * a time: a machine takes one core, and most of these wait.
 */
@Execution(ExecutionMode.CONCURRENT)
class VerifyIT {
  private static final long SIZE = 512L << 20;
  private static final String CONFIG = "/boot/syslinux.cfg";
  private static final String INIT = "/sbin/init";
  private static final String IFCFG = "/etc/sysconfig/network-scripts/ifcfg-eth0";

  /** Impatient, as the stand-ins come to everything at once or never. */
  private static final VerifyOptions OPTIONS = options(Duration.ofMinutes(3));

  @TempDir static Path guests;

  @TempDir Path directory;

  private static Path unconverted;
  private static Path good;

  private static VerifyOptions options(Duration timeout) {
    return new VerifyOptions(timeout, Duration.ofSeconds(8), 512, text -> {});
  }

  @BeforeAll
  static void convertOne() {
    unconverted = guests.resolve("source.img");
    GuestBuilder.build(StandIn.scientific6(), unconverted, SIZE);
    good = convert(unconverted, "good.raw");
  }

  private static Path convert(Path source, String name) {
    Path output = guests.resolve(name);
    assertThat(
            Voyageur.convert(
                source,
                OpenOptions.defaults(),
                new ConvertOptions(Target.KVM, output, OutputFormat.RAW, false),
                ProgressListener.none()))
        .isInstanceOf(Conversion.Converted.class);
    return output;
  }

  /** A copy of the good guest in which something was changed. */
  private Path broken(Path guest, Consumer<ExtFilesystem> change) throws Exception {
    Path copy = directory.resolve("broken.raw");
    run("cp", "--sparse=always", guest.toString(), copy.toString());
    try (RawFile disk = RawFile.openWritable(copy);
        ExtFilesystem filesystem = ExtFilesystem.open(disk, true)) {
      // Without the seconds in which one may choose an entry.
      if (filesystem.stat(CONFIG).isPresent()) {
        replace(filesystem, CONFIG, "(?m)^TIMEOUT 50$", "TIMEOUT 1");
      }
      change.accept(filesystem);
      filesystem.flush();
    }
    return copy;
  }

  private static void run(String... command) throws Exception {
    assertThat(new ProcessBuilder(command).start().waitFor()).isZero();
  }

  private static void replace(ExtFilesystem filesystem, String path, String what, String by) {
    String text = new String(filesystem.read(path, 1 << 20), ISO_8859_1);
    assertThat(text).containsPattern(what);
    filesystem.overwrite(path, text.replaceAll(what, by).getBytes(ISO_8859_1));
  }

  /** Puts commands in front of what the stand-in's init does once its root is writable. */
  private static void inInit(ExtFilesystem filesystem, String commands) {
    replace(filesystem, INIT, "mount -t tmpfs tmpfs /tmp", commands);
  }

  private static VerificationReport verify(Path image, VerifyOptions options) {
    return Voyageur.verify(image, OpenOptions.defaults(), options, ProgressListener.none());
  }

  private static VerificationReport verify(Path image) {
    return verify(image, OPTIONS);
  }

  /** Without looking into the image first, as for a filesystem that voyageur does not read. */
  private static VerificationReport bootUnseen(Path image) {
    return GuestBoot.run(
        image, ImageFormat.RAW, BootExpectation.unknown(), OPTIONS, ProgressListener.none());
  }

  private static void failsWith(ErrorCode code, String evidence, VerificationReport report) {
    System.out.printf(
        "%s after %.1f s: %s%n",
        code.code(), report.took().toMillis() / 1e3, report.failure().orElse(null));
    assertThat(report.failure()).as(report.console()).isPresent();
    assertThat(report.failure().get().code())
        .as(report.failure() + "\n" + report.console())
        .isEqualTo(code);
    assertThat(String.join("\n", report.failure().get().evidence())).contains(evidence);
  }

  private static void toldWithoutBooting(ErrorCode code, VerificationReport report) {
    assertThat(report.machine()).isEmpty();
    assertThat(report.failure().orElseThrow().code()).isEqualTo(code);
  }

  @Test
  void aGoodGuestComesThroughAllStagesAndItsImageStaysAsItIs() throws Exception {
    Path image =
        broken(
            good,
            filesystem -> {
              // An SSH server, as far as its first line goes.
              filesystem.create(
                  "/usr-sshd",
                  "#!/bin/sh\necho SSH-2.0-StandIn\n".getBytes(ISO_8859_1),
                  FileOwner.ROOT,
                  0755);
              startsSshd(filesystem);
              inInit(filesystem, "/bin/busybox nc -ll -p 22 -e /usr-sshd &");
            });
    FileTime modified = FileTime.fromMillis(1_000_000_000_000L);
    Files.setLastModifiedTime(image, modified);
    byte[] before = digest(image);

    VerificationReport report = verify(image);

    assertThat(report.failure()).as(report.console()).isEmpty();
    assertThat(report.stages()).extracting(ReachedStage::stage).containsExactly(BootStage.values());
    assertThat(report.stages())
        .extracting(ReachedStage::after)
        .isSortedAccordingTo((a, b) ->
            a.minus(Duration.ofMillis(900)).compareTo(b)); // The SSH server starts before getty.
    assertThat(report.stages().getLast().evidence()).isEqualTo("SSH-2.0-StandIn");
    assertThat(report.console()).contains("VOYAGEUR-GUEST eth0=10.0.2.15");
    assertThat(report.screen()).contains("stand-in login:");
    assertThat(report.screenshot().orElseThrow().png()).startsWith(0x89, 'P', 'N', 'G');
    assertThat(report.screenshot().get().isText()).isTrue();
    assertThat(digest(image)).isEqualTo(before);
    assertThat(Files.getLastModifiedTime(image)).isEqualTo(modified);
  }

  private static void startsSshd(ExtFilesystem filesystem) {
    for (String path : List.of("/usr", "/usr/sbin", "/etc/rc.d", "/etc/rc.d/rc3.d")) {
      filesystem.createDirectory(path, FileOwner.ROOT, 0755);
    }
    filesystem.createSymbolicLink("/usr/sbin/sshd", "/usr-sshd");
    if (filesystem.stat("/usr-sshd").isEmpty()) {
      filesystem.create("/usr-sshd", new byte[] {'x'}, FileOwner.ROOT, 0755);
    }
    filesystem.createSymbolicLink("/etc/rc.d/rc3.d/S55sshd", "../init.d/sshd");
  }

  private static byte[] digest(Path image) throws Exception {
    java.security.MessageDigest digest = java.security.MessageDigest.getInstance("SHA-256");
    try (var stream = Files.newInputStream(image)) {
      byte[] piece = new byte[1 << 20];
      for (int n = stream.read(piece); n >= 0; n = stream.read(piece)) {
        digest.update(piece, 0, n);
      }
    }
    return digest.digest();
  }

  @Test
  void noBootCode() {
    toldWithoutBooting(ErrorCode.BOOT_NO_DEVICE, verify(unconverted));
    failsWith(ErrorCode.BOOT_NO_DEVICE, "not a bootable disk", bootUnseen(unconverted));
  }

  @Test
  void noBootRecordInSectorOne() throws Exception {
    Path image = broken(good, filesystem -> {});
    overwrite(image, 512, new byte[512]);
    failsWith(ErrorCode.BOOT_LOADER_STUCK, "no boot record in sector 1", verify(image));
  }

  @Test
  void aDamagedLoader() throws Exception {
    Path image =
        broken(
            good,
            filesystem -> {
              long at = filesystem.blocks("/boot/ldlinux.sys").getFirst().deviceOffset();
              damage(directory.resolve("broken.raw"), at + 4096);
            });
    failsWith(ErrorCode.BOOT_LOADER_STUCK, "error", verify(image));
  }

  private static void damage(Path image, long offset) {
    overwrite(image, offset, new byte[] {1, 2, 3, 4, 5, 6, 7, 8});
  }

  private static void overwrite(Path image, long offset, byte[] bytes) {
    try (BlockDevice disk = RawFile.openWritable(image)) {
      disk.write(offset, ByteBuffer.wrap(bytes));
    }
  }

  @Test
  void noInitrd() throws Exception {
    Path image =
        broken(
            good,
            filesystem -> filesystem.remove("/boot/initramfs-2.6.32-431.11.2.el6.x86_64.img"));
    toldWithoutBooting(ErrorCode.BOOT_FILE_MISSING, verify(image));
    failsWith(ErrorCode.BOOT_FILE_MISSING, "failed: No such file", bootUnseen(image));
  }

  @Test
  void aKernelWithoutItsInitrd() throws Exception {
    Path image = broken(good, filesystem -> replace(filesystem, CONFIG, "(?m)^ *INITRD .*$", ""));
    failsWith(ErrorCode.BOOT_ROOT_NOT_MOUNTED, "VFS: Unable to mount root fs", verify(image));
  }

  @Test
  void anInitrdWithoutVirtio() throws Exception {
    Path source = directory.resolve("source.img");
    GuestBuilder.build(StandIn.scientific6WithoutVirtio(), source, SIZE);
    Path image =
        broken(
            convert(source, "no-virtio.raw"),
            filesystem -> replace(filesystem, CONFIG, "rdinit=\\S+", ""));
    failsWith(ErrorCode.BOOT_ROOT_DEVICE, "No root device \"block:LABEL=/\" found", verify(image));
  }

  @Test
  void aRootThatNobodyHas() throws Exception {
    Path image =
        broken(good, filesystem -> replace(filesystem, CONFIG, "root=\\S+", "root=/dev/xvde"));
    failsWith(ErrorCode.BOOT_WRONG_ROOT, "No root device \"block:/dev/xvde\" found", verify(image));
  }

  @Test
  void aDeviceInFstabThatDoesNotExist() throws Exception {
    Path image =
        broken(
            good,
            filesystem ->
                replace(filesystem, "/etc/fstab", "\\z", "/dev/sdz /data ext3 defaults 1 2\n"));
    failsWith(ErrorCode.BOOT_MAINTENANCE, "Give root password for maintenance", verify(image));
  }

  @Test
  void aDeviceInFstabThatMountallWaitsFor() throws Exception {
    Path source = directory.resolve("source.img");
    GuestBuilder.build(StandIn.ubuntu1204(), source, SIZE);
    Path image =
        broken(
            convert(source, "ubuntu.raw"),
            filesystem ->
                replace(filesystem, "/etc/fstab", "\\z", "/dev/sdz /data ext3 defaults 0 2\n"));
    failsWith(ErrorCode.BOOT_MAINTENANCE, "S to skip mounting", verify(image));
  }

  @Test
  void noInit() throws Exception {
    Path image = broken(good, filesystem -> filesystem.remove(INIT));
    failsWith(ErrorCode.BOOT_NO_INIT, "/sbin/init", verify(image));
  }

  @Test
  void anInitThatEnds() throws Exception {
    Path image = broken(good, filesystem -> inInit(filesystem, "exit 3"));
    failsWith(ErrorCode.BOOT_PANIC, "Attempted to kill init!", verify(image));
  }

  @Test
  void anInitThatSwitchesOff() throws Exception {
    Path image = broken(good, filesystem -> inInit(filesystem, "echo o >/proc/sysrq-trigger"));
    failsWith(ErrorCode.BOOT_ENDED, "", verify(image));
  }

  @Test
  void noSerialConsole() throws Exception {
    Path image = broken(good, filesystem -> replace(filesystem, CONFIG, "console=ttyS0\\S*", ""));
    VerificationReport report = verify(image);
    failsWith(ErrorCode.BOOT_NO_CONSOLE, "stand-in login:", report);
    assertThat(report.failure().orElseThrow().message())
        .contains("on the screen, none on the serial");
  }

  @Test
  void anInterfaceThatStaysDown() throws Exception {
    Path image =
        broken(good, filesystem -> replace(filesystem, IFCFG, "\\z", "HWADDR=00:16:3E:11:22:33\n"));
    failsWith(ErrorCode.BOOT_NO_NETWORK, "login:", verify(image));
  }

  @Test
  void anSshServerThatDoesNotAnswer() throws Exception {
    Path image =
        broken(
            good,
            filesystem -> {
              startsSshd(filesystem);
              // So that nothing but the probe tells that it has its address.
              replace(filesystem, INIT, "(?m)^VOYAGEUR-GUEST eth0=.*$", "VOYAGEUR-GUEST eth0");
            });
    failsWith(ErrorCode.BOOT_NO_SSH, "login:", verify(image));
  }

  @Test
  void aGuestThatIsStillGettingOn() {
    failsWith(ErrorCode.BOOT_TOO_SLOW, "", verify(good, options(Duration.ofSeconds(3))));
  }

  @Test
  void aGuestThatStandsStill() throws Exception {
    Path image = broken(good, filesystem -> inInit(filesystem, "stop"));
    failsWith(
        ErrorCode.BOOT_SILENT,
        "mounted filesystem",
        verify(image, options(Duration.ofSeconds(35))));
  }

  @Test
  void whatIsNoLinuxDiskIsToldWithoutBooting() throws Exception {
    Path image = directory.resolve("disk.img");
    byte[] disk = new byte[1 << 20];
    System.arraycopy("LUKS\u00ba\u00be".getBytes(ISO_8859_1), 0, disk, 0, 6);
    Files.write(image, disk);
    toldWithoutBooting(ErrorCode.BOOT_ENCRYPTED, verify(image));

    System.arraycopy("\u00ebR\u0090NTFS    ".getBytes(ISO_8859_1), 0, disk, 0, 11);
    disk[510] = 0x55;
    disk[511] = (byte) 0xAA;
    Files.write(image, disk);
    toldWithoutBooting(ErrorCode.BOOT_WINDOWS, verify(image));

    new java.util.Random(1).nextBytes(disk);
    Files.write(image, disk);
    toldWithoutBooting(ErrorCode.BOOT_NO_DEVICE, verify(image));
  }

  @Test
  void convertBootsItsResultWhenAsked() throws Exception {
    Path source = broken(unconverted, filesystem -> filesystem.remove(INIT));
    Path output = directory.resolve("out.qcow2");
    Process program =
        program(directory, "convert", "--verify", "--json", "-o", "" + output, "" + source);

    assertThat(program.waitFor(3, TimeUnit.MINUTES)).isTrue();

    String said = Files.readString(directory.resolve("said"));
    assertThat(program.exitValue()).as(said).isEqualTo(1);
    assertThat(said.substring(said.indexOf('{')))
        .contains("\"result\"", "\"verification\"", "\"code\" : \"VOY-BOOT-008\"");
    assertThat(output).exists();
  }

  @Test
  void aHostWithoutQemuLacksSomething() throws Exception {
    ProcessBuilder builder = builder(directory, "verify", good.toString());
    builder.environment().put("PATH", "/nowhere");
    Process program = builder.start();
    assertThat(program.waitFor(1, TimeUnit.MINUTES)).isTrue();
    assertThat(Files.readString(directory.resolve("said"))).contains("VOY-HOST-001");
    assertThat(program.exitValue()).isEqualTo(3);
  }

  private Process program(Path temporary, String... arguments) throws Exception {
    return builder(temporary, arguments).start();
  }

  /** The program in a process of its own; what it says goes to a file. */
  private ProcessBuilder builder(Path temporary, String... arguments) {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-Djava.io.tmpdir=" + temporary,
                "-cp",
                System.getProperty("java.class.path"),
                "org.voyageur.cli.Main"));
    command.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("said").toFile());
    builder.environment().put("TMPDIR", temporary.toString());
    return builder;
  }

  @Test
  void interruptedItLeavesNothingBehind() throws Exception {
    Path temporary = Files.createTempDirectory("v");
    Process program = program(temporary, "verify", "--console", good.toString());
    try {
      List<ProcessHandle> machines = machines(program);
      run("kill", "-INT", "" + program.pid());
      assertThat(program.waitFor(20, TimeUnit.SECONDS)).isTrue();
      assertThat(program.exitValue()).isEqualTo(130);
      assertThat(machines).noneMatch(ProcessHandle::isAlive);
      try (Stream<Path> left = Files.list(temporary)) {
        assertThat(left.filter(path -> !path.getFileName().toString().startsWith("hsperf")))
            .isEmpty();
      }
    } finally {
      program.descendants().forEach(ProcessHandle::destroyForcibly);
      program.destroyForcibly();
    }
  }

  /** What a program that prints the console has started, once the guest runs. */
  private List<ProcessHandle> machines(Process program) throws Exception {
    Path said = directory.resolve("said");
    for (int i = 0; i < 600 && !Files.readString(said, ISO_8859_1).contains("SYSLINUX"); i++) {
      assertThat(program.waitFor(100, TimeUnit.MILLISECONDS))
          .as(Files.readString(said, ISO_8859_1))
          .isFalse();
    }
    List<ProcessHandle> machines = program.descendants().toList();
    assertThat(machines).isNotEmpty();
    return machines;
  }

  /** As the kernel does when memory runs out. */
  @ParameterizedTest
  @CsvSource({"KILL, signal 9", "TERM, terminating on signal 15"})
  void aMachineThatIsKilledIsNotTheGuestsFault(String signal, String told) throws Exception {
    Process program = program(directory, "verify", "--console", good.toString());
    try {
      for (ProcessHandle machine : machines(program)) {
        run("kill", "-" + signal, "" + machine.pid());
      }
      assertThat(program.waitFor(20, TimeUnit.SECONDS)).isTrue();
      assertThat(Files.readString(directory.resolve("said"), ISO_8859_1))
          .contains("VOY-HOST-003", "not by the guest's doing", told);
      assertThat(program.exitValue()).isEqualTo(3);
    } finally {
      program.destroyForcibly();
    }
  }
}
