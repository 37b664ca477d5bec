package org.voyageur.cli;

import java.io.PrintWriter;
import java.util.Locale;
import java.util.Objects;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.voyageur.progress.ProgressEvent;
import org.voyageur.progress.ProgressEvent.Advanced;
import org.voyageur.progress.ProgressEvent.Finished;
import org.voyageur.progress.ProgressEvent.Noted;
import org.voyageur.progress.ProgressEvent.Started;
import org.voyageur.progress.ProgressListener;

/**
 * Shows on standard error how far an operation is. Steps that last less than a second leave no
 * trace. Events only note where the operation is; a thread draws that at its own pace, so a slow
 * terminal never holds the operation up.
 */
final class Progress implements ProgressListener, AutoCloseable {
  /** The values of {@code --progress}. */
  enum Mode {
    AUTO,
    PLAIN,
    JSON,
    NONE;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** How it is shown: {@code LINE} draws one line of a terminal over and over. */
  enum Style {
    LINE,
    PLAIN,
    JSON,
    NONE
  }

  private static final long SECOND = 1_000_000_000L;
  private static final long QUICK = SECOND;
  private static final int BAR = 20;
  private static final String ERASE_LINE = "\r\u001b[K";

  private final PrintWriter err;
  private final Style style;
  private final boolean everyStep;
  private final LongSupplier clock;

  private @Nullable Started step;
  private @Nullable Advanced latest;
  private long stepStart;
  private long lastShown;
  private boolean drawn;

  Progress(PrintWriter err, Style style, boolean everyStep, LongSupplier clock) {
    this.err = err;
    this.style = style;
    this.everyStep = everyStep;
    this.clock = clock;
  }

  /** For this console; drawn until it is closed. */
  static Progress start(Console console, Mode mode, boolean everyStep) {
    Style style =
        switch (mode) {
          case NONE -> Style.NONE;
          case PLAIN -> Style.PLAIN;
          case JSON -> Style.JSON;
          case AUTO ->
              console.errIsTerminal()
                      && !console.environment().getOrDefault("TERM", "dumb").equals("dumb")
                  ? Style.LINE
                  : Style.PLAIN;
        };
    Progress progress = new Progress(console.err(), style, everyStep, System::nanoTime);
    if (style != Style.NONE) {
      Thread.ofPlatform().daemon().name("progress").start(progress::drawUntilClosed);
    }
    return progress;
  }

  private volatile boolean closed;

  private void drawUntilClosed() {
    try {
      while (!closed) {
        Thread.sleep(style == Style.LINE ? 100 : 1000);
        tick();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public synchronized void on(ProgressEvent event) {
    switch (event) {
      case Started started -> {
        step = started;
        latest = null;
        stepStart = clock.getAsLong();
        lastShown = stepStart;
      }
      case Advanced advanced -> latest = advanced;
      case Finished finished -> finish(finished);
      case Noted noted when style != Style.JSON -> {
        erase();
        err.println("voyageur: " + Printable.line(noted.text()));
        err.flush();
      }
      case Noted _ -> {}
    }
    if (style == Style.JSON && !(event instanceof Advanced)) {
      println(Json.progress(event));
    }
  }

  private void finish(Finished finished) {
    erase();
    long took = clock.getAsLong() - stepStart;
    if (step != null && (everyStep || took >= QUICK) && style != Style.JSON) {
      println(
          Printable.line(step.text())
              + ": "
              + Printable.line(finished.text())
              + " ("
              + Quantity.time(took)
              + ")");
    }
    step = null;
    latest = null;
  }

  /** Shows where the operation is now, if it is time to. */
  synchronized void tick() {
    long now = clock.getAsLong();
    if (closed || step == null || now - stepStart < QUICK) {
      return;
    }
    switch (style) {
      case LINE -> {
        err.print(ERASE_LINE + line(now));
        err.flush();
        drawn = true;
      }
      case PLAIN -> {
        // Often enough to see that it goes on, seldom enough for a log.
        if (latest != null && now - lastShown >= 5 * SECOND) {
          println(line(now));
          lastShown = now;
        }
      }
      case JSON -> {
        if (latest != null && now - lastShown >= SECOND) {
          println(Json.progress(latest));
          lastShown = now;
        }
      }
      case NONE -> {}
    }
  }

  private String line(long now) {
    String text = Printable.line(Objects.requireNonNull(step).text());
    long nanos = now - stepStart;
    if (latest == null || latest.total() <= 0) {
      return text + "  " + Quantity.time(nanos);
    }
    double part = Math.clamp((double) latest.done() / latest.total(), 0, 1);
    double rate = latest.done() / (nanos / 1e9);
    String figures =
        String.format(Locale.ROOT, "%3d%%  %s/s", (int) (100 * part), Quantity.bytes((long) rate));
    if (part > 0) {
      figures += "  " + Quantity.time((long) (nanos / part - nanos)) + " left";
    }
    return text + "  " + (style == Style.LINE ? bar(part) : "") + figures;
  }

  private static String bar(double part) {
    int full = (int) (BAR * part);
    return "[" + "#".repeat(full) + " ".repeat(BAR - full) + "] ";
  }

  private void println(String line) {
    if (style != Style.NONE) {
      err.println(line);
      err.flush();
    }
  }

  private void erase() {
    if (drawn) {
      err.print(ERASE_LINE);
      err.flush();
      drawn = false;
    }
  }

  @Override
  public synchronized void close() {
    erase();
    closed = true;
  }
}
