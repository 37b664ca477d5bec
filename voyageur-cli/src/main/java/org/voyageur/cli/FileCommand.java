package org.voyageur.cli;

import java.util.List;
import java.util.concurrent.Callable;
import org.voyageur.error.ExitStatus;
import org.voyageur.error.VoyageurException;
import org.voyageur.files.ImageFiles;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.Range;

/** {@code voyageur ls} and its like: one operation on one image. */
@Command
final class FileCommand implements Callable<Integer> {
  private final RootCommand root;

  @Mixin private final ImageArguments arguments = new ImageArguments();
  @Mixin private final FileOperation operation;

  private FileCommand(RootCommand root, FileOperation operation) {
    this.root = root;
    this.operation = operation;
  }

  /** The command for an operation: its parameters come behind the image. */
  static CommandLine of(RootCommand root, FileOperation operation) {
    CommandSpec spec = CommandSpec.forAnnotatedObject(new FileCommand(root, operation));
    for (PositionalParamSpec parameter : List.copyOf(spec.positionalParameters())) {
      if (!parameter.paramLabel().equals(ImageArguments.IMAGE)) {
        spec.remove(parameter);
        spec.addPositional(
            PositionalParamSpec.builder(parameter).index(behind(parameter.index())).build());
      }
    }
    return new CommandLine(spec);
  }

  private static Range behind(Range index) {
    String last = index.isVariable() ? "*" : Integer.toString(index.max() + 1);
    return Range.valueOf((index.min() + 1) + ".." + last);
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
    } catch (VoyageurException e) {
      throw operation.failed(e);
    }
    results.flush();
  }
}
