package org.voyageur.testkit;

import java.util.Map;

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

  /** As the packages set them, but for one file that an administrator's account owns. */
  static final Map<String, FileAttributes> ATTRIBUTES =
      Map.of(
          "/etc/securetty", new FileAttributes(0, 0, 0600),
          "/boot/grub/grub.conf", new FileAttributes(0, 0, 0600),
          // More than 16 bits, as accounts of a directory service have.
          "/etc/sysconfig/network-scripts/ifcfg-eth0", new FileAttributes(70123, 500, 0664));

  private RedHat() {}

  /** The label that the targeted policy's file_contexts gives to a file below /etc or /boot. */
  static String label(String path) {
    String type =
        path.startsWith("/boot/")
            ? "boot_t"
            : path.startsWith("/etc/selinux/")
                ? "selinux_config_t"
                : path.startsWith("/etc/sysconfig/network-scripts/ifcfg-")
                    ? "net_conf_t"
                    : path.equals("/etc/modprobe.conf") ? "modules_conf_t" : "etc_t";
    return "system_u:object_r:" + type + ":s0";
  }
}
