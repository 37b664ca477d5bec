package org.voyageur.disk;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.FutureTask;
import org.voyageur.error.VoyageurException;
import org.voyageur.process.Futures;
import org.voyageur.progress.ProgressEvent.Finished;
import org.voyageur.progress.ProgressEvent.Started;
import org.voyageur.progress.ProgressEvent.Step;
import org.voyageur.progress.ProgressListener;

/**
 * A file's SHA-256, as sha256sum(1) prints it, computed on a thread of its own: that takes several
 * times as long as converting an image, so that it begins as soon as the bytes are known. Closing
 * it ends it.
 */
public final class Sha256 implements AutoCloseable {
  private static final int BUFFER = 1 << 20;

  private final String name;
  private final FutureTask<String> task;
  private final Thread thread;
  private volatile ProgressListener listener = ProgressListener.none();
  private volatile boolean stopped;

  private Sha256(String name, Digesting digesting) {
    this.name = name;
    this.task =
        new FutureTask<>(() ->
            digesting.digest(event -> {
              // Asked about ten times a second.
              if (stopped) {
                throw new CancellationException();
              }
              listener.on(event);
            }));
    this.thread = Thread.ofPlatform().daemon().name("voyageur-sha256").start(task);
  }

  private interface Digesting {
    String digest(ProgressListener progress);
  }

  /** Begins with a file. */
  public static Sha256 start(Path file) {
    return new Sha256(String.valueOf(file.getFileName()), progress -> digest(file, progress));
  }

  /**
   * Begins with what will be in a raw image's file.
   *
   * @param file for messages
   * @param disk which nobody changes any more; it must stay open
   * @param used the parts that will be in the file; the others are zeros there
   */
  public static Sha256 start(Path file, BlockDevice disk, List<Extent> used) {
    return new Sha256(String.valueOf(file.getFileName()), progress -> digest(disk, used, progress));
  }

  /**
   * A file's, at once.
   *
   * @throws VoyageurException if it cannot be read
   */
  public static String of(Path file, ProgressListener progress) {
    try (Sha256 started = start(file)) {
      return started.await(progress);
    }
  }

  /**
   * Waits for it.
   *
   * @return 64 hexadecimal digits
   * @throws VoyageurException if reading failed
   */
  public String await(ProgressListener progress) {
    listener = progress;
    progress.on(new Started(Step.DIGEST, "Computing the SHA-256 of " + name));
    String hex = Futures.await(task);
    progress.on(new Finished(Step.DIGEST, hex));
    return hex;
  }

  private static String digest(Path file, ProgressListener progress) {
    try (RawFile disk = RawFile.open(file)) {
      return digest(disk, List.of(new Extent(0, disk.size())), progress);
    }
  }

  private static String digest(BlockDevice disk, List<Extent> used, ProgressListener progress) {
    MessageDigest digest = sha256();
    ProgressMeter meter = new ProgressMeter(progress, Step.DIGEST, disk.size());
    // An array: a digest copies what is in a direct buffer once more.
    ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
    List<Extent> data = new ArrayList<>(BlockCopy.data(disk, Extents.merge(used)));
    data.add(new Extent(disk.size(), 0));
    long done = 0;
    for (Extent extent : data) {
      while (done < extent.end()) {
        boolean zeros = done < extent.offset();
        long left = (zeros ? extent.offset() : extent.end()) - done;
        buffer.clear().limit((int) Math.min(BUFFER, left));
        if (zeros) {
          Zeros.fill(buffer);
        } else {
          disk.read(done, buffer);
        }
        digest.update(buffer.flip());
        done += buffer.limit();
        meter.done(done);
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /** Returns when nothing is read any more, a tenth of a second or so later. */
  @Override
  public void close() {
    stopped = true;
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
