package org.voyageur.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
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
import org.voyageur.progress.ProgressListener;
import org.voyageur.testkit.GuestBuilder;
import org.voyageur.testkit.StandIn;
import org.voyageur.verify.QemuMachine;
import picocli.CommandLine.Command;

/** {@code voyageur demo}. */
@Command(
    name = "demo",
    description = {
      "Makes a small Xen-style guest, converts it, and boots the result.",
      "",
      "The guest is a stand-in for Scientific Linux 6: its configuration is that of the real one,"
          + " its kernel is Debian's, fetched with apt-get."
    },
    footer = {"", "Takes about half a minute where QEMU must emulate the processor."})
final class DemoCommand implements Callable<Integer> {
  private static final long SIZE = 512L << 20;
  private static final Duration BOOT = Duration.ofMinutes(3);
  private static final Duration NO_BOOT = Duration.ofSeconds(30);

  private final RootCommand root;

  DemoCommand(RootCommand root) {
    this.root = root;
  }

  @Override
  public Integer call() throws IOException {
    Path directory = Files.createTempDirectory("voyageur-demo-");
    Path source = directory.resolve("megapipe.img");
    Path output = directory.resolve("megapipe-kvm.qcow2");
    say("Making a guest as Xen has it, one ext3 filesystem without a boot loader: " + source);
    GuestBuilder.build(StandIn.scientific6(), source, SIZE);

    say("Starting it under KVM's own conditions, as it is:");
    say(indented(screen(source)));

    say("Converting it: voyageur convert " + source);
    Conversion conversion =
        Voyageur.convert(
            source,
            OpenOptions.defaults(),
            new ConvertOptions(Target.KVM, output, OutputFormat.QCOW2, false),
            ProgressListener.none());
    say(indented(conversion.planned().plan().changes().size() + " changes, checked: " + output));

    say("Starting the result:");
    String console = boot(output);
    say(indented(console));
    say("It boots: root on /dev/vda, a login prompt, the network up by DHCP.");
    if (root.json()) {
      root.print(
          Json.document(
              "source", source.toString(), "output", output.toString(), "console", console));
    }
    return ExitStatus.DONE.code();
  }

  /** Text for people; a program that asked for JSON gets one document at the end. */
  private void say(String text) {
    if (!root.json()) {
      root.print(text + "\n");
    }
  }

  private static String indented(String text) {
    return Printable.lines(text.strip()).indent(4).stripTrailing();
  }

  private static String screen(Path image) {
    try (QemuMachine machine = QemuMachine.start(image, OutputFormat.RAW, List.of())) {
      if (!machine.awaitScreen(Pattern.compile("No bootable device"), NO_BOOT)) {
        return "(nothing within " + NO_BOOT.toSeconds() + " s)";
      }
      return machine.screen().lines().filter(line -> line.contains("boot")).toList().getLast();
    }
  }

  private static String boot(Path image) {
    try (QemuMachine machine = QemuMachine.start(image, OutputFormat.QCOW2, List.of())) {
      boolean up = machine.awaitConsole(Pattern.compile("login: $"), BOOT);
      List<String> lines = machine.console().lines().toList();
      String tail = String.join("\n", lines.subList(Math.max(0, lines.size() - 10), lines.size()));
      if (!up) {
        throw new VoyageurException(
            ErrorCode.BOOT_FAILED,
            "the demo's guest did not boot within "
                + BOOT.toSeconds()
                + " s; it said last: "
                + tail,
            "Run 'voyageur doctor', and report what it says with this");
      }
      return tail;
    }
  }
}
