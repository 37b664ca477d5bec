package org.voyageur.plan;

import java.util.List;
import org.voyageur.guest.Guest;

/** SYSLINUX cannot read a kernel or an initrd with holes, as {@code cp --sparse} makes them. */
final class HolesRule implements ConversionRule {
  @Override
  public List<Change> changes(Guest guest, Target target) {
    return BootableKernels.of(guest).stream()
        .flatMap(kernel -> kernel.gaps().stream())
        .<Change>map(path ->
            new Change.FillHoles(
                path, "SYSLINUX cannot read a file with holes or unwritten blocks"))
        .toList();
  }
}
