package org.voyageur.guest;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.voyageur.guest.OperatingSystem.InitSystem;

/** Finds the terminals on which a guest shows a login prompt. */
final class ConsoleReader {
  private static final Pattern GETTY = Pattern.compile("(?:^|[/\\s])(?:min|a|m)?getty\\b(.*)");

  /** What a getty's arguments name as its terminal. */
  private static final Pattern TERMINAL =
      Pattern.compile("(?:^|\\s)(?:/dev/)?((?:tty|hvc|xvc|console)\\w*)");

  private static final Pattern EL6_CONSOLES = Pattern.compile("(?m)^ACTIVE_CONSOLES=(.*)$");
  private static final Pattern EL6_CONSOLE =
      Pattern.compile("/dev/(?:tty\\[(\\d)-(\\d)]|((?:tty|hvc|xvc)\\d))");

  private static final Pattern DEFAULT_RUNLEVEL =
      Pattern.compile("(?m)^[^#:\\n]*:([0-9sS]):initdefault:");

  private static final Pattern UNIT = Pattern.compile("getty@(\\w+)\\.service$");

  /** Consoles other than the screen, which boot scripts start a getty on by themselves. */
  private static final Pattern LINE_CONSOLE =
      Pattern.compile("(?:^|\\s)console=((?:hvc|xvc|ttyS)\\d+)");

  private ConsoleReader() {}

  /**
   * The terminals by the files of an init system.
   *
   * @param arguments the kernel's, as the guest was started so far
   */
  static Consoles read(GuestFiles files, InitSystem init, String arguments) {
    Set<String> gettys = new LinkedHashSet<>();
    switch (init) {
      case SYSV, UNKNOWN -> fromInittab(files, gettys);
      case UPSTART -> fromUpstart(files, arguments, gettys);
      case SYSTEMD -> fromSystemd(files, arguments, gettys);
    }
    List<String> securetty =
        text(files, "/etc/securetty")
            .lines()
            .map(String::strip)
            .filter(line -> !line.isEmpty() && !line.startsWith("#"))
            .toList();
    return new Consoles(List.copyOf(gettys), securetty);
  }

  private static String text(GuestFiles files, String path) {
    return files.get(path).map(GuestFile::text).orElse("");
  }

  /** id:runlevels:action:process, inittab(5); a line without runlevels is for all of them. */
  private static void fromInittab(GuestFiles files, Set<String> gettys) {
    String inittab = text(files, "/etc/inittab");
    Matcher initdefault = DEFAULT_RUNLEVEL.matcher(inittab);
    String runlevel = initdefault.find() ? initdefault.group(1) : "";
    for (String line : inittab.lines().toList()) {
      String[] fields = line.strip().split(":", 4);
      if (fields.length == 4
          && !fields[0].startsWith("#")
          && (fields[1].isEmpty() || fields[1].contains(runlevel))
          && fields[2].equals("respawn")) {
        terminal(fields[3]).ifPresent(gettys::add);
      }
    }
  }

  private static void fromUpstart(GuestFiles files, String arguments, Set<String> gettys) {
    for (GuestFile job : files.in("/etc/init", ".conf")) {
      String override = text(files, job.path().replaceFirst("\\.conf$", ".override"));
      boolean started =
          job.text().lines().map(String::strip).anyMatch(line -> line.startsWith("start on"))
              && override.lines().noneMatch(line -> line.strip().equals("manual"));
      if (started) {
        job.text()
            .lines()
            .map(String::strip)
            .filter(line -> line.startsWith("exec "))
            .forEach(line -> terminal(line).ifPresent(gettys::add));
      }
    }
    if (files.has("/etc/init/start-ttys.conf")) {
      Matcher consoles = EL6_CONSOLES.matcher(text(files, "/etc/sysconfig/init"));
      if (consoles.find()) {
        EL6_CONSOLE.matcher(consoles.group(1)).results().forEach(found -> el6(found, gettys));
      }
    }
    // el6: udev's console_check starts it for the last console= alone.
    if (files.has("/etc/init/serial.conf")) {
      LINE_CONSOLE
          .matcher(arguments.substring(Math.max(0, arguments.lastIndexOf("console="))))
          .results()
          .forEach(console -> gettys.add(console.group(1)));
    }
  }

  /** A range of terminals, or one. */
  private static void el6(MatchResult found, Set<String> gettys) {
    if (found.group(3) != null) {
      gettys.add(found.group(3));
      return;
    }
    for (int i = Integer.parseInt(found.group(1)); i <= Integer.parseInt(found.group(2)); i++) {
      gettys.add("tty" + i);
    }
  }

  /** By what is enabled, and by systemd-getty-generator(8), which looks at console=. */
  private static void fromSystemd(GuestFiles files, String arguments, Set<String> gettys) {
    gettys.add("tty1"); // By logind, on demand and always for the first.
    for (String target : List.of("getty", "multi-user")) {
      for (GuestFile link : files.in("/etc/systemd/system/" + target + ".target.wants", "")) {
        Matcher unit = UNIT.matcher(link.path());
        if (unit.find()) {
          gettys.add(unit.group(1));
        }
      }
    }
    LINE_CONSOLE.matcher(arguments).results().forEach(console -> gettys.add(console.group(1)));
  }

  /** The first word of a getty's arguments that is a terminal's name. */
  private static Optional<String> terminal(String command) {
    Matcher getty = GETTY.matcher(command);
    if (!getty.find()) {
      return Optional.empty();
    }
    Matcher terminal = TERMINAL.matcher(getty.group(1));
    return terminal.find() ? Optional.of(terminal.group(1)) : Optional.empty();
  }
}
