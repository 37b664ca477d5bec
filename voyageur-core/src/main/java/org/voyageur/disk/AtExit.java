package org.voyageur.disk;

import java.util.Deque;
import java.util.concurrent.ConcurrentLinkedDeque;

/**
 * What must not outlive the program: temporary files and child processes. Each is undone by its
 * owner, or here when the program is ended by a signal first.
 */
final class AtExit {
  private static final Deque<Runnable> PENDING = new ConcurrentLinkedDeque<>();

  static {
    Runtime.getRuntime()
        .addShutdownHook(new Thread(() -> PENDING.forEach(Runnable::run), "voyageur-at-exit"));
  }

  private AtExit() {}

  /** Runs the action at exit, the last registered first; returns it, to be cancelled. */
  static Runnable register(Runnable action) {
    PENDING.addFirst(action);
    return action;
  }

  static void cancel(Runnable action) {
    PENDING.remove(action);
  }
}
