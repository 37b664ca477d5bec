package org.voyageur.plan;

import java.util.List;
import org.voyageur.error.ErrorCode;
import org.voyageur.guest.Finding;
import org.voyageur.guest.Finding.Severity;
import org.voyageur.guest.Guest;

/**
 * Kernels that run only under Xen are removed by the guest's own rpm, once it runs on another: so
 * its database and boot menu stay right, and the image still has a way back until then.
 */
final class XenKernelRemovalRule implements ConversionRule {
  private static final String SERVICE = "voyageur-remove-xen";

  private final boolean wanted;

  XenKernelRemovalRule(boolean wanted) {
    this.wanted = wanted;
  }

  @Override
  public List<Change> changes(Guest guest, Target target) {
    return wanted && hasXenOnly(guest)
        ? FirstStart.service(
            guest,
            SERVICE,
            FirstStart.resource("remove-xen-kernels.sh"),
            "When the guest has started on KVM, its own rpm removes the packages kernel-xen; then"
                + " this removes itself")
        : List.of();
  }

  @Override
  public List<Finding> obstacles(Guest guest, Target target) {
    if (!wanted) {
      return List.of();
    }
    if (target == Target.DUAL_BOOT) {
      return List.of(stays("under Xen the guest needs its kernels for Xen"));
    }
    return guest.operatingSystem().isEl5()
        ? List.of()
        : List.of(stays("--remove-xen-kernels is for release 5 of Red Hat's family"));
  }

  private static Finding stays(String message) {
    return new Finding(
        Severity.OBSTACLE, ErrorCode.PACKAGE_XEN_STAYS, message, "Leave out --remove-xen-kernels");
  }

  @Override
  public List<String> notes(Guest guest, Target target) {
    return wanted && !hasXenOnly(guest)
        ? List.of("No kernel runs only under Xen, so that none is removed")
        : List.of();
  }

  private static boolean hasXenOnly(Guest guest) {
    return guest.kernels().stream().anyMatch(kernel -> !kernel.kvm());
  }
}
