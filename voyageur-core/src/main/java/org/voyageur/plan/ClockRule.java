package org.voyageur.plan;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.voyageur.guest.Guest;
import org.voyageur.guest.OperatingSystem.Family;
import org.voyageur.guest.OperatingSystem.InitSystem;

/**
 * The hardware's clock is in UTC. A guest of Xen's has the time from its hypervisor and no such
 * clock, so that a setting for local time does nothing there; under KVM rc.sysinit (initscripts
 * 8.45) takes the time by it, and Nova's is in UTC for all but Windows.
 */
final class ClockRule implements ConversionRule {
  private static final String FILE = "/etc/sysconfig/clock";

  /** rc.sysinit reads yes, true, no and false; without any, hwclock keeps its own account. */
  private static final Pattern LOCAL =
      Pattern.compile("(\\s*UTC=)([\"']?)(?:no|false)\\2(\\s*(?:#.*)?)");

  @Override
  public List<Change> changes(Guest guest, Target target) {
    boolean readsIt =
        guest.operatingSystem().family() == Family.RED_HAT
            && guest.operatingSystem().init() == InitSystem.SYSV;
    return guest
        .files()
        .get(FILE)
        .filter(_ -> readsIt)
        .map(file ->
            FileChanges.edit(
                file,
                TextFile.of(file.text())
                    .map(line -> {
                      Matcher local = LOCAL.matcher(line);
                      return local.matches()
                          ? local.group(1)
                              + local.group(2)
                              + "true"
                              + local.group(2)
                              + local.group(3)
                          : line;
                    })
                    .text(),
                "The clock that KVM shows is in UTC; Xen shows a guest none"))
        .orElse(List.of());
  }
}
