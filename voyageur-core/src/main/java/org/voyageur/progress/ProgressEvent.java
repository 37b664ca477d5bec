package org.voyageur.progress;

/** What a long operation reports while it runs. */
public sealed interface ProgressEvent {
  /** Which step this is about. */
  Step step();

  /** The steps of a migration, in their order. */
  enum Step {
    OPEN,
    INSPECT,
    PLAN,
    RUN,
    APPLY,
    COPY,
    CHECK,
    PUBLISH,
    DIGEST,
    UPLOAD,
    BOOT,
    LAUNCH
  }

  /** A step began. {@code text} says what it does, for people. */
  record Started(Step step, String text) implements ProgressEvent {}

  /**
   * How far a step is.
   *
   * @param done bytes done, 0 to {@code total}
   * @param total bytes to do; -1 where that is not known
   */
  record Advanced(Step step, long done, long total) implements ProgressEvent {}

  /** Something happened that the operator must hear of, though nothing is wrong. */
  record Noted(Step step, String text) implements ProgressEvent {}

  /** A step ended well. {@code text} says what came of it, for people. */
  record Finished(Step step, String text) implements ProgressEvent {}
}
