package org.voyageur.cli;

import java.util.concurrent.Callable;
import org.voyageur.convert.PlannedConversion;
import org.voyageur.convert.Voyageur;
import org.voyageur.error.ExitStatus;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code voyageur plan}. */
@Command(
    name = "plan",
    description = {
      "Shows every change that convert would make, as a diff with its reason, and every obstacle."
          + " Writes nothing.",
      ""
    },
    footer = {
      "",
      "Exits with 1 if the conversion cannot be done.",
      "",
      "Examples:",
      "  voyageur plan megapipe.img.gz",
      "  voyageur plan --json megapipe.img | jq -r '.plan.changes[].path'"
    })
final class PlanCommand implements Callable<Integer> {
  private final RootCommand root;

  @Mixin private final ImageArguments arguments = new ImageArguments();
  @Mixin private final TargetOption to = new TargetOption();
  @Mixin private final DiskOptions disk = new DiskOptions();
  @Mixin private final KernelOptions kernels = new KernelOptions();
  @Mixin private final GuestOptions guest = new GuestOptions();

  PlanCommand(RootCommand root) {
    this.root = root;
  }

  @Override
  public Integer call() {
    PlannedConversion planned;
    try (Progress progress = root.progress()) {
      planned =
          Voyageur.plan(
              arguments.image(),
              arguments.open(root.console().environment()),
              to.target(),
              disk.shape(),
              guest.customisation(kernels),
              progress);
    }
    root.print(root.json() ? Json.plan(planned) : PlanText.of(planned, root.outPaint()));
    return (planned.plan().feasible() ? ExitStatus.DONE : ExitStatus.GUEST).code();
  }
}
