package org.voyageur.error;

import org.jspecify.annotations.Nullable;

/**
 * A failure that the operator is told of: a stable code, what was found and what was expected, and
 * what to do.
 */
public final class VoyageurException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final ErrorCode code;
  private final String remedy;

  /**
   * A failure.
   *
   * @param code the stable code
   * @param message what was found and what was expected, naming the file or device; one sentence
   *     without a final full stop
   * @param remedy what the operator can do about it; one sentence without a final full stop
   */
  public VoyageurException(ErrorCode code, String message, String remedy) {
    this(code, message, remedy, null);
  }

  /** The same, with the failure below it. */
  public VoyageurException(
      ErrorCode code, String message, String remedy, @Nullable Throwable cause) {
    super(message, cause);
    this.code = code;
    this.remedy = remedy;
  }

  /** The stable code. */
  public ErrorCode code() {
    return code;
  }

  /** What was found and what was expected. */
  @Override
  public String getMessage() {
    return java.util.Objects.requireNonNull(super.getMessage());
  }

  /** What the operator can do about it. */
  public String remedy() {
    return remedy;
  }
}
