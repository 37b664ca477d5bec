package org.voyageur.cli;

import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.voyageur.convert.Conversion;
import org.voyageur.convert.ConvertOptions;
import org.voyageur.convert.Voyageur;
import org.voyageur.disk.OutputFormat;
import org.voyageur.error.ExitStatus;
import org.voyageur.plan.Target;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "convert",
    mixinStandardHelpOptions = true,
    description = {
      "Writes a new image that boots, by exactly the changes that 'plan' shows.",
      "The result is checked before it gets its name; the source is only read."
    },
    footer = {
      "",
      "Examples:",
      "  voyageur convert megapipe.img.gz              writes megapipe-kvm.qcow2 beside it",
      "  voyageur convert megapipe.img -o new.raw      a sparse raw image"
    })
@SuppressWarnings("NullAway.Init") // picocli sets the fields.
final class ConvertCommand implements Callable<Integer>, WithCommonOptions {
  @Mixin private ImageOptions image;
  @Mixin private CommonOptions common;
  @Spec private CommandSpec spec;

  @Option(
      names = "--to",
      paramLabel = "TARGET",
      defaultValue = "KVM",
      description = "What the result is to boot on: kvm (default).")
  private Target target;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "OUT",
      description = "The result (default: NAME-kvm.qcow2 or NAME-kvm.raw beside the source).")
  private @Nullable Path output;

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      description = "raw or qcow2 (default: by OUT's ending, else qcow2).")
  private @Nullable OutputFormat format;

  @Option(names = "--force", description = "Replace the result if there is one already.")
  private boolean force;

  @Override
  public CommonOptions common() {
    return common;
  }

  @Override
  public Integer call() {
    OutputFormat outputFormat = outputFormat();
    Path result = output != null ? output : DefaultOutput.beside(image.image, target, outputFormat);
    Conversion conversion =
        Voyageur.convert(
            image.image,
            image.open(),
            new ConvertOptions(target, result, outputFormat, force),
            common.listener());
    spec.commandLine()
        .getOut()
        .print(common.json ? Json.conversion(conversion) + "\n" : ConversionText.of(conversion));
    spec.commandLine().getOut().flush();
    return switch (conversion) {
      case Conversion.Converted _ -> ExitStatus.DONE.code();
      case Conversion.Refused _ -> ExitStatus.GUEST.code();
    };
  }

  private OutputFormat outputFormat() {
    if (format != null) {
      return format;
    }
    String name = output == null ? "" : output.toString().toLowerCase(Locale.ROOT);
    return name.endsWith(".raw") || name.endsWith(".img") ? OutputFormat.RAW : OutputFormat.QCOW2;
  }
}
