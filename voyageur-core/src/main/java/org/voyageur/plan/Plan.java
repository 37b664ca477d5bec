package org.voyageur.plan;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.voyageur.guest.Finding;

/**
 * What a conversion would do.
 *
 * @param changes in the order in which they are made
 * @param obstacles why it cannot be done, every one of them; empty if it can
 * @param notes what the operator should know of the result, such as how far later kernel updates
 *     keep booting
 */
public record Plan(
    Target target, List<Change> changes, List<Finding> obstacles, List<String> notes) {
  /** Keeps unmodifiable copies. */
  public Plan {
    changes = List.copyOf(changes);
    obstacles = List.copyOf(obstacles);
    notes = List.copyOf(notes);
  }

  /** The same, with more to know before its own notes. */
  public Plan withNotes(List<String> more) {
    return new Plan(
        target, changes, obstacles, Stream.concat(more.stream(), notes.stream()).toList());
  }

  /** The change of a kind that there is at most once. */
  public <T extends Change> Optional<T> change(Class<T> kind) {
    return changes.stream().filter(kind::isInstance).map(kind::cast).findFirst();
  }

  /** Whether it can be carried out. */
  public boolean feasible() {
    return obstacles.isEmpty();
  }
}
