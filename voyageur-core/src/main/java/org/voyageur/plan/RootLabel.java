package org.voyageur.plan;

import java.util.Set;

/** The label by which fstab and the kernel's command line name the root filesystem. */
final class RootLabel {
  /** What Red Hat's installer and CANFAR's images call it. */
  private static final String USUAL = "/";

  /** Labels of the disks that OpenStack and cloud-init add: the root would be mistaken for them. */
  private static final Set<String> TAKEN =
      Set.of("ephemeral0", "config-2", "cidata", "CIDATA", "swap");

  private RootLabel() {}

  /** The label it has, if that can be written everywhere without quotes; the usual one else. */
  static String of(String present) {
    return present.matches("[A-Za-z0-9._/+:@-]+") && !TAKEN.contains(present) ? present : USUAL;
  }
}
