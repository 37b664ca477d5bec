package org.voyageur.plan;

import java.util.Optional;
import java.util.Set;
import org.voyageur.disk.DiskLayout;
import org.voyageur.disk.DiskLayout.Tag;
import org.voyageur.guest.Guest;

/** The name by which fstab and the kernel's command line call the root filesystem: its label. */
final class RootLabel {
  /** What Red Hat's installer and CANFAR's images call it. */
  private static final String USUAL = "/";

  /** Labels of the disks that OpenStack and cloud-init add: the root would be mistaken for them. */
  private static final Set<String> TAKEN =
      Set.of("ephemeral0", "config-2", "cidata", "CIDATA", "swap");

  private RootLabel() {}

  /** The label it has, if that can be written everywhere without quotes; the usual one else. */
  static String of(String present) {
    return isPlain(present) && !TAKEN.contains(present) ? present : USUAL;
  }

  /** Whether a label can be written everywhere without quotes. */
  static boolean isPlain(String label) {
    return label.matches("[A-Za-z0-9._/+:@-]+");
  }

  /** LABEL= and the label, or the UUID where another partition of the disk has that label too. */
  static String spec(Guest guest) {
    String label = of(guest.filesystem().label());
    boolean shared =
        guest.layout() instanceof DiskLayout.Partitioned table
            && table.named(Tag.LABEL, label).stream()
                .anyMatch(partition -> !table.root().equals(Optional.of(partition)));
    return shared ? "UUID=" + guest.filesystem().uuid() : "LABEL=" + label;
  }
}
