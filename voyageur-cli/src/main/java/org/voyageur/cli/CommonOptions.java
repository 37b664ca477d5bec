package org.voyageur.cli;

import org.voyageur.progress.ProgressListener;
import picocli.CommandLine.Option;

/** Options that every command has. */
final class CommonOptions {
  enum ProgressStyle {
    AUTO,
    PLAIN,
    JSON,
    NONE
  }

  @Option(names = "--json", description = "Print one JSON document instead of text.")
  boolean json;

  @Option(
      names = "--progress",
      paramLabel = "STYLE",
      defaultValue = "AUTO",
      description = "auto, plain, json or none, on standard error (default: auto).")
  ProgressStyle progress = ProgressStyle.AUTO;

  @Option(names = "--stacktrace", description = "On a failure, show where it happened.")
  boolean stacktrace;

  /** What renders progress in the chosen style. */
  ProgressListener listener() {
    boolean terminal = System.console() != null && System.console().isTerminal();
    return switch (progress) {
      case NONE -> ProgressListener.none();
      case JSON -> event -> System.err.println(Json.progress(event));
      case PLAIN -> new ProgressRenderer(System.err, false);
      case AUTO ->
          terminal && !"dumb".equals(System.getenv("TERM"))
              ? new ProgressRenderer(System.err, true)
              : new ProgressRenderer(System.err, false);
    };
  }
}
