package org.voyageur.filesystem.ext2fs;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.stream.Stream;
import org.voyageur.disk.Extent;

/**
 * A set of a filesystem's blocks. A bit a block would be 64 MiB for 2 TiB, most of it zeros: each
 * piece is only as long as its last bit.
 */
final class BlockSet {
  /** A group of 4 KiB blocks, whose own blocks lie at its beginning. */
  private static final int PIECE = 1 << 15;

  private final List<BitSet> pieces;

  /** The empty set of blocks below {@code count}. */
  BlockSet(long count) {
    pieces = Stream.generate(BitSet::new).limit(Math.ceilDiv(count, PIECE)).toList();
  }

  @FunctionalInterface
  private interface RangeChange {
    void apply(BitSet piece, int from, int to);
  }

  private void change(long from, long to, RangeChange change) {
    for (long at = from; at < to; ) {
      long start = at / PIECE * PIECE;
      long end = Math.min(to, start + PIECE);
      change.apply(pieces.get((int) (start / PIECE)), (int) (at - start), (int) (end - start));
      at = end;
    }
  }

  /** Adds all from {@code from} up to, without it, {@code to}. */
  void add(long from, long to) {
    change(from, to, BitSet::set);
  }

  /** Removes all from {@code from} up to, without it, {@code to}. */
  void remove(long from, long to) {
    change(from, to, BitSet::clear);
  }

  boolean contains(long block) {
    return pieces.get((int) (block / PIECE)).get((int) (block % PIECE));
  }

  /** The set in bytes, ascending, with no two that touch. */
  List<Extent> extents(int blockSize) {
    List<Extent> extents = new ArrayList<>();
    for (int i = 0; i < pieces.size(); i++) {
      BitSet piece = pieces.get(i);
      for (int from = piece.nextSetBit(0); from >= 0; ) {
        int to = piece.nextClearBit(from);
        long offset = ((long) i * PIECE + from) * blockSize;
        long length = (long) (to - from) * blockSize;
        if (!extents.isEmpty() && extents.getLast().end() == offset) {
          Extent last = extents.removeLast();
          offset = last.offset();
          length += last.length();
        }
        extents.add(new Extent(offset, length));
        from = piece.nextSetBit(to);
      }
    }
    return extents;
  }
}
