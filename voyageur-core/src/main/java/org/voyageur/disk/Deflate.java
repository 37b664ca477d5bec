package org.voyageur.disk;

import java.nio.ByteBuffer;

/**
 * Deflates clusters as qcow2 wants it: no header, and no match further back than 4096 bytes (QEMU
 * inflates with a window of that size). The same cluster becomes the same bytes each time. For one
 * thread at a time.
 */
sealed interface Deflate permits IsalDeflate, ZlibDeflate {
  /** The base-2 logarithm of the window's size. */
  int WINDOW_BITS = 12;

  /** The fastest that this host has. */
  static Deflate best() {
    return IsalGunzip.isAvailable() ? new IsalDeflate() : new ZlibDeflate();
  }

  /**
   * Deflates what remains of {@code in} to {@code out}; positions and limits stay.
   *
   * @param in a direct buffer
   * @param out a direct buffer
   * @return how many bytes it became; negative if they do not fit
   */
  int deflate(ByteBuffer in, ByteBuffer out);
}
