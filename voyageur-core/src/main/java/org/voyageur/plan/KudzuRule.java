package org.voyageur.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.voyageur.filesystem.FileOwner;
import org.voyageur.filesystem.FileType;
import org.voyageur.guest.Guest;
import org.voyageur.guest.GuestFile;

/**
 * kudzu, which configures the hardware that has changed since the last start, no longer runs at
 * each start: under another hypervisor, and in each new instance, all of it has.
 *
 * <p>el5's (1.2.57) puts ifcfg-eth0 aside and writes one for DHCP and the card's address in its
 * place (Red Hat's solution 514203). On a console without a screen, as Xen's is, it comments out
 * the getty of each virtual terminal in inittab (rewriteInittab in hwconf.c), and does not put them
 * back on one with. el4's asks first, and waits for half a minute.
 */
final class KudzuRule implements ConversionRule {
  private static final String REASON =
      "kudzu would take the other network card and console for new hardware, and write ifcfg-eth0 and"
          + " inittab anew; as after 'chkconfig kudzu off', it no longer runs at the start";

  @Override
  public List<Change> changes(Guest guest, Target target) {
    List<Change> changes = new ArrayList<>();
    for (GuestFile link : started(guest).toList()) {
      changes.add(new Change.RemoveFile(link, REASON));
      changes.addAll(
          FileChanges.write(
              guest.files(),
              new GuestFile(
                  // By its own header, "chkconfig: 345 05 95".
                  link.path().replaceFirst("/S\\d\\dkudzu$", "/K95kudzu"),
                  FileType.SYMBOLIC_LINK,
                  FileOwner.ROOT,
                  0777,
                  link.text()),
              REASON));
    }
    return changes;
  }

  @Override
  public List<String> notes(Guest guest, Target target) {
    return started(guest).findAny().isPresent()
        ? List.of("kudzu no longer runs at the start; 'chkconfig kudzu on' has it run again")
        : List.of();
  }

  private static Stream<GuestFile> started(Guest guest) {
    return IntStream.rangeClosed(2, 5)
        .mapToObj(level -> guest.files().in("/etc/rc.d/rc" + level + ".d", "kudzu"))
        .flatMap(List::stream)
        .filter(link -> link.path().matches(".*/S\\d\\dkudzu"));
  }
}
