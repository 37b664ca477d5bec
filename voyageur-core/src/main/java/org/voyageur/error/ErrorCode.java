package org.voyageur.error;

/**
 * The stable codes of everything that can stand in the way. A code never changes its meaning and is
 * never used again; {@code docs/errors.md} explains each.
 */
public enum ErrorCode {
  /** The image file does not exist or is not a file. */
  IMAGE_NOT_FOUND("VOY-IMAGE-001", ExitStatus.GUEST),
  /** The image file may not be read. */
  IMAGE_NOT_READABLE("VOY-IMAGE-002", ExitStatus.GUEST),
  /** The image ends before the data that it must hold. */
  IMAGE_CUT_OFF("VOY-IMAGE-003", ExitStatus.GUEST),
  /** The image's container (gzip, qcow2, ...) is damaged. */
  IMAGE_CORRUPT("VOY-IMAGE-004", ExitStatus.GUEST),
  /** The image's format is not one that voyageur reads, or not the one that was named. */
  IMAGE_FORMAT("VOY-IMAGE-005", ExitStatus.GUEST),
  /** The image refers to another file on the host (backing file, data file, extents). */
  IMAGE_REFERS_TO_HOST("VOY-IMAGE-006", ExitStatus.GUEST),
  /** No filesystem and no partition table was found. */
  IMAGE_NO_FILESYSTEM("VOY-IMAGE-007", ExitStatus.GUEST),
  /** The image changed while it was being read. */
  IMAGE_CHANGED("VOY-IMAGE-008", ExitStatus.GUEST),
  /** What is to be changed in the image is more than is kept in memory. */
  IMAGE_CHANGES_TOO_LARGE("VOY-IMAGE-009", ExitStatus.GUEST),
  /** The image cannot be changed in place. */
  IMAGE_NOT_WRITABLE("VOY-IMAGE-010", ExitStatus.HOST),
  /** Another process uses the image. */
  IMAGE_IN_USE("VOY-IMAGE-011", ExitStatus.HOST),
  /** A change to the image was cut off, or is under way. */
  IMAGE_HALF_CHANGED("VOY-IMAGE-012", ExitStatus.GUEST),
  /** No conversion in place is known that could be undone. */
  IMAGE_NO_UNDO("VOY-IMAGE-013", ExitStatus.GUEST),
  /** The image was written to since it was converted in place. */
  IMAGE_CHANGED_SINCE("VOY-IMAGE-014", ExitStatus.GUEST),
  /** An earlier conversion in place can still be undone. */
  IMAGE_UNDO_EXISTS("VOY-IMAGE-015", ExitStatus.GUEST),

  /** The root filesystem is of a type that voyageur does not read. */
  FILESYSTEM_TYPE("VOY-FS-001", ExitStatus.GUEST),
  /** The filesystem is damaged. */
  FILESYSTEM_DAMAGED("VOY-FS-002", ExitStatus.GUEST),
  /** The filesystem uses a feature that libext2fs or voyageur cannot handle. */
  FILESYSTEM_FEATURE("VOY-FS-003", ExitStatus.GUEST),
  /** The filesystem's journal holds changes that must be replayed first. */
  FILESYSTEM_JOURNAL_DIRTY("VOY-FS-004", ExitStatus.GUEST),
  /** The journal could not be replayed without loss. */
  FILESYSTEM_JOURNAL_REPLAY("VOY-FS-005", ExitStatus.GUEST),
  /** The guest's filesystem has no room for what must be added. */
  FILESYSTEM_FULL("VOY-FS-006", ExitStatus.GUEST),
  /** A path in the guest does not exist. */
  PATH_NOT_FOUND("VOY-FS-007", ExitStatus.GUEST),
  /** A path in the guest is not of the kind that is needed, loops, or is too large. */
  PATH_UNUSABLE("VOY-FS-008", ExitStatus.GUEST),
  /** The filesystem is not clean, or was not unmounted cleanly. */
  FILESYSTEM_NOT_CLEAN("VOY-FS-009", ExitStatus.GUEST),
  /** SYSLINUX cannot read this filesystem. */
  FILESYSTEM_SYSLINUX("VOY-FS-010", ExitStatus.GUEST),

  /** No operating system that voyageur knows was found. */
  GUEST_NOT_LINUX("VOY-GUEST-001", ExitStatus.GUEST),
  /** There is no kernel in the guest. */
  GUEST_NO_KERNEL("VOY-GUEST-002", ExitStatus.GUEST),
  /** Every kernel runs only under Xen. */
  GUEST_XEN_ONLY_KERNEL("VOY-GUEST-003", ExitStatus.GUEST),
  /** The kernel has no virtio driver, neither built in nor as a module. */
  GUEST_NO_VIRTIO("VOY-GUEST-004", ExitStatus.GUEST),
  /** The initrd lacks the virtio drivers; a supplement brings them. */
  GUEST_INITRD_WITHOUT_VIRTIO("VOY-GUEST-005", ExitStatus.GUEST),
  /** A kernel has no initrd, and needs one. */
  GUEST_NO_INITRD("VOY-GUEST-006", ExitStatus.GUEST),
  /** The root filesystem lies in a partition; this layout is not converted yet. */
  GUEST_PARTITIONED("VOY-GUEST-007", ExitStatus.GUEST),
  /** The boot configuration that PyGrub reads is missing or names files that are not there. */
  GUEST_BOOT_CONFIGURATION("VOY-GUEST-008", ExitStatus.GUEST),
  /** An fstab line names a device that will not exist. */
  GUEST_FSTAB_DEVICE("VOY-GUEST-009", ExitStatus.GUEST),
  /** An fstab line cannot be understood. */
  GUEST_FSTAB_SYNTAX("VOY-GUEST-010", ExitStatus.GUEST),
  /** Network configuration is pinned to hardware that will not exist. */
  GUEST_NETWORK_PINNED("VOY-GUEST-011", ExitStatus.GUEST),
  /** Something that only makes sense under Xen is left in the guest. */
  GUEST_XEN_LEFTOVER("VOY-GUEST-012", ExitStatus.GUEST),
  /** A kernel or initrd file has a hole or lies where SYSLINUX cannot read it. */
  GUEST_FILE_NOT_BOOTABLE("VOY-GUEST-013", ExitStatus.GUEST),
  /** The guest has a SYSLINUX configuration of its own that would be read first. */
  GUEST_BOOT_LOADER_PRESENT("VOY-GUEST-014", ExitStatus.GUEST),
  /** No console would show a login prompt. */
  GUEST_NO_CONSOLE("VOY-GUEST-015", ExitStatus.GUEST),
  /** The kernel's command line would be longer than the kernel takes. */
  GUEST_COMMAND_LINE_LENGTH("VOY-GUEST-016", ExitStatus.GUEST),
  /** An initrd could not be read. */
  GUEST_INITRD_UNREADABLE("VOY-GUEST-017", ExitStatus.GUEST),
  /** A kernel's configuration is missing, so that its abilities are inferred. */
  GUEST_KERNEL_CONFIG_MISSING("VOY-GUEST-018", ExitStatus.GUEST),
  /** A configuration file is too large or not text. */
  GUEST_FILE_UNUSABLE("VOY-GUEST-019", ExitStatus.GUEST),

  /** A package that was handed over is not there, or is no RPM package. */
  PACKAGE_UNREADABLE("VOY-PACKAGE-001", ExitStatus.GUEST),
  /** A package is cut off, or a digest of it is wrong. */
  PACKAGE_DAMAGED("VOY-PACKAGE-002", ExitStatus.GUEST),
  /** A package's signature is missing, wrong, or by another key. */
  PACKAGE_SIGNATURE("VOY-PACKAGE-003", ExitStatus.GUEST),
  /** A package is not a kernel. */
  PACKAGE_NOT_KERNEL("VOY-PACKAGE-004", ExitStatus.GUEST),
  /** A package is for another architecture than the guest. */
  PACKAGE_ARCHITECTURE("VOY-PACKAGE-005", ExitStatus.GUEST),
  /** A package has files where a kernel has none. */
  PACKAGE_FILES("VOY-PACKAGE-006", ExitStatus.GUEST),
  /** Kernel packages are not unpacked into guests of this kind. */
  PACKAGE_GUEST("VOY-PACKAGE-007", ExitStatus.GUEST),
  /** The guest has a file of the package already. */
  PACKAGE_PRESENT("VOY-PACKAGE-008", ExitStatus.GUEST),
  /** Kernels for Xen are to be removed, and cannot be. */
  PACKAGE_XEN_STAYS("VOY-PACKAGE-009", ExitStatus.GUEST),
  /** A directory's repodata cannot be read by the guest's yum. */
  PACKAGE_REPOSITORY("VOY-PACKAGE-010", ExitStatus.GUEST),

  /** The disk is to be made smaller than it is. */
  DISK_SHRINK("VOY-DISK-001", ExitStatus.GUEST),
  /** The filesystem cannot be grown so far. */
  DISK_GROW_LIMIT("VOY-DISK-002", ExitStatus.GUEST),
  /** The root filesystem's partition cannot grow. */
  DISK_GROW_PARTITION("VOY-DISK-003", ExitStatus.GUEST),
  /** The disk is to be partitioned, and is already. */
  DISK_PARTITIONED("VOY-DISK-004", ExitStatus.GUEST),
  /** The disk is larger than a master boot record can say. */
  DISK_TOO_LARGE("VOY-DISK-005", ExitStatus.GUEST),
  /** The filesystem could not be grown. */
  DISK_GROW_FAILED("VOY-DISK-006", ExitStatus.GUEST),
  /** The partition table says what cannot be. */
  DISK_TABLE("VOY-DISK-007", ExitStatus.GUEST),

  /** PyGrub finds nothing in the guest that it could start, and it is to boot under Xen. */
  PYGRUB_STARTS_NOTHING("VOY-PYGRUB-001", ExitStatus.GUEST),
  /** PyGrub of other releases of Xen starts something else, or nothing. */
  PYGRUB_RELEASES_DIFFER("VOY-PYGRUB-002", ExitStatus.GUEST),
  /** The kernel that PyGrub starts cannot run as a paravirtual guest. */
  PYGRUB_KERNEL_NOT_PV("VOY-PYGRUB-003", ExitStatus.GUEST),
  /** PyGrub starts what another filesystem of the disk's says. */
  PYGRUB_OTHER_FILESYSTEM("VOY-PYGRUB-004", ExitStatus.GUEST),
  /** PyGrub does not come to the guest's filesystem. */
  PYGRUB_PASSES_BY("VOY-PYGRUB-005", ExitStatus.GUEST),

  /** The guest has no such account, or one that cannot be given what was asked for. */
  CUSTOM_ACCOUNT("VOY-CUSTOM-001", ExitStatus.GUEST),
  /** cloud-init is not installed in the guest. */
  CUSTOM_NO_CLOUD_INIT("VOY-CUSTOM-002", ExitStatus.GUEST),
  /** It is not known how this guest is told to run something when it starts. */
  CUSTOM_FIRST_BOOT("VOY-CUSTOM-003", ExitStatus.GUEST),
  /** A command in the guest failed. */
  CUSTOM_COMMAND_FAILED("VOY-CUSTOM-004", ExitStatus.GUEST),
  /** A command in the guest did not end in time. */
  CUSTOM_COMMAND_TIMEOUT("VOY-CUSTOM-005", ExitStatus.GUEST),
  /** libguestfs's appliance does not start, or ended before its time. */
  CUSTOM_APPLIANCE("VOY-CUSTOM-006", ExitStatus.HOST),
  /** It is not known how this guest installs packages. */
  CUSTOM_INSTALL("VOY-CUSTOM-007", ExitStatus.GUEST),

  /** The plan has obstacles; each is listed. */
  PLAN_OBSTACLES("VOY-PLAN-001", ExitStatus.GUEST),
  /** The result was read back and is not what the plan says. */
  CHECK_FAILED("VOY-CHECK-001", ExitStatus.GUEST),
  /** The result did not boot. */
  BOOT_FAILED("VOY-CHECK-002", ExitStatus.GUEST),

  /** The BIOS finds no boot code on the disk. */
  BOOT_NO_DEVICE("VOY-BOOT-001", ExitStatus.GUEST),
  /** The boot loader started and does not get on. */
  BOOT_LOADER_STUCK("VOY-BOOT-002", ExitStatus.GUEST),
  /** The boot loader does not find the kernel or the initrd. */
  BOOT_FILE_MISSING("VOY-BOOT-003", ExitStatus.GUEST),
  /** The kernel cannot mount the root filesystem. */
  BOOT_ROOT_NOT_MOUNTED("VOY-BOOT-004", ExitStatus.GUEST),
  /** The initrd waits for a root device that does not come. */
  BOOT_ROOT_DEVICE("VOY-BOOT-005", ExitStatus.GUEST),
  /** The disk is there, but not under the name that root= gives. */
  BOOT_WRONG_ROOT("VOY-BOOT-006", ExitStatus.GUEST),
  /** The boot scripts stopped at a filesystem. */
  BOOT_MAINTENANCE("VOY-BOOT-007", ExitStatus.GUEST),
  /** The guest's init cannot be started. */
  BOOT_NO_INIT("VOY-BOOT-008", ExitStatus.GUEST),
  /** The kernel gave up. */
  BOOT_PANIC("VOY-BOOT-009", ExitStatus.GUEST),
  /** The guest is up, and shows no login prompt where one is expected. */
  BOOT_NO_CONSOLE("VOY-BOOT-010", ExitStatus.GUEST),
  /** The guest is up, and not to be reached by network. */
  BOOT_NO_NETWORK("VOY-BOOT-011", ExitStatus.GUEST),
  /** The guest was still getting on when the time was up. */
  BOOT_TOO_SLOW("VOY-BOOT-012", ExitStatus.GUEST),
  /** The guest stands still and says nothing. */
  BOOT_SILENT("VOY-BOOT-013", ExitStatus.GUEST),
  /** The guest switched itself off or restarted. */
  BOOT_ENDED("VOY-BOOT-014", ExitStatus.GUEST),
  /** The guest is up and on the network, and its SSH server does not answer. */
  BOOT_NO_SSH("VOY-BOOT-015", ExitStatus.GUEST),
  /** The disk is encrypted. */
  BOOT_ENCRYPTED("VOY-BOOT-016", ExitStatus.GUEST),
  /** The disk holds Windows. */
  BOOT_WINDOWS("VOY-BOOT-017", ExitStatus.GUEST),

  /** The output file exists. */
  OUTPUT_EXISTS("VOY-OUTPUT-001", ExitStatus.USAGE),
  /** The output cannot be written: its directory is missing or may not be written to. */
  OUTPUT_NOT_WRITABLE("VOY-OUTPUT-002", ExitStatus.HOST),
  /** The host's disk is full. */
  OUTPUT_NO_SPACE("VOY-OUTPUT-003", ExitStatus.HOST),
  /** Source and output are the same file. */
  OUTPUT_IS_SOURCE("VOY-OUTPUT-004", ExitStatus.USAGE),

  /** A program that voyageur needs is missing. */
  HOST_PROGRAM_MISSING("VOY-HOST-001", ExitStatus.HOST),
  /** A library that voyageur needs is missing or too old. */
  HOST_LIBRARY_MISSING("VOY-HOST-002", ExitStatus.HOST),
  /** A program that voyageur runs failed. */
  HOST_PROGRAM_FAILED("VOY-HOST-003", ExitStatus.HOST),
  /** The host's SYSLINUX is not one that voyageur knows. */
  HOST_SYSLINUX("VOY-HOST-004", ExitStatus.HOST),
  /** A file of the host that is to be copied into a guest cannot be read. */
  HOST_FILE("VOY-HOST-005", ExitStatus.HOST),
  /** The Xen lab is not prepared, or cannot run this guest. */
  HOST_XEN_LAB("VOY-HOST-006", ExitStatus.HOST),

  /** No cloud is configured, or its configuration lacks something. */
  CLOUD_CONFIG("VOY-CLOUD-001", ExitStatus.USAGE),
  /** The cloud does not take these credentials. */
  CLOUD_SIGN_IN("VOY-CLOUD-002", ExitStatus.REMOTE),
  /** The token has expired and cannot be renewed. */
  CLOUD_TOKEN("VOY-CLOUD-003", ExitStatus.REMOTE),
  /** A service's certificate is not believed. */
  CLOUD_CERTIFICATE("VOY-CLOUD-004", ExitStatus.REMOTE),
  /** A service cannot be reached, or drops the connection. */
  CLOUD_UNREACHABLE("VOY-CLOUD-005", ExitStatus.REMOTE),
  /** A service does not answer in time. */
  CLOUD_TIMEOUT("VOY-CLOUD-006", ExitStatus.REMOTE),
  /** The cloud has no such service, or not in this region. */
  CLOUD_ENDPOINT("VOY-CLOUD-007", ExitStatus.REMOTE),
  /** The user may not do this. */
  CLOUD_FORBIDDEN("VOY-CLOUD-008", ExitStatus.REMOTE),
  /** What was asked for is not there. */
  CLOUD_NOT_FOUND("VOY-CLOUD-009", ExitStatus.REMOTE),
  /** A quota, or the service's storage, is used up. */
  CLOUD_QUOTA("VOY-CLOUD-010", ExitStatus.REMOTE),
  /** What arrived is not what was sent. */
  CLOUD_HASH("VOY-CLOUD-011", ExitStatus.REMOTE),
  /** A service does not take the request. */
  CLOUD_REFUSED("VOY-CLOUD-012", ExitStatus.REMOTE),
  /** A service failed. */
  CLOUD_FAILED("VOY-CLOUD-013", ExitStatus.REMOTE),

  /** The flavor is too small for the image. */
  SERVER_FLAVOR("VOY-SERVER-001", ExitStatus.REMOTE),
  /** An image, a flavor, a network or a key that a server was to have is not there. */
  SERVER_CHOICE("VOY-SERVER-002", ExitStatus.REMOTE),
  /** No compute host takes the server. */
  SERVER_NO_HOST("VOY-SERVER-003", ExitStatus.REMOTE),
  /** The compute host has no space for the server's disk. */
  SERVER_NO_SPACE("VOY-SERVER-004", ExitStatus.REMOTE),
  /** The project's quota is used up. */
  SERVER_QUOTA("VOY-SERVER-005", ExitStatus.REMOTE),
  /** Nova does not take the image. */
  SERVER_IMAGE("VOY-SERVER-006", ExitStatus.REMOTE),
  /** The server's network could not be set up. */
  SERVER_NETWORK("VOY-SERVER-007", ExitStatus.REMOTE),
  /** Nova could not start the server, for another reason. */
  SERVER_FAILED("VOY-SERVER-008", ExitStatus.REMOTE),
  /** The server was not started in time. */
  SERVER_TOO_SLOW("VOY-SERVER-009", ExitStatus.REMOTE),

  /** The command line is wrong. */
  USAGE("VOY-USAGE-001", ExitStatus.USAGE),
  /** The operation was interrupted. */
  INTERRUPTED("VOY-STOP-001", ExitStatus.INTERRUPTED),
  /** voyageur's own fault. */
  INTERNAL("VOY-INTERNAL-001", ExitStatus.INTERNAL);

  private final String code;
  private final ExitStatus exitStatus;

  ErrorCode(String code, ExitStatus exitStatus) {
    this.code = code;
    this.exitStatus = exitStatus;
  }

  /** The code as it is printed, such as {@code VOY-GUEST-003}. */
  public String code() {
    return code;
  }

  /** What the program exits with when this ends it. */
  public ExitStatus exitStatus() {
    return exitStatus;
  }
}
