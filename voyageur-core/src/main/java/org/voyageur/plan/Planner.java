package org.voyageur.plan;

import java.util.ArrayList;
import java.util.List;
import org.voyageur.error.ErrorCode;
import org.voyageur.filesystem.FilesystemFacts;
import org.voyageur.guest.Finding;
import org.voyageur.guest.Finding.Severity;
import org.voyageur.guest.Guest;

/** Decides what a conversion does. Pure: nothing is read and nothing is written. */
public final class Planner {
  /**
   * Every rule, in the order in which their changes are made: the filesystem before anything is
   * written to it, the supplement before the configuration that names it, the boot code last.
   */
  static final List<ConversionRule> RULES =
      List.of(
          new FilesystemRule(),
          new XenRule(),
          new FstabRule(),
          new ModprobeRule(),
          new NetworkRule(),
          new ConsoleRule(),
          new HolesRule(),
          new SupplementRule(),
          new SyslinuxRule(),
          new KernelUpdateRule(),
          new BootCodeRule());

  private Planner() {}

  /** What it takes to boot this guest on the target, and what stands in the way. */
  public static Plan plan(Guest guest, Target target) {
    List<Change> changes = new ArrayList<>();
    List<Finding> obstacles =
        new ArrayList<>(
            guest.findings().stream().filter(f -> f.severity() == Severity.OBSTACLE).toList());
    List<ErrorCode> known = obstacles.stream().map(Finding::code).toList();
    List<String> notes = new ArrayList<>();
    Guest current = guest;
    for (ConversionRule rule : RULES) {
      // Inspection's finding says the same with more detail.
      rule.obstacles(current, target).stream()
          .filter(obstacle -> !known.contains(obstacle.code()))
          .forEach(obstacles::add);
      notes.addAll(rule.notes(current, target));
      List<Change> more = rule.changes(current, target);
      changes.addAll(more);
      current = after(current, more);
    }
    return new Plan(target, changes, obstacles, notes);
  }

  /** The guest as it is after some changes, as far as rules can see it. */
  static Guest after(Guest guest, List<Change> changes) {
    Guest current = guest;
    for (Change change : changes) {
      current =
          switch (change) {
            case Change.EditFile edit ->
                current.withFiles(current.files().with(edit.before().withText(edit.after())));
            case Change.CreateFile create -> current.withFiles(current.files().with(create.file()));
            case Change.RemoveFile remove ->
                current.withFiles(current.files().without(remove.path()));
            case Change.SetLabel label ->
                current.withFilesystem(current.filesystem().withLabel(label.to()));
            case Change.ReplayJournal _ ->
                current.withFilesystem(current.filesystem().withState(FilesystemFacts.State.CLEAN));
            case Change.WriteSupplement _, Change.FillHoles _, Change.InstallBootCode _ -> current;
          };
    }
    return current;
  }
}
