package org.voyageur.plan;

import java.util.List;
import org.voyageur.guest.Finding;
import org.voyageur.guest.Guest;

/**
 * One concern of a conversion. Pure: the same guest and target give the same changes, and applied
 * to its own result it edits nothing. A new quirk of some guest is a new rule.
 */
public interface ConversionRule {
  /**
   * What this concern needs changed.
   *
   * @param guest with the files as the rules before left them
   */
  List<Change> changes(Guest guest, Target target);

  /** What this concern cannot deal with, each with a remedy. */
  default List<Finding> obstacles(Guest guest, Target target) {
    return List.of();
  }

  /** What the operator should know of the result, a sentence each. */
  default List<String> notes(Guest guest, Target target) {
    return List.of();
  }
}
