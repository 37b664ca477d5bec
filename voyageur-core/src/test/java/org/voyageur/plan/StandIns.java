package org.voyageur.plan;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.voyageur.disk.DiskLayout;
import org.voyageur.disk.DiskLayout.FilesystemType;
import org.voyageur.filesystem.FileOwner;
import org.voyageur.filesystem.FileType;
import org.voyageur.filesystem.FilesystemFacts;
import org.voyageur.filesystem.FilesystemFacts.State;
import org.voyageur.guest.Consoles;
import org.voyageur.guest.Finding;
import org.voyageur.guest.FstabEntry;
import org.voyageur.guest.Guest;
import org.voyageur.guest.GuestFile;
import org.voyageur.guest.GuestFiles;
import org.voyageur.guest.InstalledBootCode;
import org.voyageur.guest.Kernel;
import org.voyageur.guest.Kernel.DriverLocation;
import org.voyageur.guest.Network;
import org.voyageur.guest.OperatingSystem;
import org.voyageur.guest.OperatingSystem.Family;
import org.voyageur.guest.OperatingSystem.InitSystem;
import org.voyageur.guest.XenBoot;

/** Guests as inspection would describe them, with the files that such a system has. */
final class StandIns {
  private StandIns() {}

  static List<Guest> all() {
    return List.of(
        scientific5XenOnly(),
        scientific5(),
        scientific5WithoutInitrd(),
        scientific6(),
        ubuntu1204(),
        ubuntu1310(),
        debian12());
  }

  static Guest scientific5XenOnly() {
    Guest both = scientific5();
    return withKernels(both, List.of(both.kernels().getLast()));
  }

  /** Where mkinitrd gave up. */
  static Guest scientific5WithoutInitrd() {
    Guest both = scientific5();
    Kernel generic = both.kernels().getFirst();
    Kernel without =
        new Kernel(
            generic.version(),
            generic.image(),
            Optional.empty(),
            generic.config(),
            generic.modules(),
            generic.xenPv(),
            generic.kvm(),
            generic.virtioBlk(),
            generic.virtioNet(),
            generic.xenBlk(),
            generic.supplement(),
            false,
            List.of(),
            generic.commandLineLimit(),
            generic.architecture());
    return withKernels(both, List.of(without, both.kernels().getLast()));
  }

  static Guest scientific5() {
    String fstab =
        """
        LABEL=/                 /                       ext3    defaults        1 1
        tmpfs                   /dev/shm                tmpfs   defaults        0 0
        devpts                  /dev/pts                devpts  gid=5,mode=620  0 0
        sysfs                   /sys                    sysfs   defaults        0 0
        proc                    /proc                   proc    defaults        0 0
        LABEL=SWAP-xvda2        swap                    swap    defaults        0 0
        /dev/sdb                /staging                ext3    defaults        1 2
        /dev/sdc                /vmstore                ext3    defaults        1 2
        """;
    String drivers = "/lib/modules/2.6.18-398.el5/kernel/drivers/";
    return new Guest(
        new DiskLayout.WholeDisk(FilesystemType.EXT3),
        InstalledBootCode.NONE,
        10L << 30,
        new OperatingSystem(
            "Scientific Linux release 5.9 (Boron)",
            Family.RED_HAT,
            "scientific",
            "5.9",
            "x86_64",
            InitSystem.SYSV),
        filesystem("/", State.CLEAN),
        List.of(
            new Kernel(
                "2.6.18-398.el5",
                "/boot/vmlinuz-2.6.18-398.el5",
                Optional.of("/boot/initrd-2.6.18-398.el5.img"),
                Optional.of("/boot/config-2.6.18-398.el5"),
                Optional.of("/lib/modules/2.6.18-398.el5"),
                false,
                true,
                DriverLocation.ON_DISK,
                DriverLocation.ON_DISK,
                DriverLocation.NOWHERE,
                List.of(
                    drivers + "virtio/virtio.ko",
                    drivers + "virtio/virtio_ring.ko",
                    drivers + "virtio/virtio_pci.ko",
                    drivers + "block/virtio_blk.ko"),
                false,
                List.of(),
                255,
                "x86_64"),
            new Kernel(
                "2.6.18-348.el5xen",
                "/boot/vmlinuz-2.6.18-348.el5xen",
                Optional.of("/boot/initrd-2.6.18-348.el5xen.img"),
                Optional.of("/boot/config-2.6.18-348.el5xen"),
                Optional.of("/lib/modules/2.6.18-348.el5xen"),
                true,
                false,
                DriverLocation.NOWHERE,
                DriverLocation.NOWHERE,
                DriverLocation.NOWHERE,
                List.of(),
                false,
                List.of(),
                255,
                "x86_64")),
        Optional.of(
            new XenBoot(
                "/boot/grub/menu.lst",
                "Scientific Linux SL (2.6.18-348.el5xen)",
                "/boot/vmlinuz-2.6.18-348.el5xen",
                Optional.of("/boot/initrd-2.6.18-348.el5xen.img"),
                "ro root=LABEL=/ console=xvc0 independent_wallclock=1")),
        fstab(fstab),
        new Consoles(List.of("xvc0"), List.of("console", "vc/1", "tty1", "xvc0")),
        new Network(
            List.of(
                new Network.Interface("eth0", "dhcp", "/etc/sysconfig/network-scripts/ifcfg-eth0")),
            List.of(
                new Network.Pin(
                    "/etc/sysconfig/network-scripts/ifcfg-eth0", 4, "HWADDR=00:16:3E:12:34:56"))),
        files(
            Map.of(
                "/etc/fstab",
                fstab,
                "/etc/inittab",
                """
                id:3:initdefault:
                si::sysinit:/etc/rc.d/rc.sysinit
                l3:3:wait:/etc/rc.d/rc 3
                ca::ctrlaltdel:/sbin/shutdown -t3 -r now
                # Run gettys in standard runlevels
                co:2345:respawn:/sbin/agetty xvc0 9600 vt100-nav
                #1:2345:respawn:/sbin/mingetty tty1
                #2:2345:respawn:/sbin/mingetty tty2
                # Run xdm in runlevel 5
                x:5:respawn:/etc/X11/prefdm -nodaemon
                """,
                "/etc/securetty",
                "console\nvc/1\ntty1\nxvc0\n",
                "/etc/sysconfig/network",
                "NETWORKING=yes\nHOSTNAME=megapipe\n",
                "/etc/sysconfig/network-scripts/ifcfg-eth0",
                "# Xen Virtual Ethernet\nDEVICE=eth0\nBOOTPROTO=dhcp\nHWADDR=00:16:3E:12:34:56\nONBOOT=yes\n",
                "/etc/modprobe.conf",
                "alias eth0 xennet\nalias scsi_hostadapter xenblk\n",
                "/boot/grub/menu.lst",
                "default=0\n")),
        List.of(),
        List.of());
  }

  static Guest scientific6() {
    String fstab =
        """
        #
        # /etc/fstab
        # Created by anaconda on Tue Mar 12 10:00:00 2013
        #
        /dev/xvde\t/\text3\tdefaults\t1 1
        tmpfs\t/dev/shm\ttmpfs\tdefaults\t0 0
        proc\t/proc\tproc\tdefaults\t0 0
        /dev/xvdb\tswap\tswap\tdefaults\t0 0
        /dev/sdb\t/staging\text3\tdefaults\t1 2
        UUID=0a1b2c3d-0000-4000-8000-000000000001\t/data\text4\tdefaults\t1 2
        """;
    return new Guest(
        new DiskLayout.WholeDisk(FilesystemType.EXT3),
        InstalledBootCode.NONE,
        10L << 30,
        new OperatingSystem(
            "Scientific Linux release 6.5 (Carbon)",
            Family.RED_HAT,
            "scientific",
            "6.5",
            "x86_64",
            InitSystem.UPSTART),
        filesystem("", State.JOURNAL_DIRTY),
        List.of(red6("2.6.32-431.11.2.el6.x86_64"), red6("2.6.32-431.el6.x86_64")),
        Optional.of(
            new XenBoot(
                "/boot/grub/menu.lst",
                "Scientific Linux (2.6.32-431.11.2.el6.x86_64)",
                "/boot/vmlinuz-2.6.32-431.11.2.el6.x86_64",
                Optional.of("/boot/initramfs-2.6.32-431.11.2.el6.x86_64.img"),
                "ro root=/dev/xvde rd_NO_LUKS rd_NO_MD LANG=en_US.UTF-8 crashkernel=auto"
                    + " console=hvc0 quiet")),
        fstab(fstab),
        new Consoles(List.of("tty1", "hvc0"), List.of("console", "tty1")),
        new Network(
            List.of(),
            List.of(
                new Network.Pin(
                    "/etc/udev/rules.d/70-persistent-net.rules",
                    3,
                    "SUBSYSTEM==\"net\", ACTION==\"add\", DRIVERS==\"?*\","
                        + " ATTR{address}==\"00:16:3e:aa:bb:cc\", NAME=\"eth0\""))),
        files(
            Map.of(
                "/etc/fstab",
                fstab,
                "/etc/init/start-ttys.conf",
                "start on stopped rc RUNLEVEL=[2345]\n",
                "/etc/init/serial.conf",
                """
                start on fedora.serial-console-available DEV=* and stopped rc RUNLEVEL=[2345]
                exec /sbin/agetty /dev/$DEV $SPEED vt100-nav
                """,
                "/etc/init/hvc0.conf",
                "start on stopped rc RUNLEVEL=[2345]\nrespawn\nexec /sbin/agetty hvc0 9600\n",
                "/etc/sysconfig/init",
                "BOOTUP=color\nACTIVE_CONSOLES=/dev/hvc0\n",
                "/etc/securetty",
                "console\r\ntty1",
                "/etc/sysconfig/network",
                "NETWORKING=yes",
                "/etc/udev/rules.d/70-persistent-net.rules",
                "# This file was automatically generated\n\n"
                    + "SUBSYSTEM==\"net\", ACTION==\"add\", DRIVERS==\"?*\","
                    + " ATTR{address}==\"00:16:3e:aa:bb:cc\", NAME=\"eth0\"\n")),
        List.of(),
        List.of());
  }

  static Guest ubuntu1204() {
    return ubuntu(
        "12.04",
        "3.2.0-61-virtual",
        "root=LABEL=/ ro console=hvc0 quiet splash",
        Map.of(
            "/etc/init/hvc0.conf",
            "start on stopped rc RUNLEVEL=[2345]\nrespawn\nexec /sbin/getty -8 38400 hvc0\n",
            "/etc/init/tty1.conf",
            "start on stopped rc RUNLEVEL=[2345]\nrespawn\nexec /sbin/getty -8 38400 tty1\n"));
  }

  /** The variant whose owner turned tty1's job into one for Xen's console. */
  static Guest ubuntu1310() {
    return ubuntu(
        "13.10",
        "3.11.0-19-generic",
        "root=/dev/xvda ro",
        Map.of(
            "/etc/init/tty1.conf",
            "start on stopped rc RUNLEVEL=[2345]\nrespawn\nexec /sbin/getty -8 38400 hvc0\n"));
  }

  private static Guest ubuntu(
      String version, String kernel, String arguments, Map<String, String> jobs) {
    String fstab =
        """
        # / was on /dev/xvda during installation
        proc            /proc           proc    nodev,noexec,nosuid 0       0
        LABEL=/         /               ext3    errors=remount-ro 0       1
        /dev/sdb        /staging        ext3    defaults        0       2
        /dev/sdc        /vmstore        ext3    defaults        0       2
        LABEL=archive   /archive        ext4    defaults        0       2
        /dev/fd0        /media/floppy0  auto    rw,user,noauto,exec,utf8 0       0
        """;
    TreeMap<String, String> texts = new TreeMap<>(jobs);
    texts.put("/etc/fstab", fstab);
    texts.put("/etc/securetty", "console\ntty1\nttyS0\nhvc0\n");
    GuestFiles files =
        files(texts)
            .with(link("/vmlinuz", "boot/vmlinuz-" + kernel))
            .with(link("/initrd.img", "boot/initrd.img-" + kernel));
    return new Guest(
        new DiskLayout.WholeDisk(FilesystemType.EXT3),
        InstalledBootCode.NONE,
        10L << 30,
        new OperatingSystem(
            "Ubuntu " + version + " LTS",
            Family.DEBIAN,
            "ubuntu",
            version,
            "x86_64",
            InitSystem.UPSTART),
        filesystem("/", State.ORPHANS),
        List.of(debian(kernel, DriverLocation.BUILT_IN)),
        Optional.of(
            new XenBoot(
                "/boot/grub/menu.lst",
                "Ubuntu, kernel " + kernel,
                "/boot/vmlinuz-" + kernel,
                Optional.of("/boot/initrd.img-" + kernel),
                arguments)),
        fstab(fstab),
        new Consoles(List.of("hvc0"), List.of("console", "tty1", "ttyS0", "hvc0")),
        new Network(
            List.of(new Network.Interface("eth0", "dhcp", "/etc/network/interfaces")), List.of()),
        files,
        List.of(),
        List.of());
  }

  static Guest debian12() {
    String fstab =
        """
        UUID=11111111-2222-3333-4444-555555555555 / ext4 errors=remount-ro 0 1
        /dev/xvdb none swap sw 0 0
        /dev/xvdc /staging ext4 defaults,noatime 0 2
        LABEL=archive /archive ext4 defaults 0 2
        """;
    return new Guest(
        new DiskLayout.WholeDisk(FilesystemType.EXT4),
        InstalledBootCode.NONE,
        10L << 30,
        new OperatingSystem(
            "Debian GNU/Linux 12 (bookworm)",
            Family.DEBIAN,
            "debian",
            "12",
            "x86_64",
            InitSystem.SYSTEMD),
        filesystem("bookworm", State.CLEAN),
        List.of(debian("6.1.0-50-cloud-amd64", DriverLocation.INITRD)),
        Optional.of(
            new XenBoot(
                "/boot/grub/menu.lst",
                "Debian",
                "/boot/vmlinuz-6.1.0-50-cloud-amd64",
                Optional.of("/boot/initrd.img-6.1.0-50-cloud-amd64"),
                "root=UUID=11111111-2222-3333-4444-555555555555 ro console=hvc0")),
        fstab(fstab),
        new Consoles(List.of("hvc0"), List.of()),
        new Network(
            List.of(new Network.Interface("eth0", "dhcp", "/etc/network/interfaces")), List.of()),
        files(Map.of("/etc/fstab", fstab))
            .with(
                link(
                    "/etc/systemd/system/getty.target.wants/getty@hvc0.service",
                    "/lib/systemd/system/getty@.service")),
        List.of(),
        List.of());
  }

  static Guest withFindings(Guest guest, List<Finding> findings) {
    return with(guest, guest.xenBoot(), findings);
  }

  static Guest withXenBoot(Guest guest, XenBoot boot) {
    return with(guest, Optional.of(boot), guest.findings());
  }

  private static Guest with(Guest guest, Optional<XenBoot> boot, List<Finding> findings) {
    return new Guest(
        guest.layout(),
        guest.bootCode(),
        guest.diskSize(),
        guest.operatingSystem(),
        guest.filesystem(),
        guest.kernels(),
        boot,
        guest.fstab(),
        guest.consoles(),
        guest.network(),
        guest.files(),
        guest.xenLeftovers(),
        findings);
  }

  static Guest withKernels(Guest guest, List<Kernel> kernels) {
    return new Guest(
        guest.layout(),
        guest.bootCode(),
        guest.diskSize(),
        guest.operatingSystem(),
        guest.filesystem(),
        kernels,
        guest.xenBoot(),
        guest.fstab(),
        guest.consoles(),
        guest.network(),
        guest.files(),
        guest.xenLeftovers(),
        guest.findings());
  }

  /** The same guest with another fstab. */
  static Guest withFstab(Guest guest, String text) {
    return withFstab(guest, text, fstab(text));
  }

  static Guest withFstab(Guest guest, String text, List<FstabEntry> entries) {
    GuestFile file = guest.files().get("/etc/fstab").orElseThrow();
    return new Guest(
        guest.layout(),
        guest.bootCode(),
        guest.diskSize(),
        guest.operatingSystem(),
        guest.filesystem(),
        guest.kernels(),
        guest.xenBoot(),
        entries,
        guest.consoles(),
        guest.network(),
        guest.files().with(file.withText(text)),
        guest.xenLeftovers(),
        guest.findings());
  }

  static Guest withArguments(Guest guest, String arguments) {
    XenBoot boot = guest.xenBoot().orElseThrow();
    return new Guest(
        guest.layout(),
        guest.bootCode(),
        guest.diskSize(),
        guest.operatingSystem(),
        guest.filesystem(),
        guest.kernels(),
        Optional.of(
            new XenBoot(boot.configFile(), boot.title(), boot.kernel(), boot.initrd(), arguments)),
        guest.fstab(),
        guest.consoles(),
        guest.network(),
        guest.files(),
        guest.xenLeftovers(),
        guest.findings());
  }

  /** The same filesystem with 512 KiB free. */
  static FilesystemFacts full(FilesystemFacts facts) {
    return new FilesystemFacts(
        facts.type(),
        facts.features(),
        facts.label(),
        facts.uuid(),
        facts.blockSize(),
        facts.inodeSize(),
        facts.size(),
        512 << 10,
        facts.reserved(),
        facts.freeInodes(),
        facts.state());
  }

  static Guest withFile(Guest guest, String path, String text) {
    return guest.withFiles(guest.files().with(file(path, text)));
  }

  private static Kernel red6(String version) {
    return new Kernel(
        version,
        "/boot/vmlinuz-" + version,
        Optional.of("/boot/initramfs-" + version + ".img"),
        Optional.of("/boot/config-" + version),
        Optional.of("/lib/modules/" + version),
        true,
        true,
        DriverLocation.INITRD,
        DriverLocation.ON_DISK,
        DriverLocation.INITRD,
        List.of(),
        false,
        List.of(),
        2047,
        "x86_64");
  }

  private static Kernel debian(String version, DriverLocation driver) {
    return new Kernel(
        version,
        "/boot/vmlinuz-" + version,
        Optional.of("/boot/initrd.img-" + version),
        Optional.of("/boot/config-" + version),
        Optional.of("/lib/modules/" + version),
        true,
        true,
        driver,
        driver,
        DriverLocation.INITRD,
        List.of(),
        false,
        List.of(),
        2047,
        "x86_64");
  }

  private static FilesystemFacts filesystem(String label, State state) {
    return new FilesystemFacts(
        FilesystemType.EXT3,
        List.of("has_journal"),
        label,
        "11111111-2222-3333-4444-555555555555",
        4096,
        128,
        10L << 30,
        8L << 30,
        1L << 29,
        100_000,
        state);
  }

  private static GuestFiles files(Map<String, String> texts) {
    TreeMap<String, GuestFile> files = new TreeMap<>();
    texts.forEach((path, text) -> files.put(path, file(path, text)));
    return new GuestFiles(files);
  }

  private static GuestFile file(String path, String text) {
    return new GuestFile(path, FileType.REGULAR, FileOwner.ROOT, 0644, text);
  }

  private static GuestFile link(String path, String target) {
    return new GuestFile(path, FileType.SYMBOLIC_LINK, FileOwner.ROOT, 0777, target);
  }

  private static List<FstabEntry> fstab(String text) {
    List<FstabEntry> entries = new ArrayList<>();
    List<String> lines = Arrays.asList(text.split("\n", -1));
    for (int i = 0; i < lines.size(); i++) {
      String[] fields = lines.get(i).strip().split("\\s+", -1);
      if (fields.length < 6 || fields[0].startsWith("#")) {
        continue;
      }
      boolean device = fields[0].matches("/dev/.*|LABEL=.*|UUID=.*");
      entries.add(
          new FstabEntry(
              i + 1,
              fields[0],
              fields[1],
              fields[2],
              fields[3],
              number(fields[4]),
              number(fields[5]),
              fields[1].equals("/")
                  ? FstabEntry.Device.ROOT
                  : device ? FstabEntry.Device.MISSING : FstabEntry.Device.VIRTUAL));
    }
    return entries;
  }

  private static int number(String digits) {
    return digits.matches("\\d{1,3}") ? Integer.parseInt(digits) : 0;
  }
}
