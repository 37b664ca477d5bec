package org.voyageur.filesystem;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import org.voyageur.disk.BlockDevice;
import org.voyageur.disk.Extent;

/**
 * The parts of a device that a program of the host gets to see on a sparse copy, in pages: the unit
 * in which the host's filesystem tells what was written.
 */
final class ScratchPages {
  private static final int BUFFER = 1 << 20;
  private static final int PAGE = 4096;

  private ScratchPages() {}

  static BitSet of(List<Extent> extents) {
    BitSet pages = new BitSet();
    for (Extent extent : extents) {
      pages.set((int) (extent.offset() / PAGE), (int) Math.ceilDiv(extent.end(), (long) PAGE));
    }
    return pages;
  }

  static List<Extent> extents(BitSet pages, long size) {
    List<Extent> extents = new ArrayList<>();
    for (int page = pages.nextSetBit(0); page >= 0; ) {
      int end = pages.nextClearBit(page);
      long offset = (long) page * PAGE;
      extents.add(new Extent(offset, Math.min((long) end * PAGE, size) - offset));
      page = pages.nextSetBit(end);
    }
    return extents;
  }

  /** Writes to the device what is otherwise on the copy. */
  static void bringBack(BlockDevice copy, BlockDevice device, List<Extent> extents) {
    for (Extent extent : extents) {
      for (long at = extent.offset(); at < extent.end(); at += BUFFER) {
        int length = (int) Math.min(BUFFER, extent.end() - at);
        byte[] after = copy.read(at, length);
        byte[] before = device.read(at, length);
        for (int page = 0; page < length; page += PAGE) {
          int end = Math.min(page + PAGE, length);
          if (!Arrays.equals(after, page, end, before, page, end)) {
            device.write(at + page, ByteBuffer.wrap(after, page, end - page));
          }
        }
      }
    }
  }
}
