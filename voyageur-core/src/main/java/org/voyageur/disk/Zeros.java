package org.voyageur.disk;

import java.nio.ByteBuffer;

/** Finds and makes zeros. */
final class Zeros {
  private static final ByteBuffer ZEROS = ByteBuffer.allocateDirect(1 << 20).asReadOnlyBuffer();

  private Zeros() {}

  /** Whether every remaining byte is zero. */
  static boolean only(ByteBuffer bytes) {
    for (int at = bytes.position(); at < bytes.limit(); at += ZEROS.capacity()) {
      int length = Math.min(bytes.limit() - at, ZEROS.capacity());
      if (bytes.slice(at, length).mismatch(ZEROS.slice(0, length)) >= 0) {
        return false;
      }
    }
    return true;
  }

  /** Fills the remaining bytes with zeros. */
  static void fill(ByteBuffer bytes) {
    while (bytes.hasRemaining()) {
      bytes.put(ZEROS.slice(0, Math.min(bytes.remaining(), ZEROS.capacity())));
    }
  }

  /**
   * Writes the remaining bytes, except for the blocks that hold zeros only, to a device where they
   * are zeros already.
   *
   * @return how many bytes were written
   */
  static long writeOthers(BlockDevice device, long offset, ByteBuffer bytes) {
    int block = blockSize(device);
    long written = 0;
    int limit = bytes.limit();
    int runStart = -1;
    int at = bytes.position();
    long shift = offset - at;
    while (at < limit) {
      int end = (int) Math.min(limit, ((shift + at) / block + 1) * block - shift);
      boolean zeros = only(bytes.slice(at, end - at));
      if (!zeros && runStart < 0) {
        runStart = at;
      }
      if (runStart >= 0 && (zeros || end == limit)) {
        int runEnd = zeros ? at : end;
        device.write(shift + runStart, bytes.slice(runStart, runEnd - runStart));
        written += runEnd - runStart;
        runStart = -1;
      }
      at = end;
    }
    bytes.position(limit);
    return written;
  }

  /** Less than this does not save anything: a file's block, or qcow2's default cluster. */
  private static int blockSize(BlockDevice device) {
    return switch (device) {
      case RawFile _ -> 4096;
      case Window window -> blockSize(window.device());
      default -> 65536;
    };
  }
}
