package org.voyageur.plan;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.voyageur.error.ErrorCode;
import org.voyageur.filesystem.FilesystemFacts;
import org.voyageur.guest.Finding;
import org.voyageur.guest.Finding.Severity;
import org.voyageur.guest.Guest;
import org.voyageur.guest.Kernel;
import org.voyageur.guest.KernelPackage;
import org.voyageur.rpm.RpmFile;
import org.voyageur.rpm.RpmSignature;

/**
 * A kernel that runs under KVM for a guest that has none, from its package and without running the
 * guest's programs: what rpm, depmod and mkinitrd would write is written here. The guest's own rpm
 * and depmod do their part when it starts for the first time.
 */
final class KernelPackageRule implements ConversionRule {
  private static final String COPIES = "/var/lib/voyageur";
  private static final String SERVICE = "voyageur-kernel";

  /** SYSLINUX, the edited files, and what a file's directory entry takes. */
  private static final long ROOM_FOR_THE_REST = 2 << 20;

  private static final int INODES_FOR_THE_REST = 48;

  /** An indirect block of ext2 and ext3 for every 1024 of a file's, and smaller ones. */
  private static final int PER_INDIRECT_BLOCK = 256;

  /** As many names as a message has. */
  private static final int MOST_NAMES = 3;

  private final List<KernelPackage> packages;
  private final List<String> taken;

  KernelPackageRule(KernelChoice choice) {
    this.packages = choice.packages();
    this.taken = choice.taken();
  }

  @Override
  public List<Change> changes(Guest guest, Target target) {
    if (packages.isEmpty()) {
      return List.of();
    }
    List<Change> changes = new ArrayList<>();
    // The last one to be installed is the one to start.
    for (KernelPackage kernel : packages.reversed()) {
      changes.add(
          new Change.InstallKernelFiles(
              kernel.rpm(),
              kernel.kernel(),
              copy(kernel),
              "The guest has no kernel of this kind; its own rpm registers the package when it"
                  + " starts for the first time"));
      changes.add(
          new Change.WriteModuleTables(
              kernel.moduleDirectory(),
              kernel.tables(),
              "What depmod would write: which module needs which, and which device needs which"));
      changes.add(
          new Change.WriteInitrd(
              kernel.initrd(),
              kernel.version(),
              kernel.architecture(),
              modules(kernel, guest),
              "It loads the drivers of virtio and mounts the root filesystem; mkinitrd in the guest"
                  + " may replace it"));
    }
    changes.addAll(registration(guest));
    return changes;
  }

  private static List<String> modules(KernelPackage kernel, Guest guest) {
    return kernel.initrdModules().getOrDefault(guest.filesystem().type(), List.of());
  }

  private static String copy(KernelPackage kernel) {
    return COPIES + "/" + fullName(kernel) + ".rpm";
  }

  private static String fullName(KernelPackage kernel) {
    return kernel.rpm().fullName();
  }

  /** A service that runs once and removes itself. */
  private List<Change> registration(Guest guest) {
    String calls =
        packages.reversed().stream()
            .map(kernel ->
                "register %s %s %s || failed=yes\n"
                    .formatted(kernel.rpm().label(), fullName(kernel), kernel.version()))
            .collect(Collectors.joining());
    return FirstStart.service(
        guest,
        SERVICE,
        FirstStart.resource("kernel-registration.sh").replace("@PACKAGES@\n", calls),
        "At the first start depmod and rpm of the guest's own do their part; then this removes"
            + " itself");
  }

  @Override
  public List<Finding> obstacles(Guest guest, Target target) {
    if (packages.isEmpty()) {
      return List.of();
    }
    List<Finding> obstacles = new ArrayList<>();
    if (!FirstStart.isPossible(guest)) {
      // From el6 on an initrd of dracut's loads the SELinux policy, and kmod wants other tables.
      obstacles.add(
          obstacle(
              ErrorCode.PACKAGE_GUEST,
              "the guest is %s, and --kernel-rpm is for release 5 of Red Hat's family"
                  .formatted(guest.operatingSystem().productName()),
              "Install the kernel with the guest's own package manager"));
    }
    Set<String> versions =
        guest.kernels().stream()
            .map(Kernel::version)
            .collect(Collectors.toCollection(HashSet::new));
    for (KernelPackage kernel : packages) {
      judge(kernel, guest, obstacles);
      if (!versions.add(kernel.version())) {
        obstacles.add(
            obstacle(
                ErrorCode.PACKAGE_PRESENT,
                "the guest has the kernel %s of %s already"
                    .formatted(kernel.version(), fullName(kernel)),
                "Leave out --kernel-rpm, or name another kernel's package"));
      }
    }
    boolean present =
        obstacles.stream().anyMatch(finding -> finding.code() == ErrorCode.PACKAGE_PRESENT);
    if (!present && !taken.isEmpty()) {
      obstacles.add(
          obstacle(
              ErrorCode.PACKAGE_PRESENT,
              "the guest has other files by the names of the package's: "
                  + String.join(", ", taken.subList(0, Math.min(MOST_NAMES, taken.size())))
                  + (taken.size() > MOST_NAMES
                      ? " and %d more".formatted(taken.size() - MOST_NAMES)
                      : ""),
              "Look at them with 'voyageur ls', and remove them with 'voyageur rm' if nothing needs"
                  + " them; or name another kernel's package"));
    }
    judgeRoom(guest, obstacles);
    return obstacles;
  }

  private static void judge(KernelPackage kernel, Guest guest, List<Finding> obstacles) {
    String architecture = guest.operatingSystem().architecture();
    if (!kernel.architecture().equals(architecture)) {
      obstacles.add(
          obstacle(
              ErrorCode.PACKAGE_ARCHITECTURE,
              "the package %s is for %s, and the guest's programs are for %s"
                  .formatted(fullName(kernel), kernel.rpm().architecture(), architecture),
              "Name the kernel's package for " + architecture));
    }
    if (kernel.xenOnly()) {
      obstacles.add(
          obstacle(
              ErrorCode.GUEST_XEN_ONLY_KERNEL,
              "the kernel of %s runs only under Xen too".formatted(fullName(kernel)),
              "Name the package kernel, not kernel-xen"));
    } else if (!kernel.missing().isEmpty()) {
      obstacles.add(
          obstacle(
              ErrorCode.GUEST_NO_VIRTIO,
              "the kernel of %s has no %s"
                  .formatted(fullName(kernel), String.join(", ", kernel.missing())),
              "Name the package of a newer kernel (el5: 2.6.18-128 or later)"));
    } else if (!kernel.initrdModules().containsKey(guest.filesystem().type())) {
      obstacles.add(
          obstacle(
              ErrorCode.GUEST_NO_INITRD,
              "the kernel of %s cannot mount %s"
                  .formatted(fullName(kernel), guest.filesystem().type()),
              "Name the package of another kernel"));
    }
  }

  private void judgeRoom(Guest guest, List<Finding> obstacles) {
    FilesystemFacts filesystem = guest.filesystem();
    long room = ROOM_FOR_THE_REST;
    long inodes = INODES_FOR_THE_REST;
    // In inodes of 128 bytes SELinux's label takes a block of its own.
    long perFile = filesystem.inodeSize() < 256 ? filesystem.blockSize() : 0;
    for (KernelPackage kernel : packages) {
      inodes += kernel.rpm().files().size();
      room += perFile * kernel.rpm().files().size();
      Set<String> initrd = Set.copyOf(modules(kernel, guest));
      room +=
          Stream.of(
                  kernel.rpm().files().stream().filter(RpmFile::inPayload).map(RpmFile::size),
                  kernel.rpm().files().stream()
                      .filter(file -> initrd.contains(file.path()))
                      .map(RpmFile::size),
                  kernel.tables().values().stream().map(text -> (long) text.length()),
                  Stream.of(kernel.rpm().fileSize()))
              .flatMap(sizes -> sizes)
              .mapToLong(size -> onDisk(size, filesystem.blockSize()))
              .sum();
    }
    if (filesystem.free() < room || filesystem.freeInodes() < inodes) {
      obstacles.add(
          obstacle(
              ErrorCode.FILESYSTEM_FULL,
              "the root filesystem has %d MiB and %d inodes free, the kernel takes %d MiB and %d"
                  .formatted(
                      filesystem.free() >> 20, filesystem.freeInodes(), (room >> 20) + 1, inodes),
              "Make it larger with --grow, or free space in the guest with 'yum clean all' and by"
                  + " removing old kernels"));
    }
  }

  private static long onDisk(long size, int blockSize) {
    long blocks = (size + blockSize - 1) / blockSize;
    return (blocks + blocks / PER_INDIRECT_BLOCK + (blocks > 12 ? 1 : 0)) * blockSize;
  }

  @Override
  public List<String> notes(Guest guest, Target target) {
    return packages.stream()
        .flatMap(kernel ->
            Stream.of(
                "%s is not known to the guest's rpm until the guest has started once; its scripts"
                        .formatted(fullName(kernel))
                    + " are not run",
                signature(kernel)))
        .toList();
  }

  private static String signature(KernelPackage kernel) {
    String name = fullName(kernel);
    return switch (kernel.rpm().signature()) {
      case RpmSignature.Good(String key, String owner) ->
          "%s is signed by %s, %s".formatted(name, key, owner);
      case RpmSignature.Unchecked(String key) ->
          "The signature of %s was not checked, only its digests: it is by the key %s, which the guest does not have; --rpm-key names the file of a key that it must be signed with"
              .formatted(name, key);
      case RpmSignature.Missing _ ->
          "%s is not signed: only its digests were checked, which whoever changes a package makes anew"
              .formatted(name);
    };
  }

  private static Finding obstacle(ErrorCode code, String message, String remedy) {
    return new Finding(Severity.OBSTACLE, code, message, remedy);
  }
}
