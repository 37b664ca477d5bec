package org.voyageur.cli;

import java.nio.file.Path;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.voyageur.convert.Conversion;
import org.voyageur.convert.ConvertOptions;
import org.voyageur.convert.Voyageur;
import org.voyageur.disk.OutputFormat;
import org.voyageur.error.ExitStatus;
import org.voyageur.verify.HostReport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code voyageur convert}. */
@Command(
    name = "convert",
    description = {
      "Makes an image that boots under KVM. The source is only read; the result appears complete"
          + " and checked, or not at all.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  voyageur convert megapipe.img.gz               makes megapipe-kvm.qcow2",
      "  voyageur convert megapipe.img -o kvm.raw       a sparse raw image",
      "  voyageur convert megapipe.img.gz --progress json --json"
    })
@SuppressWarnings("NullAway.Init") // picocli sets the options.
final class ConvertCommand implements Callable<Integer> {
  private final RootCommand root;

  @Mixin private final ImageArguments arguments = new ImageArguments();
  @Mixin private final TargetOption to = new TargetOption();

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
      names = "--report",
      paramLabel = "FILE.html",
      description = "Write a page about the conversion: what was found, changed and checked.")
  private Optional<Path> report;

  @Option(names = "--force", description = "Replace OUT and the report if they exist.")
  private boolean force;

  ConvertCommand(RootCommand root) {
    this.root = root;
  }

  @Override
  public Integer call() {
    long start = System.nanoTime();
    OutputChoice choice = OutputChoice.of(arguments.image(), to.target(), output, format);
    Optional<ReportFile> page = report.map(path -> ReportFile.at(path, force));
    Conversion conversion;
    try (Progress progress = root.progress()) {
      conversion =
          Voyageur.convert(
              arguments.image(),
              arguments.open(root.console().environment()),
              new ConvertOptions(to.target(), choice.path(), choice.format(), force),
              progress);
      long nanos = System.nanoTime() - start;
      if (conversion instanceof Conversion.Converted converted) {
        page.ifPresent(file ->
            file.write(HtmlReport.of(converted, circumstances(converted, nanos, progress))));
      }
    }
    long nanos = System.nanoTime() - start;
    root.print(
        root.json()
            ? Json.conversion(conversion, nanos)
            : ConversionText.of(conversion, nanos, root.outPaint()));
    return switch (conversion) {
      case Conversion.Converted _ -> ExitStatus.DONE.code();
      case Conversion.Refused _ -> ExitStatus.GUEST.code();
    };
  }

  private static HtmlReport.Circumstances circumstances(
      Conversion.Converted converted, long nanos, Progress progress) {
    Stream<String> host =
        HostReport.ofThisHost().items().stream()
            .flatMap(item -> item.found().map(found -> item.name() + ": " + found).stream());
    return new HtmlReport.Circumstances(
        Sha256.of(converted.planned().inspection().image(), progress),
        Sha256.of(converted.output(), progress),
        ZonedDateTime.now(ZoneId.systemDefault()),
        nanos,
        Stream.concat(Stream.of("voyageur: " + Version.NAME), host).toList());
  }
}
