package org.voyageur.cli;

import java.util.concurrent.Callable;
import org.voyageur.convert.Inspection;
import org.voyageur.convert.Voyageur;
import org.voyageur.error.ExitStatus;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code voyageur inspect}. */
@Command(
    name = "inspect",
    description = {
      "Says what an image is, what is in it, and what stands in the way of its conversion.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  voyageur inspect megapipe.img.gz",
      "  voyageur inspect --json megapipe.img | jq '.inspection.findings[]'"
    })
final class InspectCommand implements Callable<Integer> {
  private final RootCommand root;

  @Mixin private final ImageArguments arguments = new ImageArguments();

  InspectCommand(RootCommand root) {
    this.root = root;
  }

  @Override
  public Integer call() {
    Inspection inspection;
    try (Progress progress = root.progress()) {
      inspection =
          Voyageur.inspect(
              arguments.image(), arguments.open(root.console().environment()), progress);
    }
    root.print(
        root.json() ? Json.inspection(inspection) : InspectionText.of(inspection, root.outPaint()));
    return ExitStatus.DONE.code();
  }
}
