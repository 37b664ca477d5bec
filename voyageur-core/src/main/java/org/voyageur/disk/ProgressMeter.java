package org.voyageur.disk;

import org.voyageur.progress.ProgressEvent;
import org.voyageur.progress.ProgressEvent.Step;
import org.voyageur.progress.ProgressListener;

/** Passes on how far a step is, but not more than about ten times a second. */
final class ProgressMeter {
  private static final long INTERVAL_NANOS = 100_000_000;

  private final ProgressListener listener;
  private final Step step;
  private final long total;
  private long last = System.nanoTime();

  ProgressMeter(ProgressListener listener, Step step, long total) {
    this.listener = listener;
    this.step = step;
    this.total = total;
  }

  /** Tells that {@code done} bytes are done; always if they are all. */
  void done(long done) {
    long now = System.nanoTime();
    if (done >= total || now - last >= INTERVAL_NANOS) {
      last = now;
      listener.on(new ProgressEvent.Advanced(step, Math.min(done, total), total));
    }
  }
}
