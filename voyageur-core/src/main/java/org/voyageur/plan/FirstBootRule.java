package org.voyageur.plan;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.voyageur.error.ErrorCode;
import org.voyageur.filesystem.FileOwner;
import org.voyageur.filesystem.FileType;
import org.voyageur.guest.Finding;
import org.voyageur.guest.Finding.Severity;
import org.voyageur.guest.Guest;
import org.voyageur.guest.GuestFile;
import org.voyageur.guest.OperatingSystem.Family;
import org.voyageur.guest.OperatingSystem.InitSystem;
import org.voyageur.plan.Customisation.Script;

/** Scripts that run when the guest starts for the first time: each once, logged, then removed. */
final class FirstBootRule implements ConversionRule {
  private static final String DIRECTORY = "/etc/voyageur/firstboot.d";
  private static final String RUNNER = "/etc/voyageur/firstboot";
  private static final String NAME = "voyageur-firstboot";

  /** insserv's order of Debian 6 and 7: startpar starts what is in it and nothing else. */
  private static final String START_ORDER = "/etc/init.d/.depend.start";

  private static final String REASON = "Starts the first-boot scripts, once";

  private final List<Script> scripts;

  FirstBootRule(List<Script> scripts) {
    this.scripts = scripts;
  }

  @Override
  public List<Change> changes(Guest guest, Target target) {
    List<GuestFile> triggers = triggers(guest);
    if (triggers.isEmpty()) {
      return List.of();
    }
    List<Change> changes = new ArrayList<>();
    changes.addAll(
        FileChanges.write(
            guest.files(),
            new GuestFile(DIRECTORY, FileType.DIRECTORY, FileOwner.ROOT, 0700, DIRECTORY),
            "Holds the first-boot scripts until they have run"));
    for (int i = 0; i < scripts.size(); i++) {
      Script script = scripts.get(i);
      changes.addAll(
          FileChanges.write(
              guest.files(),
              "%s/%03d-%s".formatted(DIRECTORY, i + 1, script.name()),
              script.text(),
              0700,
              "Runs once, when the guest starts for the first time"));
    }
    String remove = String.join(" ", triggers.stream().map(GuestFile::path).toList());
    changes.addAll(
        FileChanges.write(
            guest.files(),
            RUNNER,
            resource().replace("@TRIGGERS@", remove),
            0700,
            "Runs the first-boot scripts, writes their output to /var/log/voyageur-firstboot.log,"
                + " and removes itself"));
    for (GuestFile trigger : triggers) {
      changes.addAll(FileChanges.write(guest.files(), trigger, REASON));
    }
    guest
        .files()
        .get(START_ORDER)
        .filter(_ -> guest.operatingSystem().init() == InitSystem.SYSV)
        .ifPresent(order ->
            changes.addAll(
                FileChanges.edit(
                    order,
                    TextFile.of(order.text())
                        .map(line ->
                            line.startsWith("TARGETS = ") && !line.endsWith(NAME)
                                ? line + " " + NAME
                                : line)
                        .text(),
                    REASON)));
    return changes;
  }

  @Override
  public List<Finding> obstacles(Guest guest, Target target) {
    return triggers(guest).isEmpty()
        ? List.of(
            new Finding(
                Severity.OBSTACLE,
                ErrorCode.CUSTOM_FIRST_BOOT,
                "the guest's init is none that is known, so that nothing can be run at its first"
                    + " start",
                "Give the script to the instance as user data, or run it with --run-command"))
        : List.of();
  }

  /** What makes the guest's init run it; nothing for one that is not known. */
  private static List<GuestFile> triggers(Guest guest) {
    return switch (guest.operatingSystem().init()) {
      case SYSV -> {
        // Below /etc Red Hat has links to these.
        String etc = guest.operatingSystem().family() == Family.RED_HAT ? "/etc/rc.d" : "/etc";
        List<GuestFile> files = new ArrayList<>();
        files.add(file(etc + "/init.d/" + NAME, 0755, INIT_SCRIPT));
        for (int level = 2; level <= 5; level++) {
          files.add(link(etc + "/rc" + level + ".d/S99" + NAME, "../init.d/" + NAME));
        }
        yield files;
      }
      case UPSTART -> List.of(file("/etc/init/" + NAME + ".conf", 0644, JOB));
      case SYSTEMD ->
          List.of(
              file("/etc/systemd/system/" + NAME + ".service", 0644, UNIT),
              link(
                  "/etc/systemd/system/multi-user.target.wants/" + NAME + ".service",
                  "../" + NAME + ".service"));
      case UNKNOWN -> List.of();
    };
  }

  private static final String INIT_SCRIPT =
      """
      #!/bin/sh
      # chkconfig: 2345 99 01
      # description: Runs voyageur's first-boot scripts once.
      ### BEGIN INIT INFO
      # Provides:          voyageur-firstboot
      # Required-Start:    $all
      # Required-Stop:
      # Default-Start:     2 3 4 5
      # Default-Stop:
      # Short-Description: Runs voyageur's first-boot scripts once
      ### END INIT INFO
      case "$1" in
        start) /bin/sh /etc/voyageur/firstboot ;;
      esac
      exit 0
      """;

  /** "stopped rc" comes in el6 and in Ubuntu when the scripts of the runlevel have run. */
  private static final String JOB =
      """
      # Runs voyageur's first-boot scripts once.
      start on stopped rc RUNLEVEL=[2345]
      task
      exec /bin/sh /etc/voyageur/firstboot
      """;

  private static final String UNIT =
      """
      [Unit]
      Description=voyageur's first-boot scripts
      ConditionPathExists=/etc/voyageur/firstboot
      Wants=network-online.target
      After=network-online.target

      [Service]
      Type=oneshot
      ExecStart=/bin/sh /etc/voyageur/firstboot
      TimeoutStartSec=0

      [Install]
      WantedBy=multi-user.target
      """;

  private static GuestFile file(String path, int mode, String text) {
    return new GuestFile(path, FileType.REGULAR, FileOwner.ROOT, mode, text);
  }

  private static GuestFile link(String path, String to) {
    return new GuestFile(path, FileType.SYMBOLIC_LINK, FileOwner.ROOT, 0777, to);
  }

  private static String resource() {
    try (InputStream resource = FirstBootRule.class.getResourceAsStream("firstboot.sh")) {
      return new String(
          Objects.requireNonNull(resource).readAllBytes(), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
