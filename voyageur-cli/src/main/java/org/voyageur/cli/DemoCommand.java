package org.voyageur.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.voyageur.convert.Conversion;
import org.voyageur.convert.ConvertOptions;
import org.voyageur.convert.OpenOptions;
import org.voyageur.convert.Voyageur;
import org.voyageur.disk.OutputFormat;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.ExitStatus;
import org.voyageur.error.VoyageurException;
import org.voyageur.plan.Target;
import org.voyageur.progress.ProgressEvent.Finished;
import org.voyageur.progress.ProgressEvent.Started;
import org.voyageur.progress.ProgressEvent.Step;
import org.voyageur.testkit.GuestBuilder;
import org.voyageur.testkit.StandIn;
import org.voyageur.verify.QemuMachine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code voyageur demo}. */
@Command(
    name = "demo",
    description = {
      "Makes a small Xen-style guest, shows that it does not boot under KVM, converts it, and boots"
          + " the result to its login prompt.",
      "",
      "The guest is a stand-in: the files of a Scientific Linux 6 around a Debian kernel and"
          + " busybox. The kernel is fetched with apt-get the first time.",
      ""
    },
    footer = {"", "Examples:", "  voyageur demo", "  voyageur demo /var/tmp/voyageur-demo"})
@SuppressWarnings("NullAway.Init") // picocli sets the option.
final class DemoCommand implements Callable<Integer> {
  private static final long DISK_SIZE = 512L << 20;

  private static final Pattern LOGIN = Pattern.compile("login:");
  private static final Pattern NOTHING_TO_BOOT = Pattern.compile("No bootable device");

  /** QEMU's own emulation, on a busy host, takes half a minute. */
  private static final Duration BOOT = Duration.ofMinutes(3);

  private static final Duration FIRMWARE = Duration.ofSeconds(60);
  private static final int TAIL = 12;

  private final RootCommand root;

  @Parameters(
      arity = "0..1",
      paramLabel = "DIR",
      description = "Where the images go, and stay. A new temporary directory.")
  private Optional<Path> directory;

  DemoCommand(RootCommand root) {
    this.root = root;
  }

  @Override
  public Integer call() {
    Path place = directory();
    Path source = place.resolve("demo.img");
    Path output = place.resolve("demo-kvm.qcow2");
    String console;
    try (Progress progress = root.progress()) {
      build(source, progress);
      mustNotBoot(source, progress);
      convert(source, output, progress);
      console = boot(output, progress);
    }
    String tail = tail(console);
    root.print(
        root.json()
            ? Json.document(
                "source", source.toString(), "output", output.toString(), "console", tail)
            : text(source, output, tail));
    return ExitStatus.DONE.code();
  }

  private Path directory() {
    try {
      return directory.isPresent()
          ? Files.createDirectories(directory.get())
          : Files.createTempDirectory("voyageur-demo-");
    } catch (IOException e) {
      throw new VoyageurException(
          ErrorCode.OUTPUT_NOT_WRITABLE,
          "no directory for the demo's images can be made: " + e.getMessage(),
          "Name one: voyageur demo DIR",
          e);
    }
  }

  private void build(Path source, Progress progress) {
    say("1. A guest as it ran under Xen: one ext3 filesystem on the whole disk, no boot loader");
    progress.on(new Started(Step.BOOT, "Building the guest"));
    GuestBuilder.build(StandIn.scientific6(), source, DISK_SIZE);
    progress.on(new Finished(Step.BOOT, source.toString()));
  }

  private void mustNotBoot(Path source, Progress progress) {
    say("2. Under KVM it does not start");
    progress.on(new Started(Step.BOOT, "Starting the guest as it is"));
    try (QemuMachine machine = QemuMachine.start(source, OutputFormat.RAW, List.of())) {
      if (!machine.awaitScreen(NOTHING_TO_BOOT, FIRMWARE)) {
        throw new VoyageurException(
            ErrorCode.BOOT_FAILED,
            "the BIOS was expected to find no bootable device, and its screen shows: "
                + machine.screen().strip(),
            "Run 'voyageur doctor', and try qemu-system-x86_64 by hand");
      }
    }
    progress.on(new Finished(Step.BOOT, "No bootable device"));
    say("   the BIOS says: No bootable device");
  }

  private void convert(Path source, Path output, Progress progress) {
    say("3. voyageur convert " + source);
    Conversion conversion =
        Voyageur.convert(
            source,
            OpenOptions.defaults(),
            new ConvertOptions(Target.KVM, output, OutputFormat.QCOW2, true),
            progress);
    switch (conversion) {
      case Conversion.Converted converted ->
          say(
              "   "
                  + converted.planned().plan().changes().size()
                  + " changes, read back and checked; 'voyageur plan "
                  + source
                  + "' shows them");
      case Conversion.Refused _, Conversion.Unchanged _ ->
          throw new VoyageurException(
              ErrorCode.INTERNAL,
              "the demo's guest " + PlanText.refusal(conversion.planned().plan()),
              "Please report this with what 'voyageur plan " + source + "' prints");
    }
  }

  private String boot(Path output, Progress progress) {
    say("4. The result boots");
    progress.on(new Started(Step.BOOT, "Booting the result"));
    try (QemuMachine machine = QemuMachine.start(output, OutputFormat.QCOW2, List.of())) {
      boolean up = machine.awaitConsole(LOGIN, BOOT);
      String console = machine.console();
      if (!up) {
        throw new VoyageurException(
            ErrorCode.BOOT_FAILED,
            output
                + " came to no login prompt in "
                + BOOT.toSeconds()
                + " s; its console said last: "
                + console.strip().lines().reduce("nothing", (_, last) -> last),
            "Run 'voyageur doctor', and please report this if it finds nothing");
      }
      progress.on(new Finished(Step.BOOT, "up"));
      return console;
    }
  }

  private void say(String line) {
    if (!root.json()) {
      root.print(line);
    }
  }

  private static String tail(String console) {
    List<String> lines = Printable.lines(console.replace("\r", "")).lines().toList();
    return String.join("\n", lines.subList(Math.max(0, lines.size() - TAIL), lines.size()));
  }

  private static String text(Path source, Path output, String tail) {
    return tail.indent(5) + "\nBefore: " + source + "\nAfter:  " + output;
  }
}
