package org.voyageur.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.progress.ProgressEvent.Advanced;
import org.voyageur.progress.ProgressEvent.Finished;
import org.voyageur.progress.ProgressEvent.Started;
import org.voyageur.progress.ProgressEvent.Step;
import org.voyageur.progress.ProgressListener;

/** A file's SHA-256, as sha256sum(1) prints it. */
final class Sha256 {
  private static final int BUFFER = 1 << 20;

  private Sha256() {}

  /** Begins at once, on a thread of its own that ends with the process; {@link #await} waits. */
  static FutureTask<String> start(Path file) {
    FutureTask<String> task = new FutureTask<>(() -> of(file, ProgressListener.none()));
    Thread.ofPlatform().daemon().name("sha256").start(task);
    return task;
  }

  /** What {@link #start} has found, once it has. */
  static String await(Path file, FutureTask<String> task, ProgressListener progress) {
    progress.on(new Started(Step.DIGEST, "Computing the SHA-256 of " + file.getFileName()));
    try {
      String hex = task.get();
      progress.on(new Finished(Step.DIGEST, hex));
      return hex;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new VoyageurException(
          ErrorCode.INTERRUPTED, "The work was interrupted", "Start it again", e);
    } catch (ExecutionException e) {
      throw switch (e.getCause()) {
        case VoyageurException known -> known;
        case null, default -> new IllegalStateException(e);
      };
    }
  }

  static String of(Path file, ProgressListener progress) {
    progress.on(new Started(Step.DIGEST, "Computing the SHA-256 of " + file.getFileName()));
    try (InputStream stream = Files.newInputStream(file)) {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      long size = Files.size(file);
      long done = 0;
      byte[] buffer = new byte[BUFFER];
      for (int n = stream.read(buffer); n >= 0; n = stream.read(buffer)) {
        digest.update(buffer, 0, n);
        done += n;
        progress.on(new Advanced(Step.DIGEST, done, size));
      }
      String hex = HexFormat.of().formatHex(digest.digest());
      progress.on(new Finished(Step.DIGEST, hex));
      return hex;
    } catch (IOException e) {
      throw new VoyageurException(
          ErrorCode.IMAGE_NOT_READABLE,
          file + " cannot be read: " + e.getMessage(),
          "Check the disk that it is on",
          e);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
