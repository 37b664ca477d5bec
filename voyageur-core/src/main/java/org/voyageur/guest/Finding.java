package org.voyageur.guest;

import org.voyageur.error.ErrorCode;

/**
 * Something about a guest that the operator should know.
 *
 * @param message what was found
 * @param remedy what voyageur will do about it, or what the operator can do; where there are
 *     several ways, a line each
 */
public record Finding(Severity severity, ErrorCode code, String message, String remedy) {
  /** How much a finding matters. */
  public enum Severity {
    /** Worth knowing; nothing to do. */
    INFO,
    /** The conversion deals with it, or it is harmless but unusual. */
    WARNING,
    /** The conversion cannot succeed until it is dealt with. */
    OBSTACLE
  }
}
