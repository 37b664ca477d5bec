package org.voyageur.plan;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.voyageur.guest.OperatingSystem;
import org.voyageur.guest.OperatingSystem.Family;

/**
 * What the guest's own programs are to do before everything else. They run in libguestfs's
 * appliance, never on the host.
 *
 * @param kernel that is to be installed first of all
 * @param install packages, by the names that the guest's package manager knows
 * @param run commands for the guest's shell, in order, after that
 * @param network whether they may use the host's network
 * @param limit how long each may take
 */
public record GuestCommands(
    Optional<GuestKernel> kernel,
    List<String> install,
    List<String> run,
    boolean network,
    Duration limit) {
  /** None. */
  public static final GuestCommands NONE =
      new GuestCommands(Optional.empty(), List.of(), List.of(), false, Duration.ofMinutes(30));

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
    install.forEach(GuestCommands::mustBeAPackage);
    for (String command : run) {
      if (command.isBlank() || command.length() > LONGEST || command.indexOf('\0') >= 0) {
        throw new IllegalArgumentException("a command is empty or too long");
      }
    }
  }

  static void mustBeAPackage(String name) {
    // Names and versions as rpm and dpkg have them, and nothing that would be an option.
    if (!name.matches("[A-Za-z0-9][A-Za-z0-9+._:~=-]{0,127}")) {
      throw new IllegalArgumentException("'" + name + "' is no name of a package");
    }
  }

  /** Whether there is nothing to do. */
  public boolean isEmpty() {
    return kernel.isEmpty() && install.isEmpty() && run.isEmpty();
  }

  /**
   * What is to be run, in order.
   *
   * @return empty if a kernel or packages are to be installed and it is not known how
   */
  public Optional<List<Command>> of(OperatingSystem system) {
    List<Command> commands = new ArrayList<>();
    if (kernel.isPresent()) {
      // Later releases put virtio into every initrd.
      if (!system.isEl5()) {
        return Optional.empty();
      }
      commands.add(new Command(kernel.get().title(), kernel.get().script()));
    }
    if (!install.isEmpty()) {
      String packages = String.join(" ", install);
      switch (system.family()) {
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
    if (system.family() == Family.RED_HAT && !commands.isEmpty()) {
      commands.add(new Command("label every file for SELinux", LABEL));
    }
    return Optional.of(
        system.architecture().equals("i686")
            ? commands.stream()
                .map(command -> new Command(command.title(), AS_32_BITS + command.script()))
                .toList()
            : commands);
  }

  /**
   * The appliance's kernel is for 64 bits, and yum takes packages for what uname(2) says. setarch
   * is in util-linux, in el5 in a package of its own that everything needs.
   */
  static final String AS_32_BITS =
      """
      if [ "$(uname -m)" = x86_64 ] && command -v setarch >/dev/null 2>&1; then
        exec setarch i686 /bin/sh "$0"
      fi
      """;

  private static final String YUM =
      """
      # What rpm of a guest that was not shut down held locked is locked no more: rc.sysinit does the same.
      rm -f /var/lib/rpm/__db*
      if command -v dnf >/dev/null 2>&1; then manager=dnf; else manager=yum; fi
      $manager -y install @PACKAGES@ || exit
      # That of el5 ends with 0 when no repository has what it is asked for.
      for package in @PACKAGES@; do
        rpm -q $package >/dev/null || rpm -q --whatprovides $package || exit
      done
      """;

  /**
   * In the appliance SELinux is off, and what is written there has no label. Every file is
   * labelled: what rpm installed has the times that its package says, and does not look new. Where
   * the guest's own program cannot do it, its first start does (as virt-customize has it too).
   */
  private static final String LABEL =
      """
      [ -f /etc/selinux/config ] || exit 0
      . /etc/selinux/config
      case $SELINUX in enforcing | permissive) ;; *) exit 0 ;; esac
      contexts=/etc/selinux/$SELINUXTYPE/contexts/files/file_contexts
      [ -f $contexts ] && setfiles -q -e /dev -e /proc -e /sys $contexts / || : >/.autorelabel
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
