package org.voyageur.disk;

import java.nio.ByteBuffer;
import java.util.List;
import org.voyageur.progress.ProgressEvent.Advanced;
import org.voyageur.progress.ProgressEvent.Step;
import org.voyageur.progress.ProgressListener;

/** Copies the parts of a device that hold something. */
public final class BlockCopy {
  private static final int BUFFER = 1 << 20;

  private BlockCopy() {}

  /**
   * Copies extents, leaving out what reads as zeros.
   *
   * @param what ascending and disjoint, aligned to 4096 bytes but for the end of the device
   * @param to reads as zeros wherever it was not written
   * @return how many bytes were written
   */
  public static long copy(
      BlockDevice from, List<Extent> what, BlockDevice to, ProgressListener progress) {
    // Asked once for everything: of a guest's fragments there are thousands, and each question of
    // a qemu-nbd is a round trip.
    List<Extent> data = Extents.intersect(what, from.dataExtents(new Extent(0, from.size())));
    long total = data.stream().mapToLong(Extent::length).sum();
    ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER);
    long done = 0;
    long written = 0;
    for (Extent extent : data) {
      for (long at = extent.offset(); at < extent.end(); at += BUFFER) {
        buffer.clear().limit((int) Math.min(BUFFER, extent.end() - at));
        from.read(at, buffer);
        written += NonZeroRuns.forEach(buffer.flip(), at, to::write);
        done += buffer.limit();
        progress.on(new Advanced(Step.COPY, done, total));
      }
    }
    return written;
  }
}
