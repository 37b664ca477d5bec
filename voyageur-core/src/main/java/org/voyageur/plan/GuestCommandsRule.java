package org.voyageur.plan;

import java.util.List;
import java.util.stream.Stream;
import org.voyageur.error.ErrorCode;
import org.voyageur.guest.Finding;
import org.voyageur.guest.Finding.Severity;
import org.voyageur.guest.Guest;
import org.voyageur.guest.OperatingSystem;

/** What the guest's own programs do is not known before; that they run is told. */
final class GuestCommandsRule implements ConversionRule {
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
      return List.of();
    }
    Finding obstacle =
        commands.kernel().isPresent() && !GuestCommands.installsKernels(system)
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
            .map(_ -> "What the kernel that is yet to be installed takes is planned after that");
    return Stream.concat(running, unseen).toList();
  }
}
