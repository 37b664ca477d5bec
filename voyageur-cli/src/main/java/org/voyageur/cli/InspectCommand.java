package org.voyageur.cli;

import java.util.concurrent.Callable;
import org.voyageur.convert.Inspection;
import org.voyageur.convert.Voyageur;
import org.voyageur.error.ExitStatus;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

@Command(
    name = "inspect",
    mixinStandardHelpOptions = true,
    description = "Says what an image is, what is in it, and what stands in the way.",
    footer = {"", "Example: voyageur inspect megapipe.img.gz"})
@SuppressWarnings("NullAway.Init") // picocli sets the fields.
final class InspectCommand implements Callable<Integer>, WithCommonOptions {
  @Mixin private ImageOptions image;
  @Mixin private CommonOptions common;
  @Spec private CommandSpec spec;

  @Override
  public CommonOptions common() {
    return common;
  }

  @Override
  public Integer call() {
    Inspection inspection = Voyageur.inspect(image.image, image.open(), common.listener());
    spec.commandLine()
        .getOut()
        .print(common.json ? Json.inspection(inspection) + "\n" : InspectionText.of(inspection));
    spec.commandLine().getOut().flush();
    return ExitStatus.DONE.code();
  }
}
