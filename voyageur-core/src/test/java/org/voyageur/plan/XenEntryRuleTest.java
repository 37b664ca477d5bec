package org.voyageur.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.voyageur.guest.Guest;
import org.voyageur.guest.GuestFile;
import org.voyageur.guest.Kernel;
import org.voyageur.guest.Kernel.DriverLocation;
import org.voyageur.plan.DiskShape.Layout;

/** A kernel for Xen and KVM that the guest's yum has installed; those of packages: KernelRpmIT. */
class XenEntryRuleTest {
  private static final String MENU = "/boot/grub/menu.lst";
  private static final String VERSION = "3.2.58-1.el5.elrepo";
  private static final String ENTRY =
      """
      title Scientific Linux (3.2.58-1.el5.elrepo)
      \troot (hd0)
      \tkernel /boot/vmlinuz-3.2.58-1.el5.elrepo ro root=LABEL=/ console=hvc0
      \tinitrd /boot/initrd-3.2.58-1.el5.elrepo.img
      """;

  private static Guest guest(boolean xenPv, DriverLocation xenBlk, String version) {
    Guest bare = StandIns.scientific5XenOnly();
    Guest guest =
        bare.withFiles(
            bare.files()
                .with(
                    bare.files()
                        .get(MENU)
                        .orElseThrow()
                        .withText(
                            """
                            default=0
                            title Scientific Linux SL (2.6.18-348.el5xen)
                            \troot (hd0)
                            \tkernel /boot/vmlinuz-2.6.18-348.el5xen ro root=LABEL=/ console=xvc0
                            """)));
    Kernel kernel =
        new Kernel(
            version,
            "/boot/vmlinuz-" + version,
            Optional.of("/boot/initrd-" + version + ".img"),
            Optional.of("/boot/config-" + version),
            Optional.of("/lib/modules/" + version),
            xenPv,
            true,
            DriverLocation.INITRD,
            DriverLocation.INITRD,
            xenBlk,
            List.of(),
            false,
            List.of(),
            2047,
            "x86_64");
    return guest.withKernels(List.of(kernel, guest.kernels().getFirst()));
  }

  private static Guest guest() {
    return guest(true, DriverLocation.INITRD, VERSION);
  }

  private static Guest withMenu(Guest guest, String from, String to) {
    GuestFile menu = guest.files().get(MENU).orElseThrow();
    return guest.withFiles(guest.files().with(menu.withText(menu.text().replaceFirst(from, to))));
  }

  private static Plan plan(Guest guest, Target target, DiskShape shape) {
    KernelChoice kernels = KernelChoice.KEPT.after(Set.of("2.6.18-348.el5xen"));
    return Planner.plan(guest, target, shape, Customisation.NONE.withKernels(kernels));
  }

  private static String text(Guest guest, Plan plan, String path) {
    return Planner.after(guest, plan.changes()).files().get(path).orElseThrow().text();
  }

  private static String menu(Guest guest) {
    return guest.files().get(MENU).orElseThrow().text();
  }

  @Test
  void itGetsAnEntryAtTheEndOfXensMenuAndAPromptOnItsConsole() {
    Guest guest = guest();
    Plan plan = plan(guest, Target.DUAL_BOOT, DiskShape.KEPT);
    assertThat(plan.obstacles()).isEmpty();
    assertThat(text(guest, plan, MENU)).isEqualTo(menu(guest) + ENTRY);
    assertThat(plan.notes())
        .contains(
            VERSION
                + " is the entry 1 of PyGrub's menu, counted from 0, and not its default; default=1"
                + " in /boot/grub/menu.lst makes Xen start it too");
    assertThat(text(guest, plan, "/etc/inittab"))
        .contains(
            "h0:2345:respawn:/bin/sh -c '[ -c /dev/hvc0 ] && exec /sbin/agetty hvc0 9600 vt100-nav;"
                + " sleep 86400'",
            "co:2345:respawn:/bin/sh -c '[ -c /dev/xvc0 ]");
    assertThat(text(guest, plan, "/etc/securetty")).endsWith("xvc0\nttyS0\nhvc0\n");

    Guest after = Planner.after(guest, plan.changes());
    assertThat(text(after, plan(after, Target.DUAL_BOOT, DiskShape.KEPT), MENU))
        .isEqualTo(menu(after));
  }

  @Test
  void inAPartitionItNamesThat() {
    DiskShape shape = new DiskShape(Layout.PARTITION, Optional.empty());
    assertThat(text(guest(), plan(guest(), Target.DUAL_BOOT, shape), MENU))
        .endsWith(ENTRY.replace("(hd0)", "(hd0,0)"));
  }

  @Test
  void forKvmAloneNothingOfXensIsTouched() {
    Plan plan = plan(guest(), Target.KVM, DiskShape.KEPT);
    assertThat(text(guest(), plan, MENU)).isEqualTo(menu(guest()));
    assertThat(text(guest(), plan, "/etc/inittab")).doesNotContain("hvc0");
  }

  @Test
  void aKernelThatTheGuestHadIsLeftToItsOwner() {
    Plan plan = Planner.plan(guest(), Target.DUAL_BOOT);
    assertThat(text(guest(), plan, MENU)).isEqualTo(menu(guest()));
    assertThat(plan.notes()).noneMatch(note -> note.contains("PyGrub's menu"));
  }

  @Test
  void aKernelThatCannotRunUnderXenGetsNone() {
    Guest guest = guest(false, DriverLocation.INITRD, VERSION);
    assertThat(text(guest, plan(guest, Target.DUAL_BOOT, DiskShape.KEPT), MENU))
        .isEqualTo(menu(guest));
  }

  @ParameterizedTest
  @CsvSource({"ON_DISK", "NOWHERE"})
  void oneThatWouldNotFindItsDiskGetsNoneAndThatIsSaid(DriverLocation location) {
    Guest guest = guest(true, location, VERSION);
    Plan plan = plan(guest, Target.DUAL_BOOT, DiskShape.KEPT);
    assertThat(text(guest, plan, MENU)).isEqualTo(menu(guest));
    assertThat(plan.notes())
        .contains(
            "PyGrub's menu has no entry for "
                + VERSION
                + ": its initrd has no driver of Xen's disks");
  }

  /** PyGrub takes the first entry where "default=" counts too far. */
  @ParameterizedTest
  @CsvSource({"default=1", "default=01", "default 1"})
  void whatPyGrubTakesByItselfStaysTheSame(String line) {
    Guest guest = withMenu(guest(), "default=0", line);
    Plan plan = plan(guest, Target.DUAL_BOOT, DiskShape.KEPT);
    assertThat(text(guest, plan, MENU)).isEqualTo(menu(guest));
    assertThat(plan.notes()).anyMatch(note -> note.contains("PyGrub would take it by itself"));
    Guest far = withMenu(guest(), "default=0", "default=2");
    assertThat(text(far, plan(far, Target.DUAL_BOOT, DiskShape.KEPT), MENU)).endsWith(ENTRY);
  }

  @Test
  void aNameThatWouldBreakTheMenuIsNotWritten() {
    for (String version : List.of("1 single", "1\n\ttitle x", "1\tx")) {
      Guest guest = guest(true, DriverLocation.BUILT_IN, version);
      assertThat(text(guest, plan(guest, Target.DUAL_BOOT, DiskShape.KEPT), MENU))
          .isEqualTo(menu(guest));
    }
  }
}
