package org.voyageur.cli;

import java.lang.reflect.Method;
import java.lang.reflect.Proxy;

/**
 * Ctrl-C, which the terminal sends to every program in the foreground, while it is another's: an
 * editor's, say.
 *
 * <p>By a handler that does nothing, since a signal that is ignored would be ignored by programs
 * that are started, too (execve(2)). Java can tell of signals in {@code sun.misc.Signal} alone (JEP
 * 260), and javac's warning of it cannot be suppressed, hence reflection.
 */
final class KeyboardInterrupt implements AutoCloseable {
  private final Method handle;
  private final Object signal;
  private final Object before;

  private KeyboardInterrupt(Method handle, Object signal, Object before) {
    this.handle = handle;
    this.signal = signal;
    this.before = before;
  }

  /** From now until it is closed, Ctrl-C does not end this program. */
  static KeyboardInterrupt leftToOthers() {
    try {
      Class<?> type = Class.forName("sun.misc.Signal");
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      Object nothing =
          Proxy.newProxyInstance(
              handler.getClassLoader(), new Class<?>[] {handler}, (_, _, _) -> null);
      Object signal = type.getConstructor(String.class).newInstance("INT");
      Method handle = type.getMethod("handle", type, handler);
      return new KeyboardInterrupt(handle, signal, handle.invoke(null, signal, nothing));
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("sun.misc.Signal", e);
    }
  }

  @Override
  public void close() {
    try {
      handle.invoke(null, signal, before);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("sun.misc.Signal", e);
    }
  }
}
