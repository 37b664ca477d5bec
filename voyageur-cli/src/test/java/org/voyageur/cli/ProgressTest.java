package org.voyageur.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.voyageur.cli.Progress.Style;
import org.voyageur.progress.ProgressEvent.Advanced;
import org.voyageur.progress.ProgressEvent.Finished;
import org.voyageur.progress.ProgressEvent.Started;
import org.voyageur.progress.ProgressEvent.Step;
import tools.jackson.databind.json.JsonMapper;

class ProgressTest {
  private static final long MIB = 1 << 20;

  private final StringWriter err = new StringWriter();
  private double seconds;

  private Progress progress(Style style) {
    return new Progress(new PrintWriter(err), style, false, () -> (long) (seconds * 1e9));
  }

  /** A copy of 100 MiB that takes 20 s, looked at every second. */
  private void slowCopy(Progress progress) {
    progress.on(new Started(Step.COPY, "Writing"));
    for (int second = 1; second < 20; second++) {
      seconds = second;
      progress.on(new Advanced(Step.COPY, second * 5L * MIB, 100L * MIB));
      progress.tick();
    }
    seconds = 20;
    progress.on(new Finished(Step.COPY, "Written"));
  }

  @Test
  void drawsOneLineOfATerminalWithRateAndTimeLeftAndErasesIt() {
    slowCopy(progress(Style.LINE));
    assertThat(err.toString())
        .contains("\r\u001b[KWriting  [#####               ]  25%  5.0 MiB/s  15.0 s left")
        .endsWith("\r\u001b[KWriting: Written (20.0 s)\n");
    assertThat(err.toString()).containsOnlyOnce("\n");
  }

  @Test
  void writesALineEveryFewSecondsWhereThereIsNoTerminal() {
    slowCopy(progress(Style.PLAIN));
    assertThat(err.toString())
        .isEqualTo(
            """
            Writing   25%  5.0 MiB/s  15.0 s left
            Writing   50%  5.0 MiB/s  10.0 s left
            Writing   75%  5.0 MiB/s  5.0 s left
            Writing: Written (20.0 s)
            """);
  }

  @Test
  void writesEventsAsLinesOfJson() {
    slowCopy(progress(Style.JSON));
    assertThat(err.toString().lines())
        .hasSize(21)
        .allSatisfy(line -> assertThat(JsonMapper.shared().readTree(line).has("event")).isTrue())
        .first()
        .isEqualTo("{\"event\":\"started\",\"step\":\"copy\",\"text\":\"Writing\"}");
  }

  @Test
  void leavesNoTraceOfAQuickStep() {
    try (Progress progress = progress(Style.LINE)) {
      progress.on(new Started(Step.CHECK, "Checking"));
      seconds = 0.9;
      progress.tick();
      progress.on(new Finished(Step.CHECK, "Sound"));
    }
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void saysHowLongItHasTakenWhereTheEndIsNotKnown() {
    try (Progress progress = progress(Style.LINE)) {
      progress.on(new Started(Step.OPEN, "Inflating"));
      seconds = 3;
      progress.on(new Advanced(Step.OPEN, 5 * MIB, -1));
      progress.tick();
    }
    assertThat(err.toString()).isEqualTo("\r\u001b[KInflating  3.0 s\r\u001b[K");
  }
}
