package org.voyageur.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.voyageur.convert.Conversion;
import org.voyageur.convert.ConvertOptions;
import org.voyageur.convert.OpenOptions;
import org.voyageur.convert.Voyageur;
import org.voyageur.disk.OutputFormat;
import org.voyageur.error.ErrorCode;
import org.voyageur.guest.Finding;
import org.voyageur.guest.Guest;
import org.voyageur.guest.XenBoot;
import org.voyageur.plan.Change;
import org.voyageur.plan.Target;
import org.voyageur.progress.ProgressListener;
import org.voyageur.testkit.Debugfs;
import org.voyageur.testkit.FilesystemDiff;
import org.voyageur.testkit.FilesystemDiff.Aspect;
import org.voyageur.testkit.GuestBuilder;
import org.voyageur.testkit.StandIn;
import org.voyageur.verify.QemuMachine;

/**
 * Converts stand-ins, compares the results with their sources, and boots them: SeaBIOS, our loader,
 * SYSLINUX, kernel, initrd, init. Two at a time: a machine takes one core.
 */
@Execution(ExecutionMode.CONCURRENT)
class ConvertIT {
  private static final long SIZE = 512L << 20;
  private static final Duration BOOT = Duration.ofMinutes(2);
  private static final Duration ANSWER = Duration.ofSeconds(20);
  private static final Pattern LOGIN = Pattern.compile("stand-in login:");
  private static final Path PYGRUB = Path.of("/usr/lib/xen-4.17/bin/pygrub");
  private static final Pattern UP = Pattern.compile("VOYAGEUR-GUEST up");

  /** Each guest is converted once for all tests. */
  private static final Map<Case, Result> RESULTS = new HashMap<>();

  @TempDir private static Path images;
  @TempDir private Path directory;

  /** A guest before and after, and what was to be changed. */
  private record Result(Path source, Path output, Guest guest, List<Change> changes) {}

  /** A guest and what it is converted for. */
  record Case(StandIn standIn, Target target) {
    @Override
    public String toString() {
      return standIn.name() + "-" + target.label();
    }
  }

  static Stream<Case> conversions() {
    return convertible()
        .flatMap(standIn -> Stream.of(Target.values()).map(target -> new Case(standIn, target)));
  }

  static Stream<StandIn> convertible() {
    return StandIn.all().stream().filter(guest -> !guest.equals(StandIn.scientific5XenOnly()));
  }

  @ParameterizedTest
  @MethodSource("conversions")
  void theResultBootsToPromptsOnBothConsoles(Case conversion) {
    try (QemuMachine machine = start(converted(conversion).output())) {
      assertThat(machine.awaitConsole(LOGIN, BOOT)).as(machine.console()).isTrue();
      assertThat(machine.console()).contains("SYSLINUX 6").doesNotContain("respawning too fast");
      assertThat(machine.awaitScreen(LOGIN, ANSWER)).as(machine.screen()).isTrue();
      for (String console : List.of(machine.console().replace("\r", ""), machine.screen())) {
        assertThat(report(console))
            .containsEntry("hypervisor", "none")
            .containsEntry("root", "/dev/vda rw")
            .containsEntry("rootfstype", conversion.standIn().filesystem().get(1))
            .containsEntry("mounts", "vda:/")
            .containsEntry("consoles", "tty0 ttyS0")
            .containsEntry("interfaces", "eth0 lo")
            .containsEntry("eth0", "10.0.2.15")
            .hasEntrySatisfying("cmdline", line -> assertThat(line).startsWith("BOOT_IMAGE="));
      }
      // securetty lets root in on the serial line.
      machine.typeSerial("root\n");
      assertThat(machine.awaitConsole(Pattern.compile("root login on 'ttyS0'"), ANSWER))
          .as(machine.console())
          .isTrue();
    }
  }

  /** The values of the guest's own lines, "VOYAGEUR-GUEST name=value". */
  private static Map<String, String> report(String console) {
    Map<String, String> report = new HashMap<>();
    Matcher line = Pattern.compile("VOYAGEUR-GUEST (\\w+)=(.*)").matcher(console);
    while (line.find()) {
      report.put(line.group(1), line.group(2).strip());
    }
    return report;
  }

  @ParameterizedTest
  @MethodSource("conversions")
  void nothingButThePlannedFilesDiffers(Case conversion) throws Exception {
    Result result = converted(conversion);
    // Owner, mode, SELinux's label and every other attribute of an edited file are as they were.
    SortedMap<String, Set<Aspect>> expected = new TreeMap<>();
    for (Change change : result.changes()) {
      switch (change) {
        case Change.EditFile edit -> expected.put(edit.path(), Set.of(Aspect.CONTENT));
        case Change.EditSecretFile edit -> expected.put(edit.path(), Set.of(Aspect.CONTENT));
        case Change.RemoveFile remove -> expected.put(remove.path(), Set.of(Aspect.REMOVED));
        case Change.CreateFile create -> expected.put(create.path(), Set.of(Aspect.ADDED));
        case Change.WriteInitrd file -> expected.put(file.path(), Set.of(Aspect.ADDED));
        case Change.WriteSupplement file -> expected.put(file.path(), Set.of(Aspect.ADDED));
        case Change.InstallBootCode code -> {
          expected.put(code.directory() + "/ldlinux.sys", Set.of(Aspect.ADDED));
          expected.put(code.directory() + "/ldlinux.c32", Set.of(Aspect.ADDED));
        }
        case Change.ReplayJournal _,
            Change.InstallKernelFiles _,
            Change.WriteModuleTables _,
            Change.CreatePartition _,
            Change.GrowFilesystem _,
            Change.SetLabel _,
            Change.FillHoles _ -> {}
      }
    }
    SortedMap<String, Set<Aspect>> actual =
        FilesystemDiff.between(result.source(), result.output());
    for (String path : List.copyOf(expected.keySet())) {
      for (Path parent = Path.of(path).getParent(); parent != null; parent = parent.getParent()) {
        if (Set.of(Aspect.ADDED).equals(actual.get(parent.toString()))) {
          expected.put(parent.toString(), Set.of(Aspect.ADDED));
        }
      }
    }
    assertThat(actual).isEqualTo(expected).containsEntry("/etc/fstab", Set.of(Aspect.CONTENT));
    assertThat(run("e2fsck", "-fn", result.output().toString()))
        .contains("Pass 5")
        .doesNotContain("? no");
  }

  @ParameterizedTest
  @MethodSource("conversions")
  void theRealPyGrubTakesTheSameKernelInitrdAndArguments(Case conversion) throws Exception {
    assumeTrue(Files.exists(PYGRUB), "skipped: there is no " + PYGRUB + " (xen-utils-4.17)");
    Result result = converted(conversion);
    XenBoot expected = result.guest().xenBoot().orElseThrow();
    String before = pygrub(result.source());
    assertThat(before)
        .isEqualTo(
            "kernel %s\nramdisk %s\nargs %s"
                .formatted(
                    digest(Debugfs.content(result.source(), expected.kernel())),
                    digest(Debugfs.content(result.source(), expected.initrd().orElseThrow())),
                    expected.arguments()));
    assertThat(pygrub(result.output())).isEqualTo(before);
  }

  /** What PyGrub takes out of an image; in place of the files' names what they hold. */
  private String pygrub(Path image) throws Exception {
    String said =
        run(
            PYGRUB.toString(),
            "-q",
            "--output-format=simple",
            "--output-directory=" + directory,
            image.toString());
    List<String> lines = new ArrayList<>();
    for (String line : said.lines().toList()) {
      if (line.startsWith("kernel ") || line.startsWith("ramdisk ")) {
        String name = line.substring(0, line.indexOf(' '));
        Path file = Path.of(line.substring(name.length() + 1));
        lines.add(name + " " + digest(Files.readAllBytes(file)));
      } else if (line.startsWith("args ")) {
        lines.add(line);
      }
    }
    return String.join("\n", lines);
  }

  private static String digest(byte[] content) throws NoSuchAlgorithmException {
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
  }

  @ParameterizedTest
  @MethodSource("convertible")
  void onlyAnInitrdWithoutVirtioGetsASupplement(StandIn standIn) {
    boolean supplement =
        converted(standIn).changes().stream().anyMatch(Change.WriteSupplement.class::isInstance);
    assertThat(supplement).isEqualTo(List.of("sl5", "sl6-no-virtio").contains(standIn.name()));
  }

  /** The strictest and the most different of those that mount by fstab. */
  static Stream<StandIn> withStaging() {
    return Stream.of(StandIn.scientific5(), StandIn.ubuntu1204());
  }

  @ParameterizedTest
  @MethodSource("withStaging")
  void stagingIsTheCloudsEphemeralDiskWhereThereIsOne(StandIn standIn) throws Exception {
    Path ephemeral = directory.resolve("ephemeral.img");
    run("mke2fs", "-q", "-t", "ext4", "-L", "ephemeral0", ephemeral.toString(), "16m");
    String drive = "if=virtio,format=raw,file=" + ephemeral;
    try (QemuMachine machine = start(converted(standIn).output(), "-drive", drive)) {
      assertThat(machine.awaitConsole(UP, BOOT)).as(machine.console()).isTrue();
      assertThat(report(machine.console())).containsEntry("mounts", "vda:/ vdb:/staging");
    }
  }

  @Test
  void refusesAGuestWithNothingButAXenKernelAndSaysWhatToDo() {
    Path source = directory.resolve("guest.img");
    GuestBuilder.build(StandIn.scientific5XenOnly(), source, SIZE);
    Path output = directory.resolve("guest.raw");
    Conversion conversion =
        Voyageur.convert(source, OpenOptions.defaults(), options(output), ProgressListener.none());
    assertThat(conversion).isInstanceOf(Conversion.Refused.class);
    assertThat(conversion.planned().inspection().guest().operatingSystem().productName())
        .isEqualTo("Scientific Linux release 5.9 (Boron)");
    // Although its configuration says CONFIG_XEN=y, as that of a kernel for both does.
    assertThat(conversion.planned().inspection().guest().kernels())
        .singleElement()
        .matches(kernel -> kernel.xenPv() && !kernel.kvm(), "for Xen alone");
    assertThat(conversion.planned().plan().obstacles())
        .filteredOn(finding -> finding.code() == ErrorCode.GUEST_XEN_ONLY_KERNEL)
        .extracting(Finding::remedy)
        .singleElement()
        .asString()
        .contains("yum install kernel");
    assertThat(output).doesNotExist();
    assertThat(directory).isDirectoryContaining(file -> file.equals(source));
  }

  private static QemuMachine start(Path image, String... more) {
    return QemuMachine.start(image, OutputFormat.RAW, List.of(more));
  }

  private static Result converted(StandIn standIn) {
    return converted(new Case(standIn, Target.KVM));
  }

  private static synchronized Result converted(Case conversion) {
    return RESULTS.computeIfAbsent(conversion, ConvertIT::convert);
  }

  private static Result convert(Case conversion) {
    try {
      return convertWithItsSourceUntouched(conversion);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Result convertWithItsSourceUntouched(Case conversionCase) throws IOException {
    Path source = images.resolve(conversionCase.standIn().name() + ".img");
    if (!Files.exists(source)) {
      GuestBuilder.build(conversionCase.standIn(), source, SIZE);
    }
    Path output = images.resolve(conversionCase + ".img");
    String bytes = run("sha256sum", source.toString());
    FileTime time = Files.getLastModifiedTime(source);
    Conversion conversion =
        Voyageur.convert(
            source,
            OpenOptions.defaults(),
            new ConvertOptions(conversionCase.target(), output, OutputFormat.RAW, false),
            ProgressListener.none());
    assertThat(conversion)
        .as(conversion.planned().plan().obstacles().toString())
        .isInstanceOf(Conversion.Converted.class);
    assertThat(run("sha256sum", source.toString())).isEqualTo(bytes);
    assertThat(Files.getLastModifiedTime(source)).isEqualTo(time);
    return new Result(
        source,
        output,
        conversion.planned().inspection().guest(),
        conversion.planned().plan().changes());
  }

  private static ConvertOptions options(Path output) {
    return new ConvertOptions(Target.KVM, output, OutputFormat.RAW, false);
  }

  private static String run(String... command) throws IOException {
    List<String> words = new ArrayList<>(List.of("env", "LC_ALL=C"));
    words.addAll(List.of(command));
    ProcessBuilder builder = new ProcessBuilder(words).redirectErrorStream(true);
    builder.environment().merge("PATH", "/usr/sbin:/sbin", (path, more) -> path + ":" + more);
    Process process = builder.start();
    return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }
}
