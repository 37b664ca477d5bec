package org.voyageur.disk;

import java.nio.ByteBuffer;
import java.util.List;
import org.voyageur.progress.ProgressEvent.Step;
import org.voyageur.progress.ProgressListener;

/** Copies what holds data from one device to the same place on another. */
public final class BlockCopy {
  private static final int BUFFER = 1 << 20;

  /** Between two files, so much at a time: progress must move. */
  private static final long TRANSFER = 16L << 20;

  private BlockCopy() {}

  /** How many bytes {@link #copy} will write at most. */
  public static long most(BlockDevice from, List<Extent> what) {
    return Extents.length(data(from, Extents.merge(what)));
  }

  /** The parts of the ascending, disjoint {@code merged} that may hold something but zeros. */
  static List<Extent> data(BlockDevice from, List<Extent> merged) {
    return Extents.intersect(merged, from.dataExtents(new Extent(0, from.size())));
  }

  /**
   * Copies the parts of {@code what} that hold data and are not among {@code copied}.
   *
   * @return how many bytes were written
   */
  public static long copyRest(
      BlockDevice from, List<Extent> what, List<Extent> copied, BlockDevice to) {
    List<Extent> rest = Extents.minus(Extents.merge(what), Extents.merge(copied));
    return copy(from, rest, to, ProgressListener.none());
  }

  /**
   * Copies the parts of {@code what} that hold data.
   *
   * @param what which bytes matter; they may overlap and need no order
   * @param to a device as large, where these bytes are zeros still
   * @return how many bytes were written
   * @throws IndexOutOfBoundsException if an extent is not within both devices
   * @throws org.voyageur.error.VoyageurException if reading or writing fails
   */
  public static long copy(
      BlockDevice from, List<Extent> what, BlockDevice to, ProgressListener progress) {
    List<Extent> wanted = Extents.merge(what);
    wanted.forEach(extent -> Extents.check(extent.offset(), extent.length(), to.size()));
    // Asked once for everything: a guest's files lie in thousands of pieces, and each question of
    // a qemu-nbd is a round trip.
    List<Extent> data = data(from, wanted);
    ProgressMeter meter = new ProgressMeter(progress, Step.COPY, Extents.length(data));
    // A disk at another place is copied from the file below it.
    BlockDevice below = from instanceof RelocatedDisk relocated ? relocated.source() : from;
    long shift = from instanceof RelocatedDisk relocated ? relocated.offset() : 0;
    ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER);
    long done = 0;
    long written = 0;
    long begun = 0;
    for (Extent extent : data) {
      long at = extent.offset();
      while (at < extent.end()) {
        long length;
        if (below instanceof RawFile source && to instanceof RawFile target) {
          length = Math.min(TRANSFER, extent.end() - at);
          source.transfer(new Extent(at - shift, length), target, at);
          written += length;
          if (at + length - begun >= TRANSFER) {
            target.startWriting(new Extent(begun, at + length - begun));
            begun = at + length;
          }
        } else {
          // Up to the next multiple of the buffer, so that blocks are seen whole.
          length = Math.min(BUFFER - at % BUFFER, extent.end() - at);
          buffer.clear().limit((int) length);
          from.read(at, buffer);
          written += Zeros.writeOthers(to, at, buffer.flip());
        }
        at += length;
        done += length;
        meter.done(done);
      }
    }
    return written;
  }
}
