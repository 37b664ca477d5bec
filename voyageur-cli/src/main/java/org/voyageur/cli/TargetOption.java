package org.voyageur.cli;

import java.util.ArrayList;
import java.util.Arrays;
import org.voyageur.plan.Target;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** What the result is to boot on. */
@SuppressWarnings("NullAway.Init") // picocli sets the field.
final class TargetOption {
  static final class Targets implements ITypeConverter<Target> {
    @Override
    public Target convert(String value) {
      return Arrays.stream(Target.values())
          .filter(target -> target.label().equalsIgnoreCase(value))
          .findFirst()
          .orElseThrow(() ->
              new TypeConversionException(
                  "'" + value + "' is none of " + String.join(", ", new TargetNames())));
    }
  }

  static final class TargetNames extends ArrayList<String> {
    private static final long serialVersionUID = 1L;

    TargetNames() {
      super(Arrays.stream(Target.values()).map(Target::label).toList());
    }
  }

  @Option(
      names = "--to",
      paramLabel = "TARGET",
      defaultValue = "kvm",
      converter = TargetOption.Targets.class,
      completionCandidates = TargetOption.TargetNames.class,
      description =
          "What the result boots on: ${COMPLETION-CANDIDATES}; dual-boot is KVM and Xen."
              + " ${DEFAULT-VALUE} without it.")
  private Target target;

  Target target() {
    return target;
  }
}
