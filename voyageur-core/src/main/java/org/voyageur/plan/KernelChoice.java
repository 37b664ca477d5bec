package org.voyageur.plan;

import java.util.List;
import org.voyageur.guest.KernelPackage;

/**
 * What is to become of a guest's kernels.
 *
 * @param packages to unpack into it, the one to start first
 * @param withoutXen whether the guest's own rpm is to remove those that run only under Xen, when
 *     the guest has started on KVM
 */
public record KernelChoice(List<KernelPackage> packages, boolean withoutXen) {
  /** Those that the guest has. */
  public static final KernelChoice KEPT = new KernelChoice(List.of(), false);

  /** Keeps an unmodifiable copy. */
  public KernelChoice {
    packages = List.copyOf(packages);
  }
}
