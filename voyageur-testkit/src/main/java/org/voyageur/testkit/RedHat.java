package org.voyageur.testkit;

/** What Scientific Linux 5 and 6 have in common. */
final class RedHat {
  static final String SECURETTY =
      """
      console
      vc/1
      vc/2
      vc/3
      vc/4
      vc/5
      vc/6
      tty1
      tty2
      tty3
      tty4
      tty5
      tty6
      """;

  static final String SELINUX = "SELINUX=enforcing\nSELINUXTYPE=targeted\n";

  static final String LOOPBACK =
      """
      DEVICE=lo
      IPADDR=127.0.0.1
      NETMASK=255.0.0.0
      NETWORK=127.0.0.0
      BROADCAST=127.255.255.255
      ONBOOT=yes
      NAME=loopback
      """;

  private RedHat() {}
}
