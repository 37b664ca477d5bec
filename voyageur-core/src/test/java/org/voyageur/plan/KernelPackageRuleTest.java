package org.voyageur.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.guest.Finding;
import org.voyageur.guest.Guest;
import org.voyageur.guest.GuestFile;
import org.voyageur.guest.GuestFiles;
import org.voyageur.guest.Kernel;
import org.voyageur.guest.KernelPackage;
import org.voyageur.guest.OperatingSystem;
import org.voyageur.rpm.Gpg;
import org.voyageur.rpm.PublicKeys;
import org.voyageur.rpm.Rpms;

class KernelPackageRuleTest {
  private static final String VERSION = "2.6.18-400.el5";

  private static final String VIRTIO =
      "CONFIG_VIRTIO_PCI=y CONFIG_VIRTIO_BLK=y CONFIG_VIRTIO_NET=y CONFIG_EXT3_FS=y";

  @TempDir private Path directory;

  private Path rpm(String options, String more, String architecture) throws Exception {
    // A bzImage's header (Documentation/arch/x86/boot.rst), protocol 2.4, and nothing behind it.
    String install =
        """
        mkdir -p boot lib/modules/%1$s
        (head -c 514 /dev/zero; printf 'HdrS\\004\\002'; head -c 2000 /dev/zero) >boot/vmlinuz-%1$s
        for option in %2$s; do echo $option; done >boot/config-%1$s
        %3$s
        """
            .formatted(VERSION, options, more);
    return Rpms.build(directory, install, "%defattr(-, root, root)\n/*", "w1.gzdio", architecture);
  }

  private KernelPackage kernel(String options) throws Exception {
    return KernelPackage.read(rpm(options, "", "x86_64"), Optional.empty());
  }

  private static Plan plan(Guest guest, KernelPackage kernel) {
    return plan(guest, new KernelChoice(List.of(kernel), false));
  }

  private static Plan plan(Guest guest, KernelChoice kernels) {
    return Planner.plan(
        guest, Target.DUAL_BOOT, DiskShape.KEPT, Customisation.NONE.withKernels(kernels));
  }

  @Test
  void aGuestWithXenKernelsOnlyStartsTheNewOneUnderKvmAndKeepsXens() throws Exception {
    Guest guest = StandIns.scientific5XenOnly();
    Plan plan = plan(guest, kernel(VIRTIO));
    assertThat(plan.obstacles()).isEmpty();
    Guest after = Planner.after(guest, plan.changes());
    assertThat(after.kernels())
        .extracting(Kernel::version)
        .containsExactly(VERSION, guest.kernels().getFirst().version());
    assertThat(text(after, "/boot/syslinux.cfg"))
        .contains(
            "/boot/vmlinuz-" + VERSION,
            "/boot/initrd-" + VERSION + ".img",
            "root=LABEL=/",
            "console=tty0 console=ttyS0,115200n8")
        .doesNotContain("rdinit=", "xen");
    assertThat(after.files().get("/boot/grub/grub.conf"))
        .isEqualTo(guest.files().get("/boot/grub/grub.conf"));
    assertThat(text(after, "/etc/rc.d/init.d/voyageur-kernel"))
        .contains("packages=/etc/voyageur/kernels\n")
        .doesNotContain("/var/lib");
    assertThat(text(after, "/etc/rc.d/rc3.d/S99voyageur-kernel"))
        .isEqualTo("../init.d/voyageur-kernel");
    assertThat(plan.notes())
        .anyMatch(note -> note.contains("small-1.0-1.el5.x86_64 is not signed"));
  }

  @Test
  void thePlanSaysByWhomThePackageIsSigned() throws Exception {
    Guest guest = StandIns.scientific5XenOnly();
    Path rpm = rpm(VIRTIO, "", "x86_64");
    try (Gpg gpg = new Gpg()) {
      gpg.generate("maker", "rsa2048");
      gpg.sign(rpm, "maker", "sha1");
      KernelPackage kernel = KernelPackage.read(rpm, Optional.empty());
      assertThat(plan(guest, kernel).notes())
          .anyMatch(note -> note.contains("which the guest does not have; --rpm-key names"));
      Path key = gpg.export(directory.resolve("key"), "maker");
      PublicKeys guests =
          PublicKeys.ofGuest(
              new LinkedHashMap<>(
                  Map.of("/etc/pki/rpm-gpg/RPM-GPG-KEY-sl", Files.readAllBytes(key))));
      assertThat(plan(guest, kernel.checkedWith(guests)).notes())
          .anyMatch(note ->
              note.matches(
                  "small-\\S+ is signed by [0-9a-f]{16}, a key of the guest's \\(\\S+-KEY-sl\\)"));
      KernelPackage demanded = KernelPackage.read(rpm, Optional.of(PublicKeys.read(key)));
      assertThat(demanded.checkedWith(guests)).isEqualTo(demanded);
      assertThat(plan(guest, demanded).notes())
          .anyMatch(note -> note.endsWith(", the key in " + key));
    }
  }

  @Test
  void aGuestThatHasThePackageIsLeftAloneAndItsRpmLearnsOfItOnlyOnce() throws Exception {
    Guest guest = StandIns.scientific5();
    KernelChoice choice = new KernelChoice(List.of(kernel(VIRTIO)), false);
    String copy = "/etc/voyageur/kernels/small-1.0-1.el5.x86_64.rpm";
    Plan first = plan(guest, choice);
    assertThat(first.change(Change.InstallKernelFiles.class).orElseThrow().copy()).isEqualTo(copy);
    Guest pending = Planner.after(guest, first.changes());
    KernelChoice present = choice.withFound(List.of(), Set.of("small-1.0-1.el5.x86_64"));
    Plan again = plan(pending, present);
    assertThat(again.changes()).isEmpty();
    assertThat(again.obstacles()).isEmpty();
    assertThat(again.notes())
        .anyMatch(note -> note.contains("file for file"))
        .anyMatch(note -> note.contains("is not known to the guest's rpm"));

    String service = "/etc/rc.d/init.d/voyageur-kernel";
    Guest damaged = pending.withFiles(pending.files().without(service));
    assertThat(plan(damaged, present).changes())
        .singleElement()
        .isInstanceOfSatisfying(
            Change.CreateFile.class, create -> assertThat(create.path()).isEqualTo(service));

    GuestFiles files = pending.files().without(copy).without(service);
    for (int level = 2; level <= 5; level++) {
      files = files.without("/etc/rc.d/rc" + level + ".d/S99voyageur-kernel");
    }
    Plan registered = plan(pending.withFiles(files), present);
    assertThat(registered.changes()).isEmpty();
    assertThat(registered.notes()).noneMatch(note -> note.contains("is not known"));
  }

  @Test
  void itIsStartedAlsoWhereTheGuestHasANewerOne() throws Exception {
    Guest guest = StandIns.scientific5();
    assertThat(
            text(Planner.after(guest, plan(guest, kernel(VIRTIO)).changes()), "/boot/syslinux.cfg"))
        .containsSubsequence("LABEL linux", VERSION, "LABEL " + VERSION, "LABEL 2.6.18-398.el5");
  }

  @Test
  void oneForBothHypervisorsGetsAnEntryInXensMenuToo() throws Exception {
    Guest guest = StandIns.scientific5XenOnly();
    KernelPackage both = kernel(VIRTIO + " CONFIG_XEN=y CONFIG_XEN_BLKDEV_FRONTEND=y");
    GuestFile menu = guest.files().get("/boot/grub/menu.lst").orElseThrow();
    // Without an entry PyGrub would take the new one.
    GuestFile whole =
        menu.withText("default=0\ntitle old\n\tkernel /boot/vmlinuz-2.6.18-348.el5xen ro\n");
    guest = guest.withFiles(guest.files().with(whole));
    Guest after = Planner.after(guest, plan(guest, both).changes());
    assertThat(text(after, menu.path()))
        .startsWith(whole.text())
        .endsWith("\tinitrd /boot/initrd-" + VERSION + ".img\n");
    KernelPackage blind = kernel(VIRTIO + " CONFIG_XEN=y");
    assertThat(plan(guest, blind).notes())
        .anyMatch(note -> note.endsWith("its initrd has no driver of Xen's disks"));
  }

  @Test
  void whatTheKernelOrTheGuestLacksIsAnObstacleOfItsOwn() throws Exception {
    Guest guest = StandIns.scientific5XenOnly();
    assertThat(codes(guest, kernel(VIRTIO + " CONFIG_X86_64_XEN=y")))
        .contains(ErrorCode.GUEST_XEN_ONLY_KERNEL);
    assertThat(plan(guest, kernel("CONFIG_VIRTIO_PCI=y CONFIG_EXT3_FS=y")).obstacles())
        .singleElement()
        .matches(finding -> finding.code() == ErrorCode.GUEST_NO_VIRTIO)
        .matches(finding -> finding.message().contains("virtio_blk, virtio_net"));
    assertThat(codes(guest, kernel(VIRTIO.replace("CONFIG_EXT3_FS=y", ""))))
        .containsExactly(ErrorCode.GUEST_NO_INITRD);
    assertThat(codes(StandIns.scientific6(), kernel(VIRTIO))).contains(ErrorCode.PACKAGE_GUEST);
    assertThat(codes(guest.withFilesystem(StandIns.full(guest.filesystem())), kernel(VIRTIO)))
        .contains(ErrorCode.FILESYSTEM_FULL);
    KernelPackage kernel = kernel(VIRTIO);
    assertThat(plan(guest, new KernelChoice(List.of(kernel, kernel), false)).obstacles())
        .singleElement()
        .matches(finding -> finding.code() == ErrorCode.PACKAGE_PRESENT)
        .matches(finding ->
            finding.message().endsWith("two of the packages have the kernel " + VERSION));
  }

  @Test
  void filesInTheWayAreNamedBeforeAnythingIsDone() throws Exception {
    KernelChoice choice =
        new KernelChoice(List.of(kernel(VIRTIO)), false)
            .withFound(List.of("/a", "/b", "/c", "/d"), Set.of());
    Plan plan =
        Planner.plan(
            StandIns.scientific5XenOnly(),
            Target.KVM,
            DiskShape.KEPT,
            Customisation.NONE.withKernels(choice));
    assertThat(plan.obstacles())
        .singleElement()
        .matches(finding -> finding.code() == ErrorCode.PACKAGE_PRESENT)
        .matches(finding -> finding.message().endsWith(": /a, /b, /c and 1 more"));
  }

  @Test
  void aKernelForOtherProgramsIsRefusedBothWays() throws Exception {
    Guest guest = StandIns.scientific5XenOnly();
    KernelPackage i686 = KernelPackage.read(rpm(VIRTIO, "", "i686"), Optional.empty());
    assertThat(codes(guest, i686)).containsExactly(ErrorCode.PACKAGE_ARCHITECTURE);
    assertThat(codes(with(guest, "i686"), i686)).isEmpty();
    assertThat(codes(with(guest, "i686"), kernel(VIRTIO)))
        .containsExactly(ErrorCode.PACKAGE_ARCHITECTURE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"i586", "i686"})
  void theInitrdOfAKernelFor32BitsIsForThose(String architecture) throws Exception {
    Guest guest = with(StandIns.scientific5XenOnly(), "i686");
    KernelPackage kernel = KernelPackage.read(rpm(VIRTIO, "", architecture), Optional.empty());
    assertThat(plan(guest, kernel).change(Change.WriteInitrd.class))
        .map(Change.WriteInitrd::architecture)
        .contains("i686");
  }

  @Test
  void kernelsForXenAreLeftToTheGuestsOwnRpm() {
    Customisation without = Customisation.NONE.withKernels(new KernelChoice(List.of(), true));
    Guest guest = StandIns.scientific5();
    Plan plan = Planner.plan(guest, Target.KVM, DiskShape.KEPT, without);
    assertThat(plan.obstacles()).isEmpty();
    Guest after = Planner.after(guest, plan.changes());
    assertThat(text(after, "/etc/rc.d/init.d/voyageur-remove-xen")).contains("rpm -e $packages");
    assertThat(text(after, "/boot/syslinux.cfg"))
        .isEqualTo(
            text(
                Planner.after(guest, Planner.plan(guest, Target.KVM).changes()),
                "/boot/syslinux.cfg"));
    assertThat(Planner.plan(guest, Target.DUAL_BOOT, DiskShape.KEPT, without).obstacles())
        .extracting(Finding::code)
        .containsExactly(ErrorCode.PACKAGE_XEN_STAYS);
    assertThat(
            Planner.plan(StandIns.scientific6(), Target.KVM, DiskShape.KEPT, without).obstacles())
        .extracting(Finding::code)
        .containsExactly(ErrorCode.PACKAGE_XEN_STAYS);
  }

  @Test
  void whatIsNotAKernelsPackageIsRefusedWhenItIsRead() throws Exception {
    mustFail(
        Rpms.build(
            directory,
            "mkdir -p usr/src/kernels/1; echo >usr/src/kernels/1/Makefile",
            "/usr/src/kernels/1",
            "w1.gzdio",
            "x86_64"),
        ErrorCode.PACKAGE_NOT_KERNEL,
        "has no kernel");
    mustFail(
        rpm(VIRTIO, "mkdir etc; echo root::0:0::/: >etc/passwd", "x86_64"),
        ErrorCode.PACKAGE_FILES,
        "/etc/passwd");
    mustFail(
        rpm(VIRTIO, "echo no module >lib/modules/%s/a.ko".formatted(VERSION), "x86_64"),
        ErrorCode.PACKAGE_DAMAGED,
        "a.ko");
  }

  private static void mustFail(Path rpm, ErrorCode code, String message) {
    assertThatThrownBy(() -> KernelPackage.read(rpm, Optional.empty()))
        .hasMessageContaining(message)
        .isInstanceOfSatisfying(VoyageurException.class, e -> assertThat(e.code()).isEqualTo(code));
  }

  private static List<ErrorCode> codes(Guest guest, KernelPackage kernel) {
    return Planner.plan(
            guest,
            Target.KVM,
            DiskShape.KEPT,
            Customisation.NONE.withKernels(new KernelChoice(List.of(kernel), false)))
        .obstacles()
        .stream()
        .map(Finding::code)
        .toList();
  }

  private static Guest with(Guest guest, String architecture) {
    OperatingSystem system = guest.operatingSystem();
    return new Guest(
        guest.layout(),
        guest.bootCode(),
        guest.diskSize(),
        new OperatingSystem(
            system.productName(),
            system.family(),
            system.distribution(),
            system.version(),
            architecture,
            system.init()),
        guest.filesystem(),
        guest.kernels(),
        guest.xenBoot(),
        guest.fstab(),
        guest.consoles(),
        guest.network(),
        guest.files(),
        guest.xenLeftovers(),
        guest.findings());
  }

  private static String text(Guest guest, String path) {
    return guest.files().get(path).map(GuestFile::text).orElseThrow();
  }
}
