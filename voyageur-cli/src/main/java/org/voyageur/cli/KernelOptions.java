package org.voyageur.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.guest.KernelPackage;
import org.voyageur.plan.GuestKernel;
import org.voyageur.plan.GuestKernel.Repository;
import org.voyageur.plan.KernelChoice;
import org.voyageur.rpm.PublicKeys;
import org.voyageur.rpm.Repodata;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What is to become of a guest's kernels. */
@SuppressWarnings("NullAway.Init") // picocli sets the fields.
final class KernelOptions {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--kernel-rpm",
      paramLabel = "FILE.rpm",
      description =
          "Unpack this kernel package into a guest of release 5 of Red Hat's family, without running"
              + " any of the guest's programs. May be given again; the first is started.")
  private List<Path> packages = List.of();

  @Option(
      names = "--kernel-package",
      paramLabel = "NAME",
      description =
          "Have the yum of a guest of release 5 of Red Hat's family install this package, such as"
              + " kernel-lt, and make an initrd for KVM, in libguestfs's appliance. 'kernel' if only"
              + " --kernel-repo is there.")
  private Optional<String> packageName;

  @Option(
      names = "--kernel-repo",
      paramLabel = "URL|DIR",
      description =
          "Take the kernel from this repository, or this directory with one or with packages,"
              + " instead of the guest's own repositories.")
  private Optional<String> repository;

  @Option(
      names = "--rpm-key",
      paramLabel = "KEY",
      description =
          "The public key that the packages of --kernel-rpm or --kernel-repo must be signed with."
              + " Without it the guest's own keys are tried, and packages in a directory are not"
              + " asked for a signature.")
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

  /** What the guest's own yum is to install. */
  Optional<GuestKernel> byYum(boolean network) {
    demandSense();
    if (packageName.isEmpty() && repository.isEmpty()) {
      return Optional.empty();
    }
    Repository place =
        repository
            .<Repository>map(name ->
                Repository.isUrl(name)
                    ? new Repository.Remote(name)
                    : new Repository.Local(directory(name)))
            .orElseGet(Repository.Own::new);
    if (!network && !(place instanceof Repository.Local)) {
      throw usage("a kernel from a repository that is no directory of this host's takes --network");
    }
    key.ifPresent(KernelOptions::demandForYum);
    return Optional.of(new GuestKernel(packageName.orElse("kernel"), place, key));
  }

  private void demandSense() {
    boolean byYum = packageName.isPresent() || repository.isPresent();
    if (byYum && !packages.isEmpty()) {
      throw usage(
          "--kernel-rpm unpacks a package, --kernel-repo and --kernel-package have the guest's yum"
              + " install one: name the kernel in one of the two ways");
    }
    if (key.isPresent() && packages.isEmpty() && repository.isEmpty()) {
      throw usage("--rpm-key is the key of what --kernel-rpm or --kernel-repo names");
    }
  }

  private static void demandForYum(Path key) {
    // That there is a key in it is seen here, and not half an hour later.
    PublicKeys.read(key);
    try {
      if (!PublicKeys.isArmoured(Files.readAllBytes(key))) {
        throw new VoyageurException(
            ErrorCode.PACKAGE_SIGNATURE,
            "the key " + key + " is in OpenPGP's binary form, and the guest's yum takes text",
            "Convert it: gpg --enarmor <KEY | sed 's/ARMORED FILE/PUBLIC KEY BLOCK/' >KEY.asc");
      }
    } catch (IOException e) {
      throw GuestOptions.unreadable(key, e.getClass().getSimpleName());
    }
  }

  private Path directory(String name) {
    Path directory = Path.of(name);
    try (Stream<Path> files = Files.list(directory)) {
      if (Repodata.isIn(directory)) {
        Repodata.demandReadableByEl5(directory);
        return directory;
      }
      if (files.anyMatch(file -> file.toString().endsWith(".rpm"))) {
        return directory;
      }
      throw usage(
          "--kernel-repo: " + name + " has neither repodata/repomd.xml nor packages (*.rpm)");
    } catch (IOException e) {
      throw GuestOptions.unreadable(directory, e.getClass().getSimpleName());
    }
  }

  private ParameterException usage(String message) {
    return new ParameterException(spec.commandLine(), message);
  }
}
