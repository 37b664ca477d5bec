package org.voyageur.cli;

import java.io.PrintStream;
import java.util.Locale;
import org.voyageur.progress.ProgressEvent;
import org.voyageur.progress.ProgressListener;

/**
 * Shows progress on anything that takes over a second: a line that is drawn over on a terminal, a
 * line every few seconds elsewhere.
 */
final class ProgressRenderer implements ProgressListener {
  private static final long SECOND = 1_000_000_000L;
  private static final long TERMINAL_INTERVAL = SECOND / 10;
  private static final long PLAIN_INTERVAL = 5 * SECOND;
  private static final int BAR = 24;

  private final PrintStream out;
  private final boolean terminal;
  private long started;
  private long shown;
  private boolean drawn;
  private String text = "";

  ProgressRenderer(PrintStream out, boolean terminal) {
    this.out = out;
    this.terminal = terminal;
  }

  @Override
  public void on(ProgressEvent event) {
    switch (event) {
      case ProgressEvent.Started start -> {
        started = System.nanoTime();
        shown = started;
        text = start.text();
      }
      case ProgressEvent.Advanced advanced -> advance(advanced);
      case ProgressEvent.Finished _ -> erase();
    }
  }

  private void advance(ProgressEvent.Advanced advanced) {
    long now = System.nanoTime();
    long interval = terminal ? TERMINAL_INTERVAL : PLAIN_INTERVAL;
    if (now - started < SECOND || now - shown < interval || advanced.total() <= 0) {
      return;
    }
    shown = now;
    double seconds = (now - started) / (double) SECOND;
    double part = advanced.done() / (double) advanced.total();
    long left = part > 0 ? Math.round(seconds / part - seconds) : 0;
    String figures =
        String.format(
            Locale.ROOT,
            "%3d%%  %s/s  %d s left",
            Math.round(100 * part),
            Printable.size(Math.round(advanced.done() / seconds)),
            left);
    if (terminal) {
      int full = (int) Math.round(BAR * part);
      String bar = "#".repeat(full) + ".".repeat(BAR - full);
      out.print("\r\033[K" + text + "  [" + bar + "] " + figures);
      drawn = true;
    } else {
      out.println(text + ": " + figures.strip());
    }
    out.flush();
  }

  private void erase() {
    if (drawn) {
      out.print("\r\033[K");
      out.flush();
      drawn = false;
    }
  }
}
