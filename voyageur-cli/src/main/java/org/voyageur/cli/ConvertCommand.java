package org.voyageur.cli;

import java.nio.file.Path;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.voyageur.convert.Conversion;
import org.voyageur.convert.ConvertOptions;
import org.voyageur.convert.OpenOptions;
import org.voyageur.convert.Voyageur;
import org.voyageur.disk.ImageFormat;
import org.voyageur.disk.OutputFormat;
import org.voyageur.disk.Sha256;
import org.voyageur.error.ExitStatus;
import org.voyageur.plan.Customisation;
import org.voyageur.plan.DiskShape;
import org.voyageur.verify.HostReport;
import org.voyageur.verify.VerificationReport;
import org.voyageur.verify.VerifyOptions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code voyageur convert}. */
@Command(
    name = "convert",
    description = {
      "Makes an image that boots under KVM. The source is only read, but with --in-place; the result"
          + " appears complete and checked, or not at all.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  voyageur convert megapipe.img.gz               makes megapipe-kvm.qcow2",
      "  voyageur convert megapipe.img -o kvm.raw       a sparse raw image",
      "  voyageur convert megapipe.img --in-place       changes the image itself; 'undo' puts it back",
      "  voyageur convert megapipe.img --layout partition --grow 20G",
      "  voyageur convert sl5.img --kernel-rpm kernel-2.6.18-398.el5.x86_64.rpm",
      "  voyageur convert megapipe.img.gz --progress json --json"
    })
@SuppressWarnings("NullAway.Init") // picocli sets the options.
final class ConvertCommand implements Callable<Integer> {
  private final RootCommand root;

  @Mixin private final ImageArguments arguments = new ImageArguments();
  @Mixin private final TargetOption to = new TargetOption();
  @Mixin private final DiskOptions disk = new DiskOptions();
  @Mixin private final KernelOptions kernels = new KernelOptions();
  @Mixin private final GuestOptions guest = new GuestOptions();

  @Option(
      names = {"-o", "--output"},
      paramLabel = "OUT",
      description = "The file to write. NAME-kvm.qcow2 beside the image.")
  private Optional<Path> output;

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      description = "raw or qcow2. By OUT's ending, else qcow2.")
  private Optional<OutputFormat> format;

  @Option(
      names = "--compress",
      description = "Compress the result, qcow2 only: smaller, and slower to read.")
  private boolean compress;

  @Option(
      names = "--in-place",
      description =
          "Change the image itself, raw or qcow2, as a whole or not at all. 'voyageur undo' puts it"
              + " back.")
  private boolean inPlace;

  @Option(
      names = "--report",
      paramLabel = "FILE.html",
      description =
          "Write a page about the conversion: what was found, changed, checked and booted.")
  private Optional<Path> report;

  @Option(names = "--force", description = "Replace OUT and the report if they exist.")
  private boolean force;

  @Option(
      names = "--verify",
      description =
          "Boot the result, and say how far it comes. With --in-place, an image that does not boot is"
              + " put back.")
  private boolean verify;

  @Option(
      names = "--sha256",
      description =
          "Say the SHA-256 of the result's file, as sha256sum does. That of a raw file is computed"
              + " while it is written; any other is read once more.")
  private boolean sha256;

  @Spec private CommandSpec spec;

  ConvertCommand(RootCommand root) {
    this.root = root;
  }

  @Override
  public Integer call() {
    long start = System.nanoTime();
    boolean elsewhere = output.isPresent() || format.isPresent();
    if (inPlace && (elsewhere || compress || !disk.shape().equals(DiskShape.KEPT))) {
      throw new ParameterException(
          spec.commandLine(),
          "--in-place changes the image itself: it goes with none of -o, --format, --compress,"
              + " --layout, --grow");
    }
    Customisation customisation = guest.customisation(kernels);
    if (inPlace && !customisation.commands().isEmpty()) {
      throw new ParameterException(
          spec.commandLine(),
          "the guest's own programs run on a copy: --in-place goes with none of --install,"
              + " --run-command, --kernel-repo, --kernel-package, nor --cloud-init with --network");
    }
    Optional<ReportFile> page = report.map(path -> ReportFile.at(path, force));
    // Hashing takes as long as converting: it goes on beside it, and beside the boot.
    Optional<Sha256> sourceDigest = page.map(_ -> Sha256.start(arguments.image()));
    Conversion conversion;
    boolean putBack = false;
    long nanos;
    Optional<VerificationReport> verification;
    Optional<String> resultDigest = Optional.empty();
    try (Progress progress = root.progress()) {
      if (inPlace && sourceDigest.isPresent()) {
        // What is hashed must not change meanwhile.
        String ignored = sourceDigest.get().await(progress);
      }
      conversion = convert(customisation, progress);
      nanos = System.nanoTime() - start;
      if (conversion instanceof Conversion.Converted made && (sha256 || page.isPresent())) {
        resultDigest = made.sha256().or(() -> Optional.of(Sha256.of(made.output(), progress)));
      }
      verification =
          switch (conversion) {
            case Conversion.Converted made when verify -> Optional.of(boot(made, progress));
            case Conversion.Converted _, Conversion.Refused _, Conversion.Unchanged _ ->
                Optional.empty();
          };
      if (conversion instanceof Conversion.Converted made && page.isPresent()) {
        HtmlReport.Circumstances circumstances =
            circumstances(
                sourceDigest.orElseThrow().await(progress), resultDigest.orElseThrow(), nanos);
        page.get().write(HtmlReport.of(made, verification, circumstances));
      }
      if (inPlace && verification.filter(boot -> !boot.booted()).isPresent()) {
        Voyageur.undo(arguments.image(), open(), progress);
        putBack = true;
      }
    }
    if (conversion instanceof Conversion.Converted && !putBack) {
      guest.madeUp().forEach(root.console().err()::println);
    }
    if (root.json()) {
      root.print(Json.conversion(conversion, nanos, resultDigest, verification));
    } else {
      root.print(ConversionText.of(conversion, nanos, resultDigest, root.outPaint()));
      verification.ifPresent(boot -> root.print("\n" + VerificationText.of(boot, root.outPaint())));
    }
    if (putBack) {
      root.console().err().println("voyageur: the image was put back as it was before");
    }
    boolean booted = verification.map(VerificationReport::booted).orElse(true);
    return switch (conversion) {
      case Conversion.Converted _ -> (booted ? ExitStatus.DONE : ExitStatus.GUEST).code();
      case Conversion.Refused _ -> ExitStatus.GUEST.code();
      case Conversion.Unchanged _ -> ExitStatus.DONE.code();
    };
  }

  private Conversion convert(Customisation customisation, Progress progress) {
    if (inPlace) {
      return Voyageur.convertInPlace(
          arguments.image(), open(), to.target(), customisation, progress);
    }
    OutputChoice choice = OutputChoice.of(arguments.image(), to.target(), output, format);
    if (compress && choice.format() != OutputFormat.QCOW2) {
      throw new ParameterException(
          spec.commandLine(),
          "--compress makes compressed qcow2, and "
              + choice.path()
              + " is to be "
              + choice.format().label()
              + "; name it NAME.qcow2, or leave out --compress");
    }
    return Voyageur.convert(
        arguments.image(),
        open(),
        new ConvertOptions(
            to.target(),
            choice.path(),
            choice.format(),
            force,
            disk.shape(),
            customisation,
            compress,
            sha256 || report.isPresent()),
        progress);
  }

  private OpenOptions open() {
    return arguments.open(root.console().environment());
  }

  private static HtmlReport.Circumstances circumstances(
      String sourceDigest, String resultDigest, long nanos) {
    Stream<String> host =
        HostReport.ofThisHost().items().stream()
            .flatMap(item -> item.found().map(found -> item.name() + ": " + found).stream());
    return new HtmlReport.Circumstances(
        sourceDigest,
        resultDigest,
        ZonedDateTime.now(ZoneId.systemDefault()),
        nanos,
        Stream.concat(Stream.of("voyageur: " + Version.NAME), host).toList());
  }

  private VerificationReport boot(Conversion.Converted converted, Progress progress) {
    ImageFormat made =
        switch (converted.format()) {
          case RAW -> ImageFormat.RAW;
          case QCOW2 -> ImageFormat.QCOW2;
        };
    OpenOptions open = new OpenOptions(Optional.of(made), open().scratch());
    return Voyageur.verify(converted.output(), open, VerifyOptions.defaults(), progress);
  }
}
