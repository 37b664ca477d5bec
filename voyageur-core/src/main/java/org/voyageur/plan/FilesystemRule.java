package org.voyageur.plan;

import java.util.ArrayList;
import java.util.List;
import org.voyageur.error.ErrorCode;
import org.voyageur.filesystem.FilesystemFacts;
import org.voyageur.filesystem.FilesystemFacts.State;
import org.voyageur.guest.Finding;
import org.voyageur.guest.Finding.Severity;
import org.voyageur.guest.Guest;

/** The filesystem is clean before anything is written to it, and has a label. */
final class FilesystemRule implements ConversionRule {
  @Override
  public List<Change> changes(Guest guest, Target target) {
    FilesystemFacts filesystem = guest.filesystem();
    List<Change> changes = new ArrayList<>();
    if (filesystem.state() == State.JOURNAL_DIRTY) {
      changes.add(
          new Change.ReplayJournal(
              "The journal holds changes that are not in place yet; SYSLINUX does not look into it"));
    } else if (filesystem.state() == State.ORPHANS) {
      changes.add(
          new Change.ReplayJournal("Files that were removed while open still wait to be released"));
    }
    String label = RootLabel.of(filesystem.label());
    if (!label.equals(filesystem.label())) {
      changes.add(
          new Change.SetLabel(
              filesystem.label(),
              label,
              "The root filesystem is found by its label, as its device has another name under each"
                  + " hypervisor"));
    }
    return changes;
  }

  @Override
  public List<Finding> obstacles(Guest guest, Target target) {
    FilesystemFacts filesystem = guest.filesystem();
    List<Finding> obstacles = new ArrayList<>();
    if (filesystem.state() == State.NOT_CLEAN || filesystem.state() == State.ERRORS) {
      obstacles.add(
          new Finding(
              Severity.OBSTACLE,
              ErrorCode.FILESYSTEM_NOT_CLEAN,
              "the root filesystem was left with errors or without being unmounted, and no journal"
                  + " can put that right",
              "repair a copy of the image with e2fsck -f"));
    }
    return obstacles;
  }
}
