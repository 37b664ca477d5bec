package org.voyageur.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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
 * @param before the versions that the guest had before its own yum installed a kernel; empty if
 *     none did
 */
public record KernelChoice(
    List<KernelPackage> packages,
    boolean withoutXen,
    List<String> taken,
    Set<String> present,
    Optional<Set<String>> before) {
  /** Those that the guest has. */
  public static final KernelChoice KEPT = new KernelChoice(List.of(), false);

  /** Keeps unmodifiable copies. */
  public KernelChoice {
    packages = List.copyOf(packages);
    taken = List.copyOf(taken);
    present = Set.copyOf(present);
    before = before.map(Set::copyOf);
  }

  /** Before the guest was looked at. */
  public KernelChoice(List<KernelPackage> packages, boolean withoutXen) {
    this(packages, withoutXen, List.of(), Set.of(), Optional.empty());
  }

  /** The same with what a guest's keys say of the packages' signatures. */
  public KernelChoice checkedWith(PublicKeys keys) {
    return new KernelChoice(
        packages.stream().map(kernel -> kernel.checkedWith(keys)).toList(),
        withoutXen,
        taken,
        present,
        before);
  }

  /** The same when it is known what of the packages the guest has. */
  public KernelChoice withFound(List<String> otherwise, Set<String> whole) {
    return new KernelChoice(packages, withoutXen, otherwise, whole, before);
  }

  /** The same when the guest's own yum has installed a kernel. */
  KernelChoice after(Set<String> versions) {
    return new KernelChoice(packages, withoutXen, taken, present, Optional.of(versions));
  }

  /** Whether a kernel is one that the conversion brings. */
  boolean brings(Kernel kernel) {
    return packages.stream().anyMatch(one -> one.version().equals(kernel.version()))
        || before.filter(versions -> !versions.contains(kernel.version())).isPresent();
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
