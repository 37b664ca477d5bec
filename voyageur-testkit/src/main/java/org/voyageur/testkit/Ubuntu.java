package org.voyageur.testkit;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.voyageur.testkit.ClaimedKernel.Made;

/** The files of Ubuntu 12.04 and 13.10. */
final class Ubuntu {
  private Ubuntu() {}

  /** The root by label, grub-pc beside grub-legacy-ec2, and tty1's job turned into hvc0's. */
  static StandIn precise() {
    String version = "3.2.0-61-virtual";
    Map<String, String> files =
        files("12.04", "12.04.4 LTS", "precise", version, "LABEL=/", "ext3", "ext3");
    for (int terminal = 2; terminal <= 6; terminal++) {
      files.put("/etc/init/tty" + terminal + ".conf", getty("tty" + terminal, "[23]"));
    }
    // PyGrub reads this one first: it is what Xen really boots.
    files.put("/boot/grub/grub.cfg", grub2(version, "LABEL=/"));
    return guest("ubuntu-12.04", version, StandIn.EXT3, "/", files);
  }

  /** The root by Xen's device name, no label, all of the usual jobs besides hvc0's. */
  static StandIn saucy() {
    String version = "3.11.0-19-generic";
    Map<String, String> files =
        files("13.10", "13.10", "saucy", version, "/dev/xvda", "ext4", "ext4");
    for (int terminal = 1; terminal <= 6; terminal++) {
      files.put("/etc/init/tty" + terminal + ".conf", getty("tty" + terminal, "[2345]"));
    }
    // mke2fs of 2013 knew neither by default.
    List<String> ext4 = List.of("-t", "ext4", "-O", "^64bit,^metadata_csum");
    return guest("ubuntu-13.10", version, ext4, "", files);
  }

  private static StandIn guest(
      String name,
      String version,
      List<String> filesystem,
      String label,
      Map<String, String> files) {
    return new StandIn(
        name,
        StandIn.Release.UBUNTU,
        List.of(new ClaimedKernel(version, config(version), Made.WITH_VIRTIO)),
        filesystem,
        label,
        files,
        Map.of("/vmlinuz", "boot/vmlinuz-" + version, "/initrd.img", "boot/initrd.img-" + version),
        // An administrator's copy, as sudo leaves one behind.
        Map.of("/etc/fstab", new FileAttributes(1000, 1001, 0660)));
  }

  private static Map<String, String> files(
      String release,
      String longRelease,
      String codename,
      String version,
      String root,
      String rootType,
      String stagingType) {
    Map<String, String> files = new HashMap<>();
    files.put(
        "/etc/lsb-release",
        """
        DISTRIB_ID=Ubuntu
        DISTRIB_RELEASE=%s
        DISTRIB_CODENAME=%s
        DISTRIB_DESCRIPTION="Ubuntu %s"
        """
            .formatted(release, codename, longRelease));
    files.put(
        "/etc/os-release",
        """
        NAME="Ubuntu"
        VERSION="%2$s"
        ID=ubuntu
        ID_LIKE=debian
        PRETTY_NAME="Ubuntu %2$s"
        VERSION_ID="%1$s"
        """
            .formatted(release, longRelease));
    files.put("/etc/issue", "Ubuntu " + longRelease + " \\n \\l\n\n");
    files.put("/etc/debian_version", "wheezy/sid\n");
    files.put(
        "/etc/fstab",
        """
        # /etc/fstab: static file system information.
        #
        # <file system> <mount point>   <type>  <options>       <dump>  <pass>
        proc            /proc           proc    nodev,noexec,nosuid 0       0
        %s\t/\t%s\terrors=remount-ro\t0\t1
        /dev/sdb\t/staging\t%s\tdefaults\t0\t2
        /dev/sdc\tnone\tswap\tsw\t0\t0
        """
            .formatted(root, rootType, stagingType));
    files.put("/etc/init/hvc0.conf", getty("hvc0", "[2345]"));
    files.put(
        "/etc/securetty", "# /etc/securetty\nconsole\ntty1\ntty2\nttyS0\nttyS1\nhvc0\nxvc0\n");
    files.put(
        "/etc/network/interfaces",
        """
        # The loopback network interface
        auto lo
        iface lo inet loopback

        # The primary network interface
        auto eth0
        iface eth0 inet dhcp
        """);
    files.put("/etc/udev/rules.d/70-persistent-net.rules", PersistentNet.RULES);
    files.put(
        "/etc/kernel-img.conf", "do_symlinks = yes\nrelative_links = yes\nlink_in_boot = no\n");
    files.put("/boot/grub/menu.lst", legacyGrub(version, root));
    return files;
  }

  /** Of the -virtual flavour of 12.04, and inferred for the one flavour of 13.10. */
  private static String config(String version) {
    return """
    #
    # Automatically generated file; DO NOT EDIT.
    # Linux/x86_64 %s Kernel Configuration
    #
    CONFIG_64BIT=y
    CONFIG_X86_64=y
    CONFIG_PARAVIRT_GUEST=y
    CONFIG_XEN=y
    CONFIG_XEN_PRIVILEGED_GUEST=y
    CONFIG_BLK_DEV_INITRD=y
    CONFIG_RD_GZIP=y
    CONFIG_XEN_BLKDEV_FRONTEND=y
    CONFIG_VIRTIO_BLK=y
    CONFIG_XEN_NETDEV_FRONTEND=y
    CONFIG_VIRTIO_NET=y
    CONFIG_VIRTIO_CONSOLE=m
    CONFIG_EXT2_FS=y
    CONFIG_EXT3_FS=y
    CONFIG_EXT4_FS=y
    CONFIG_JBD=y
    CONFIG_FS_MBCACHE=y
    CONFIG_VIRTIO=y
    CONFIG_VIRTIO_RING=y
    CONFIG_VIRTIO_PCI=y
    CONFIG_VIRTIO_BALLOON=m
    """
        .formatted(version);
  }

  private static String getty(String terminal, String runlevels) {
    return """
    # %1$s - getty
    #
    # This service maintains a getty on %1$s from the point the system is
    # started until it is shut down again.

    start on stopped rc RUNLEVEL=%2$s and (
                not-container or
                container CONTAINER=lxc or
                container CONTAINER=lxc-libvirt)

    stop on runlevel [!%3$s]

    respawn
    exec /sbin/getty -8 38400 %1$s
    """
        .formatted(terminal, runlevels, runlevels.replaceAll("\\D", ""));
  }

  /** As update-grub-legacy-ec2 keeps it. */
  private static String legacyGrub(String version, String root) {
    return """
    # menu.lst - See: grub(8), info grub, update-grub-legacy-ec2(8)
    default\t\t0
    timeout\t\t0
    hiddenmenu

    ### BEGIN AUTOMAGIC KERNELS LIST
    ## lines between the AUTOMAGIC KERNELS LIST markers will be modified
    ## by the debian update-grub-legacy-ec2 script except for the default options below

    ## ## Start Default Options ##
    # kopt=root=%1$s ro
    # kopt_2_6=root=%1$s ro
    # groot=(hd0)
    # alternative=true
    # lockalternative=false
    # defoptions=console=hvc0
    # howmany=all
    # memtest86=false
    ## ## End Default Options ##

    title\t\tUbuntu, kernel %2$s
    root\t\t(hd0)
    kernel\t\t/boot/vmlinuz-%2$s root=%1$s ro console=hvc0
    initrd\t\t/boot/initrd.img-%2$s

    title\t\tUbuntu, kernel %2$s (recovery mode)
    root\t\t(hd0)
    kernel\t\t/boot/vmlinuz-%2$s root=%1$s ro  single
    initrd\t\t/boot/initrd.img-%2$s

    ### END DEBIAN AUTOMAGIC KERNELS LIST
    """
        .formatted(root, version);
  }

  /** As update-grub of grub-pc writes it, without its functions and themes. */
  private static String grub2(String version, String root) {
    return """
    #
    # DO NOT EDIT THIS FILE
    #
    # It is automatically generated by grub-mkconfig using templates
    # from /etc/grub.d and settings from /etc/default/grub
    #

    ### BEGIN /etc/grub.d/00_header ###
    set default="0"
    set timeout=2
    ### END /etc/grub.d/00_header ###

    ### BEGIN /etc/grub.d/10_linux ###
    menuentry 'Ubuntu, with Linux %2$s' --class ubuntu --class gnu-linux --class gnu --class os {
    \tgfxmode $linux_gfx_mode
    \tinsmod gzio
    \tinsmod ext2
    \tset root='(hd0)'
    \tlinux\t/boot/vmlinuz-%2$s root=%1$s ro   console=hvc0
    \tinitrd\t/boot/initrd.img-%2$s
    }
    menuentry 'Ubuntu, with Linux %2$s (recovery mode)' --class ubuntu --class gnu-linux --class gnu --class os {
    \tinsmod gzio
    \tinsmod ext2
    \tset root='(hd0)'
    \techo\t'Loading Linux %2$s ...'
    \tlinux\t/boot/vmlinuz-%2$s root=%1$s ro recovery nomodeset
    \techo\t'Loading initial ramdisk ...'
    \tinitrd\t/boot/initrd.img-%2$s
    }
    ### END /etc/grub.d/10_linux ###
    """
        .formatted(root, version);
  }
}
