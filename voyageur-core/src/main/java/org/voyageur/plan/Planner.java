package org.voyageur.plan;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import org.voyageur.error.ErrorCode;
import org.voyageur.filesystem.FilesystemFacts;
import org.voyageur.guest.Finding;
import org.voyageur.guest.Finding.Severity;
import org.voyageur.guest.Guest;
import org.voyageur.guest.GuestFile;

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
    return plan(guest, target, Customisation.NONE);
  }

  /** The same, and what its owner wants changed besides. */
  public static Plan plan(Guest guest, Target target, Customisation customisation) {
    List<Change> changes = new ArrayList<>();
    List<Finding> obstacles =
        new ArrayList<>(
            guest.findings().stream().filter(f -> f.severity() == Severity.OBSTACLE).toList());
    List<ErrorCode> known = obstacles.stream().map(Finding::code).toList();
    List<String> notes = new ArrayList<>();
    Guest current = guest;
    for (ConversionRule rule : rules(customisation)) {
      // Inspection's finding says the same with more detail.
      rule.obstacles(current, target).stream()
          .filter(obstacle -> !known.contains(obstacle.code()))
          .forEach(obstacles::add);
      notes.addAll(rule.notes(current, target));
      List<Change> more = rule.changes(current, target);
      changes.addAll(more);
      current = after(current, more);
    }
    return new Plan(target, merged(changes), obstacles, notes);
  }

  /** The owner's wishes come when the guest is as it must be to boot, and before the boot code. */
  private static List<ConversionRule> rules(Customisation customisation) {
    List<ConversionRule> rules = new ArrayList<>(RULES);
    rules.addAll(RULES.size() - 1, customisation.rules());
    return rules;
  }

  /** One edit for each file: several rules may edit the same, each as the one before left it. */
  private static List<Change> merged(List<Change> changes) {
    SequencedMap<Object, Change> merged = new LinkedHashMap<>();
    for (Change change : changes) {
      Optional<Edit> edit = Edit.of(change);
      Object key = edit.<Object>map(one -> one.before().path()).orElse(change);
      Optional<Edit> earlier = Optional.ofNullable(merged.get(key)).flatMap(Edit::of);
      merged.put(
          key,
          edit.isPresent() && earlier.isPresent()
              ? earlier.get().then(edit.get()).change()
              : change);
    }
    return List.copyOf(merged.values());
  }

  private record Edit(GuestFile before, String after, boolean secret, String reason) {
    static Optional<Edit> of(Change change) {
      return switch (change) {
        case Change.EditFile edit ->
            Optional.of(new Edit(edit.before(), edit.after(), false, edit.reason()));
        case Change.EditSecretFile edit ->
            Optional.of(new Edit(edit.before(), edit.after(), true, edit.reason()));
        case Change.ReplayJournal _,
            Change.SetLabel _,
            Change.CreateFile _,
            Change.RemoveFile _,
            Change.WriteSupplement _,
            Change.FillHoles _,
            Change.InstallBootCode _ ->
            Optional.empty();
      };
    }

    Edit then(Edit second) {
      return new Edit(before, second.after, secret || second.secret, reason + "; " + second.reason);
    }

    Change change() {
      return secret
          ? new Change.EditSecretFile(before, after, reason)
          : new Change.EditFile(before, after, reason);
    }
  }

  /** The guest as it is after some changes, as far as rules can see it. */
  static Guest after(Guest guest, List<Change> changes) {
    Guest current = guest;
    for (Change change : changes) {
      current =
          switch (change) {
            case Change.EditFile edit ->
                current.withFiles(current.files().with(edit.before().withText(edit.after())));
            case Change.EditSecretFile edit ->
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
