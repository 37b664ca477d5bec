package org.voyageur.plan;

import java.util.List;
import java.util.Optional;
import org.voyageur.guest.Guest;
import org.voyageur.guest.Kernel;

/**
 * A kernel of el5's without an initrd, as where mkinitrd looked for Xen's drivers in it and gave
 * up, gets one of ours.
 */
final class InitrdRule implements ConversionRule {
  private static final String IMAGE = "/boot/vmlinuz";

  @Override
  public List<Change> changes(Guest guest, Target target) {
    return Kernel.lackingInitrd(guest.kernels()).stream()
        .<Change>map(kernel ->
            new Change.WriteInitrd(
                path(kernel),
                kernel.version(),
                kernel.architecture(),
                kernel.supplement(),
                "The kernel "
                    + kernel.version()
                    + " has no initrd; this one loads the drivers of virtio and mounts the root"
                    + " filesystem, and mkinitrd in the guest may replace it"))
        .toList();
  }

  @Override
  public List<String> notes(Guest guest, Target target) {
    Optional<Kernel> kernel = Kernel.lackingInitrd(guest.kernels());
    return kernel
        .map(one ->
            "%s, which is in the image without an initrd, is used under KVM with one of voyageur's; no package is needed"
                .formatted(one.image()))
        .stream()
        .toList();
  }

  /** By the name that mkinitrd gives it. */
  private static String path(Kernel kernel) {
    return "/boot/initrd" + kernel.image().substring(IMAGE.length()) + ".img";
  }
}
