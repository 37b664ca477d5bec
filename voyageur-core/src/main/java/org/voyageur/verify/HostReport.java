package org.voyageur.verify;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.voyageur.boot.Syslinux;
import org.voyageur.disk.isal.Isal;
import org.voyageur.error.VoyageurException;
import org.voyageur.filesystem.ext2fs.LibExt2fs;
import org.voyageur.process.HostProgram;

/**
 * What this host has of that which voyageur uses.
 *
 * @param items in the order in which a conversion meets them
 */
public record HostReport(List<Item> items) {
  private static final Duration LIMIT = Duration.ofSeconds(10);

  /** Keeps an unmodifiable copy. */
  public HostReport {
    items = List.copyOf(items);
  }

  /** How much one thing matters. */
  public enum Need {
    /** No conversion without it. */
    REQUIRED,
    /** Some formats, or booting the result, need it. */
    OPTIONAL,
    /** Without it things take longer. */
    FASTER
  }

  /**
   * One program, library or device.
   *
   * @param name what it is called
   * @param purpose what voyageur does with it
   * @param found its version or place; empty if it is missing or of no use
   * @param debianPackage what installs it; empty if no package does
   */
  public record Item(
      String name,
      String purpose,
      Need need,
      Optional<String> found,
      Optional<String> debianPackage) {}

  /** Looks at this host. Starts a few programs to ask for their versions. */
  public static HostReport ofThisHost() {
    return new HostReport(
        List.of(
            new Item(
                "java",
                "runs voyageur",
                Need.REQUIRED,
                Optional.of(Runtime.version().toString()),
                Optional.empty()),
            new Item(
                "libext2fs.so.2",
                "reads and writes the guest's filesystem",
                Need.REQUIRED,
                LibExt2fs.version(),
                Optional.of("libext2fs2")),
            program(
                "e2fsck", "e2fsprogs", "-V", "checks the result, replays journals", Need.REQUIRED),
            new Item(
                "extlinux",
                "holds the boot code, SYSLINUX 6",
                Need.REQUIRED,
                syslinux(),
                Optional.of("extlinux")),
            program(
                "qemu-img", "qemu-utils", "--version", "makes qcow2 and reads it", Need.REQUIRED),
            program(
                "qemu-nbd",
                "qemu-utils",
                "--version",
                "opens qcow2, vmdk, vhd, vhdx and vdi",
                Need.REQUIRED),
            program(
                "qemu-system-x86_64",
                "qemu-system-x86",
                "--version",
                "boots the result",
                Need.OPTIONAL),
            new Item(
                "pygrub",
                "says what Xen would start",
                Need.OPTIONAL,
                HostPyGrub.find().map(pygrub -> pygrub.program().toString()),
                Optional.of("xen-utils-4.17")),
            new Item(
                "Xen lab",
                XenLab.find().isPresent()
                    ? "boots guests under Xen"
                    : "boots guests under Xen, once prepared: " + XenLab.command(),
                Need.OPTIONAL,
                XenLab.find().map(lab -> lab.toString()),
                Optional.empty()),
            program(
                "guestfish",
                "libguestfs-tools",
                "--version",
                "runs the guest's own programs, for --install, --run-command, --kernel-repo and"
                    + " --kernel-package",
                Need.OPTIONAL),
            new Item(
                "libisal.so.2",
                "inflates .gz images several times as fast",
                Need.FASTER,
                isal(),
                Optional.of("libisal2")),
            new Item(
                "/dev/kvm", "lets QEMU boot at full speed", Need.FASTER, kvm(), Optional.empty())));
  }

  /** Whether everything is there that a conversion cannot do without. */
  public boolean ready() {
    return items.stream().noneMatch(item -> item.need() == Need.REQUIRED && item.found().isEmpty());
  }

  /** The Debian packages that bring what is missing, in name order. */
  public List<String> missingPackages() {
    return items.stream()
        .filter(item -> item.found().isEmpty())
        .flatMap(item -> item.debianPackage().stream())
        .distinct()
        .sorted()
        .toList();
  }

  private static Item program(
      String name, String debianPackage, String versionOption, String purpose, Need need) {
    HostProgram program = new HostProgram(name, debianPackage);
    Optional<String> found =
        program.find().map(path -> firstLine(program, versionOption).orElse(path.toString()));
    return new Item(name, purpose, need, found, Optional.of(debianPackage));
  }

  private static Optional<String> firstLine(HostProgram program, String versionOption) {
    try {
      return program.run(LIMIT, List.of(versionOption)).said().lines().findFirst();
    } catch (VoyageurException e) {
      return Optional.empty();
    }
  }

  /** Taken out as a conversion will, as an extlinux that cannot be used is as good as none. */
  private static Optional<String> syslinux() {
    try {
      int size = Syslinux.fromHost().ldlinuxSys().length;
      return Optional.of("its ldlinux.sys has " + size + " bytes");
    } catch (VoyageurException e) {
      return Optional.empty();
    }
  }

  private static Optional<String> isal() {
    try {
      return Isal.isAvailable() ? Optional.of("usable") : Optional.empty();
    } catch (LinkageError e) {
      return Optional.empty();
    }
  }

  private static Optional<String> kvm() {
    try {
      return Accelerator.detect().equals("kvm") ? Optional.of("runs guests") : Optional.empty();
    } catch (VoyageurException e) {
      return Optional.empty(); // There is no QEMU to try it with.
    }
  }
}
