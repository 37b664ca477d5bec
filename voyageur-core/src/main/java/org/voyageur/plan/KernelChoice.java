package org.voyageur.plan;

import java.util.List;
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
 */
public record KernelChoice(List<KernelPackage> packages, boolean withoutXen, List<String> taken) {
  /** Those that the guest has. */
  public static final KernelChoice KEPT = new KernelChoice(List.of(), false);

  /** Keeps unmodifiable copies. */
  public KernelChoice {
    packages = List.copyOf(packages);
    taken = List.copyOf(taken);
  }

  /** Before the guest was looked at. */
  public KernelChoice(List<KernelPackage> packages, boolean withoutXen) {
    this(packages, withoutXen, List.of());
  }

  /** The same with what a guest's keys say of the packages' signatures. */
  public KernelChoice checkedWith(PublicKeys keys) {
    return new KernelChoice(
        packages.stream().map(kernel -> kernel.checkedWith(keys)).toList(), withoutXen, taken);
  }

  /** The same when that is known. */
  public KernelChoice withTaken(List<String> paths) {
    return new KernelChoice(packages, withoutXen, paths);
  }
}
