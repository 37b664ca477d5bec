package org.voyageur.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.voyageur.error.ErrorCode;
import org.voyageur.filesystem.FileOwner;
import org.voyageur.filesystem.FileType;
import org.voyageur.filesystem.FilesystemFacts;
import org.voyageur.guest.Finding;
import org.voyageur.guest.Guest;
import org.voyageur.guest.GuestFile;
import org.voyageur.guest.GuestFiles;
import org.voyageur.guest.Kernel;
import org.voyageur.guest.XenBoot;

class PlannerTest {
  static List<Guest> standIns() {
    return StandIns.all();
  }

  @ParameterizedTest
  @MethodSource("standIns")
  void everyRuleAppliedToItsOwnResultChangesNothing(Guest guest) {
    for (Target target : Target.values()) {
      Guest current = guest;
      for (ConversionRule rule : Planner.RULES) {
        current = Planner.after(current, rule.changes(current, target));
        assertThat(rule.changes(current, target)).as(rule.toString()).isEmpty();
      }
    }
  }

  @ParameterizedTest
  @MethodSource("standIns")
  void aConvertedGuestIsLeftAlone(Guest guest) {
    for (Target target : Target.values()) {
      for (DiskShape.Layout layout : DiskShape.Layout.values()) {
        DiskShape shape = new DiskShape(layout, Optional.empty());
        Plan first = Planner.plan(guest, target, shape);
        assertThat(first.changes()).isNotEmpty();
        Guest after = Planner.after(guest, first.changes());
        assertThat(Planner.plan(after, target).changes()).as(target + " " + layout).isEmpty();
      }
    }
  }

  @ParameterizedTest
  @MethodSource("standIns")
  void noFileIsChangedTwice(Guest guest) {
    for (Target target : Target.values()) {
      List<String> paths =
          Planner.plan(guest, target).changes().stream().flatMap(c -> path(c).stream()).toList();
      assertThat(paths).doesNotHaveDuplicates();
    }
  }

  @ParameterizedTest
  @MethodSource("standIns")
  void everyChangeSaysWhy(Guest guest) {
    for (Target target : Target.values()) {
      assertThat(Planner.plan(guest, target).changes())
          .allSatisfy(change -> assertThat(change.reason()).isNotBlank().doesNotEndWith("."));
    }
  }

  @Test
  void aGuestWithOnlyAXenKernelIsAnObstacle() {
    Plan plan = Planner.plan(StandIns.scientific5XenOnly(), Target.KVM);
    assertThat(plan.obstacles())
        .extracting(Finding::code)
        .containsExactly(ErrorCode.GUEST_XEN_ONLY_KERNEL);
    assertThat(plan.feasible()).isFalse();
  }

  @Test
  void scientific5GetsASupplementAndALineBelow255Characters() {
    Guest after = converted(StandIns.scientific5());
    assertThat(text(after, "/boot/syslinux.cfg"))
        .isEqualTo(
            """
            # Written by voyageur.
            SERIAL 0 115200
            PROMPT 1
            TIMEOUT 50
            TOTALTIMEOUT 3000
            DEFAULT linux
            ONERROR safe

            LABEL linux
              LINUX /boot/vmlinuz-2.6.18-398.el5
              INITRD /boot/initrd-2.6.18-398.el5.img,/boot/voyageur-2.6.18-398.el5.cpio
              APPEND rdinit=/voyageur/init ro root=LABEL=/ console=tty0 console=ttyS0,115200n8

            LABEL 2.6.18-398.el5
              LINUX /boot/vmlinuz-2.6.18-398.el5
              INITRD /boot/initrd-2.6.18-398.el5.img,/boot/voyageur-2.6.18-398.el5.cpio
              APPEND rdinit=/voyageur/init ro root=LABEL=/ console=tty0 console=ttyS0,115200n8

            LABEL safe
              LINUX /boot/vmlinuz-2.6.18-398.el5
              INITRD /boot/initrd-2.6.18-398.el5.img
              APPEND ro root=LABEL=/ console=tty0 console=ttyS0,115200n8
            """);
    List<Change> changes = Planner.plan(StandIns.scientific5(), Target.KVM).changes();
    assertThat(changes)
        .filteredOn(Change.WriteSupplement.class::isInstance)
        .singleElement()
        .extracting(c -> ((Change.WriteSupplement) c).path())
        .isEqualTo("/boot/voyageur-2.6.18-398.el5.cpio");
    assertThat(changes.getLast()).isInstanceOf(Change.InstallBootCode.class);
  }

  @Test
  void aKernelWithoutAnInitrdGetsOneAndThePlanNamesTheWay() {
    Guest guest = StandIns.scientific5WithoutInitrd();
    for (Target target : Target.values()) {
      Plan plan = Planner.plan(guest, target);
      assertThat(plan.obstacles()).isEmpty();
      assertThat(plan.change(Change.WriteInitrd.class))
          .hasValueSatisfying(write -> {
            assertThat(write.path()).isEqualTo("/boot/initrd-2.6.18-398.el5.img");
            assertThat(write.modules()).isEqualTo(guest.kernels().getFirst().supplement());
          });
      assertThat(text(Planner.after(guest, plan.changes()), "/boot/syslinux.cfg"))
          .contains("INITRD /boot/initrd-2.6.18-398.el5.img\n", "root=LABEL=/")
          .doesNotContain("rdinit", "cpio", "safe");
      assertThat(plan.notes())
          .anyMatch(note -> note.contains("no package is needed"))
          .contains(
              "Under KVM /boot/vmlinuz-2.6.18-398.el5 is started, which no boot menu of the guest's"
                  + " names; under Xen PyGrub starts /boot/vmlinuz-2.6.18-348.el5xen as before");
    }
    Kernel xen = guest.kernels().getLast();
    Kernel made = StandIns.scientific5().kernels().getFirst();
    Kernel older = guest.kernels().getFirst();
    assertThat(
            Planner.plan(StandIns.withKernels(guest, List.of(made, older, xen)), Target.KVM)
                .change(Change.WriteInitrd.class))
        .as("the newest has one")
        .isEmpty();
  }

  @Test
  void aKernelThatTheMenuNamesNeedsNoWord() {
    Guest guest =
        StandIns.withFile(
            StandIns.scientific5(),
            "/boot/grub/menu.lst",
            "title a\n\tkernel /boot/vmlinuz-2.6.18-398.el5 ro\n");
    assertThat(Planner.plan(guest, Target.KVM).notes())
        .noneMatch(note -> note.contains("no boot menu"));
    assertThat(Planner.plan(StandIns.ubuntu1204(), Target.KVM).notes())
        .noneMatch(note -> note.contains("no boot menu"));
    Guest longer =
        StandIns.withFile(guest, "/boot/grub/menu.lst", "kernel /vmlinuz-2.6.18-398.el5xen ro\n");
    assertThat(Planner.plan(longer, Target.KVM).notes())
        .anyMatch(note -> note.contains("no boot menu"));
  }

  @Test
  void scientific5sFilesAreEditedInPlace() {
    Guest after = converted(StandIns.scientific5());
    assertThat(text(after, "/etc/fstab"))
        .isEqualTo(
            """
            LABEL=/                 /                       ext3    defaults        1 1
            tmpfs                   /dev/shm                tmpfs   defaults        0 0
            devpts                  /dev/pts                devpts  gid=5,mode=620  0 0
            sysfs                   /sys                    sysfs   defaults        0 0
            proc                    /proc                   proc    defaults        0 0
            LABEL=SWAP-xvda2        swap                    swap    defaults,noauto 0 0
            LABEL=ephemeral0        /staging                auto    defaults        1 0
            /dev/sdc                /vmstore                ext3    defaults,noauto 1 0
            """);
    assertThat(text(after, "/etc/inittab"))
        .isEqualTo(
            """
            id:3:initdefault:
            si::sysinit:/etc/rc.d/rc.sysinit
            l3:3:wait:/etc/rc.d/rc 3
            ca::ctrlaltdel:/sbin/shutdown -t3 -r now
            # Run gettys in standard runlevels
            co:2345:respawn:/bin/sh -c '[ -c /dev/xvc0 ] && exec /sbin/agetty xvc0 9600 vt100-nav; \
            sleep 86400'
            1:2345:respawn:/sbin/mingetty tty1
            2:2345:respawn:/sbin/mingetty tty2
            S0:2345:respawn:/bin/sh -c '[ -d /proc/xen ] || exec /sbin/agetty ttyS0 115200 vt100-nav; \
            sleep 86400'
            # Run xdm in runlevel 5
            x:5:respawn:/etc/X11/prefdm -nodaemon
            """);
    assertThat(text(after, "/etc/securetty")).isEqualTo("console\nvc/1\ntty1\nxvc0\nttyS0\n");
    assertThat(text(after, "/etc/modprobe.conf"))
        .isEqualTo(
            """
            alias eth0 virtio_net
            alias scsi_hostadapter virtio_blk
            alias scsi_hostadapter1 virtio_pci
            """);
    assertThat(text(after, "/etc/sysconfig/network"))
        .isEqualTo("NETWORKING=yes\nHOSTNAME=megapipe\nNOZEROCONF=yes\n");
    assertThat(text(after, "/etc/sysconfig/network-scripts/ifcfg-eth0"))
        .isEqualTo("# Xen Virtual Ethernet\nDEVICE=eth0\nBOOTPROTO=dhcp\nONBOOT=yes\n");
  }

  @Test
  void scientific6IsNamedByALabelThatItGetsFirst() {
    Guest guest = StandIns.scientific6();
    List<Change> changes = Planner.plan(guest, Target.KVM).changes();
    assertThat(changes.get(0)).isInstanceOf(Change.ReplayJournal.class);
    assertThat(changes.get(1)).isInstanceOf(Change.SetLabel.class);
    Guest after = converted(guest);
    assertThat(after.filesystem().label()).isEqualTo("/");
    assertThat(text(after, "/etc/fstab"))
        .isEqualTo(
            """
            #
            # /etc/fstab
            # Created by anaconda on Tue Mar 12 10:00:00 2013
            #
            LABEL=/\t/\text3\tdefaults\t1 1
            tmpfs\t/dev/shm\ttmpfs\tdefaults\t0 0
            proc\t/proc\tproc\tdefaults\t0 0
            /dev/xvdb\tswap\tswap\tdefaults,noauto\t0 0
            LABEL=ephemeral0\t/staging\tauto\tdefaults,nofail\t1 0
            UUID=0a1b2c3d-0000-4000-8000-000000000001\t/data\text4\tdefaults,nofail\t1 0
            """);
    assertThat(text(after, "/boot/syslinux.cfg"))
        .contains(
            """
            DEFAULT linux

            LABEL linux
              LINUX /boot/vmlinuz-2.6.32-431.11.2.el6.x86_64
              INITRD /boot/initramfs-2.6.32-431.11.2.el6.x86_64.img
              APPEND ro rd_NO_LUKS rd_NO_MD LANG=en_US.UTF-8 crashkernel=auto quiet root=LABEL=/ \
            console=tty0 console=ttyS0,115200n8
            """)
        .contains("LABEL 2.6.32-431.el6.x86_64\n");
    assertThat(text(after, "/etc/init/hvc0.conf"))
        .endsWith("pre-start exec test -c /dev/hvc0\nexec /sbin/agetty hvc0 9600\n");
    assertThat(after.files().has("/etc/init/ttyS0.conf")).as("serial.conf does it").isFalse();
    assertThat(text(after, "/etc/sysconfig/init"))
        .isEqualTo("BOOTUP=color\nACTIVE_CONSOLES=/dev/tty[1-6]\n");
    assertThat(text(after, "/etc/securetty")).isEqualTo("console\r\ntty1\r\nttyS0\r\n");
    assertThat(text(after, "/etc/sysconfig/network")).isEqualTo("NETWORKING=yes\nNOZEROCONF=yes\n");
    assertThat(text(after, "/etc/udev/rules.d/70-persistent-net.rules"))
        .isEqualTo("# This file was automatically generated\n\n");
    assertThat(after.files().has("/etc/udev/rules.d/75-persistent-net-generator.rules")).isTrue();
  }

  @Test
  void ubuntuStartsByItsLinksAndWaitsForNothing() {
    Guest after = converted(StandIns.ubuntu1204());
    assertThat(text(after, "/boot/syslinux.cfg"))
        .isEqualTo(
            """
            # Written by voyageur.
            SERIAL 0 115200
            PROMPT 1
            TIMEOUT 50
            TOTALTIMEOUT 3000
            DEFAULT linux
            ONERROR 3.2.0-61-virtual

            LABEL linux
              LINUX /vmlinuz
              INITRD /initrd.img
              APPEND ro quiet splash root=LABEL=/ console=tty0 console=ttyS0,115200n8

            LABEL 3.2.0-61-virtual
              LINUX /boot/vmlinuz-3.2.0-61-virtual
              INITRD /boot/initrd.img-3.2.0-61-virtual
              APPEND ro quiet splash root=LABEL=/ console=tty0 console=ttyS0,115200n8
            """);
    assertThat(text(after, "/etc/fstab"))
        .isEqualTo(
            """
            # / was on /dev/xvda during installation
            proc            /proc           proc    nodev,noexec,nosuid 0       0
            LABEL=/         /               ext3    errors=remount-ro 0       1
            LABEL=ephemeral0 /staging        auto    defaults,nobootwait 0       0
            /dev/sdc        /vmstore        ext3    defaults,noauto 0       0
            LABEL=archive   /archive        ext4    defaults,nobootwait 0       2
            /dev/fd0        /media/floppy0  auto    rw,user,noauto,exec,utf8 0       0
            """);
    assertThat(text(after, "/etc/init/ttyS0.conf"))
        .contains("\npre-start exec test ! -d /proc/xen\nexec /sbin/getty -L 115200 ttyS0 vt102\n")
        .contains("\nstart on stopped rc RUNLEVEL=[2345]\n");
    assertThat(after.files().has("/etc/modprobe.conf")).isFalse();
  }

  @Test
  void forBothHypervisorsDisksOfXensAreMountedWhereTheyAre() {
    assertThat(text(dualBoot(StandIns.ubuntu1204()), "/etc/fstab"))
        .contains("/dev/sdb        /staging        ext3    defaults,nobootwait 0       2")
        .contains("LABEL=/         /               ext3");
    assertThat(text(dualBoot(StandIns.debian12()), "/etc/fstab"))
        .contains("/dev/xvdb none swap sw,nofail,x-systemd.device-timeout=10s 0 0")
        .contains("/dev/xvdc /staging ext4 defaults,noatime,nofail,x-systemd.device-timeout=10s");
  }

  @Test
  void forBothHypervisorsXensModuleAliasesAndMenuStay() {
    Plan plan = Planner.plan(StandIns.scientific5(), Target.DUAL_BOOT);
    assertThat(plan.feasible()).isTrue();
    assertThat(plan.changes())
        .flatExtracting(change -> path(change).stream().toList())
        .doesNotContain("/boot/grub/menu.lst")
        .contains("/boot/syslinux.cfg", "/boot/voyageur-2.6.18-398.el5.cpio");
    assertThat(plan.notes())
        .anyMatch(note -> note.contains("'mkinitrd -f --allow-missing /boot/initrd-VERSION.img"))
        .anyMatch(note -> note.contains("Xen 4.1 to 4.4"));
  }

  @Test
  void forBothHypervisorsXensDriversStayAndVirtiosStandBesideThem() {
    String fallback =
        "install xennet /sbin/modprobe -q --ignore-install xennet || /sbin/modprobe -q virtio_net\n";
    assertThat(text(dualBoot(StandIns.scientific5()), "/etc/modprobe.conf"))
        .isEqualTo(
            """
            alias eth0 xennet
            alias scsi_hostadapter xenblk
            """
                + fallback
                + """
                alias scsi_hostadapter1 virtio_blk
                alias scsi_hostadapter2 virtio_pci
                """);
    String own =
        "alias scsi_hostadapter xenblk\nalias scsi_hostadapter1 virtio_pci\nalias eth1 xennet\n"
            + "install xennet /bin/true\n";
    assertThat(
            text(
                dualBoot(StandIns.withFile(StandIns.scientific5(), "/etc/modprobe.conf", own)),
                "/etc/modprobe.conf"))
        .isEqualTo(own + "alias eth0 virtio_net\nalias scsi_hostadapter2 virtio_blk\n");
  }

  @Test
  void kudzuIsTurnedOffInEveryRunlevelThatStartsItAndNowhereElse() {
    GuestFiles files = StandIns.scientific5().files();
    for (String link :
        List.of("rc2.d/K95kudzu", "rc3.d/S05kudzu", "rc4.d/K95kudzu", "rc5.d/S05kudzu")) {
      files = files.with(link("/etc/rc.d/" + link, "../init.d/kudzu"));
    }
    for (Target target : Target.values()) {
      Guest guest =
          StandIns.scientific5().withFiles(files.with(link("/etc/rc.d/rc5.d/K95kudzu", "x")));
      Plan plan = Planner.plan(guest, target);
      GuestFiles after = Planner.after(guest, plan.changes()).files();
      for (int level = 2; level <= 5; level++) {
        String start = "/etc/rc.d/rc" + level + ".d/";
        assertThat(after.has(start + "S05kudzu")).isFalse();
        assertThat(after.get(start + "K95kudzu")).map(GuestFile::text).contains("../init.d/kudzu");
      }
      assertThat(plan.notes()).anyMatch(note -> note.contains("'chkconfig kudzu on'"));
    }
    assertThat(Planner.plan(StandIns.scientific5(), Target.KVM).notes())
        .noneMatch(note -> note.contains("kudzu"));
  }

  private static GuestFile link(String path, String target) {
    return new GuestFile(path, FileType.SYMBOLIC_LINK, FileOwner.ROOT, 0777, target);
  }

  @ParameterizedTest
  @CsvSource({
    "UTC=false, UTC=true",
    "UTC=no, UTC=true",
    "'UTC=\"false\" # west', 'UTC=\"true\" # west'",
    "UTC=true, UTC=true",
    "UTC=falsely, UTC=falsely",
    "#UTC=false, #UTC=false",
    "ARC=false, ARC=false"
  })
  void theHardwaresClockIsInUtc(String line, String expected) {
    String zone = "ZONE=\"America/Vancouver\"\n";
    Guest guest =
        StandIns.withFile(StandIns.scientific5(), "/etc/sysconfig/clock", zone + line + "\n");
    assertThat(text(converted(guest), "/etc/sysconfig/clock")).isEqualTo(zone + expected + "\n");
    assertThat(text(dualBoot(guest), "/etc/sysconfig/clock")).isEqualTo(zone + expected + "\n");
    Guest el6 =
        StandIns.withFile(StandIns.scientific6(), "/etc/sysconfig/clock", zone + line + "\n");
    assertThat(text(converted(el6), "/etc/sysconfig/clock"))
        .as("nothing reads it there")
        .isEqualTo(zone + line + "\n");
  }

  @Test
  void xenfsHoldsNoBootUp() {
    String fstab = "LABEL=/ / ext3 defaults 0 1\nxenfs /proc/xen xenfs defaults 0 0\n";
    Guest ubuntu = StandIns.withFstab(StandIns.ubuntu1204(), fstab);
    assertThat(text(converted(ubuntu), "/etc/fstab")).contains("xenfs defaults,noauto 0 0\n");
    assertThat(text(dualBoot(ubuntu), "/etc/fstab")).contains("xenfs defaults,nobootwait 0 0\n");
    Guest debian = StandIns.withFstab(StandIns.debian12(), fstab);
    assertThat(text(dualBoot(debian), "/etc/fstab")).contains("xenfs defaults,nofail,");
  }

  @Test
  void aGuestThatPyGrubCannotStartIsAnObstacleForXenAlone() {
    Guest guest = StandIns.ubuntu1204();
    Finding finding =
        new Finding(
            Finding.Severity.WARNING,
            ErrorCode.GUEST_BOOT_CONFIGURATION,
            "PyGrub would start nothing: /boot/grub/menu.lst has no entry",
            "");
    Guest broken = StandIns.withFindings(guest, List.of(finding));
    assertThat(Planner.plan(broken, Target.KVM).feasible()).isTrue();
    assertThat(Planner.plan(broken, Target.DUAL_BOOT).obstacles())
        .singleElement()
        .matches(obstacle -> obstacle.code() == ErrorCode.PYGRUB_STARTS_NOTHING)
        .matches(obstacle -> obstacle.message().contains("menu.lst has no entry"));
  }

  @Test
  void aKernelThatXenCannotStartIsAnObstacleForXenAlone() {
    Guest guest = StandIns.scientific5();
    Guest generic =
        StandIns.withXenBoot(
            guest,
            new XenBoot(
                "/boot/grub/menu.lst",
                "Scientific Linux SL (2.6.18-398.el5)",
                "/boot/vmlinuz-2.6.18-398.el5",
                Optional.empty(),
                "ro root=LABEL=/"));
    assertThat(Planner.plan(generic, Target.KVM).feasible()).isTrue();
    assertThat(Planner.plan(generic, Target.DUAL_BOOT).obstacles())
        .extracting(Finding::code)
        .containsExactly(ErrorCode.PYGRUB_KERNEL_NOT_PV);
    assertThat(Planner.plan(StandIns.scientific5XenOnly(), Target.DUAL_BOOT).obstacles())
        .extracting(Finding::code)
        .containsExactly(ErrorCode.GUEST_XEN_ONLY_KERNEL);
  }

  @Test
  void systemdKeepsNamesOfTheKernelAndItsOwnLabel() {
    Guest after = converted(StandIns.debian12());
    assertThat(text(after, "/boot/syslinux.cfg"))
        .contains(
            "APPEND ro net.ifnames=0 root=LABEL=bookworm console=tty0 console=ttyS0,115200n8\n");
    assertThat(text(after, "/etc/fstab"))
        .isEqualTo(
            """
            LABEL=bookworm / ext4 errors=remount-ro 0 1
            /dev/xvdb none swap sw,noauto 0 0
            LABEL=ephemeral0 /staging auto defaults,noatime,nofail,x-systemd.device-timeout=10s 0 0
            LABEL=archive /archive ext4 defaults,nofail,x-systemd.device-timeout=10s 0 2
            """);
  }

  @Test
  void anInitOfTheGuestsOwnStandsBeforeTheSupplements() {
    Guest guest =
        StandIns.withArguments(
            StandIns.scientific5(),
            "single root=/dev/xvda init=/bin/sh foo=\"a b\" initrd=/x clocksource=xen xencons=tty1");
    assertThat(text(converted(guest), "/boot/syslinux.cfg"))
        .contains(
            "APPEND init=/bin/sh rdinit=/voyageur/init ro single foo=\"a b\" root=LABEL=/"
                + " console=tty0 console=ttyS0,115200n8\n");
  }

  @Test
  void argumentsThatTheKernelWouldCutOffAreAnObstacle() {
    Guest guest = StandIns.withArguments(StandIns.scientific5(), "ro x=" + "y".repeat(160));
    assertThat(Planner.plan(guest, Target.KVM).obstacles())
        .extracting(Finding::code)
        .containsExactly(ErrorCode.GUEST_COMMAND_LINE_LENGTH);
    Guest shorter = StandIns.withArguments(StandIns.scientific5(), "ro x=" + "y".repeat(120));
    assertThat(Planner.plan(shorter, Target.KVM).feasible()).isTrue();
  }

  @Test
  void aConfigurationThatSyslinuxReadsFirstGoesUnlessXenNeedsIt() {
    Guest guest = StandIns.withFile(StandIns.ubuntu1204(), "/boot/extlinux.conf", "DEFAULT x\n");
    assertThat(converted(guest).files().has("/boot/extlinux.conf")).isFalse();

    Guest taken =
        new Guest(
            guest.layout(),
            guest.bootCode(),
            guest.diskSize(),
            guest.operatingSystem(),
            guest.filesystem(),
            guest.kernels(),
            guest
                .xenBoot()
                .map(b ->
                    new XenBoot("/boot/extlinux.conf", b.title(), b.kernel(), b.initrd(), "ro")),
            guest.fstab(),
            guest.consoles(),
            guest.network(),
            guest.files(),
            List.of(),
            List.of());
    Plan plan = Planner.plan(taken, Target.KVM);
    assertThat(plan.obstacles())
        .extracting(Finding::code)
        .containsExactly(ErrorCode.GUEST_BOOT_LOADER_PRESENT);
  }

  @Test
  void anInitrdWithoutDriversForAForeignProcessorIsAnObstacle() {
    Guest guest = StandIns.scientific5();
    List<Kernel> foreign =
        guest.kernels().stream()
            .map(kernel -> with(kernel, kernel.image(), kernel.gaps(), "unknown"))
            .toList();
    assertThat(Planner.plan(StandIns.withKernels(guest, foreign), Target.KVM).obstacles())
        .extracting(Finding::code)
        .contains(ErrorCode.GUEST_INITRD_WITHOUT_VIRTIO);
  }

  @Test
  void aKernelThatSyslinuxCannotNameIsPassedOverWhileThereIsAnother() {
    Guest guest = StandIns.scientific6();
    Kernel odd = with(guest.kernels().getFirst(), "/boot/vmlinuz-2 old", List.of());
    Guest both = StandIns.withKernels(guest, List.of(odd, guest.kernels().getLast()));
    assertThat(Planner.plan(both, Target.KVM).feasible()).isTrue();
    assertThat(Planner.plan(both, Target.KVM).notes()).anyMatch(n -> n.contains("vmlinuz-2 old"));

    Guest one = StandIns.withKernels(guest, List.of(odd));
    assertThat(Planner.plan(one, Target.KVM).obstacles())
        .extracting(Finding::code)
        .containsExactly(ErrorCode.GUEST_FILE_NOT_BOOTABLE);
  }

  @Test
  void fillsTheHolesOfFilesThatSyslinuxMustRead() {
    Guest guest = StandIns.scientific6();
    Kernel kernel = guest.kernels().getFirst();
    List<String> gaps = List.of(kernel.image(), kernel.initrd().orElseThrow());
    Guest sparse = StandIns.withKernels(guest, List.of(with(kernel, kernel.image(), gaps)));
    assertThat(Planner.plan(sparse, Target.KVM).changes())
        .filteredOn(Change.FillHoles.class::isInstance)
        .extracting(change -> path(change).orElseThrow())
        .isEqualTo(gaps);
    assertThat(Planner.plan(guest, Target.KVM).changes())
        .noneMatch(Change.FillHoles.class::isInstance);
  }

  @Test
  void aSystemOnAnotherDiskIsAnObstacle() {
    Guest guest =
        StandIns.withFstab(
            StandIns.ubuntu1204(),
            "LABEL=/ / ext3 defaults 0 1\n/dev/xvdb /usr ext3 defaults 0 2\n");
    assertThat(Planner.plan(guest, Target.KVM).obstacles())
        .extracting(Finding::code)
        .containsExactly(ErrorCode.GUEST_FSTAB_DEVICE);
  }

  @Test
  void aFilesystemWithErrorsOrWithoutRoomIsAnObstacle() {
    Guest guest = StandIns.ubuntu1204();
    assertThat(
            Planner.plan(
                    guest.withFilesystem(
                        guest.filesystem().withState(FilesystemFacts.State.ERRORS)),
                    Target.KVM)
                .obstacles())
        .extracting(Finding::code)
        .containsExactly(ErrorCode.FILESYSTEM_NOT_CLEAN);
    assertThat(
            Planner.plan(guest.withFilesystem(StandIns.full(guest.filesystem())), Target.KVM)
                .obstacles())
        .extracting(Finding::code)
        .containsExactly(ErrorCode.FILESYSTEM_FULL);
  }

  @Test
  void aLabelThatTheCloudGivesToAnotherDiskIsReplaced() {
    assertThat(RootLabel.of("ephemeral0")).isEqualTo("/");
    assertThat(RootLabel.of("two words")).isEqualTo("/");
    assertThat(RootLabel.of("")).isEqualTo("/");
    assertThat(RootLabel.of("cloudimg-rootfs")).isEqualTo("cloudimg-rootfs");
  }

  @Test
  void whatInspectionSaidIsNotSaidAgain() {
    Guest guest = StandIns.scientific5XenOnly();
    Finding inspected =
        new Finding(
            Finding.Severity.OBSTACLE, ErrorCode.GUEST_XEN_ONLY_KERNEL, "only el5xen", "yum");
    Guest told =
        new Guest(
            guest.layout(),
            guest.bootCode(),
            guest.diskSize(),
            guest.operatingSystem(),
            guest.filesystem(),
            guest.kernels(),
            guest.xenBoot(),
            guest.fstab(),
            guest.consoles(),
            guest.network(),
            guest.files(),
            List.of(),
            List.of(inspected));
    assertThat(Planner.plan(told, Target.KVM).obstacles()).containsExactly(inspected);
  }

  @Property(tries = 200)
  void linesThatNoRuleIsAboutStayByteForByte(
      @ForAll("strangers") List<String> lines,
      @ForAll("ends") String end,
      @ForAll boolean endAtEnd) {
    List<String> texts = new ArrayList<>(lines);
    texts.add("/dev/xvde / ext3 defaults 1 1");
    texts.addAll(lines);
    String fstab = String.join(end, texts) + (endAtEnd ? end : "");
    Guest after = converted(StandIns.withFstab(StandIns.scientific6(), fstab));
    assertThat(text(after, "/etc/fstab"))
        .isEqualTo(fstab.replace("/dev/xvde / ext3", "LABEL=/ / ext3"));

    String modprobe = String.join(end, lines) + end + "alias eth0 xennet" + (endAtEnd ? end : "");
    Guest old = StandIns.withFile(StandIns.scientific5(), "/etc/modprobe.conf", modprobe);
    assertThat(text(converted(old), "/etc/modprobe.conf"))
        .startsWith(modprobe.replace("xennet", "virtio_net"));
  }

  @Property(tries = 200)
  void anyTextInEveryFileIsSurvivedAndSettlesAtOnce(@ForAll("noise") String noise) {
    for (Guest standIn : StandIns.all()) {
      Guest guest = standIn;
      for (GuestFile file : standIn.files().byPath().values()) {
        guest = guest.withFiles(guest.files().with(file.withText(noise)));
      }
      Guest after = converted(StandIns.withFstab(guest, noise));
      assertThat(Planner.plan(after, Target.KVM).changes()).isEmpty();
      Guest both = dualBoot(StandIns.withFstab(guest, noise));
      assertThat(Planner.plan(both, Target.DUAL_BOOT).changes()).isEmpty();
    }
  }

  @Provide
  Arbitrary<List<String>> strangers() {
    return Arbitraries.of(
            "",
            "  ",
            "# comment \u00e9\u00ff  ",
            "#/dev/xvdb /old ext3 defaults 1 2",
            "tmpfs\t/dev/shm tmpfs  defaults 0 0 # trailing",
            "nfs:/x  /mnt nfs rw 0 0  ",
            "options snd index=0")
        .list()
        .ofMaxSize(6);
  }

  @Provide
  Arbitrary<String> ends() {
    return Arbitraries.of("\n", "\r\n");
  }

  @Provide
  Arbitrary<String> noise() {
    return Arbitraries.of(
            "\n",
            "\r\n",
            "\r",
            " ",
            "\t",
            "#",
            ":",
            "/",
            "/dev/xvdb",
            "LABEL=x",
            "/staging",
            "swap",
            "noauto,",
            "defaults",
            "1",
            "respawn",
            "getty",
            "tty1",
            "xvc0",
            "ttyS0",
            "alias eth0 ",
            "NOZEROCONF=",
            "exec ",
            "start on ",
            "hvc0",
            "ACTIVE_CONSOLES=",
            "initdefault",
            "\u00e9",
            "\0")
        .list()
        .ofMaxSize(40)
        .map(words -> String.join("", words));
  }

  private static Guest converted(Guest guest) {
    return Planner.after(guest, Planner.plan(guest, Target.KVM).changes());
  }

  private static Guest dualBoot(Guest guest) {
    return Planner.after(guest, Planner.plan(guest, Target.DUAL_BOOT).changes());
  }

  private static String text(Guest guest, String path) {
    return guest.files().get(path).map(GuestFile::text).orElseThrow();
  }

  private static Optional<String> path(Change change) {
    return switch (change) {
      case Change.EditFile edit -> Optional.of(edit.path());
      case Change.CreateFile create -> Optional.of(create.path());
      case Change.EditSecretFile edit -> Optional.of(edit.path());
      case Change.RemoveFile remove -> Optional.of(remove.path());
      case Change.WriteInitrd write -> Optional.of(write.path());
      case Change.WriteSupplement write -> Optional.of(write.path());
      case Change.FillHoles fill -> Optional.of(fill.path());
      case Change.ReplayJournal _,
          Change.CreatePartition _,
          Change.GrowFilesystem _,
          Change.SetLabel _,
          Change.InstallKernelFiles _,
          Change.WriteModuleTables _,
          Change.InstallBootCode _ ->
          Optional.empty();
    };
  }

  private static Kernel with(Kernel kernel, String image, List<String> gaps) {
    return with(kernel, image, gaps, kernel.architecture());
  }

  private static Kernel with(Kernel kernel, String image, List<String> gaps, String architecture) {
    return new Kernel(
        kernel.version(),
        image,
        kernel.initrd(),
        kernel.config(),
        kernel.modules(),
        kernel.xenPv(),
        kernel.kvm(),
        kernel.virtioBlk(),
        kernel.virtioNet(),
        kernel.xenBlk(),
        kernel.supplement(),
        false,
        gaps,
        kernel.commandLineLimit(),
        architecture);
  }
}
