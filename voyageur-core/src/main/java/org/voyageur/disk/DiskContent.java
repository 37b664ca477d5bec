package org.voyageur.disk;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** What matters of a disk, by pieces of the size of qcow2's clusters. */
final class DiskContent {
  private static final int PIECE = ImageStream.PIECE;

  private final BlockDevice disk;
  private final List<Extent> data;

  /**
   * The content of a disk.
   *
   * @param what which bytes of it matter; all others are zeros
   */
  DiskContent(BlockDevice disk, List<Extent> what) {
    this.disk = disk;
    this.data = BlockCopy.data(disk, Extents.merge(what));
  }

  /** The disk's size, in bytes. */
  long diskSize() {
    return disk.size();
  }

  /** The pieces that may hold something but zeros, as runs of their numbers; ascending. */
  List<Extent> pieces() {
    List<Extent> pieces = new ArrayList<>();
    for (Extent extent : data) {
      long first = extent.offset() / PIECE;
      pieces.add(new Extent(first, Math.ceilDiv(extent.end(), (long) PIECE) - first));
    }
    return Extents.merge(pieces);
  }

  /**
   * The disk's bytes from {@code number} times {@link ImageStream#PIECE} on, zeros behind its end.
   */
  ByteBuffer piece(long number) {
    long start = number * PIECE;
    ByteBuffer piece = ByteBuffer.allocate(PIECE);
    for (int i = Extents.firstEndingBehind(data, start); i < data.size(); i++) {
      long from = Math.max(start, data.get(i).offset());
      long to = Math.min(start + PIECE, data.get(i).end());
      if (from >= to) {
        break;
      }
      disk.read(from, piece.limit((int) (to - start)).position((int) (from - start)));
    }
    return piece.clear();
  }
}
