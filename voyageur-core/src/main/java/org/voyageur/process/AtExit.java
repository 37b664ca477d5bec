package org.voyageur.process;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;

/**
 * What must not outlive the program: temporary files and child processes. Each is undone by its
 * owner, or here when the program is ended by a signal first.
 */
public final class AtExit {
  private record Pending(Object thing, Runnable undo) {}

  private static final Deque<Pending> PENDING = new ArrayDeque<>();
  private static boolean exiting;

  static {
    Runtime.getRuntime().addShutdownHook(new Thread(AtExit::undoAll, "voyageur-at-exit"));
  }

  private AtExit() {}

  /** Makes something. */
  @FunctionalInterface
  public interface Creation<T, E extends Exception> {
    /** Makes it, or throws. */
    T make() throws E;
  }

  /**
   * Makes something that is undone at exit, the last made first. One step: nothing is made that the
   * exit does not know of, and nothing at all once the program is ending.
   */
  public static <T, E extends Exception> T make(Creation<T, E> creation, Consumer<T> undo)
      throws E {
    synchronized (PENDING) {
      while (exiting) {
        waitForTheEnd();
      }
      T made = creation.make();
      PENDING.addFirst(new Pending(made, () -> undo.accept(made)));
      return made;
    }
  }

  /** Forgets a thing that its owner has undone, or handed on. */
  public static void forget(Object thing) {
    synchronized (PENDING) {
      PENDING.removeIf(pending -> pending.thing().equals(thing));
    }
  }

  private static void undoAll() {
    synchronized (PENDING) {
      exiting = true;
      List.copyOf(PENDING).forEach(pending -> pending.undo().run());
    }
  }

  /** Threads go on while the program ends; what fails because of that is no error to tell of. */
  private static void waitForTheEnd() {
    try {
      PENDING.wait();
    } catch (InterruptedException e) {
      // There is nothing else to do.
    }
  }
}
