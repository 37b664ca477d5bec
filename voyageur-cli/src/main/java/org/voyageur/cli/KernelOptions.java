package org.voyageur.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.voyageur.guest.KernelPackage;
import org.voyageur.plan.KernelChoice;
import org.voyageur.rpm.PublicKeys;
import picocli.CommandLine.Option;

/** What is to become of a guest's kernels. */
@SuppressWarnings("NullAway.Init") // picocli sets the fields.
final class KernelOptions {
  @Option(
      names = "--kernel-rpm",
      paramLabel = "FILE.rpm",
      description =
          "Unpack this kernel package into a guest of release 5 of Red Hat's family, without running"
              + " any of the guest's programs. May be given again; the first is started.")
  private List<Path> packages = List.of();

  @Option(
      names = "--rpm-key",
      paramLabel = "KEY",
      description =
          "The distribution's public key, which the packages must be signed with. Without it only"
              + " their digests are checked.")
  private Optional<Path> key;

  @Option(
      names = "--remove-xen-kernels",
      description =
          "When a guest of release 5 of Red Hat's family has started on KVM, have its own rpm remove"
              + " the packages kernel-xen.")
  private boolean withoutXen;

  /** With every package read and checked. */
  KernelChoice choice() {
    Optional<PublicKeys> keys = key.map(PublicKeys::read);
    return new KernelChoice(
        packages.stream().map(path -> KernelPackage.read(path, keys)).toList(), withoutXen);
  }
}
