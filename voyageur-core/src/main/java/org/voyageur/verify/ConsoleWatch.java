package org.voyageur.verify;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.voyageur.verify.BootWatch.Console;

/**
 * Watches a boot through the log of its serial console alone, as a cloud shows it: no screen, no
 * machine to ask. The same lines mean the same stages and causes as in {@link GuestBoot}.
 *
 * <p>Not for several threads.
 */
public final class ConsoleWatch {
  /** Nova gives the last 100 KiB; this much in common tells where two such windows overlap. */
  private static final int OVERLAP = 512;

  /** Real boots say less than 200 KiB. */
  private static final int MOST_CONSOLE = 4 << 20;

  /** A guest that has said something within this long was still getting on. */
  private static final Duration STANDSTILL = Duration.ofSeconds(20);

  private static final int TAIL = 8;

  private final ConsoleText terminal = new ConsoleText();
  private final StringBuilder console = new StringBuilder();
  private String log = "";
  private int lineStart;
  private BootWatch watch = BootWatch.start();
  private Duration lastChange = Duration.ZERO;

  /** Before the server is switched on. */
  public ConsoleWatch() {}

  /**
   * Reads the log once more.
   *
   * @param now its newest part: the whole of it, or a window that moves on as it grows
   * @param at the time since the server was switched on
   * @return what it says since the last time, without terminal sequences
   */
  public String read(String now, Duration at) {
    String fresh = terminal.accept(now.substring(known(now)));
    log = now;
    if (!fresh.isEmpty()) {
      lastChange = at;
      if (console.length() < MOST_CONSOLE) {
        console.append(fresh);
      }
    }
    for (int end = console.indexOf("\n", lineStart);
        end >= 0;
        end = console.indexOf("\n", lineStart)) {
      watch = watch.with(Console.SERIAL, console.substring(lineStart, end), at);
      lineStart = end + 1;
    }
    if (fresh.isEmpty()) {
      // A prompt has no line end: an unfinished line counts when nothing more comes.
      watch = watch.with(Console.SERIAL, console.substring(lineStart), at);
    }
    return fresh;
  }

  /** How much of the log's start was read before. */
  private int known(String now) {
    if (now.startsWith(log)) {
      return log.length();
    }
    String end = log.substring(Math.max(0, log.length() - OVERLAP));
    int at = now.lastIndexOf(end);
    // Nothing in common: more was said meanwhile than the window holds, or the server restarted.
    return at < 0 ? 0 : at + end.length();
  }

  /** Takes note of the SSH server's answer, such as {@code SSH-2.0-OpenSSH_5.3}. */
  public void greeted(String banner, Duration at) {
    watch = watch.withSsh(banner, at);
  }

  /** Whether the console shows a login prompt. */
  public boolean showsPrompt() {
    return watch.shows(Console.SERIAL);
  }

  /** Whether the boot has come to this stage. */
  public boolean has(BootStage stage) {
    return watch.has(stage);
  }

  /** The stages that were reached, in order. */
  public List<ReachedStage> stages() {
    return watch.reachedStages();
  }

  /** All that was read, at most 5 MiB, without terminal sequences. */
  public String console() {
    return console.toString();
  }

  /** Why the boot does not go on, once that is certain at this time. */
  public Optional<BootFailure> certainFailure(Duration now) {
    return watch.certainTrouble(now);
  }

  /** Why a guest is not up whose server has stopped. */
  public BootFailure ended() {
    return likely(BootCause.ENDED);
  }

  /** Why a guest is not up whose time is up. */
  public BootFailure outOfTime(Duration now) {
    return likely(
        now.minus(lastChange).compareTo(STANDSTILL) < 0 ? BootCause.TOO_SLOW : BootCause.SILENT);
  }

  private BootFailure likely(BootCause otherwise) {
    List<String> lines = console.toString().lines().filter(line -> !line.isBlank()).toList();
    List<String> tail =
        new ArrayList<>(lines.subList(Math.max(0, lines.size() - TAIL), lines.size()));
    return watch
        .likelyTrouble()
        .orElseGet(() ->
            otherwise.failure(
                lines.isEmpty()
                    ? "its serial console is empty"
                    : "it came to " + watch.furthest().label(),
                tail));
  }
}
