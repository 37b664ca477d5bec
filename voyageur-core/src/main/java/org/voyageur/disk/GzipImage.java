package org.voyageur.disk;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;
import org.voyageur.disk.isal.IsalGzipDecoder;
import org.voyageur.disk.isal.LibIsal;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.progress.ProgressEvent.Advanced;
import org.voyageur.progress.ProgressEvent.Step;
import org.voyageur.progress.ProgressListener;

/** A gzip stream of a raw image: inflated once, straight to where its blocks are to lie. */
final class GzipImage {
  private static final int BUFFER = 1 << 20;
  private static final int BUFFERS = 4;

  /** Takes the stream's blocks in ascending order; blocks of zeros are left out. */
  @FunctionalInterface
  interface Sink {
    void write(long offset, ByteBuffer block);
  }

  /** A buffer on its way from the decoder to the sink; an empty one is the end. */
  private record Filled(ByteBuffer buffer) {}

  private GzipImage() {}

  /** Opens the stream with the fastest decoder that this host has. */
  static ReadableByteChannel open(ReadableByteChannel compressed) throws IOException {
    return LibIsal.isPresent()
        ? new IsalGzipDecoder(compressed)
        : Channels.newChannel(new GZIPInputStream(Channels.newInputStream(compressed), 256 << 10));
  }

  /**
   * Inflates a file.
   *
   * @return the size of the raw image in bytes
   * @throws VoyageurException IMAGE_CUT_OFF, IMAGE_CORRUPT, or what the sink throws
   */
  static long inflate(Path file, Sink sink, ProgressListener progress) {
    try (FileChannel compressed = FileChannel.open(file, StandardOpenOption.READ)) {
      long total = compressed.size();
      BlockingQueue<ByteBuffer> free = new ArrayBlockingQueue<>(BUFFERS);
      BlockingQueue<Filled> filled = new ArrayBlockingQueue<>(BUFFERS);
      for (int i = 0; i < BUFFERS; i++) {
        free.add(ByteBuffer.allocateDirect(BUFFER));
      }
      Decoding decoding = new Decoding(compressed, free, filled);
      Thread decoder = Thread.ofPlatform().daemon().name("gunzip").start(decoding);
      long at = 0;
      try {
        for (ByteBuffer next = filled.take().buffer();
            next.hasRemaining();
            next = filled.take().buffer()) {
          int length = next.remaining();
          NonZeroRuns.forEach(next, at, sink::write);
          at += length;
          free.put(next.clear());
          if (at % (64 << 20) < length) {
            progress.on(new Advanced(Step.OPEN, decoding.consumed, total));
          }
        }
      } finally {
        decoder.interrupt();
        decoder.join();
      }
      if (decoding.failure != null) {
        throw decoding.failure;
      }
      progress.on(new Advanced(Step.OPEN, total, total));
      return at;
    } catch (EOFException e) {
      throw new VoyageurException(
          ErrorCode.IMAGE_CUT_OFF,
          file + " is cut off: the gzip stream ends in the middle",
          "Fetch the image again, and compare its size and checksum",
          e);
    } catch (IOException e) {
      throw new VoyageurException(
          ErrorCode.IMAGE_CORRUPT,
          file + " cannot be inflated: " + e.getMessage(),
          "Test it with 'gzip -t', and fetch the image again",
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new VoyageurException(
          ErrorCode.INTERRUPTED, "interrupted while inflating " + file, "Try again", e);
    }
  }

  /** The decoder's side: inflating takes most of the time, so writing goes on beside it. */
  private static final class Decoding implements Runnable {
    private final FileChannel compressed;
    private final BlockingQueue<ByteBuffer> free;
    private final BlockingQueue<Filled> filled;
    volatile long consumed;
    volatile @Nullable IOException failure;

    Decoding(FileChannel compressed, BlockingQueue<ByteBuffer> free, BlockingQueue<Filled> filled) {
      this.compressed = compressed;
      this.free = free;
      this.filled = filled;
    }

    @Override
    public void run() {
      try {
        try (ReadableByteChannel inflated = GzipImage.open(compressed)) {
          boolean more = true;
          while (more) {
            ByteBuffer buffer = free.take();
            while (buffer.hasRemaining() && more) {
              more = inflated.read(buffer) >= 0;
            }
            if (more) {
              consumed = compressed.position();
            }
            if (buffer.flip().hasRemaining()) {
              filled.put(new Filled(buffer));
            }
          }
        } catch (IOException e) {
          failure = e;
        }
        filled.put(new Filled(ByteBuffer.allocate(0)));
      } catch (InterruptedException e) {
        // The sink failed and wants no more.
      }
    }
  }
}
