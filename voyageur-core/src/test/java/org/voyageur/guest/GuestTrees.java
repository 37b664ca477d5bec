package org.voyageur.guest;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.GZIPOutputStream;
import org.voyageur.archive.CpioWriter;

/** Root filesystems with the files that each system really has, as far as inspection looks. */
final class GuestTrees {
  private GuestTrees() {}

  /** SL 5.9 with Xen's kernel alone, installed as a Xen guest on a whole disk. */
  static MemoryFilesystem scientific5XenOnly() {
    String xen = "2.6.18-398.el5xen";
    return new MemoryFilesystem()
        .file("/etc/redhat-release", "Scientific Linux SL release 5.9 (Boron)\n")
        .file("/sbin/init", elf(62))
        .file("/bin/bash", elf(62))
        .link("/bin/sh", "bash")
        .file(
            "/etc/inittab",
            """
            # Default runlevel
            id:3:initdefault:
            si::sysinit:/etc/rc.d/rc.sysinit
            l3:3:wait:/etc/rc.d/rc 3
            #1:2345:respawn:/sbin/mingetty tty1
            5:5:respawn:/sbin/mingetty tty5
            co:2345:respawn:/sbin/agetty xvc0 9600 vt100-nav
            x:5:respawn:/etc/X11/prefdm -nodaemon
            """)
        .file("/etc/securetty", "console\ntty1\nxvc0\n")
        .file(
            "/etc/fstab",
            """
            LABEL=/                 /                       ext3    defaults        1 1
            tmpfs                   /dev/shm                tmpfs   defaults        0 0
            proc                    /proc                   proc    defaults        0 0
            LABEL=SWAP-xvda2        swap                    swap    defaults        0 0
            /dev/sdb                /staging                ext3    defaults        1 2
            /dev/fd0                /media/floppy           auto    noauto,user     0 0
            """)
        .file("/etc/modprobe.conf", "alias eth0 xennet\nalias scsi_hostadapter xenblk\n")
        .file("/etc/sysconfig/network", "NETWORKING=yes\nHOSTNAME=vm1\n")
        .file(
            "/etc/sysconfig/network-scripts/ifcfg-eth0",
            "DEVICE=eth0\nBOOTPROTO=dhcp\nHWADDR=00:16:3E:01:02:03\nONBOOT=yes\n")
        .file("/etc/sysconfig/network-scripts/ifcfg-eth0.bak", "HWADDR=00:16:3E:01:02:03\n")
        .file("/etc/sysconfig/network-scripts/ifcfg-lo", "DEVICE=lo\n")
        .file(
            "/boot/grub/grub.conf",
            """
            default=0
            title Scientific Linux (2.6.18-398.el5xen)
            \troot (hd0,0)
            \tkernel /boot/vmlinuz-2.6.18-398.el5xen ro root=LABEL=/ console=xvc0
            \tinitrd /boot/initrd-2.6.18-398.el5xen.img
            """)
        .link("/boot/grub/menu.lst", "./grub.conf")
        .file("/boot/vmlinuz-" + xen, gzip(elf(62)))
        .file("/boot/initrd-" + xen + ".img", initrd("init", "lib/xenblk.ko", "lib/jbd.ko"))
        .file("/boot/initrd-" + xen + "kdump.img", "not to be taken")
        .file("/boot/config-" + xen, "CONFIG_X86_64_XEN=y\nCONFIG_X86_NO_TSS=y\n")
        .file("/lib/modules/" + xen + "/modules.dep", "");
  }

  /** The same with the generic kernel, whose initrd was made under Xen. */
  static MemoryFilesystem scientific5() {
    String version = "2.6.18-398.el5";
    String drivers = "/lib/modules/" + version + "/kernel/drivers/";
    String fs = "/lib/modules/" + version + "/kernel/fs/";
    return scientific5XenOnly()
        .file("/boot/vmlinuz-" + version, kernel(version + " (mockbuild@x) #1 SMP", 0x204, 0))
        .file("/boot/initrd-" + version + ".img", initrd("init", "lib/jbd.ko", "lib/ext3.ko"))
        .file(
            "/boot/config-" + version,
            """
            CONFIG_X86_64=y
            # CONFIG_X86_64_XEN is not set
            CONFIG_XEN_BLKDEV_FRONTEND=m
            CONFIG_XEN_PV_ON_HVM=y
            CONFIG_VIRTIO=m
            CONFIG_VIRTIO_RING=m
            CONFIG_VIRTIO_PCI=m
            CONFIG_VIRTIO_BLK=m
            CONFIG_VIRTIO_NET=m
            CONFIG_EXT3_FS=m
            """)
        .file(
            "/lib/modules/" + version + "/modules.dep",
            (drivers + "virtio/virtio.ko:\n")
                + (drivers + "virtio/virtio_ring.ko:\n")
                + (drivers + "virtio/virtio_pci.ko: " + drivers + "virtio/virtio_ring.ko ")
                + (drivers + "virtio/virtio.ko\n")
                + (drivers + "block/virtio_blk.ko: " + drivers + "virtio/virtio_ring.ko ")
                + (drivers + "virtio/virtio.ko\n")
                + (drivers + "net/virtio_net.ko: " + drivers + "virtio/virtio.ko\n")
                + (fs + "jbd/jbd.ko:\n" + fs + "ext3/ext3.ko: " + fs + "jbd/jbd.ko\n"))
        .file(drivers + "virtio/virtio.ko", elf(62))
        .file(drivers + "virtio/virtio_ring.ko", elf(62))
        .file(drivers + "virtio/virtio_pci.ko", elf(62))
        .file(drivers + "block/virtio_blk.ko", elf(62))
        .file(drivers + "net/virtio_net.ko", elf(62))
        .file(fs + "jbd/jbd.ko", elf(62))
        .file(fs + "ext3/ext3.ko", elf(62));
  }

  /** SL 6.5: one kernel for Xen and hardware, virtio in the initramfs, upstart. */
  static MemoryFilesystem scientific6() {
    String version = "2.6.32-431.el6.x86_64";
    return pvops(
            "Scientific Linux release 6.5 (Carbon)\n",
            version,
            0x20A,
            initrd(
                "init",
                "lib/modules/" + version + "/kernel/drivers/virtio/virtio.ko",
                "lib/modules/" + version + "/kernel/drivers/virtio/virtio_ring.ko",
                "lib/modules/" + version + "/kernel/drivers/virtio/virtio_pci.ko",
                "lib/modules/" + version + "/kernel/drivers/block/virtio_blk.ko"))
        .file("/sbin/init", elf(62))
        .file("/sbin/initctl", elf(62))
        .file("/etc/inittab", "id:3:initdefault:\n")
        .file("/etc/init/start-ttys.conf", "start on stopped rc RUNLEVEL=[2345]\n")
        .file("/etc/init/tty.conf", "stop on runlevel [S016]\nrespawn\nexec /sbin/mingetty $TTY\n")
        .file(
            "/etc/init/serial.conf",
            "start on fedora.serial-console-available DEV=*\nexec /sbin/agetty /dev/$DEV $SPEED\n")
        .file("/etc/sysconfig/init", "BOOTUP=color\nACTIVE_CONSOLES=/dev/tty[1-6]\n")
        .file(
            "/etc/fstab",
            "/dev/xvde / ext3 defaults 1 1\n/dev/xvdf /staging ext3 defaults 1 2\n"
                + "devpts /dev/pts devpts gid=5,mode=620 0 0\n")
        .file(
            "/etc/udev/rules.d/70-persistent-net.rules",
            """
            # This file was automatically generated by the /lib/udev/write_net_rules
            SUBSYSTEM=="net", ACTION=="add", DRIVERS=="?*", ATTR{address}=="00:16:3e:01:02:03", \
            ATTR{type}=="1", KERNEL=="eth*", NAME="eth0"
            """)
        .link("/etc/udev/rules.d/75-persistent-net-generator.rules", "/dev/null")
        .file(
            "/etc/sysconfig/network-scripts/ifcfg-eth0",
            "DEVICE=\"eth0\"\nBOOTPROTO=\"static\"\nUUID=\"abc\"\nHWADDR=\"00:16:3E:01:02:03\"\n")
        .file(
            "/boot/grub/grub.conf",
            "title SL\nkernel /boot/vmlinuz-%1$s ro root=/dev/xvde console=hvc0\n"
                    .formatted(version)
                + "initrd /boot/initramfs-%s.img\n".formatted(version));
  }

  static MemoryFilesystem scientific6WithoutVirtio() {
    String version = "2.6.32-431.el6.x86_64";
    return scientific6()
        .file(
            "/boot/initramfs-" + version + ".img",
            initrd(
                "init",
                "lib/modules/" + version + "/kernel/drivers/virtio/virtio.ko",
                "lib/modules/" + version + "/kernel/drivers/virtio/virtio_ring.ko",
                "lib/modules/" + version + "/kernel/drivers/virtio/virtio_pci.ko",
                "lib/modules/" + version + "/kernel/fs/ext3/ext3.ko",
                // Of another kernel: of no use to this one.
                "lib/modules/2.6.32-71.el6.x86_64/kernel/drivers/block/virtio_blk.ko"));
  }

  static MemoryFilesystem centos6() {
    return scientific6().file("/etc/redhat-release", "CentOS release 6.5 (Final)\n");
  }

  static MemoryFilesystem centos7() {
    String version = "3.10.0-1160.el7.x86_64";
    return pvops(
            "CentOS Linux release 7.9.2009 (Core)\n",
            version,
            0x20C,
            initrd(
                "init", "usr/lib/modules/" + version + "/kernel/drivers/block/xen-blkfront.ko.xz"))
        .file(
            "/etc/os-release",
            "ID=\"centos\"\nVERSION_ID=\"7\"\nPRETTY_NAME=\"CentOS Linux 7 (Core)\"\n")
        .file("/usr/lib/systemd/systemd", elf(62))
        .link("/sbin", "usr/sbin")
        .link("/usr/sbin/init", "../lib/systemd/systemd")
        .file("/etc/fstab", "UUID=6B29FC40-CA47-1067-B31D-00DD010662DA / ext3 defaults 1 1\n")
        .file("/boot/vmlinuz-0-rescue-abc", kernel(version + " (builder@x) #1 SMP", 0x20C, 2047))
        .file(
            "/boot/initramfs-0-rescue-abc.img",
            initrd(
                "init",
                "usr/lib/modules/" + version + "/kernel/drivers/virtio/virtio.ko",
                "usr/lib/modules/" + version + "/kernel/drivers/virtio/virtio_ring.ko",
                "usr/lib/modules/" + version + "/kernel/drivers/virtio/virtio_pci.ko",
                "usr/lib/modules/" + version + "/kernel/drivers/block/virtio_blk.ko"))
        .link(
            "/etc/systemd/system/getty.target.wants/getty@tty1.service",
            "/usr/lib/systemd/system/getty@.service")
        .file(
            "/boot/grub/grub.conf",
            "title a\nkernel /boot/vmlinuz-%s ro root=/dev/xvda console=hvc0\n".formatted(version));
  }

  /** Ubuntu 12.04's -virtual kernel has all of virtio built in. */
  static MemoryFilesystem ubuntu1204() {
    String version = "3.2.0-61-virtual";
    return new MemoryFilesystem()
        .file("/sbin/init", elf(62))
        .file("/sbin/initctl", elf(62))
        .file("/etc/debian_version", "wheezy/sid\n")
        .file(
            "/etc/lsb-release",
            """
            DISTRIB_ID=Ubuntu
            DISTRIB_RELEASE=12.04
            DISTRIB_CODENAME=precise
            DISTRIB_DESCRIPTION="Ubuntu 12.04.4 LTS"
            """)
        .file("/etc/os-release", "ID=ubuntu\nPRETTY_NAME=\"Ubuntu precise (12.04.4 LTS)\"\n")
        .file(
            "/etc/init/tty1.conf",
            "start on stopped rc RUNLEVEL=[2345]\nrespawn\nexec /sbin/getty -8 38400 tty1\n")
        .file(
            "/etc/init/tty2.conf",
            "start on stopped rc RUNLEVEL=[2345]\nrespawn\nexec /sbin/getty -8 38400 tty2\n")
        .file("/etc/init/tty2.override", "manual\n")
        .file(
            "/etc/init/hvc0.conf",
            "start on stopped rc RUNLEVEL=[2345]\nrespawn\nexec /sbin/getty -8 38400 hvc0\n")
        .file(
            "/etc/fstab",
            "LABEL=/ / ext3 defaults 0 0\n/dev/sdb\\040x /vm\\040store ext3 defaults 0 2\n")
        .file(
            "/etc/network/interfaces",
            "auto lo\niface lo inet loopback\nauto eth0\niface eth0 inet dhcp\n")
        .file(
            "/boot/grub/menu.lst",
            "title a\nkernel /vmlinuz root=LABEL=/ ro console=hvc0\ninitrd /initrd.img\n")
        .link("/vmlinuz", "boot/vmlinuz-" + version)
        .link("/initrd.img", "boot/initrd.img-" + version)
        .file("/boot/vmlinuz-" + version, kernel(version + " (buildd@x) #92", 0x20A, 2047))
        .file("/boot/vmlinuz-3.2.0-9-virtual", kernel("3.2.0-9-virtual (b)", 0x20A, 2047))
        .file("/boot/vmlinuz-" + version + ".dpkg-tmp", kernel("a copy", 0x20A, 2047))
        .file("/boot/initrd.img-" + version, initrd("init"))
        .file("/boot/initrd.img-3.2.0-9-virtual", initrd("init"))
        .file("/boot/config-" + version, UBUNTU_VIRTUAL)
        .file("/boot/config-3.2.0-9-virtual", UBUNTU_VIRTUAL)
        .file("/lib/modules/" + version + "/modules.dep", "kernel/fs/udf/udf.ko:\n")
        .file("/lib/modules/" + version + "/kernel/fs/udf/udf.ko", elf(62));
  }

  private static final String UBUNTU_VIRTUAL =
      """
      CONFIG_PARAVIRT=y
      CONFIG_XEN=y
      CONFIG_VIRTIO=y
      CONFIG_VIRTIO_RING=y
      CONFIG_VIRTIO_PCI=y
      CONFIG_VIRTIO_BLK=y
      CONFIG_VIRTIO_NET=y
      CONFIG_EXT4_FS=y
      """;

  static MemoryFilesystem ubuntu1310() {
    return ubuntu1204()
        .file(
            "/etc/lsb-release",
            "DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=13.10\nDISTRIB_DESCRIPTION=\"Ubuntu 13.10\"\n");
  }

  /** Debian 6: no os-release, sysvinit, and jobs for upstart that nothing runs. */
  static MemoryFilesystem debian6() {
    return ubuntu1204()
        .without("/etc/lsb-release")
        .without("/etc/os-release")
        .without("/sbin/initctl")
        .file("/etc/debian_version", "6.0.10\n")
        .file(
            "/etc/inittab",
            "id:2:initdefault:\n1:2345:respawn:/sbin/getty 38400 tty1\n"
                + "4:45:respawn:/sbin/getty 38400 tty4\n"
                + "#T0:23:respawn:/sbin/getty -L ttyS0 9600 vt100\n"
                + "hc:2345:respawn:/sbin/getty 38400 hvc0\n");
  }

  static MemoryFilesystem debian7() {
    return debian6()
        .file("/etc/debian_version", "7.11\n")
        .file(
            "/etc/os-release",
            "PRETTY_NAME=\"Debian GNU/Linux 7 (wheezy)\"\nVERSION_ID=\"7\"\nID=debian\n");
  }

  static MemoryFilesystem debian12() {
    return debian7()
        .without("/etc/inittab")
        .without("/etc/os-release")
        .file("/etc/debian_version", "12.11\n")
        .file(
            "/usr/lib/os-release",
            "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nVERSION_ID=\"12\"\nID=debian\n")
        .link("/etc/os-release", "../usr/lib/os-release")
        .without("/sbin/init")
        .without("/sbin")
        .link("/sbin", "usr/sbin")
        .link("/usr/sbin/init", "/lib/systemd/systemd")
        .file("/lib/systemd/systemd", elf(62));
  }

  /** A Red Hat tree whose kernel's virtio is modular; its module files are there. */
  private static MemoryFilesystem pvops(
      String release, String version, int protocol, byte[] initrd) {
    String modules = "/lib/modules/" + version;
    MemoryFilesystem tree =
        new MemoryFilesystem()
            .file("/etc/redhat-release", release)
            .file("/bin/bash", elf(62))
            .link("/bin/sh", "bash")
            .file("/boot/vmlinuz-" + version, kernel(version + " (m@x) #1 SMP", protocol, 2047))
            .file("/boot/initramfs-" + version + ".img", initrd)
            .file(
                "/boot/config-" + version,
                """
                CONFIG_PARAVIRT_GUEST=y
                CONFIG_XEN=y
                CONFIG_VIRTIO=m
                CONFIG_VIRTIO_RING=m
                CONFIG_VIRTIO_PCI=m
                CONFIG_VIRTIO_BLK=m
                CONFIG_VIRTIO_NET=m
                CONFIG_EXT3_FS=m
                """)
            .file(
                modules + "/modules.dep",
                """
                kernel/drivers/virtio/virtio.ko:
                kernel/drivers/virtio/virtio_ring.ko:
                kernel/drivers/virtio/virtio_pci.ko: kernel/drivers/virtio/virtio_ring.ko kernel/drivers/virtio/virtio.ko
                kernel/drivers/block/virtio_blk.ko: kernel/drivers/virtio/virtio_ring.ko kernel/drivers/virtio/virtio.ko
                kernel/drivers/net/virtio_net.ko: kernel/drivers/virtio/virtio_ring.ko kernel/drivers/virtio/virtio.ko
                kernel/fs/jbd/jbd.ko:
                kernel/fs/ext3/ext3.ko: kernel/fs/jbd/jbd.ko
                """);
    for (String module :
        new String[] {
          "drivers/virtio/virtio",
          "drivers/virtio/virtio_ring",
          "drivers/virtio/virtio_pci",
          "drivers/block/virtio_blk",
          "drivers/net/virtio_net",
          "fs/jbd/jbd",
          "fs/ext3/ext3"
        }) {
      tree.file(modules + "/kernel/" + module + ".ko", elf(62));
    }
    return tree;
  }

  /** A kernel image as far as its header goes (Documentation/arch/x86/boot.rst). */
  static byte[] kernel(String version, int protocol, int commandLineSize) {
    byte[] image = new byte[0x1000];
    ByteBuffer header = ByteBuffer.wrap(image).order(ByteOrder.LITTLE_ENDIAN);
    header.putInt(0x202, 0x53726448);
    header.putShort(0x206, (short) protocol);
    header.putShort(0x20E, (short) 0x400);
    header.putInt(0x238, commandLineSize);
    byte[] text = version.getBytes(ISO_8859_1);
    System.arraycopy(text, 0, image, 0x600, text.length);
    return image;
  }

  /** The start of a program or module for a machine, with what it depends on. */
  static byte[] elf(int machine, String... dependencies) {
    byte[] header = new byte[64];
    header[0] = 0x7F;
    header[1] = 'E';
    header[2] = 'L';
    header[3] = 'F';
    header[4] = (byte) (machine == 3 ? 1 : 2);
    header[5] = 1;
    header[18] = (byte) machine;
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    file.writeBytes(header);
    file.writeBytes(
        ("license=GPL\0depends=" + String.join(",", dependencies) + "\0vermagic=x\0")
            .getBytes(ISO_8859_1));
    return file.toByteArray();
  }

  static byte[] initrd(String... names) {
    CpioWriter archive = new CpioWriter();
    for (String name : names) {
      archive.file(name, 0644, new byte[] {'x'});
    }
    return gzip(archive.finish());
  }

  static byte[] gzip(byte[] content) {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
      gzip.write(content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return packed.toByteArray();
  }
}
