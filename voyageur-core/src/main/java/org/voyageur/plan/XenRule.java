package org.voyageur.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.voyageur.disk.DiskLayout;
import org.voyageur.error.ErrorCode;
import org.voyageur.guest.Finding;
import org.voyageur.guest.Finding.Severity;
import org.voyageur.guest.Guest;
import org.voyageur.guest.Kernel;
import org.voyageur.guest.XenBoot;

/** An image for both hypervisors must start under Xen to begin with. */
final class XenRule implements ConversionRule {
  @Override
  public List<Change> changes(Guest guest, Target target) {
    return List.of();
  }

  @Override
  public List<Finding> obstacles(Guest guest, Target target) {
    if (target != Target.DUAL_BOOT) {
      return List.of();
    }
    List<Finding> obstacles = new ArrayList<>();
    guest.findings().stream()
        .filter(finding -> finding.code() == ErrorCode.GUEST_BOOT_CONFIGURATION)
        .map(finding ->
            new Finding(
                Severity.OBSTACLE,
                ErrorCode.PYGRUB_STARTS_NOTHING,
                "PyGrub cannot start this guest under Xen: " + finding.message(),
                "Mend that in the guest, or convert it with --to kvm"))
        .forEach(obstacles::add);
    guest.findings().stream()
        .filter(finding -> finding.code() == ErrorCode.PYGRUB_OTHER_FILESYSTEM)
        .map(finding ->
            new Finding(
                Severity.OBSTACLE,
                finding.code(),
                finding.message(),
                "Remove the menu in that filesystem, or convert this one with --to kvm"))
        .forEach(obstacles::add);
    guest
        .xenBoot()
        .flatMap(boot -> kernel(guest, boot))
        .filter(kernel -> !kernel.xenPv())
        .map(kernel ->
            new Finding(
                Severity.OBSTACLE,
                ErrorCode.PYGRUB_KERNEL_NOT_PV,
                "PyGrub starts %s, which cannot run as a paravirtual guest"
                    .formatted(kernel.image()),
                "Make a kernel for Xen the default of PyGrub's menu, or convert it with --to kvm"))
        .ifPresent(obstacles::add);
    return obstacles;
  }

  @Override
  public List<String> notes(Guest guest, Target target) {
    return target == Target.DUAL_BOOT
        ? switch (guest.layout()) {
          case DiskLayout.WholeDisk _ ->
              List.of(
                  "PyGrub of Xen 4.1 to 4.4, 4.5.0 to 4.5.2 and 4.6.0 to 4.6.2 does not find a"
                      + " filesystem behind boot code in the first sector; that of 4.4 and later"
                      + " does with bootloader_args=[\"--offset=0\"], and every other by itself; with"
                      + " --layout partition all of them do");
          case DiskLayout.Partitioned _, DiskLayout.Unrecognised _ -> List.of();
        }
        : List.of();
  }

  private static Optional<Kernel> kernel(Guest guest, XenBoot boot) {
    String image = SyslinuxRule.linkTarget(guest, boot.kernel()).orElse(boot.kernel());
    return guest.kernels().stream().filter(kernel -> kernel.image().equals(image)).findFirst();
  }
}
