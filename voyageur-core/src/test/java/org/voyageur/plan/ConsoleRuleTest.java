package org.voyageur.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.voyageur.filesystem.FileOwner;
import org.voyageur.filesystem.FileType;
import org.voyageur.guest.Consoles;
import org.voyageur.guest.Guest;
import org.voyageur.guest.GuestFile;

/** Prompts on the screen and the serial line, beside those on Xen's consoles. */
class ConsoleRuleTest {
  private static final String START = "start on stopped rc RUNLEVEL=[2345]\nrespawn\n";

  static List<Guest> standIns() {
    return StandIns.all();
  }

  @ParameterizedTest
  @MethodSource("standIns")
  void bothTargetsHaveTheSameConsoles(Guest guest) {
    ConsoleRule rule = new ConsoleRule();
    assertThat(rule.changes(guest, Target.KVM))
        .isEqualTo(rule.changes(guest, Target.DUAL_BOOT))
        .isNotEmpty();
  }

  @Test
  void inittabsGettysStayAndWaitForTheirConsoles() {
    assertThat(text(after(StandIns.scientific5()), "/etc/inittab"))
        .contains(
            "\nco:2345:respawn:/bin/sh -c '[ -c /dev/xvc0 ] && exec /sbin/agetty xvc0 9600 vt100-nav;"
                + " sleep 86400'\n",
            "\n1:2345:respawn:/sbin/mingetty tty1\n",
            "\nS0:2345:respawn:/bin/sh -c '[ -d /proc/xen ] || exec /sbin/agetty ttyS0 115200"
                + " vt100-nav; sleep 86400'\n");
    assertThat(text(after(StandIns.scientific5()), "/etc/securetty")).contains("\nxvc0\n");
  }

  /** An exec may stand in a script, and a pre-start in it would be a command of its shell. */
  @ParameterizedTest
  @CsvSource({
    "exec /sbin/getty -8 38400 hvc0\\n",
    "script\\n  exec /sbin/getty -8 38400 hvc0\\nend script\\n",
    "  script\\n\\texec /sbin/getty -8 38400 hvc0\\n  end script\\n"
  })
  void jobsForXensConsolesWaitForThem(String process) {
    String main = process.replace("\\n", "\n").replace("\\t", "\t");
    String path = "/etc/init/hvc0.conf";
    Guest after = after(StandIns.withFile(StandIns.ubuntu1204(), path, START + main));
    assertThat(text(after, path)).isEqualTo(START + "pre-start exec test -c /dev/hvc0\n" + main);
    assertThat(text(after, "/etc/init/ttyS0.conf"))
        .contains("\npre-start exec test ! -d /proc/xen\nexec /sbin/getty -L 115200 ttyS0 vt102\n");
  }

  @Test
  void aTty1JobThatWasTurnedIntoXensBecomesTwo() {
    Guest after = after(StandIns.ubuntu1310());
    assertThat(text(after, "/etc/init/tty1.conf"))
        .isEqualTo(START + "exec /sbin/getty -8 38400 tty1\n");
    assertThat(text(after, "/etc/init/hvc0.conf"))
        .endsWith("pre-start exec test -c /dev/hvc0\nexec /sbin/getty -8 38400 hvc0\n");
  }

  /** Of el6's own jobs one starts a getty on the console, which needs no other then. */
  @ParameterizedTest
  @CsvSource({"true, false", "false, true"})
  void aConsoleThatEl6StartedByItsListKeepsAGetty(boolean serial, boolean job) {
    Guest guest = StandIns.scientific6();
    Guest listed =
        withGettys(guest.withFiles(guest.files().without("/etc/init/hvc0.conf")), List.of("hvc0"));
    Guest after =
        after(serial ? listed : listed.withFiles(listed.files().without("/etc/init/serial.conf")));
    assertThat(text(after, "/etc/sysconfig/init")).endsWith("\nACTIVE_CONSOLES=/dev/tty[1-6]\n");
    for (String console : List.of("hvc0", "ttyS0")) {
      assertThat(after.files().has("/etc/init/" + console + ".conf")).isEqualTo(job);
    }
    if (job) {
      assertThat(text(after, "/etc/init/hvc0.conf"))
          .contains(
              "\npre-start exec test -c /dev/hvc0\nexec /sbin/agetty hvc0 115200 vt100-nav\n");
    }
  }

  @Test
  void systemdIsLeftToFindXensConsolesByItself() {
    Guest guest = StandIns.debian12();
    List<String> links =
        List.of(
            "/etc/systemd/system/getty.target.wants/getty@hvc0.service",
            "/etc/systemd/system/getty.target.wants/serial-getty@hvc0.service",
            "/etc/systemd/system/multi-user.target.wants/serial-getty@xvc0.service");
    String others = "/etc/systemd/system/getty.target.wants/serial-getty@ttyS0.service";
    for (String link : links) {
      guest = guest.withFiles(guest.files().with(link(link)));
    }
    Guest after = after(guest.withFiles(guest.files().with(link(others))));
    assertThat(links).noneMatch(after.files()::has);
    assertThat(after.files().has(others)).isTrue();
    assertThat(text(after, "/etc/systemd/system/getty.target.wants/getty@tty1.service"))
        .isEqualTo("/lib/systemd/system/getty@.service");
  }

  private static GuestFile link(String path) {
    return new GuestFile(path, FileType.SYMBOLIC_LINK, FileOwner.ROOT, 0777, "/lib/x");
  }

  private static Guest withGettys(Guest guest, List<String> gettys) {
    return new Guest(
        guest.layout(),
        guest.bootCode(),
        guest.diskSize(),
        guest.operatingSystem(),
        guest.filesystem(),
        guest.kernels(),
        guest.xenBoot(),
        guest.fstab(),
        new Consoles(gettys, guest.consoles().securetty()),
        guest.network(),
        guest.files(),
        guest.xenLeftovers(),
        guest.findings());
  }

  private static Guest after(Guest guest) {
    return Planner.after(guest, new ConsoleRule().changes(guest, Target.KVM));
  }

  private static String text(Guest guest, String path) {
    return guest.files().get(path).orElseThrow().text();
  }
}
