package org.voyageur.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.voyageur.convert.Conversion;
import org.voyageur.convert.ConvertOptions;
import org.voyageur.convert.OpenOptions;
import org.voyageur.convert.Voyageur;
import org.voyageur.disk.OutputFormat;
import org.voyageur.error.ErrorCode;
import org.voyageur.guest.Finding;
import org.voyageur.plan.Change;
import org.voyageur.plan.Target;
import org.voyageur.progress.ProgressListener;
import org.voyageur.testkit.GuestBuilder;
import org.voyageur.testkit.StandIn;
import org.voyageur.verify.QemuMachine;

/**
 * Converts stand-ins and boots the results: SeaBIOS, our loader, SYSLINUX, kernel, initrd, init.
 */
class ConvertIT {
  private static final long SIZE = 512L << 20;
  private static final Duration BOOT = Duration.ofMinutes(2);
  private static final Duration SCREEN = Duration.ofSeconds(20);
  private static final Path PYGRUB = Path.of("/usr/lib/xen-4.17/bin/pygrub");

  @TempDir Path directory;

  static Stream<StandIn> convertible() {
    return StandIn.all().stream().filter(guest -> !guest.equals(StandIn.scientific5XenOnly()));
  }

  @ParameterizedTest
  @MethodSource("convertible")
  void theResultBootsUnderKvmAndPyGrubStillFindsItsWay(StandIn standIn) throws Exception {
    Path source = directory.resolve("guest.img");
    GuestBuilder.build(standIn, source, SIZE);
    String pygrubBefore = pygrub(source);
    byte[] start = firstBytes(source);

    Path output = directory.resolve("guest.raw");
    Conversion.Converted converted = convert(source, output);

    assertThat(firstBytes(source)).as("the source").isEqualTo(start);
    assertThat(run("e2fsck", "-fn", output.toString())).contains("Pass 5");
    assertThat(pygrub(output)).as("PyGrub").isEqualTo(pygrubBefore);
    onlyThePlannedFilesDiffer(source, output, converted.planned().plan().changes());
    boots(output);
  }

  private void boots(Path image) {
    try (QemuMachine machine = QemuMachine.start(image, OutputFormat.RAW, List.of())) {
      boolean up = machine.awaitConsole(Pattern.compile("stand-in login:"), BOOT);
      assertThat(up).as(machine.console()).isTrue();
      assertThat(machine.console())
          .contains("SYSLINUX 6")
          .contains("VOYAGEUR-GUEST hypervisor=none")
          .contains("VOYAGEUR-GUEST root=/dev/vda rw")
          .contains("VOYAGEUR-GUEST eth0=10.0.2.15")
          .doesNotContain("respawning too fast");
      assertThat(machine.awaitScreen(Pattern.compile("stand-in login:"), SCREEN))
          .as(machine.screen())
          .isTrue();
    }
  }

  @Test
  void anInitrdWithoutVirtioDoesNotBootWithoutTheSupplement() {
    // So that the test above shows what the supplement is good for.
    Path source = directory.resolve("guest.img");
    GuestBuilder.build(StandIn.scientific6WithoutVirtio(), source, SIZE);
    Path output = directory.resolve("guest.raw");
    Conversion.Converted converted = convert(source, output);
    assertThat(converted.planned().plan().changes())
        .anyMatch(change -> change instanceof Change.WriteSupplement);
    try (QemuMachine machine = QemuMachine.start(output, OutputFormat.RAW, List.of())) {
      assertThat(machine.awaitConsole(Pattern.compile("boot:"), BOOT)).isTrue();
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
    assertThat(conversion.planned().plan().obstacles())
        .filteredOn(finding -> finding.code() == ErrorCode.GUEST_XEN_ONLY_KERNEL)
        .extracting(Finding::remedy)
        .singleElement()
        .asString()
        .contains("yum install kernel");
    assertThat(output).doesNotExist();
    assertThat(directory).isDirectoryContaining(file -> file.equals(source));
  }

  private static ConvertOptions options(Path output) {
    return new ConvertOptions(Target.KVM, output, OutputFormat.RAW, false);
  }

  private static Conversion.Converted convert(Path source, Path output) {
    Conversion conversion =
        Voyageur.convert(source, OpenOptions.defaults(), options(output), ProgressListener.none());
    assertThat(conversion)
        .as(conversion.planned().plan().obstacles().toString())
        .isInstanceOf(Conversion.Converted.class);
    return (Conversion.Converted) conversion;
  }

  private static byte[] firstBytes(Path file) throws Exception {
    try (var stream = Files.newInputStream(file)) {
      return stream.readNBytes(1 << 20);
    }
  }

  /** What the real PyGrub takes: kernel, initrd and arguments; their paths and content. */
  private String pygrub(Path image) throws Exception {
    if (!Files.exists(PYGRUB)) {
      return "not installed";
    }
    return run(PYGRUB.toString(), "-q", "-n", image.toString())
        .replaceAll("/\\S*boot_\\S*", "FILE");
  }

  /** Compared with debugfs, which shares no code of ours. */
  private void onlyThePlannedFilesDiffer(Path source, Path output, List<Change> changes)
      throws Exception {
    List<String> planned = new ArrayList<>(List.of("boot/ldlinux.sys", "boot/ldlinux.c32"));
    for (Change change : changes) {
      path(change).ifPresent(path -> planned.add(path.substring(1)));
    }
    Path before = dump(source, "before");
    Path after = dump(output, "after");
    String differences =
        run("diff", "-rq", "--no-dereference", before.toString(), after.toString());
    assertThat(differences.lines())
        .allMatch(
            line -> planned.stream().anyMatch(path -> names(line, path)),
            "only planned: " + planned);
  }

  /** "Files A/x and B/x differ", or "Only in B/dir: name". */
  private static boolean names(String line, String path) {
    String name = path.substring(path.lastIndexOf('/') + 1);
    return line.contains("/" + path + " ")
        || (line.startsWith("Only in") && line.endsWith(": " + name))
        || (line.startsWith("Only in") && path.contains(line.substring(line.lastIndexOf(' ') + 1)));
  }

  private static Optional<String> path(Change change) {
    return switch (change) {
      case Change.EditFile edit -> Optional.of(edit.path());
      case Change.CreateFile create -> Optional.of(create.path());
      case Change.RemoveFile remove -> Optional.of(remove.path());
      case Change.WriteSupplement supplement -> Optional.of(supplement.path());
      case Change.FillHoles fill -> Optional.of(fill.path());
      case Change.ReplayJournal _, Change.SetLabel _, Change.InstallBootCode _ -> Optional.empty();
    };
  }

  private Path dump(Path image, String name) throws Exception {
    Path target = Files.createDirectories(directory.resolve(name));
    run("debugfs", "-R", "rdump / " + target, image.toString());
    return target;
  }

  private static String run(String... command) throws Exception {
    List<String> words = new ArrayList<>(List.of("env", "LC_ALL=C"));
    words.addAll(List.of(command));
    ProcessBuilder builder = new ProcessBuilder(words).redirectErrorStream(true);
    builder.environment().merge("PATH", "/usr/sbin:/sbin", (path, more) -> path + ":" + more);
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    return output;
  }
}
