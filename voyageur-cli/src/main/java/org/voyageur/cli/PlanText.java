package org.voyageur.cli;

import java.util.stream.Collectors;
import org.voyageur.convert.PlannedConversion;
import org.voyageur.plan.Change;
import org.voyageur.plan.Plan;
import org.voyageur.plan.UnifiedDiff;

/** A plan for people: it can be read from top to bottom, and given to patch(1). */
final class PlanText {
  private PlanText() {}

  static String of(PlannedConversion planned) {
    Plan plan = planned.plan();
    StringBuilder text = new StringBuilder();
    text.append("# ")
        .append(planned.inspection().image())
        .append(": ")
        .append(planned.inspection().guest().operatingSystem().productName())
        .append("\n");
    if (!plan.feasible()) {
      text.append("# It cannot be converted yet:\n\n").append(obstacles(plan));
      return Printable.text(text.toString());
    }
    for (Change change : plan.changes()) {
      text.append("\n# ").append(change.reason()).append("\n").append(change(change));
    }
    text.append(
        plan.notes().stream()
            .map(note -> "\n# Note: " + note + "\n")
            .collect(Collectors.joining()));
    return Printable.text(text.toString());
  }

  static String obstacles(Plan plan) {
    return InspectionText.findings(plan.obstacles());
  }

  private static String change(Change change) {
    return switch (change) {
      case Change.ReplayJournal _ -> "replay the journal\n";
      case Change.SetLabel label -> "label '" + label.from() + "' -> '" + label.to() + "'\n";
      case Change.EditFile edit ->
          Printable.file(UnifiedDiff.of(edit.path(), edit.before().text(), edit.after()));
      case Change.CreateFile create -> created(create);
      case Change.RemoveFile remove ->
          Printable.file(UnifiedDiff.removed(remove.path(), remove.before().text()));
      case Change.WriteSupplement supplement ->
          "write "
              + supplement.path()
              + " for kernel "
              + supplement.kernelVersion()
              + ":\n"
              + supplement.modules().stream()
                  .map(module -> "  " + module + "\n")
                  .collect(Collectors.joining());
      case Change.FillHoles fill -> "fill the holes of " + fill.path() + "\n";
      case Change.InstallBootCode install ->
          "install SYSLINUX: sectors 0 and 1, "
              + install.directory()
              + "/ldlinux.sys, "
              + install.directory()
              + "/ldlinux.c32\n";
    };
  }

  private static String created(Change.CreateFile create) {
    return switch (create.file().type()) {
      case SYMBOLIC_LINK -> "link " + create.path() + " -> " + create.file().text() + "\n";
      case REGULAR, DIRECTORY, CHARACTER_DEVICE, BLOCK_DEVICE, FIFO, SOCKET, UNKNOWN ->
          Printable.file(UnifiedDiff.created(create.path(), create.file().text()));
    };
  }
}
