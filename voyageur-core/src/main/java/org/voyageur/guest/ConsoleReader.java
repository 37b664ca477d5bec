package org.voyageur.guest;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.voyageur.guest.OperatingSystem.InitSystem;

/** Finds the terminals on which a guest shows a login prompt. */
final class ConsoleReader {
  private static final Pattern GETTY = Pattern.compile("(?:^|[/\\s])(?:min|a|m)?getty\\b(.*)");

  /** What a getty's arguments name as its terminal. */
  private static final Pattern TERMINAL =
      Pattern.compile("(?:^|\\s)(?:/dev/)?((?:tty|hvc|xvc|console)\\w*)");

  private static final Pattern EL6_CONSOLES =
      Pattern.compile("^ACTIVE_CONSOLES=\"?/dev/tty\\[(\\d)-(\\d)]", Pattern.MULTILINE);

  private static final Pattern UNIT = Pattern.compile("getty@(\\w+)\\.service$");

  private ConsoleReader() {}

  static Consoles read(GuestFiles files, InitSystem init) {
    Set<String> gettys = new LinkedHashSet<>();
    switch (init) {
      case SYSV, UNKNOWN -> fromInittab(files, gettys);
      case UPSTART -> fromUpstart(files, gettys);
      case SYSTEMD -> {
        gettys.add("tty1"); // By logind, on demand and always for the first.
        for (GuestFile link : files.in("/etc/systemd/system/getty.target.wants", ".service")) {
          Matcher unit = UNIT.matcher(link.path());
          if (unit.find()) {
            gettys.add(unit.group(1));
          }
        }
      }
    }
    List<String> securetty =
        files
            .get("/etc/securetty")
            .map(GuestFile::text)
            .orElse("")
            .lines()
            .map(String::strip)
            .filter(line -> !line.isEmpty() && !line.startsWith("#"))
            .toList();
    return new Consoles(List.copyOf(gettys), securetty);
  }

  /** id:runlevels:action:process, inittab(5). */
  private static void fromInittab(GuestFiles files, Set<String> gettys) {
    for (String line : files.get("/etc/inittab").map(GuestFile::text).orElse("").lines().toList()) {
      String[] fields = line.strip().split(":", 4);
      if (fields.length == 4 && !fields[0].startsWith("#") && fields[2].equals("respawn")) {
        terminal(fields[3]).ifPresent(gettys::add);
      }
    }
  }

  private static void fromUpstart(GuestFiles files, Set<String> gettys) {
    for (GuestFile job : files.in("/etc/init", ".conf")) {
      boolean started =
          job.text().lines().map(String::strip).anyMatch(line -> line.startsWith("start on"));
      if (started) {
        job.text()
            .lines()
            .map(String::strip)
            .filter(line -> line.startsWith("exec "))
            .forEach(line -> terminal(line).ifPresent(gettys::add));
      }
    }
    if (files.has("/etc/init/start-ttys.conf")) {
      Matcher range =
          EL6_CONSOLES.matcher(files.get("/etc/sysconfig/init").map(GuestFile::text).orElse(""));
      if (range.find()) {
        for (int i = Integer.parseInt(range.group(1)); i <= Integer.parseInt(range.group(2)); i++) {
          gettys.add("tty" + i);
        }
      }
    }
  }

  private static Optional<String> terminal(String command) {
    List<String> found = new ArrayList<>();
    Matcher getty = GETTY.matcher(command);
    if (getty.find()) {
      Matcher terminal = TERMINAL.matcher(getty.group(1));
      while (terminal.find()) {
        found.add(terminal.group(1));
      }
    }
    return found.stream().findFirst();
  }
}
