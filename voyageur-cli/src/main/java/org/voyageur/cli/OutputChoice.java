package org.voyageur.cli;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.voyageur.disk.OutputFormat;
import org.voyageur.plan.Target;

/** Where a result goes and in which format, from what was asked for. */
record OutputChoice(Path path, OutputFormat format) {
  private static final List<String> IMAGE_ENDINGS =
      List.of(".gz", ".img", ".raw", ".dd", ".qcow2", ".vmdk", ".vhd", ".vhdx", ".vdi");

  /**
   * Decides both: the format asked for, else the one that the output's ending names, else qcow2;
   * the output asked for, else one beside the source.
   */
  static OutputChoice of(
      Path source, Target target, Optional<Path> output, Optional<OutputFormat> format) {
    OutputFormat chosen =
        format.or(() -> output.flatMap(OutputChoice::byEnding)).orElse(OutputFormat.QCOW2);
    return new OutputChoice(output.orElseGet(() -> beside(source, target, chosen)), chosen);
  }

  private static Optional<OutputFormat> byEnding(Path output) {
    String name = output.toString().toLowerCase(Locale.ROOT);
    if (name.endsWith(".img")) {
      return Optional.of(OutputFormat.RAW);
    }
    return Arrays.stream(OutputFormat.values())
        .filter(format -> name.endsWith("." + format.label()))
        .findFirst();
  }

  private static Path beside(Path source, Target target, OutputFormat format) {
    String suffix = "-" + target.label() + "." + format.label();
    return source.resolveSibling(baseName("" + source.getFileName()) + suffix);
  }

  /** {@code megapipe} for {@code megapipe.img.gz}. */
  static String baseName(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return IMAGE_ENDINGS.stream()
        .filter(ending -> lower.endsWith(ending) && lower.length() > ending.length())
        .findFirst()
        .map(ending -> baseName(name.substring(0, name.length() - ending.length())))
        .orElse(name);
  }
}
