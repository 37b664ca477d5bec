package org.voyageur.openstack;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.openstack.Http.Reply;
import org.voyageur.openstack.MeteredInput.Digests;
import org.voyageur.process.AtExit;
import org.voyageur.progress.ProgressEvent.Advanced;
import org.voyageur.progress.ProgressEvent.Finished;
import org.voyageur.progress.ProgressEvent.Started;
import org.voyageur.progress.ProgressEvent.Step;
import org.voyageur.progress.ProgressListener;
import tools.jackson.databind.JsonNode;

/**
 * Uploads an image. It is there complete, with the hash that Glance computed compared with that of
 * what was sent; or not at all.
 */
public final class ImageUpload {
  private static final int ATTEMPTS = 4;
  private static final int BUFFER = 1 << 20;

  /** Glance checks, converts and stores an import behind our back. */
  private static final Duration IMPORT_LIMIT = Duration.ofMinutes(30);

  private final Glance glance;
  private final UploadRequest request;
  private final ProgressListener progress;

  private ImageUpload(Glance glance, UploadRequest request, ProgressListener progress) {
    this.glance = glance;
    this.request = request;
    this.progress = progress;
  }

  /**
   * Uploads an image, unless this project has it from an earlier upload under the same name. Tries
   * again where the service fails or drops the connection.
   *
   * @throws VoyageurException if it cannot be done; no half image is left then
   */
  public static UploadReport run(Cloud cloud, UploadRequest request, ProgressListener progress) {
    return new ImageUpload(new Glance(cloud), request, progress).run();
  }

  private UploadReport run() {
    long start = System.nanoTime();
    if (!request.force()) {
      Optional<UploadReport> before = before(start);
      if (before.isPresent()) {
        return before.get();
      }
    }
    for (int attempt = 1; ; attempt++) {
      try {
        Sent sent = attempt();
        return new UploadReport(
            sent.image(), false, sent.sha256(), sent.hash(), attempt, since(start));
      } catch (VoyageurException e) {
        if (attempt == ATTEMPTS || !Cloud.isPassing(e)) {
          throw e;
        }
      }
      glance.cloud().rest(attempt);
    }
  }

  /** Only where an image looks the same are the bytes read to know. */
  private Optional<UploadReport> before(long start) {
    List<CloudImage> alike =
        glance
            .owned(
                Map.of(
                    "name", request.name(),
                    "disk_format", request.diskFormat(),
                    "status", "active"))
            .stream()
            .filter(image -> image.sha256().isPresent())
            .filter(image ->
                request.content().size().isPresent()
                    && request.content().size().getAsLong() == image.size())
            .toList();
    if (alike.isEmpty()) {
      return Optional.empty();
    }
    String sha256 = digest();
    return alike.stream()
        .filter(image -> image.sha256().orElseThrow().equals(sha256))
        .findFirst()
        .map(image -> new UploadReport(image, true, sha256, Optional.empty(), 0, since(start)));
  }

  private String digest() {
    progress.on(new Started(Step.DIGEST, "Computing the SHA-256"));
    java.security.MessageDigest digest = MeteredInput.digest("SHA-256");
    long size = request.content().size().orElse(-1);
    try (InputStream stream = request.content().open()) {
      byte[] buffer = new byte[BUFFER];
      long done = 0;
      for (int n = stream.read(buffer); n >= 0; n = stream.read(buffer)) {
        digest.update(buffer, 0, n);
        done += n;
        progress.on(new Advanced(Step.DIGEST, done, size));
      }
    } catch (IOException e) {
      throw unreadable(e);
    }
    String hex = HexFormat.of().formatHex(digest.digest());
    progress.on(new Finished(Step.DIGEST, hex));
    return hex;
  }

  private record Sent(CloudImage image, String sha256, Optional<String> hash) {}

  /** One image from its creation to its last property; deleted if that does not come about. */
  private Sent attempt() {
    // Chosen here: an image whose creation is not answered can be deleted all the same.
    String id = AtExit.make(() -> UUID.randomUUID().toString(), glance::delete);
    try {
      glance.create(id, request);
      Digests digests = send(id);
      Optional<String> hash = compare(active(id), digests);
      CloudImage image = glance.complete(id, digests.sha256(), request.isProtected());
      AtExit.forget(id);
      return new Sent(image, digests.sha256(), hash);
    } catch (VoyageurException e) {
      boolean gone = glance.delete(id);
      AtExit.forget(id);
      throw gone
          ? e
          : new VoyageurException(
              e.code(),
              e.getMessage() + "; the half image " + id + " may be left",
              e.remedy() + "; then 'openstack image delete " + id + "'",
              e);
    }
  }

  private Digests send(String id) {
    progress.on(new Started(Step.UPLOAD, "Uploading " + request.name()));
    AtomicReference<@Nullable MeteredInput> body = new AtomicReference<>();
    VoyageurException failure = null;
    Reply reply = null;
    try {
      reply =
          glance
              .cloud()
              .signed(
                  "image",
                  Glance.path(id) + (request.importing() ? "/stage" : "/file"),
                  () ->
                      HttpRequest.newBuilder()
                          .header("Content-Type", "application/octet-stream")
                          .PUT(publisher(body)),
                  () -> read(body));
    } catch (VoyageurException e) {
      failure = e;
    }
    MeteredInput sent = body.get();
    IOException unread = sent == null ? null : sent.failure();
    if (unread != null) {
      throw unreadable(unread);
    }
    // A file that changed is not the network's fault.
    request.content().ensureUnchanged();
    if (failure != null) {
      throw failure;
    }
    if (reply == null || sent == null) {
      throw new IllegalStateException("an answer without a request");
    }
    if (reply.status() != 204) {
      throw Failures.of(reply, "the upload of \"" + request.name() + "\"");
    }
    if (request.importing()) {
      glance.importStaged(id);
    }
    progress.on(new Finished(Step.UPLOAD, sent.count() + " bytes"));
    return sent.digests();
  }

  private static long read(AtomicReference<@Nullable MeteredInput> body) {
    MeteredInput input = body.get();
    return input == null ? 0 : input.count();
  }

  private BodyPublisher publisher(AtomicReference<@Nullable MeteredInput> body) {
    long size = request.content().size().orElse(-1);
    BodyPublisher stream =
        BodyPublishers.ofInputStream(() -> {
          try {
            MeteredInput input =
                new MeteredInput(
                    request.content().open(),
                    done -> progress.on(new Advanced(Step.UPLOAD, done, size)));
            body.set(input);
            return input;
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
    return size < 0 ? stream : BodyPublishers.fromPublisher(stream, size);
  }

  private JsonNode active(String id) {
    long start = System.nanoTime();
    for (int look = 1; ; look++) {
      JsonNode image = glance.shown(id);
      String status = image.path("status").asString("");
      boolean failed = !image.path("os_glance_failed_import").asString("").isEmpty();
      if (status.equals("active")) {
        return image;
      }
      if (failed || !request.importing() || status.equals("killed") || status.equals("deleted")) {
        throw new VoyageurException(
            ErrorCode.CLOUD_FAILED,
            "the image " + id + " is " + status + " after its upload, expected active",
            "Try again; if it happens again, tell the cloud's operators the image's ID");
      }
      if (since(start).compareTo(IMPORT_LIMIT) > 0) {
        throw new VoyageurException(
            ErrorCode.CLOUD_TIMEOUT,
            "the import of the image "
                + id
                + " has not ended in "
                + IMPORT_LIMIT.toMinutes()
                + " min",
            "Try again; if it happens again, tell the cloud's operators the image's ID");
      }
      glance.cloud().rest(Math.min(look, 3));
    }
  }

  private static Optional<String> compare(JsonNode image, Digests sent) {
    String algorithm = image.path("os_hash_algo").asString("");
    String expected =
        switch (algorithm) {
          case "sha512" -> sent.sha512();
          case "sha256" -> sent.sha256();
          default -> "";
        };
    if (expected.isEmpty()) {
      return Optional.empty();
    }
    String found = image.path("os_hash_value").asString("");
    if (!found.equals(expected)) {
      throw new VoyageurException(
          ErrorCode.CLOUD_HASH,
          "the image arrived with the "
              + algorithm
              + " "
              + found
              + ", expected "
              + expected
              + "; it was deleted",
          "Upload it again; if it happens again, tell the cloud's operators");
    }
    return Optional.of(algorithm + ":" + found);
  }

  private VoyageurException unreadable(IOException e) {
    return new VoyageurException(
        ErrorCode.IMAGE_NOT_READABLE,
        "\"" + request.name() + "\" cannot be read: " + e.getMessage(),
        "Check the disk that it is on",
        e);
  }

  private static Duration since(long start) {
    return Duration.ofNanos(System.nanoTime() - start);
  }
}
