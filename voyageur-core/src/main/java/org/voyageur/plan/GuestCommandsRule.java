package org.voyageur.plan;

import java.util.List;
import java.util.stream.Stream;
import org.voyageur.error.ErrorCode;
import org.voyageur.filesystem.FilesystemFacts;
import org.voyageur.guest.Finding;
import org.voyageur.guest.Finding.Severity;
import org.voyageur.guest.Guest;
import org.voyageur.guest.OperatingSystem;

/** What the guest's own programs do is not known before; that they run is told. */
final class GuestCommandsRule implements ConversionRule {
  /**
   * Generous, as what yum will find is not known: its metadata, the package, the files in it and an
   * initrd. Debian's kernel for clouds, which the stand-ins have, takes 110 MiB in 1,300 files.
   */
  private static final long KERNEL_ROOM = 192L << 20;

  private static final int KERNEL_INODES = 6000;

  private final GuestCommands commands;

  GuestCommandsRule(GuestCommands commands) {
    this.commands = commands;
  }

  @Override
  public List<Change> changes(Guest guest, Target target) {
    return List.of();
  }

  @Override
  public List<Finding> obstacles(Guest guest, Target target) {
    OperatingSystem system = guest.operatingSystem();
    if (commands.of(system).isPresent()) {
      return commands.kernel().isPresent() ? room(guest.filesystem()) : List.of();
    }
    Finding obstacle =
        commands.kernel().isPresent() && !system.isEl5()
            ? new Finding(
                Severity.OBSTACLE,
                ErrorCode.CUSTOM_INSTALL,
                "a kernel with an initrd for KVM is installed in release 5 of Red Hat's family, and"
                    + " this is "
                    + system.productName(),
                "Install the kernel's package with --install; its own scripts make the initrd")
            : new Finding(
                Severity.OBSTACLE,
                ErrorCode.CUSTOM_INSTALL,
                "it is not known how packages are installed in " + system.productName(),
                "Install them with --run-command");
    return List.of(obstacle);
  }

  private static List<Finding> room(FilesystemFacts filesystem) {
    return filesystem.free() >= KERNEL_ROOM && filesystem.freeInodes() >= KERNEL_INODES
        ? List.of()
        : List.of(
            new Finding(
                Severity.OBSTACLE,
                ErrorCode.FILESYSTEM_FULL,
                "the root filesystem has %d MiB and %d inodes free, a kernel by yum takes %d MiB and %d"
                    .formatted(
                        filesystem.free() >> 20,
                        filesystem.freeInodes(),
                        KERNEL_ROOM >> 20,
                        KERNEL_INODES),
                "Make it larger with --grow, which is done before yum runs, or free space in the"
                    + " guest with 'yum clean all' and by removing old kernels"));
  }

  @Override
  public List<String> notes(Guest guest, Target target) {
    Stream<String> running =
        commands.of(guest.operatingSystem()).stream()
            .flatMap(List::stream)
            .map(command ->
                "Before all changes, the guest's own programs run in libguestfs's appliance, "
                    + (commands.network() ? "with" : "without")
                    + " network: "
                    + command.title());
    Stream<String> unseen =
        commands.kernel().stream()
            .map(_ ->
                ("What the kernel that is yet to be installed takes is planned after that; up to %d"
                        + " MiB and %d inodes of the %d MiB and %d that the root filesystem has free")
                    .formatted(
                        KERNEL_ROOM >> 20,
                        KERNEL_INODES,
                        guest.filesystem().free() >> 20,
                        guest.filesystem().freeInodes()));
    Stream<String> signed =
        commands.kernel().flatMap(GuestKernel::key).stream()
            .map(key -> "The kernel's package must be signed with the key in " + key);
    return Stream.of(running, unseen, signed).flatMap(notes -> notes).toList();
  }
}
