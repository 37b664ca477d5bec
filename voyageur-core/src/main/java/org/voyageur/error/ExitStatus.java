package org.voyageur.error;

/** The exit codes of the command line; part of its stable interface. */
public enum ExitStatus {
  /** Everything was done. */
  DONE(0),
  /** This guest cannot be migrated, or its check failed. */
  GUEST(1),
  /** The command line is wrong. */
  USAGE(2),
  /** The host lacks a program, a library, disk space or a permission. */
  HOST(3),
  /** A remote service failed. */
  REMOTE(4),
  /** voyageur's own fault. */
  INTERNAL(70),
  /** Ended by a signal. */
  INTERRUPTED(130);

  private final int code;

  ExitStatus(int code) {
    this.code = code;
  }

  /** The process exit code, 0 to 255. */
  public int code() {
    return code;
  }
}
