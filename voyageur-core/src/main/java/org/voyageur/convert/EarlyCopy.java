package org.voyageur.convert;

import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.voyageur.disk.BlockCopy;
import org.voyageur.disk.BlockDevice;
import org.voyageur.disk.Extent;
import org.voyageur.disk.ImageWriter;
import org.voyageur.disk.RelocatedDisk;
import org.voyageur.error.VoyageurException;
import org.voyageur.process.Futures;
import org.voyageur.progress.ProgressListener;

/**
 * The copy of what a source's filesystem uses, begun while the guest is still looked at: where the
 * content goes does not depend on what is found. Closing it ends a copy that nobody wants any more.
 */
final class EarlyCopy implements AutoCloseable {
  private final Path image;
  private final BlockDevice moved;
  private final long place;
  private final ImageWriter writer;
  private final ExecutorService beside = Executors.newSingleThreadExecutor();
  private volatile ProgressListener listener = ProgressListener.none();
  private volatile boolean stopped;
  private List<Extent> begun = List.of();
  private @Nullable Future<Long> copying;

  /**
   * A copy to a new image.
   *
   * @param image the file that the source is read from
   * @param place where the source's first byte will lie there
   */
  EarlyCopy(Path image, BlockDevice source, long place, ImageWriter writer) {
    this.image = image;
    this.moved = place == 0 ? source : new RelocatedDisk(source, place, place + source.size());
    this.place = place;
    this.writer = writer;
  }

  /**
   * Begins.
   *
   * @param used what matters of the source
   */
  void start(List<Extent> used) {
    begun =
        used.stream().map(extent -> new Extent(place + extent.offset(), extent.length())).toList();
    copying = beside.submit(this::copy);
  }

  /** What is copied, of the image at its new place; nothing before {@link #start}. */
  List<Extent> begun() {
    return begun;
  }

  private long copy() {
    writer.ensureRoom(BlockCopy.most(moved, begun), image);
    return BlockCopy.copy(
        moved,
        begun,
        writer.device(moved.size()),
        event -> {
          // Asked about ten times a second.
          if (stopped) {
            throw new CancellationException();
          }
          listener.on(event);
        });
  }

  /**
   * Waits until what was begun is copied.
   *
   * @return how many bytes were written
   * @throws VoyageurException if reading or writing failed
   */
  long await(ProgressListener progress) {
    listener = progress;
    return Futures.await(Objects.requireNonNull(copying, "not begun"));
  }

  /**
   * Copies what has come to be used since.
   *
   * @param used what matters now, of the image at its new place
   * @param output the new image
   * @return how many bytes were written
   */
  long copyRest(List<Extent> used, BlockDevice output) {
    return BlockCopy.copyRest(moved, used, begun, output);
  }

  @Override
  public void close() {
    stopped = true;
    beside.close();
  }
}
