package org.voyageur.plan;

import java.util.List;
import java.util.stream.Stream;
import org.voyageur.guest.Guest;
import org.voyageur.guest.Kernel;

/** An initrd without virtio drivers gets a second one beside it that loads them. */
final class SupplementRule implements ConversionRule {
  @Override
  public List<Change> changes(Guest guest, Target target) {
    return supplemented(guest)
        .<Change>map(kernel ->
            new Change.WriteSupplement(
                BootableKernels.supplementPath(kernel),
                kernel.version(),
                kernel.architecture(),
                kernel.supplement(),
                "The initrd of "
                    + kernel.version()
                    + " has no virtio drivers; SYSLINUX loads this one beside it, and it stays"
                    + " as it is"))
        .toList();
  }

  @Override
  public List<String> notes(Guest guest, Target target) {
    return supplemented(guest)
        .map(kernel ->
            BootableKernels.supplementPath(kernel)
                + " holds modules of kernel "
                + kernel.version()
                + " and serves no other; an initrd that the guest makes under KVM has the"
                + " drivers itself")
        .toList();
  }

  private static Stream<Kernel> supplemented(Guest guest) {
    return BootableKernels.of(guest).stream().filter(kernel -> !kernel.supplement().isEmpty());
  }
}
