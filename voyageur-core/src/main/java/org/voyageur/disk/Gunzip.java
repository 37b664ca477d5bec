package org.voyageur.disk;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Inflates the members of a gzip file (RFC 1952), one after the other. */
sealed interface Gunzip extends AutoCloseable permits IsalGunzip, ZlibGunzip {
  /** The fastest that this host has. Used and closed on the calling thread. */
  static Gunzip best() {
    return IsalGunzip.isAvailable() ? new IsalGunzip() : new ZlibGunzip();
  }

  /** Why inflating stopped. */
  sealed interface Stop {
    /** The buffer is full. */
    record Full() implements Stop {}

    /**
     * The member has ended, and its length and checksum are right; the next call begins another.
     */
    record MemberEnd() implements Stop {}

    /**
     * After what is in the buffer, {@code count} zeros follow, which are written nowhere. The
     * member's length and checksum take them in.
     */
    record Zeros(long count) implements Stop {}
  }

  /**
   * Goes on with a member.
   *
   * @param out a direct buffer, with room
   * @throws DamagedException if this is no gzip member or not the one that was written
   * @throws java.io.EOFException if the input ends before the member
   */
  Stop inflate(GzipInput in, ByteBuffer out) throws IOException;

  @Override
  void close();

  /** The compressed data are not what was written. */
  final class DamagedException extends IOException {
    private static final long serialVersionUID = 1L;

    DamagedException(String what) {
      super(what);
    }
  }
}
