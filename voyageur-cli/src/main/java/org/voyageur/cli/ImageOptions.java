package org.voyageur.cli;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.voyageur.convert.OpenOptions;
import org.voyageur.disk.ImageFormat;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;

/** Which image, and how to open it. */
@SuppressWarnings("NullAway.Init") // picocli sets the fields.
final class ImageOptions {
  @Parameters(
      paramLabel = "IMAGE",
      description = "The disk image: raw, raw.gz, qcow2, vmdk, vhd, vhdx or vdi. It is only read.")
  Path image;

  @Option(
      names = "--source-format",
      paramLabel = "FORMAT",
      converter = FormatConverter.class,
      description = "Its format, if it is not to be told by its first bytes.")
  @Nullable ImageFormat sourceFormat;

  @Option(
      names = "--scratch",
      paramLabel = "DIR",
      description = "Where temporary files go (default: the system's temporary directory).")
  @Nullable Path scratch;

  OpenOptions open() {
    return new OpenOptions(
        Optional.ofNullable(sourceFormat),
        scratch == null ? OpenOptions.defaults().scratch() : scratch);
  }

  /** Formats by the names that they have everywhere else. */
  static final class FormatConverter implements ITypeConverter<ImageFormat> {
    @Override
    public ImageFormat convert(String value) {
      return Arrays.stream(ImageFormat.values())
          .filter(format -> format.label().equals(value.toLowerCase(Locale.ROOT)))
          .findFirst()
          .orElseThrow(() ->
              new TypeConversionException(
                  "'" + value + "' is none of raw, raw.gz, qcow2, vmdk, vhd, vhdx, vdi"));
    }
  }
}
