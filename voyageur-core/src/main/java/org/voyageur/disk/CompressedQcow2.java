package org.voyageur.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import org.voyageur.error.VoyageurException;
import org.voyageur.progress.ProgressEvent.Step;
import org.voyageur.progress.ProgressListener;

/**
 * Writes a disk as qcow2 with compressed clusters, as {@code qemu-img convert -c} does: once, from
 * front to back. This thread reads and writes, others deflate; what is in the file does not depend
 * on how many they are.
 */
final class CompressedQcow2 {
  private static final int CLUSTER = Qcow2Tables.CLUSTER;

  /** Read and deflated at a time. */
  private static final int CLUSTERS = 16;

  private static final int PIECE = CLUSTERS * CLUSTER;

  /** Each has two pieces, of 2.5 MiB. */
  private static final int MOST_THREADS = 8;

  private CompressedQcow2() {}

  /**
   * Writes {@code disk}.
   *
   * @param what which bytes of it matter; all others become zeros
   * @param path an existing file; what is in it goes
   * @throws VoyageurException if reading or writing fails
   */
  static void write(BlockDevice disk, List<Extent> what, Path path, ProgressListener progress) {
    int threads = Math.min(MOST_THREADS, Runtime.getRuntime().availableProcessors());
    write(disk, what, path, progress, threads, Deflate::best);
  }

  static void write(
      BlockDevice disk,
      List<Extent> what,
      Path path,
      ProgressListener progress,
      int threads,
      Supplier<Deflate> deflate) {
    List<Extent> data = BlockCopy.data(disk, Extents.merge(what));
    ProgressMeter meter = new ProgressMeter(progress, Step.COPY, Extents.length(data));
    // Not closed with its block: that would wait for what was not begun yet.
    ExecutorService workers =
        Executors.newFixedThreadPool(
            threads, Thread.ofPlatform().name("voyageur-deflate-", 0).daemon().factory());
    try (FileChannel channel =
        FileChannel.open(
            path,
            Set.of(
                StandardOpenOption.READ,
                StandardOpenOption.WRITE,
                StandardOpenOption.TRUNCATE_EXISTING))) {
      Qcow2Tables tables = new Qcow2Tables(channel, Math.ceilDiv(disk.size(), 512L) * 512);
      ArrayDeque<Piece> idle = new ArrayDeque<>();
      for (int i = 0; i < 2 * threads; i++) {
        idle.add(new Piece(deflate.get()));
      }
      ArrayDeque<Future<Piece>> busy = new ArrayDeque<>();
      int next = 0;
      long at = 0;
      long done = 0;
      while (true) {
        while (next < data.size() && data.get(next).end() <= at) {
          next++;
        }
        boolean more = next < data.size();
        if (!busy.isEmpty() && (idle.isEmpty() || !more)) {
          Piece piece = busy.remove().get();
          piece.write(tables);
          done += piece.read;
          meter.done(done);
          idle.add(piece);
        } else if (more) {
          at = Math.max(at, data.get(next).offset() / PIECE * PIECE);
          Piece piece = idle.remove();
          piece.read(disk, data.subList(next, data.size()), at);
          busy.add(workers.submit(piece::deflate, piece));
          at += PIECE;
        } else {
          break;
        }
      }
      tables.write();
      channel.force(true);
    } catch (IOException e) {
      throw IoFailure.writing(path, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw IoFailure.interrupted(e);
    } catch (ExecutionException e) {
      throw new IllegalStateException("deflating failed", e.getCause());
    } finally {
      workers.shutdownNow();
    }
  }

  /** Some clusters of the disk on their way. */
  private static final class Piece {
    private static final int ZEROS = 0;

    private final Deflate deflate;
    private final ByteBuffer clusters = ByteBuffer.allocateDirect(PIECE);
    private final ByteBuffer deflated = ByteBuffer.allocateDirect(PIECE);

    /** How long each became; {@link Qcow2Tables#CLUSTER} if it did not become shorter. */
    private final int[] lengths = new int[CLUSTERS];

    private long first;
    private long read;

    Piece(Deflate deflate) {
      this.deflate = deflate;
    }

    /** Takes what {@code data}, ascending, has of the disk from {@code start} on. */
    void read(BlockDevice disk, List<Extent> data, long start) {
      first = start / CLUSTER;
      read = 0;
      Zeros.fill(clusters.clear());
      for (Extent extent : data) {
        long from = Math.max(start, extent.offset());
        long to = Math.min(start + PIECE, extent.end());
        if (from >= to) {
          break;
        }
        disk.read(from, clusters.limit((int) (to - start)).position((int) (from - start)));
        read += to - from;
      }
      clusters.clear();
    }

    void deflate() {
      for (int i = 0; i < CLUSTERS; i++) {
        ByteBuffer cluster = clusters.slice(i * CLUSTER, CLUSTER);
        if (Zeros.only(cluster)) {
          lengths[i] = ZEROS;
        } else {
          int length = deflate.deflate(cluster, deflated.slice(i * CLUSTER, CLUSTER - 1));
          lengths[i] = length < 0 ? CLUSTER : length;
        }
      }
    }

    void write(Qcow2Tables tables) throws IOException {
      for (int i = 0; i < CLUSTERS; i++) {
        switch (lengths[i]) {
          case ZEROS -> {}
          case CLUSTER -> {
            long place = tables.add(first + i, 1);
            tables.writeAt(place, clusters.slice(i * CLUSTER, CLUSTER));
          }
          default -> {
            long place = tables.addCompressed(first + i, lengths[i]);
            tables.writeAt(place, deflated.slice(i * CLUSTER, lengths[i]));
          }
        }
      }
    }
  }
}
