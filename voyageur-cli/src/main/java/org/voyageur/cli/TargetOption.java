package org.voyageur.cli;

import org.voyageur.plan.Target;
import picocli.CommandLine.Option;

/** What the result is to boot on. */
@SuppressWarnings("NullAway.Init") // picocli sets the field.
final class TargetOption {
  @Option(
      names = "--to",
      paramLabel = "TARGET",
      defaultValue = "kvm",
      description = "What the result boots on: kvm (${DEFAULT-VALUE}).")
  private Target target;

  Target target() {
    return target;
  }
}
