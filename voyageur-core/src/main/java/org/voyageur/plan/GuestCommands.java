package org.voyageur.plan;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.voyageur.guest.OperatingSystem.Family;

/**
 * What the guest's own programs are to do before everything else. They run in libguestfs's
 * appliance, never on the host.
 *
 * @param install packages, by the names that the guest's package manager knows
 * @param run commands for the guest's shell, in order, after that
 * @param network whether they may use the host's network
 * @param limit how long each may take
 */
public record GuestCommands(
    List<String> install, List<String> run, boolean network, Duration limit) {
  /** None. */
  public static final GuestCommands NONE =
      new GuestCommands(List.of(), List.of(), false, Duration.ofMinutes(30));

  /** More than any command line needs, and less than libguestfs's messages take. */
  private static final int LONGEST = 64 << 10;

  /**
   * One of them.
   *
   * @param title for people
   * @param script for {@code /bin/sh}
   */
  public record Command(String title, String script) {}

  /**
   * Keeps unmodifiable copies.
   *
   * @throws IllegalArgumentException if a package cannot be called that, or a command is empty
   */
  public GuestCommands {
    install = List.copyOf(install);
    run = List.copyOf(run);
    for (String name : install) {
      // Names and versions as rpm and dpkg have them, and nothing that would be an option.
      if (!name.matches("[A-Za-z0-9][A-Za-z0-9+._:~=-]{0,127}")) {
        throw new IllegalArgumentException("'" + name + "' is no name of a package");
      }
    }
    for (String command : run) {
      if (command.isBlank() || command.length() > LONGEST || command.indexOf('\0') >= 0) {
        throw new IllegalArgumentException("a command is empty or too long");
      }
    }
  }

  /** Whether there is nothing to do. */
  public boolean isEmpty() {
    return install.isEmpty() && run.isEmpty();
  }

  /**
   * What is to be run, in order.
   *
   * @return empty if packages are to be installed and it is not known how
   */
  public Optional<List<Command>> of(Family family) {
    List<Command> commands = new ArrayList<>();
    if (!install.isEmpty()) {
      String packages = String.join(" ", install);
      switch (family) {
        case RED_HAT ->
            commands.add(new Command("install " + packages, YUM.replace("@PACKAGES@", packages)));
        case DEBIAN ->
            commands.add(new Command("install " + packages, APT.replace("@PACKAGES@", packages)));
        case OTHER -> {
          return Optional.empty();
        }
      }
    }
    run.forEach(command -> commands.add(new Command(command, command + "\n")));
    return Optional.of(commands);
  }

  private static final String YUM =
      """
      if command -v dnf >/dev/null 2>&1; then manager=dnf; else manager=yum; fi
      $manager -y install @PACKAGES@
      """;

  /** Services are not started: invoke-rc.d asks policy-rc.d, which is put back as it was. */
  private static final String APT =
      """
      DEBIAN_FRONTEND=noninteractive
      export DEBIAN_FRONTEND
      policy=/usr/sbin/policy-rc.d
      if [ -e $policy ]; then own=; else
        own=yes
        { echo '#!/bin/sh'; echo 'exit 101'; } >$policy
        chmod 755 $policy
      fi
      apt-get -q update
      apt-get -q -y -o Dpkg::Options::=--force-confold install @PACKAGES@
      status=$?
      [ -z "$own" ] || rm -f $policy
      exit $status
      """;
}
