package org.voyageur.plan;

import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.voyageur.guest.OperatingSystem.Family;

/** The gettys of a System V inittab. Format: inittab(5), {@code id:runlevels:action:process}. */
final class Inittab {
  private static final Pattern DEFAULT_LEVEL = Pattern.compile("[^#:]*:([0-6sS]):initdefault:.*");

  /** A getty, commented out or not: the mark, id, runlevels, command, and its terminal. */
  private static final Pattern GETTY =
      Pattern.compile(
          "(#\\s*)?([^#:\\s]{1,4}):([0-9sSaAbBcC]*):respawn:(\\S*getty\\b.*?\\b(tty\\d|ttyS0|[xh]vc0)\\b.*)");

  /** What sysvinit takes of a process; it ignores a line with a longer one. */
  private static final int LONGEST_PROCESS = 127;

  private Inittab() {}

  /**
   * Gettys on tty1 and ttyS0 beside those on Xen's consoles, which wait where they have none.
   *
   * @param hvc0 whether there is to be one on that console of Xen's in any case
   */
  static String withConsoles(String text, Family family, boolean hvc0) {
    TextFile inittab = TextFile.of(text);
    String level =
        inittab.lines().stream()
            .map(line -> DEFAULT_LEVEL.matcher(line.text()))
            .filter(Matcher::matches)
            .map(line -> line.group(1))
            .findFirst()
            .orElse("");
    if (hvc0 && !isActive(inittab, "hvc0", level)) {
      inittab =
          withGetty(
              inittab,
              List.of("h0", "hv", "vh0"),
              family == Family.DEBIAN
                  ? "/sbin/getty 38400 hvc0"
                  : "/sbin/agetty hvc0 9600 vt100-nav");
    }
    inittab = inittab.map(line -> isXen(line) ? guarded(line, "[ -c /dev/%s ] &&") : line);
    if (!isActive(inittab, "tty1", level)) {
      // anaconda comments the virtual terminals out when it installs in a Xen guest.
      inittab = inittab.map(Inittab::virtualTerminal);
    }
    if (!isActive(inittab, "tty1", level)) {
      inittab =
          withGetty(
              inittab,
              List.of("1", "v1", "V1"),
              family == Family.DEBIAN ? "/sbin/getty 38400 tty1" : "/sbin/mingetty tty1");
    }
    if (!isActive(inittab, "ttyS0", level)) {
      inittab =
          withGetty(
              inittab,
              List.of("S0", "s0", "vS0"),
              family == Family.DEBIAN
                  ? "/sbin/getty -L ttyS0 115200 vt100"
                  : "/sbin/agetty ttyS0 115200 vt100-nav");
    }
    return inittab
        .map(line ->
            getty(line)
                    .filter(getty -> getty.group(1) == null && getty.group(5).equals("ttyS0"))
                    .isPresent()
                ? guarded(line, "[ -d /proc/xen ] ||")
                : line)
        .text();
  }

  /**
   * The same getty behind a test for its console, which a kernel may lack or have without anything
   * behind it. Without one the process waits a day: init would start one that ends again and again.
   */
  private static String guarded(String line, String test) {
    Matcher getty = getty(line).orElseThrow();
    String command =
        "/bin/sh -c '%s exec %s; sleep 86400'"
            .formatted(test.formatted(getty.group(5)), getty.group(4));
    return command.length() > LONGEST_PROCESS || getty.group(4).indexOf('\'') >= 0
        ? line
        : line.substring(0, getty.start(4)) + command;
  }

  private static boolean isXen(String line) {
    return getty(line)
        .filter(getty -> getty.group(1) == null && getty.group(5).endsWith("vc0"))
        .isPresent();
  }

  private static String virtualTerminal(String line) {
    return getty(line)
        .filter(getty -> getty.group(1) != null && getty.group(5).matches("tty\\d"))
        .map(getty -> line.substring(getty.end(1)))
        .orElse(line);
  }

  private static boolean isActive(TextFile inittab, String terminal, String level) {
    return inittab.anyMatch(line ->
        getty(line.replaceFirst(":/bin/sh -c '\\[[^\\]]*] (?:&&|\\|\\|) exec ", ":"))
            .filter(getty ->
                getty.group(1) == null
                    && getty.group(5).equals(terminal)
                    && (getty.group(3).isEmpty() || getty.group(3).contains(level)))
            .isPresent());
  }

  /** With one more getty, behind the last one. */
  private static TextFile withGetty(TextFile inittab, List<String> ids, String command) {
    // init ignores a line whose id is taken.
    String id =
        ids.stream()
            .filter(free -> !inittab.anyMatch(line -> line.startsWith(free + ":")))
            .findFirst()
            .orElse("vg");
    int last = inittab.lines().size();
    for (int i = 0; i < inittab.lines().size(); i++) {
      if (getty(inittab.lines().get(i).text()).isPresent()) {
        last = i + 1;
      }
    }
    return inittab.insert(last, id + ":2345:respawn:" + command);
  }

  private static Optional<Matcher> getty(String line) {
    return Stream.of(GETTY.matcher(line)).filter(Matcher::matches).findFirst();
  }
}
