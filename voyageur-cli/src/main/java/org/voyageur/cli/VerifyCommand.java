package org.voyageur.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.voyageur.convert.OpenOptions;
import org.voyageur.convert.Voyageur;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.ExitStatus;
import org.voyageur.error.VoyageurException;
import org.voyageur.progress.ProgressListener;
import org.voyageur.verify.Hypervisor;
import org.voyageur.verify.VerificationReport;
import org.voyageur.verify.VerifyOptions;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code voyageur verify}. */
@Command(
    name = "verify",
    description = {
      "Boots an image and says how far it comes, and if not far enough, why. The image is only"
          + " read: what the guest writes is thrown away.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  voyageur verify megapipe-kvm.qcow2",
      "  voyageur verify megapipe-kvm.qcow2 --console",
      "  voyageur verify megapipe.img --on xen          what PyGrub would start",
      "  voyageur verify megapipe.img --on xen --full   under a real Xen",
      "  voyageur verify megapipe-kvm.qcow2 --log boot.log --screenshot boot.png"
    })
@SuppressWarnings("NullAway.Init") // picocli sets the options.
final class VerifyCommand implements Callable<Integer> {
  /** {@code 90s}, {@code 5m}, {@code 1h}, or a number of seconds. */
  static final class Durations implements ITypeConverter<Duration> {
    private static final Pattern FORM = Pattern.compile("([1-9]\\d{0,5})([smh]?)");

    @Override
    public Duration convert(String value) {
      Matcher matcher = FORM.matcher(value);
      if (!matcher.matches()) {
        throw new TypeConversionException("'" + value + "' is no time such as 90s, 5m or 1h");
      }
      long number = Long.parseLong(matcher.group(1));
      return switch (matcher.group(2)) {
        case "m" -> Duration.ofMinutes(number);
        case "h" -> Duration.ofHours(number);
        default -> Duration.ofSeconds(number);
      };
    }
  }

  /** Xen in QEMU's emulation takes a systemd to its prompt in two to four minutes. */
  private static final Duration ON_XEN = Duration.ofMinutes(15);

  private final RootCommand root;

  @Mixin private final ImageArguments arguments = new ImageArguments();
  @Spec private CommandSpec spec;

  @Option(
      names = "--on",
      paramLabel = "HYPERVISOR",
      defaultValue = "kvm",
      description =
          "kvm, or xen: says what PyGrub would start; with --full, boots it (${DEFAULT-VALUE}).")
  private Hypervisor on;

  @Option(
      names = "--full",
      description = "With --on xen: boot it under a real Xen, in QEMU's emulation.")
  private boolean full;

  @Option(
      names = "--timeout",
      paramLabel = "TIME",
      converter = Durations.class,
      description = "The longest that the boot may take: 90s, 5m (5m; under Xen 15m).")
  private Optional<Duration> timeout;

  @Option(
      names = "--memory",
      paramLabel = "MIB",
      description = "The guest's memory, in MiB (1024).")
  private Optional<Integer> memory;

  @Option(names = "--console", description = "Print what the guest says, as it says it, on stderr.")
  private boolean console;

  @Option(
      names = "--log",
      paramLabel = "FILE",
      description = "Write what the serial console said to a file.")
  private Optional<Path> log;

  @Option(
      names = "--screenshot",
      paramLabel = "FILE",
      description = "Write a picture of the screen at the end to a file, as PNG.")
  private Optional<Path> screenshot;

  VerifyCommand(RootCommand root) {
    this.root = root;
  }

  @Override
  public Integer call() {
    demandSense();
    VerifyOptions options = options();
    Stream.of(log, screenshot).flatMap(Optional::stream).forEach(this::mustBeWritable);
    VerificationReport report;
    if (console) {
      report = verify(options, ProgressListener.none());
      root.console().err().println();
    } else {
      try (Progress progress = root.progress()) {
        report = verify(options, progress);
      }
    }
    if (report.machine().isPresent()) {
      log.ifPresent(
          file -> write(file, Printable.lines(report.console()).getBytes(StandardCharsets.UTF_8)));
    }
    screenshot.ifPresent(
        file -> report.screenshot().ifPresent(picture -> write(file, picture.png())));
    root.print(
        root.json() ? Json.verification(report) : VerificationText.of(report, root.outPaint()));
    return (report.booted() ? ExitStatus.DONE : ExitStatus.GUEST).code();
  }

  private VerificationReport verify(VerifyOptions options, ProgressListener progress) {
    OpenOptions open = arguments.open(root.console().environment());
    return switch (on) {
      case KVM -> Voyageur.verify(arguments.image(), open, options, progress);
      case XEN ->
          full
              ? Voyageur.verifyOnXen(arguments.image(), open, options, progress)
              : Voyageur.verifyPyGrub(arguments.image(), open, progress);
    };
  }

  /** A wish that cannot be fulfilled is better refused than passed over. */
  private void demandSense() {
    if (full && on != Hypervisor.XEN) {
      throw new ParameterException(spec.commandLine(), "--full is for --on xen");
    }
    if (on == Hypervisor.XEN && screenshot.isPresent()) {
      throw new ParameterException(
          spec.commandLine(), "--screenshot: a guest of Xen's has no screen; there is --log");
    }
  }

  private VerifyOptions options() {
    VerifyOptions defaults = VerifyOptions.defaults();
    Consumer<String> live = console ? new LiveConsole(root.console().err()) : defaults.console();
    try {
      return new VerifyOptions(
          timeout.orElse(on == Hypervisor.XEN ? ON_XEN : defaults.timeout()),
          defaults.patience(),
          memory.orElse(defaults.memory()),
          live);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), "--memory: " + e.getMessage(), e);
    }
  }

  /** Before the guest is booted, and never the image itself. */
  private void mustBeWritable(Path file) {
    try {
      if (Files.exists(file) && Files.isSameFile(file, arguments.image())) {
        throw new VoyageurException(
            ErrorCode.OUTPUT_IS_SOURCE, file + " is the image itself", "Choose another file");
      }
    } catch (IOException e) {
      // The image cannot be opened then, and that is told of in its turn.
    }
    Path directory = file.toAbsolutePath().getParent();
    if (Files.isDirectory(file) || (directory != null && !Files.isWritable(directory))) {
      throw unwritable(file, "its directory is missing or may not be written to");
    }
  }

  private static void write(Path file, byte[] content) {
    try {
      Files.write(file, content);
    } catch (IOException e) {
      throw unwritable(file, String.valueOf(e.getMessage()));
    }
  }

  private static VoyageurException unwritable(Path file, String why) {
    return new VoyageurException(
        ErrorCode.OUTPUT_NOT_WRITABLE, file + " cannot be written: " + why, "Choose another file");
  }
}
