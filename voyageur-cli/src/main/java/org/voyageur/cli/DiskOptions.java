package org.voyageur.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import org.voyageur.plan.DiskShape;
import org.voyageur.plan.DiskShape.Layout;
import org.voyageur.plan.Growth;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** What the result's disk looks like. */
@SuppressWarnings("NullAway.Init") // picocli sets the fields.
final class DiskOptions {
  static final class Layouts implements ITypeConverter<Layout> {
    @Override
    public Layout convert(String value) {
      return Arrays.stream(Layout.values())
          .filter(layout -> layout.name().equalsIgnoreCase(value))
          .findFirst()
          .orElseThrow(() ->
              new TypeConversionException(
                  "'" + value + "' is none of " + String.join(", ", new LayoutNames())));
    }
  }

  static final class LayoutNames extends ArrayList<String> {
    private static final long serialVersionUID = 1L;

    LayoutNames() {
      super(Arrays.stream(Layout.values()).map(l -> l.name().toLowerCase(Locale.ROOT)).toList());
    }
  }

  static final class Growths implements ITypeConverter<Growth> {
    @Override
    public Growth convert(String value) {
      return Growth.parse(value)
          .orElseThrow(
              () -> new TypeConversionException("'" + value + "' is no size such as 20G or +5G"));
    }
  }

  @Option(
      names = "--layout",
      paramLabel = "LAYOUT",
      defaultValue = "keep",
      converter = DiskOptions.Layouts.class,
      completionCandidates = DiskOptions.LayoutNames.class,
      description =
          "Where the filesystem is to be: ${COMPLETION-CANDIDATES}; partition is the only one of a"
              + " master boot record. ${DEFAULT-VALUE} without it.")
  private Layout layout;

  @Option(
      names = "--grow",
      paramLabel = "SIZE",
      converter = DiskOptions.Growths.class,
      description =
          "Make the disk of this size, such as 20G, or so much larger, such as +5G, and the"
              + " partition and the filesystem with it.")
  private Optional<Growth> growth;

  DiskShape shape() {
    return new DiskShape(layout, growth);
  }
}
