package org.voyageur.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.voyageur.guest.Guest;
import org.voyageur.guest.Kernel;
import org.voyageur.guest.KernelPackage;
import org.voyageur.rpm.PublicKeys;

/**
 * What is to become of a guest's kernels.
 *
 * @param packages to unpack into it, the one to start first
 * @param withoutXen whether the guest's own rpm is to remove those that run only under Xen, when
 *     the guest has started on KVM
 * @param taken paths of the packages' files where the guest has something else, or the same with
 *     another owner or mode
 * @param present full names of those packages that the guest has, file for file
 */
public record KernelChoice(
    List<KernelPackage> packages, boolean withoutXen, List<String> taken, Set<String> present) {
  /** Those that the guest has. */
  public static final KernelChoice KEPT = new KernelChoice(List.of(), false);

  /** Keeps unmodifiable copies. */
  public KernelChoice {
    packages = List.copyOf(packages);
    taken = List.copyOf(taken);
    present = Set.copyOf(present);
  }

  /** Before the guest was looked at. */
  public KernelChoice(List<KernelPackage> packages, boolean withoutXen) {
    this(packages, withoutXen, List.of(), Set.of());
  }

  /** The same with what a guest's keys say of the packages' signatures. */
  public KernelChoice checkedWith(PublicKeys keys) {
    return new KernelChoice(
        packages.stream().map(kernel -> kernel.checkedWith(keys)).toList(),
        withoutXen,
        taken,
        present);
  }

  /** The same when it is known what of the packages the guest has. */
  public KernelChoice withFound(List<String> otherwise, Set<String> whole) {
    return new KernelChoice(packages, withoutXen, otherwise, whole);
  }

  /** The guest with what somebody hands over in front: it is to be started whatever its version. */
  Guest inFront(Guest guest) {
    List<Kernel> kernels = new ArrayList<>(guest.kernels());
    for (KernelPackage kernel : packages.reversed()) {
      kernels.stream()
          .filter(one -> one.version().equals(kernel.version()))
          .findFirst()
          .ifPresent(one -> {
            kernels.remove(one);
            kernels.addFirst(one);
          });
    }
    return guest.withKernels(kernels);
  }
}
