package org.voyageur.plan;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.voyageur.error.ErrorCode;
import org.voyageur.filesystem.FileType;
import org.voyageur.filesystem.FilesystemFacts;
import org.voyageur.guest.Finding;
import org.voyageur.guest.Finding.Severity;
import org.voyageur.guest.Guest;
import org.voyageur.guest.KernelPackage;
import org.voyageur.rpm.RpmFile;
import org.voyageur.rpm.RpmSignature;

/**
 * A kernel that runs under KVM for a guest that has none, from its package and without running the
 * guest's programs: what rpm, depmod and mkinitrd would write is written here. The guest's own rpm
 * and depmod do their part when it starts for the first time.
 */
final class KernelPackageRule implements ConversionRule {
  /**
   * For the guest's rpm, until it has read them. /etc is in the root filesystem, and /var may be
   * one of its own, which hides what lies there as soon as it is mounted.
   */
  private static final String COPIES = "/etc/voyageur/kernels";

  private static final String SERVICE = "voyageur-kernel";

  /** SYSLINUX, the edited files, and what a file's directory entry takes. */
  private static final long ROOM_FOR_THE_REST = 2 << 20;

  private static final int INODES_FOR_THE_REST = 48;

  /**
   * For the guest's rpm at the first start, generously: the database of rpm 4.18 has 0.2 MiB with a
   * kernel of 1300 files (measured); that of el5's, which could not be measured, has an index by
   * each file's name and digest, and files of locks beside it.
   */
  private static final long ROOM_TO_REGISTER = 8 << 20;

  /**
   * depmod writes its tables beside ours before it puts them in their place, and more of them:
   * those of a 6.1 kernel take 1.1 MiB, ours 0.4 (measured).
   */
  private static final int TABLES_OF_DEPMOD = 3;

  /** An indirect block of ext2 and ext3 for every 1024 of a file's, and smaller ones. */
  private static final int PER_INDIRECT_BLOCK = 256;

  /** As many names as a message has. */
  private static final int MOST_NAMES = 3;

  private final KernelChoice choice;

  KernelPackageRule(KernelChoice choice) {
    this.choice = choice;
  }

  @Override
  public List<Change> changes(Guest guest, Target target) {
    List<Change> changes = new ArrayList<>();
    // The last one to be installed is the one to start.
    for (KernelPackage kernel : missing().reversed()) {
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
              "It loads the drivers of %s and mounts the root filesystem; mkinitrd in the guest may replace it"
                  .formatted(kernel.xenPv() ? "virtio and of Xen's disks" : "virtio")));
    }
    if (choice.packages().stream().anyMatch(kernel -> isToBeRegistered(kernel, guest))) {
      changes.addAll(
          FirstStart.service(
              guest,
              SERVICE,
              FirstStart.resource("kernel-registration.sh"),
              "At the first start depmod and rpm of the guest's own do their part; then this removes"
                  + " itself"));
    }
    return changes;
  }

  /** Those that are to be unpacked. */
  private List<KernelPackage> missing() {
    return choice.packages().stream()
        .filter(kernel -> !choice.present().contains(fullName(kernel)))
        .toList();
  }

  private boolean isToBeRegistered(KernelPackage kernel, Guest guest) {
    return !choice.present().contains(fullName(kernel)) || guest.files().has(copy(kernel));
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

  @Override
  public List<Finding> obstacles(Guest guest, Target target) {
    if (choice.packages().isEmpty()) {
      return List.of();
    }
    List<Finding> obstacles = new ArrayList<>();
    if (!guest.operatingSystem().isEl5()) {
      // From el6 on an initrd of dracut's loads the SELinux policy, and kmod wants other tables.
      obstacles.add(
          obstacle(
              ErrorCode.PACKAGE_GUEST,
              "the guest is %s, and --kernel-rpm is for release 5 of Red Hat's family"
                  .formatted(guest.operatingSystem().productName()),
              "Install the kernel with the guest's own package manager"));
    }
    Set<String> versions = new HashSet<>();
    for (KernelPackage kernel : choice.packages()) {
      judge(kernel, guest, obstacles);
      if (!versions.add(kernel.version())) {
        obstacles.add(
            obstacle(
                ErrorCode.PACKAGE_PRESENT,
                "two of the packages have the kernel " + kernel.version(),
                "Name one of them"));
      }
    }
    List<String> taken = choice.taken();
    if (!taken.isEmpty()) {
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
    for (KernelPackage kernel : missing()) {
      inodes += kernel.rpm().files().size();
      room += perFile * kernel.rpm().files().size();
      Set<String> initrd = Set.copyOf(modules(kernel, guest));
      List<Long> tables =
          kernel.tables().values().stream().map(text -> (long) text.length()).toList();
      room +=
          Stream.of(
                  kernel.rpm().files().stream()
                      .filter(RpmFile::inPayload)
                      // A directory has no size in a package, and takes a block.
                      .map(file ->
                          file.type() == FileType.DIRECTORY ? filesystem.blockSize() : file.size()),
                  kernel.rpm().files().stream()
                      .filter(file -> initrd.contains(file.path()))
                      .map(RpmFile::size),
                  tables.stream(),
                  tables.stream().map(size -> TABLES_OF_DEPMOD * size),
                  Stream.of(kernel.rpm().fileSize()))
              .flatMap(sizes -> sizes)
              .mapToLong(size -> onDisk(size, filesystem.blockSize()))
              .sum();
    }
    if (!missing().isEmpty()) {
      room += ROOM_TO_REGISTER;
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
    return choice.packages().stream().flatMap(kernel -> notes(kernel, guest)).toList();
  }

  private Stream<String> notes(KernelPackage kernel, Guest guest) {
    String name = fullName(kernel);
    List<String> notes = new ArrayList<>();
    if (choice.present().contains(name)) {
      notes.add(
          "The guest has %s already, file for file: it is not unpacked again".formatted(name));
    }
    if (isToBeRegistered(kernel, guest)) {
      notes.add(
          "%s is not known to the guest's rpm until the guest has started once; its scripts are not"
                  .formatted(name)
              + " run");
    }
    notes.add(signature(kernel));
    return notes.stream();
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
