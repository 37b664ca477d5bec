package org.voyageur.testkit;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.voyageur.testkit.ClaimedKernel.Made;

/** The files of a Scientific Linux 5.9 that was installed in a Xen domU. */
final class ScientificLinux5 {
  private static final String XEN = "2.6.18-348.el5xen";
  private static final String GENERIC = "2.6.18-371.8.1.el5";

  /** From Red Hat's kernel-2.6.18-x86_64-xen.config. */
  private static final String XEN_CONFIG =
      """
      #
      # Automatically generated make config: don't edit
      # Linux kernel version: 2.6.18
      #
      CONFIG_X86_64=y
      CONFIG_64BIT=y
      CONFIG_X86_64_XEN=y
      CONFIG_X86_NO_TSS=y
      CONFIG_X86_NO_IDT=y
      CONFIG_BLK_DEV_RAM=y
      CONFIG_EXT2_FS=y
      CONFIG_EXT3_FS=m
      CONFIG_EXT4_FS=m
      CONFIG_JBD=m
      CONFIG_FS_MBCACHE=y
      CONFIG_XEN=y
      CONFIG_XEN_PRIVILEGED_GUEST=y
      CONFIG_XEN_BLKDEV_FRONTEND=m
      CONFIG_XEN_NETDEV_FRONTEND=m
      """;

  /** From kernel-2.6.18-x86_64.config: its frontends are for fully virtualised guests. */
  private static final String GENERIC_CONFIG =
      """
      #
      # Automatically generated make config: don't edit
      # Linux kernel version: 2.6.18
      #
      CONFIG_X86_64=y
      CONFIG_64BIT=y
      CONFIG_X86_PC=y
      CONFIG_BLK_DEV_RAM=y
      CONFIG_BLK_DEV_IDE=y
      CONFIG_BLK_DEV_PIIX=y
      CONFIG_VIRTIO_BLK=m
      CONFIG_VIRTIO_NET=m
      CONFIG_EXT2_FS=y
      CONFIG_EXT3_FS=m
      CONFIG_EXT4_FS=m
      CONFIG_JBD=m
      CONFIG_FS_MBCACHE=y
      CONFIG_XEN_PV_ON_HVM=y
      CONFIG_XEN_BLKDEV_FRONTEND=m
      CONFIG_XEN_NETDEV_FRONTEND=m
      CONFIG_VIRTIO=m
      CONFIG_VIRTIO_RING=m
      CONFIG_VIRTIO_PCI=m
      """;

  static final ClaimedKernel GENERIC_KERNEL =
      new ClaimedKernel(GENERIC, GENERIC_CONFIG, Made.WITHOUT_VIRTIO);

  private ScientificLinux5() {}

  static StandIn xenOnly() {
    return guest("sl5-xen", List.of(new ClaimedKernel(XEN, XEN_CONFIG, Made.WITHOUT_VIRTIO)));
  }

  static StandIn withGenericKernel(String name, Made initrd) {
    return guest(
        name,
        List.of(
            new ClaimedKernel(XEN, XEN_CONFIG, Made.WITHOUT_VIRTIO),
            new ClaimedKernel(GENERIC, GENERIC_CONFIG, initrd)));
  }

  /** The same on 32 bits, by the options' names there (kernel-2.6.18-i686*.config). */
  static StandIn of32Bits(String name, Made initrd) {
    return guest(
        name,
        List.of(
            new ClaimedKernel(XEN, of32Bits(XEN_CONFIG), Made.WITHOUT_VIRTIO),
            new ClaimedKernel(GENERIC, of32Bits(GENERIC_CONFIG), initrd)));
  }

  private static String of32Bits(String config) {
    return config
        .replace("CONFIG_X86_64=y\nCONFIG_64BIT=y\n", "CONFIG_X86_32=y\n")
        .replace("CONFIG_X86_64_XEN=y\n", "CONFIG_X86_XEN=y\n");
  }

  /** With an address of its own, and what is started in a domU or was left from a host of Xen's. */
  static StandIn withServices() {
    StandIn guest =
        withGenericKernel("sl5-services", Made.WITHOUT_VIRTIO)
            .with(
                "/etc/sysconfig/network-scripts/ifcfg-eth0",
                """
                # Xen Virtual Ethernet
                DEVICE=eth0
                BOOTPROTO=static
                IPADDR=10.0.2.77
                NETMASK=255.255.255.0
                HWADDR=00:16:3E:11:22:33
                ONBOOT=yes
                """)
            .with("/etc/sysconfig/hwconf", "class: NETWORK\nnetwork.hwaddr: 00:16:3e:11:22:33\n")
            .with("/etc/sysconfig/clock", "ZONE=\"America/Vancouver\"\nUTC=false\nARC=false\n")
            .with("/lib/stand-in/zone", "PST8\n")
            .with("/etc/sysctl.conf", "net.ipv4.ip_forward = 0\nxen.independent_wallclock = 1\n")
            .withScript("/etc/rc.d/init.d/kudzu", Resources.text("kudzu.sh"));
    for (String service : List.of("14xe-linux-distribution", "70xencommons", "98xend")) {
      guest = guest.withScript("/etc/rc.d/init.d/" + service.substring(2), ONLY_UNDER_XEN);
      guest = started(guest, "3", service);
    }
    for (String level : List.of("3", "4", "5")) {
      guest = started(guest, level, "05kudzu");
    }
    return guest;
  }

  /** Xen 3.4's xend, 4.x's xencommons and XenServer's agent look for these before all else. */
  private static final String ONLY_UNDER_XEN =
      """
      #!/bin/busybox sh
      [ -d /proc/xen ] || exit 0
      /bin/busybox sleep 1000
      """;

  private static StandIn started(StandIn guest, String level, String service) {
    return guest.withLink(
        "/etc/rc.d/rc" + level + ".d/S" + service, "../init.d/" + service.substring(2));
  }

  private static StandIn guest(String name, List<ClaimedKernel> kernels) {
    Map<String, String> files = new HashMap<>();
    files.put("/etc/redhat-release", "Scientific Linux release 5.9 (Boron)\n");
    files.put("/etc/issue", "Scientific Linux release 5.9 (Boron)\nKernel \\r on an \\m\n\n");
    files.put("/boot/xen.gz-2.6.18-348.el5", "stands for the hypervisor\n");
    files.put(
        "/etc/fstab",
        """
        LABEL=/                 /                       ext3    defaults        1 1
        tmpfs                   /dev/shm                tmpfs   defaults        0 0
        devpts                  /dev/pts                devpts  gid=5,mode=620  0 0
        sysfs                   /sys                    sysfs   defaults        0 0
        proc                    /proc                   proc    defaults        0 0
        /dev/sdb                /staging                ext3    defaults        1 2
        /dev/sdc                /vmstore                ext3    defaults        1 2
        """);
    files.put(
        "/etc/inittab",
        """
        #
        # inittab       This file describes how the INIT process should set up
        #               the system in a certain run-level.
        #
        id:3:initdefault:

        # System initialization.
        si::sysinit:/etc/rc.d/rc.sysinit

        l0:0:wait:/etc/rc.d/rc 0
        l1:1:wait:/etc/rc.d/rc 1
        l2:2:wait:/etc/rc.d/rc 2
        l3:3:wait:/etc/rc.d/rc 3
        l4:4:wait:/etc/rc.d/rc 4
        l5:5:wait:/etc/rc.d/rc 5
        l6:6:wait:/etc/rc.d/rc 6

        # Trap CTRL-ALT-DELETE
        ca::ctrlaltdel:/sbin/shutdown -t3 -r now

        # Run gettys in standard runlevels
        co:2345:respawn:/sbin/agetty xvc0 9600 vt100-nav
        #1:2345:respawn:/sbin/mingetty tty1
        #2:2345:respawn:/sbin/mingetty tty2
        #3:2345:respawn:/sbin/mingetty tty3
        #4:2345:respawn:/sbin/mingetty tty4
        #5:2345:respawn:/sbin/mingetty tty5
        #6:2345:respawn:/sbin/mingetty tty6

        # Run xdm in runlevel 5
        x:5:respawn:/etc/X11/prefdm -nodaemon
        """);
    files.put("/etc/securetty", RedHat.SECURETTY + "xvc0\n");
    files.put("/etc/modprobe.conf", "alias eth0 xennet\nalias scsi_hostadapter xenblk\n");
    files.put("/etc/sysconfig/network", "NETWORKING=yes\nNETWORKING_IPV6=no\nHOSTNAME=megapipe\n");
    files.put("/etc/selinux/config", RedHat.SELINUX);
    files.put(
        "/etc/sysconfig/network-scripts/ifcfg-eth0",
        """
        # Xen Virtual Ethernet
        DEVICE=eth0
        BOOTPROTO=dhcp
        HWADDR=00:16:3E:11:22:33
        ONBOOT=yes
        """);
    files.put("/etc/sysconfig/network-scripts/ifcfg-lo", RedHat.LOOPBACK);
    files.put(
        "/boot/grub/grub.conf",
        """
        # grub.conf generated by anaconda
        #
        # Note that you do not have to rerun grub after making changes to this file
        # NOTICE:  You do not have a /boot partition.  This means that
        #          all kernel and initrd paths are relative to /, eg.
        #          root (hd0)
        #          kernel /boot/vmlinuz-version ro root=/dev/xvda
        #          initrd /boot/initrd-version.img
        #boot=/dev/xvda
        default=0
        timeout=5
        title Scientific Linux SL (2.6.18-348.el5xen)
        \troot (hd0)
        \tkernel /boot/vmlinuz-2.6.18-348.el5xen ro root=LABEL=/ console=xvc0
        \tinitrd /boot/initrd-2.6.18-348.el5xen.img
        """);
    return new StandIn(
        name,
        StandIn.Release.EL5,
        kernels,
        StandIn.EXT3,
        "/",
        files,
        Map.of("/boot/grub/menu.lst", "./grub.conf", "/etc/grub.conf", "../boot/grub/grub.conf"),
        RedHat.ATTRIBUTES);
  }
}
