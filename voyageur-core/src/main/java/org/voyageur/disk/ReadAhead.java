package org.voyageur.disk;

import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A device to read from, over one where each reading costs a round trip: small readings are taken
 * from larger pieces, the last few MiB of which are kept. Several threads may read: a guest is
 * looked at while it is copied.
 */
final class ReadAhead implements BlockDevice {
  /** Filesystems read blocks of 4 KiB, most of which lie beside the one read before. */
  private static final int PIECE = 128 << 10;

  private static final int MOST_PIECES = 128;

  private final BlockDevice device;

  /** By number, the one that was used longest ago first. */
  private final Map<Long, byte[]> pieces =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, byte[]> eldest) {
          return size() > MOST_PIECES;
        }
      };

  /** Nothing else may write to {@code device}; it is closed with this. */
  ReadAhead(BlockDevice device) {
    this.device = device;
  }

  @Override
  public long size() {
    return device.size();
  }

  @Override
  public void read(long offset, ByteBuffer into) {
    if (into.remaining() >= PIECE) {
      device.read(offset, into);
      return;
    }
    Extents.check(offset, into.remaining(), size());
    long at = offset;
    while (into.hasRemaining()) {
      byte[] piece = piece(at / PIECE);
      int within = (int) (at % PIECE);
      int length = Math.min(into.remaining(), piece.length - within);
      into.put(piece, within, length);
      at += length;
    }
  }

  private synchronized byte[] piece(long number) {
    byte[] known = pieces.get(number);
    if (known != null) {
      return known;
    }
    long start = number * PIECE;
    byte[] piece = device.read(start, (int) Math.min(PIECE, size() - start));
    pieces.put(number, piece);
    return piece;
  }

  @Override
  public void write(long offset, ByteBuffer from) {
    throw new UnsupportedOperationException("only to be read");
  }

  @Override
  public List<Extent> dataExtents(Extent range) {
    return device.dataExtents(range);
  }

  @Override
  public void flush() {
    device.flush();
  }

  @Override
  public void close() {
    device.close();
  }
}
