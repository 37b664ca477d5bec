package org.voyageur.cli;

import java.util.concurrent.Callable;
import org.voyageur.convert.Voyageur;
import org.voyageur.error.ExitStatus;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code voyageur undo}. */
@Command(
    name = "undo",
    description = {
      "Puts an image back as it was before 'convert --in-place', to the byte, as long as nothing has"
          + " written to what the conversion changed. What is needed for that lies beside the image,"
          + " in IMAGE.voyageur-undo; delete that file if you never want to go back.",
      ""
    })
final class UndoCommand implements Callable<Integer> {
  private final RootCommand root;

  @Mixin private final ImageArguments arguments = new ImageArguments();

  UndoCommand(RootCommand root) {
    this.root = root;
  }

  @Override
  public Integer call() {
    try (Progress progress = root.progress()) {
      Voyageur.undo(arguments.image(), arguments.open(root.console().environment()), progress);
    }
    root.print(
        root.json()
            ? Json.document("undone", true)
            : "Everything that the conversion changed is as it was before");
    return ExitStatus.DONE.code();
  }
}
