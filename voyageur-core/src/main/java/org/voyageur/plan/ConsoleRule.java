package org.voyageur.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.voyageur.filesystem.FileOwner;
import org.voyageur.filesystem.FileType;
import org.voyageur.guest.Guest;
import org.voyageur.guest.GuestFile;
import org.voyageur.guest.OperatingSystem.Family;

/**
 * A login prompt on the screen (tty1) and on the serial line (ttyS0); none on consoles that only
 * Xen has, or for both hypervisors, one that waits for its console to be there.
 */
final class ConsoleRule implements ConversionRule {
  private static final String SECURETTY = "/etc/securetty";
  private static final String UPSTART_JOBS = "/etc/init/";
  private static final String EL6_CONSOLES = "/etc/sysconfig/init";
  private static final String GETTY_WANTS = "/etc/systemd/system/getty.target.wants/";

  private static final String LOGIN = "A login prompt on the screen (tty1) and on the serial line";
  private static final String XEN_ONLY =
      "The console is one that only Xen has, and its getty would be started again and again";

  private static final String GUARDED =
      "Xen's console keeps its getty, and each getty waits where its console is not there";

  /** A getty's command line that names Xen's console. */
  private static final Pattern ON_XEN_CONSOLE = Pattern.compile(".*getty.*\\b[xh]vc0\\b.*");

  @Override
  public List<Change> changes(Guest guest, Target target) {
    List<Change> changes = new ArrayList<>();
    switch (guest.operatingSystem().init()) {
      case SYSV -> changes.addAll(inittab(guest, target));
      case UPSTART ->
          changes.addAll(
              guest.operatingSystem().family() == Family.RED_HAT
                  ? el6(guest, target)
                  : ubuntu(guest, target));
      case SYSTEMD -> changes.addAll(systemd(guest));
      case UNKNOWN -> {
        // Nothing is known of how it starts anything.
      }
    }
    guest.files().get(SECURETTY).ifPresent(file -> changes.addAll(securetty(file)));
    return changes;
  }

  @Override
  public List<String> notes(Guest guest, Target target) {
    return switch (guest.operatingSystem().init()) {
      case SYSV, UPSTART, SYSTEMD -> List.of();
      case UNKNOWN -> List.of("The init system is not known, so that no login prompts were set up");
    };
  }

  private static List<Change> inittab(Guest guest, Target target) {
    return guest
        .files()
        .get("/etc/inittab")
        .map(file ->
            FileChanges.edit(
                file,
                Inittab.withConsoles(file.text(), guest.operatingSystem().family(), target),
                switch (target) {
                  case KVM -> LOGIN + "; none on consoles that only Xen has";
                  case DUAL_BOOT -> LOGIN + "; " + GUARDED;
                }))
        .orElse(List.of());
  }

  /**
   * el6: start-ttys.conf starts a getty on each of ACTIVE_CONSOLES, serial.conf on the last
   * console= if that is a serial line.
   */
  private static List<Change> el6(Guest guest, Target target) {
    List<Change> changes = new ArrayList<>(xenJobs(guest, target));
    Guest remaining = Planner.after(guest, changes);
    if (remaining.files().has(UPSTART_JOBS + "start-ttys.conf")) {
      remaining
          .files()
          .get(EL6_CONSOLES)
          .ifPresent(file ->
              changes.addAll(
                  FileChanges.edit(
                      file,
                      TextFile.of(file.text())
                          .map(line ->
                              line.startsWith("ACTIVE_CONSOLES=")
                                      && !line.contains("/dev/tty1")
                                      && !line.contains("/dev/tty[1")
                                  ? "ACTIVE_CONSOLES=/dev/tty[1-6]"
                                  : line)
                          .text(),
                      LOGIN)));
    } else if (!hasJob(remaining, "tty1")) {
      changes.addAll(job(remaining, target, "tty1", "/sbin/mingetty tty1"));
    }
    if (target == Target.DUAL_BOOT && !remaining.files().has(UPSTART_JOBS + "serial.conf")) {
      for (String console : guest.consoles().gettys()) {
        if (console.matches("[xh]vc0") && !hasJob(remaining, console)) {
          changes.addAll(
              job(remaining, target, console, "/sbin/agetty " + console + " 115200 vt100-nav"));
        }
      }
    }
    if (!remaining.files().has(UPSTART_JOBS + "serial.conf") && !hasJob(remaining, "ttyS0")) {
      changes.addAll(job(remaining, target, "ttyS0", "/sbin/agetty ttyS0 115200 vt100-nav"));
    }
    return changes;
  }

  private static List<Change> ubuntu(Guest guest, Target target) {
    List<Change> changes = new ArrayList<>(xenJobs(guest, target));
    Guest remaining = Planner.after(guest, changes);
    if (!hasJob(remaining, "tty1")) {
      changes.addAll(job(remaining, target, "tty1", "/sbin/getty -8 38400 tty1"));
    }
    if (!hasJob(remaining, "ttyS0")) {
      changes.addAll(job(remaining, target, "ttyS0", "/sbin/getty -L 115200 ttyS0 vt102"));
    }
    return changes;
  }

  private static List<Change> xenJobs(Guest guest, Target target) {
    return switch (target) {
      case KVM -> withoutXenJobs(guest);
      case DUAL_BOOT -> guardedXenJobs(guest);
    };
  }

  /** Each waits for its console: upstart starts a job no more whose pre-start has failed. */
  private static List<Change> guardedXenJobs(Guest guest) {
    List<Change> changes = new ArrayList<>();
    for (GuestFile file : guest.files().in(UPSTART_JOBS, ".conf")) {
      Optional<String> console =
          TextFile.of(file.text()).lines().stream()
              .map(TextFile.Line::text)
              .filter(ConsoleRule::startsXenGetty)
              .map(line -> line.replaceFirst(".*\\b([xh]vc0)\\b.*", "$1"))
              .findFirst();
      if (console.isEmpty() || file.text().contains("pre-start")) {
        continue;
      }
      String guarded = beforeExec(file.text(), "pre-start exec test -c /dev/" + console.get());
      if (file.path().equals(UPSTART_JOBS + "tty1.conf")) {
        // Some guides for Xen have people edit this very file.
        String xen = UPSTART_JOBS + console.get() + ".conf";
        changes.add(
            new Change.EditFile(file, file.text().replaceAll("\\b[xh]vc0\\b", "tty1"), LOGIN));
        if (!guest.files().has(xen)) {
          changes.addAll(FileChanges.write(guest.files(), xen, guarded, 0644, GUARDED));
        }
      } else {
        changes.addAll(FileChanges.edit(file, guarded, GUARDED));
      }
    }
    return changes;
  }

  private static String beforeExec(String job, String line) {
    return job.replaceFirst("(?m)^(?=\\s*exec\\s)", line + "\n");
  }

  private static List<Change> withoutXenJobs(Guest guest) {
    return guest.files().in(UPSTART_JOBS, ".conf").stream()
        .filter(file -> TextFile.of(file.text()).anyMatch(ConsoleRule::startsXenGetty))
        .<Change>map(file ->
            // Some guides for Xen have people edit this very file.
            file.path().equals(UPSTART_JOBS + "tty1.conf")
                ? new Change.EditFile(
                    file, file.text().replaceAll("\\b[xh]vc0\\b", "tty1"), XEN_ONLY)
                : new Change.RemoveFile(file, XEN_ONLY))
        .toList();
  }

  private static boolean startsXenGetty(String line) {
    return line.matches("\\s*exec\\s.*") && ON_XEN_CONSOLE.matcher(line).matches();
  }

  private static boolean hasJob(Guest guest, String terminal) {
    Pattern getty = Pattern.compile("\\s*exec\\s.*getty.*\\b" + terminal + "\\b.*");
    return guest.files().in(UPSTART_JOBS, ".conf").stream()
        .map(file -> TextFile.of(file.text()))
        .anyMatch(text ->
            text.anyMatch(line -> getty.matcher(line).matches())
                && text.anyMatch(line -> line.startsWith("start on ")));
  }

  private static List<Change> job(Guest guest, Target target, String terminal, String command) {
    String text =
        """
        # %s - getty
        #
        # A login prompt on %s from the time that the system is up until it goes down.

        start on stopped rc RUNLEVEL=[2345]
        stop on runlevel [!2345]

        respawn
        exec %s
        """
            .formatted(terminal, terminal, command);
    String guard = terminal.equals("ttyS0") ? "! -d /proc/xen" : "-c /dev/" + terminal;
    return FileChanges.write(
        guest.files(),
        UPSTART_JOBS + terminal + ".conf",
        target == Target.DUAL_BOOT ? beforeExec(text, "pre-start exec test " + guard) : text,
        0644,
        LOGIN);
  }

  /**
   * The serial line's getty comes from console= alone, and Xen's where that console is, so that a
   * link is of no use to either; see systemd-getty-generator(8).
   */
  private static List<Change> systemd(Guest guest) {
    List<Change> changes = new ArrayList<>();
    for (String service : List.of("getty@hvc0", "serial-getty@hvc0", "getty@xvc0")) {
      guest
          .files()
          .get(GETTY_WANTS + service + ".service")
          .ifPresent(link -> changes.add(new Change.RemoveFile(link, XEN_ONLY)));
    }
    String link = GETTY_WANTS + "getty@tty1.service";
    if (!guest.consoles().gettys().contains("tty1") && !guest.files().has(link)) {
      String units =
          guest.operatingSystem().family() == Family.DEBIAN
              ? "/lib/systemd/system/"
              : "/usr/lib/systemd/system/";
      changes.add(
          new Change.CreateFile(
              new GuestFile(
                  link, FileType.SYMBOLIC_LINK, FileOwner.ROOT, 0777, units + "getty@.service"),
              LOGIN));
    }
    return changes;
  }

  private static List<Change> securetty(GuestFile file) {
    TextFile text = TextFile.of(file.text());
    // An empty file is a decision: root logs in nowhere.
    if (!text.anyMatch(line -> !line.isBlank() && !line.startsWith("#"))) {
      return List.of();
    }
    for (String terminal : List.of("tty1", "ttyS0")) {
      if (!text.anyMatch(line -> line.strip().equals(terminal))) {
        text = text.append(terminal);
      }
    }
    return FileChanges.edit(file, text.text(), "Root may log in on the screen and the serial line");
  }
}
