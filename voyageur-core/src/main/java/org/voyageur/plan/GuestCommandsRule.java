package org.voyageur.plan;

import java.util.List;
import java.util.stream.Stream;
import org.voyageur.error.ErrorCode;
import org.voyageur.guest.Finding;
import org.voyageur.guest.Finding.Severity;
import org.voyageur.guest.Guest;

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
    return commands.of(guest.operatingSystem().family()).isPresent()
        ? List.of()
        : List.of(
            new Finding(
                Severity.OBSTACLE,
                ErrorCode.CUSTOM_INSTALL,
                "it is not known how packages are installed in "
                    + guest.operatingSystem().productName(),
                "Install them with --run-command"));
  }

  @Override
  public List<String> notes(Guest guest, Target target) {
    return commands.of(guest.operatingSystem().family()).stream()
        .flatMap(List::stream)
        .map(GuestCommands.Command::title)
        .flatMap(title ->
            Stream.of(
                "Before all changes, the guest's own programs run in libguestfs's appliance, "
                    + (commands.network() ? "with" : "without")
                    + " network: "
                    + title))
        .toList();
  }
}
