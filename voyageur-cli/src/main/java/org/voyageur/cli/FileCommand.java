package org.voyageur.cli;

import java.util.concurrent.Callable;
import org.voyageur.error.ExitStatus;
import org.voyageur.files.ImageFiles;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code voyageur ls} and its like: one operation on one image. */
@Command
final class FileCommand implements Callable<Integer> {
  private final RootCommand root;

  @Mixin private final ImageArguments arguments = new ImageArguments();
  @Mixin private final FileOperation operation;

  FileCommand(RootCommand root, FileOperation operation) {
    this.root = root;
    this.operation = operation;
  }

  @Override
  public Integer call() {
    FileResults results = new FileResults(root);
    run(root, arguments, operation, results);
    if (root.json()) {
      root.print(Json.document(results.members()));
    }
    return ExitStatus.DONE.code();
  }

  static void run(
      RootCommand root, ImageArguments arguments, FileOperation operation, FileResults results) {
    var options = arguments.open(root.console().environment());
    try (Progress progress = root.progress()) {
      if (operation.changes()) {
        results.changed(
            ImageFiles.change(
                arguments.image(),
                options,
                progress,
                filesystem -> {
                  operation.run(filesystem, results);
                  return results;
                }));
      } else {
        ImageFiles.read(
            arguments.image(),
            options,
            progress,
            filesystem -> {
              operation.run(filesystem, results);
              return results;
            });
      }
    }
    results.flush();
  }
}
