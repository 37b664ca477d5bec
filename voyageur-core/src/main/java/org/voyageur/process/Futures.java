package org.voyageur.process;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;

/** Work that another thread does. */
public final class Futures {
  private Futures() {}

  /**
   * Waits for work that throws nothing but unchecked exceptions.
   *
   * @throws VoyageurException INTERRUPTED, and whatever the work throws
   */
  public static <T> T await(Future<T> work) {
    try {
      return work.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new VoyageurException(
          ErrorCode.INTERRUPTED, "the work was interrupted", "Start it again", e);
    }
  }
}
