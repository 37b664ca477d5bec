package org.voyageur.cli;

import java.util.concurrent.Callable;
import org.voyageur.convert.PlannedConversion;
import org.voyageur.convert.Voyageur;
import org.voyageur.error.ExitStatus;
import org.voyageur.plan.Target;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "plan",
    mixinStandardHelpOptions = true,
    description = {
      "Shows every change that a conversion would make, as a diff with its reason.",
      "Writes nothing. Exits with 1 if something stands in the way."
    },
    footer = {"", "Example: voyageur plan megapipe.img.gz"})
@SuppressWarnings("NullAway.Init") // picocli sets the fields.
final class PlanCommand implements Callable<Integer>, WithCommonOptions {
  @Mixin private ImageOptions image;
  @Mixin private CommonOptions common;
  @Spec private CommandSpec spec;

  @Option(
      names = "--to",
      paramLabel = "TARGET",
      defaultValue = "KVM",
      description = "What the result is to boot on: kvm (default).")
  private Target target;

  @Override
  public CommonOptions common() {
    return common;
  }

  @Override
  public Integer call() {
    PlannedConversion planned = Voyageur.plan(image.image, image.open(), target, common.listener());
    spec.commandLine()
        .getOut()
        .print(common.json ? Json.plan(planned) + "\n" : PlanText.of(planned));
    spec.commandLine().getOut().flush();
    return (planned.plan().feasible() ? ExitStatus.DONE : ExitStatus.GUEST).code();
  }
}
