package org.voyageur.cli;

import java.util.concurrent.Callable;
import org.voyageur.convert.OpenOptions;
import org.voyageur.disk.InPlaceImage;
import org.voyageur.error.ExitStatus;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code voyageur recover}. */
@Command(
    name = "recover",
    description = {
      "Puts an image back whose change in place was cut off, by a power cut for one. Every other"
          + " command does so by itself before it does anything else; this one does nothing else.",
      ""
    })
final class RecoverCommand implements Callable<Integer> {
  private final RootCommand root;

  @Mixin private final ImageArguments arguments = new ImageArguments();

  RecoverCommand(RootCommand root) {
    this.root = root;
  }

  @Override
  public Integer call() {
    OpenOptions options = arguments.open(root.console().environment());
    boolean putBack;
    try (Progress progress = root.progress();
        InPlaceImage image =
            InPlaceImage.open(arguments.image(), options.format(), options.scratch(), progress)) {
      putBack = image.wasPutBack();
    }
    root.print(
        root.json()
            ? Json.document("putBack", putBack)
            : putBack
                ? "The image is as it was before the change"
                : "There is nothing to put back");
    return ExitStatus.DONE.code();
  }
}
