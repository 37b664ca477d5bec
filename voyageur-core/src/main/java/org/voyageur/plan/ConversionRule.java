package org.voyageur.plan;

import java.util.List;
import org.voyageur.guest.Guest;

/**
 * One concern of a conversion. Pure: the same guest and target give the same changes, and applied
 * to its own result it gives none. A new quirk of some guest is a new rule.
 */
public interface ConversionRule {
  /**
   * What this concern needs changed.
   *
   * @param guest with the files as the rules before left them
   */
  List<Change> changes(Guest guest, Target target);
}
