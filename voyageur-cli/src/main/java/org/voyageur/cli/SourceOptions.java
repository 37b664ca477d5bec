package org.voyageur.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import org.voyageur.convert.OpenOptions;
import org.voyageur.disk.ImageFormat;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** How an image is opened. */
@SuppressWarnings("NullAway.Init") // picocli sets the fields.
class SourceOptions {
  static final class Formats implements ITypeConverter<ImageFormat> {
    @Override
    public ImageFormat convert(String value) {
      return Arrays.stream(ImageFormat.values())
          .filter(format -> format.label().equalsIgnoreCase(value))
          .findFirst()
          .orElseThrow(() ->
              new TypeConversionException(
                  "'" + value + "' is none of " + String.join(", ", new FormatNames())));
    }
  }

  static final class FormatNames extends java.util.ArrayList<String> {
    private static final long serialVersionUID = 1L;

    FormatNames() {
      super(Arrays.stream(ImageFormat.values()).map(ImageFormat::label).toList());
    }
  }

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--source-format",
      paramLabel = "FORMAT",
      converter = Formats.class,
      completionCandidates = FormatNames.class,
      description =
          "The image's format, where its first bytes shall not decide: ${COMPLETION-CANDIDATES}.")
  private Optional<ImageFormat> sourceFormat;

  @Option(
      names = "--scratch",
      paramLabel = "DIR",
      description = "Where temporary files go. TMPDIR, else the system's own directory.")
  private Optional<Path> scratch;

  OpenOptions open(Map<String, String> environment) {
    Path directory =
        scratch
            .or(() ->
                Optional.ofNullable(environment.get("TMPDIR"))
                    .filter(name -> !name.isEmpty())
                    .map(this::temporary))
            .orElse(OpenOptions.defaults().scratch());
    if (!Files.isDirectory(directory)) {
      throw new ParameterException(
          spec.commandLine(), "there is no directory " + directory + " for temporary files");
    }
    return new OpenOptions(sourceFormat, directory);
  }

  private Path temporary(String name) {
    try {
      return new FileNames().convert(name);
    } catch (TypeConversionException e) {
      throw new ParameterException(spec.commandLine(), "TMPDIR: " + e.getMessage());
    }
  }
}
