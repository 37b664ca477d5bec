package org.voyageur.plan;

import java.util.List;
import java.util.stream.Stream;
import org.voyageur.boot.InitrdSupplement;
import org.voyageur.error.ErrorCode;
import org.voyageur.guest.Finding;
import org.voyageur.guest.Finding.Severity;
import org.voyageur.guest.Guest;
import org.voyageur.guest.Kernel;

/** An initrd without virtio drivers gets a second one beside it that loads them. */
final class SupplementRule implements ConversionRule {
  @Override
  public List<Change> changes(Guest guest, Target target) {
    return supplemented(guest)
        .filter(kernel -> !kernel.supplementWritten())
        .<Change>map(kernel -> {
          String path = InitrdSupplement.path(kernel.version());
          return new Change.WriteSupplement(
              path,
              kernel.version(),
              kernel.architecture(),
              kernel.supplement(),
              "The initrd of "
                  + kernel.version()
                  + " has no virtio drivers; SYSLINUX loads this one beside it, and it stays as it"
                  + " is"
                  + (guest.files().has(path)
                      ? "; the file that is there does not hold the kernel's drivers as they are,"
                          + " and is replaced"
                      : ""));
        })
        .toList();
  }

  @Override
  public List<Finding> obstacles(Guest guest, Target target) {
    return supplemented(guest)
        .filter(kernel -> !InitrdSupplement.serves(kernel.architecture()))
        .map(kernel ->
            new Finding(
                Severity.OBSTACLE,
                ErrorCode.GUEST_INITRD_WITHOUT_VIRTIO,
                "the initrd of kernel %s has no virtio drivers, and its modules are for '%s'; they can be loaded beside it for x86_64 and i686"
                    .formatted(kernel.version(), kernel.architecture()),
                "Make its initrd again in a running guest, with virtio_blk and virtio_pci"))
        .toList();
  }

  @Override
  public List<String> notes(Guest guest, Target target) {
    return supplemented(guest)
        .map(kernel ->
            InitrdSupplement.path(kernel.version())
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
