package org.voyageur.verify;

import java.util.List;
import org.voyageur.error.ErrorCode;

/**
 * Why a guest does not boot.
 *
 * @param code one of the {@code VOY-BOOT} codes, or of {@code VOY-IMAGE} for what is no disk
 * @param message what was found and what was expected
 * @param evidence the lines of the console or the screen that it rests on; empty where it was told
 *     from the image alone
 * @param remedy what to do about it
 */
public record BootFailure(ErrorCode code, String message, List<String> evidence, String remedy) {
  /** Keeps an unmodifiable copy. */
  public BootFailure {
    evidence = List.copyOf(evidence);
  }
}
