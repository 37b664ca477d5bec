package org.voyageur.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.voyageur.filesystem.FileOwner;
import org.voyageur.filesystem.FileType;
import org.voyageur.guest.Guest;
import org.voyageur.guest.GuestFile;
import org.voyageur.guest.OperatingSystem.Family;
import org.voyageur.guest.OperatingSystem.InitSystem;

/**
 * A login prompt on the screen (tty1) and on the serial line (ttyS0), beside those on Xen's
 * consoles: each waits for its console to be there, so that the guest is the same under both.
 */
final class ConsoleRule implements ConversionRule {
  private static final String SECURETTY = "/etc/securetty";
  private static final String UPSTART_JOBS = "/etc/init/";
  private static final String EL6_CONSOLES = "/etc/sysconfig/init";
  private static final String GETTY_WANTS = "/etc/systemd/system/getty.target.wants/";
  private static final String SYSTEM_WANTS = "/etc/systemd/system/multi-user.target.wants/";

  private static final String LOGIN = "A login prompt on the screen (tty1) and on the serial line";
  private static final String GUARDED =
      "Xen's console keeps its getty, and each getty waits where its console is not there";

  private static final String GENERATED =
      "systemd starts a getty on Xen's console by itself where that is, and would wait 90 seconds"
          + " for it, or start one again and again, where it is not";

  /** A getty's command line that names Xen's console. */
  private static final Pattern ON_XEN_CONSOLE = Pattern.compile(".*getty.*\\b[xh]vc0\\b.*");

  private static final Pattern XEN_SERVICE =
      Pattern.compile("/(?:serial-)?getty@[xh]vc0\\.service$");

  @Override
  public List<Change> changes(Guest guest, Target target) {
    List<Change> changes = new ArrayList<>();
    switch (guest.operatingSystem().init()) {
      case SYSV -> changes.addAll(inittab(guest, target));
      case UPSTART ->
          changes.addAll(
              guest.operatingSystem().family() == Family.RED_HAT ? el6(guest) : ubuntu(guest));
      case SYSTEMD -> changes.addAll(systemd(guest));
      case UNKNOWN -> {
        // Nothing is known of how it starts anything.
      }
    }
    // Where inittab has none for it, el6's serial.conf and systemd see to hvc0 by themselves.
    List<String> terminals =
        guest.operatingSystem().init() == InitSystem.SYSV && oneForBoth(guest, target)
            ? List.of("tty1", "ttyS0", "hvc0")
            : List.of("tty1", "ttyS0");
    guest.files().get(SECURETTY).ifPresent(file -> changes.addAll(securetty(file, terminals)));
    return changes;
  }

  @Override
  public List<String> notes(Guest guest, Target target) {
    return switch (guest.operatingSystem().init()) {
      case SYSV, UPSTART, SYSTEMD -> List.of();
      case UNKNOWN -> List.of("The init system is not known, so that no login prompts were set up");
    };
  }

  /**
   * Whether PyGrub's menu gets a kernel that runs under both, whose console under Xen is hvc0;
   * el5xen's is xvc0.
   */
  private static boolean oneForBoth(Guest guest, Target target) {
    return target == Target.DUAL_BOOT
        && guest.kernels().stream().anyMatch(kernel -> kernel.kvm() && kernel.xenPv());
  }

  private static List<Change> inittab(Guest guest, Target target) {
    return guest
        .files()
        .get("/etc/inittab")
        .map(file ->
            FileChanges.edit(
                file,
                Inittab.withConsoles(
                    file.text(), guest.operatingSystem().family(), oneForBoth(guest, target)),
                LOGIN + "; " + GUARDED))
        .orElse(List.of());
  }

  /**
   * el6: start-ttys.conf starts a getty on each of ACTIVE_CONSOLES, serial.conf on the last
   * console= if that is a serial line.
   */
  private static List<Change> el6(Guest guest) {
    List<Change> changes = new ArrayList<>(guardedXenJobs(guest));
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
      changes.addAll(job(remaining, "tty1", "/sbin/mingetty tty1"));
    }
    if (!remaining.files().has(UPSTART_JOBS + "serial.conf")) {
      Stream.concat(guest.consoles().gettys().stream(), Stream.of("ttyS0"))
          .distinct()
          .filter(console -> console.matches("[xh]vc0|ttyS0") && !hasJob(remaining, console))
          .map(console -> job(remaining, console, "/sbin/agetty " + console + " 115200 vt100-nav"))
          .forEach(changes::addAll);
    }
    return changes;
  }

  private static List<Change> ubuntu(Guest guest) {
    List<Change> changes = new ArrayList<>(guardedXenJobs(guest));
    Guest remaining = Planner.after(guest, changes);
    if (!hasJob(remaining, "tty1")) {
      changes.addAll(job(remaining, "tty1", "/sbin/getty -8 38400 tty1"));
    }
    if (!hasJob(remaining, "ttyS0")) {
      changes.addAll(job(remaining, "ttyS0", "/sbin/getty -L 115200 ttyS0 vt102"));
    }
    return changes;
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
      String guarded =
          beforeMainProcess(file.text(), "pre-start exec test -c /dev/" + console.get());
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

  /** That is exec, or script, which may have an exec in it. */
  private static String beforeMainProcess(String job, String line) {
    return job.replaceFirst("(?m)^(?=[ \\t]*(?:exec|script)\\b)", line + "\n");
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

  private static List<Change> job(Guest guest, String terminal, String command) {
    String text =
        """
        # %1$s - getty
        #
        # A login prompt on %1$s from the time that the system is up until it goes down.

        start on stopped rc RUNLEVEL=[2345]
        stop on runlevel [!2345]

        respawn
        pre-start exec test %2$s
        exec %3$s
        """
            .formatted(
                terminal,
                terminal.equals("ttyS0") ? "! -d /proc/xen" : "-c /dev/" + terminal,
                command);
    return FileChanges.write(guest.files(), UPSTART_JOBS + terminal + ".conf", text, 0644, LOGIN);
  }

  /**
   * systemd-getty-generator starts a getty on the serial line by console= and, in every version of
   * it, on hvc0 and xvc0 where they are, so that a link is of no use. Where its console is not,
   * serial-getty@.service has systemd wait for the device (BindsTo=), and multi-user.target with
   * it: measured with systemd 252, it was reached after 103 s and not 35, and no sooner with a
   * condition in a drop-in, which is looked at after the wait.
   */
  private static List<Change> systemd(Guest guest) {
    List<Change> changes = new ArrayList<>();
    Stream.of(GETTY_WANTS, SYSTEM_WANTS)
        .flatMap(directory -> guest.files().in(directory, ".service").stream())
        .filter(link -> XEN_SERVICE.matcher(link.path()).find())
        .forEach(link -> changes.add(new Change.RemoveFile(link, GENERATED)));
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

  private static List<Change> securetty(GuestFile file, List<String> terminals) {
    TextFile text = TextFile.of(file.text());
    // An empty file is a decision: root logs in nowhere.
    if (!text.anyMatch(line -> !line.isBlank() && !line.startsWith("#"))) {
      return List.of();
    }
    for (String terminal : terminals) {
      if (!text.anyMatch(line -> line.strip().equals(terminal))) {
        text = text.append(terminal);
      }
    }
    return FileChanges.edit(
        file, text.text(), "Root may log in on " + String.join(" and ", terminals));
  }
}
