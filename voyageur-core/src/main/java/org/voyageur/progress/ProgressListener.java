package org.voyageur.progress;

/**
 * Receives what a long operation reports; called on the operation's thread, so it must be quick.
 */
@FunctionalInterface
public interface ProgressListener {
  /** Told of one event. */
  void on(ProgressEvent event);

  /** A listener that ignores everything. */
  static ProgressListener none() {
    return event -> {};
  }
}
