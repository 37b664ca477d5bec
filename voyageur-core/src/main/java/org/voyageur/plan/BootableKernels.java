package org.voyageur.plan;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.voyageur.boot.InitrdSupplement;
import org.voyageur.boot.SyslinuxConfig;
import org.voyageur.guest.Guest;
import org.voyageur.guest.Kernel;

/** Which of a guest's kernels SYSLINUX can start under KVM from a virtio disk. */
final class BootableKernels {
  private BootableKernels() {}

  /** Those that can, the newest first. */
  static List<Kernel> of(Guest guest) {
    return guest.kernels().stream()
        .filter(kernel -> reachesDisk(kernel) && hasWritableNames(kernel))
        .toList();
  }

  /** Whether it runs under KVM and finds a virtio disk, with the supplement if it has one. */
  static boolean reachesDisk(Kernel kernel) {
    return kernel.kvm()
        && switch (kernel.virtioBlk()) {
          case BUILT_IN -> kernel.supplement().isEmpty() || kernel.initrd().isPresent();
          case INITRD -> true;
          case ON_DISK -> kernel.initrd().isPresent() && !kernel.supplement().isEmpty();
          case NOWHERE -> false;
        };
  }

  /** Whether SYSLINUX can be told its files' names. */
  static boolean hasWritableNames(Kernel kernel) {
    return SyslinuxConfig.isName(kernel.version())
        && SyslinuxConfig.isName(kernel.image())
        && initrds(kernel).stream()
            .allMatch(path -> SyslinuxConfig.isName(path) && path.indexOf(',') < 0);
  }

  /** What SYSLINUX loads for it: its own initrd, untouched, and the supplement behind it. */
  static List<String> initrds(Kernel kernel) {
    Optional<String> supplement =
        kernel.supplement().isEmpty()
            ? Optional.empty()
            : Optional.of(InitrdSupplement.path(kernel.version()));
    return Stream.concat(kernel.initrd().stream(), supplement.stream()).toList();
  }
}
