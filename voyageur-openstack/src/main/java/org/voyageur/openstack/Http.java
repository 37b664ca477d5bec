package org.voyageur.openstack;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.openstack.CloudConfig.Trust;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.MissingNode;

/** Sends requests; says in our words why there is no answer. Follows no redirect. */
final class Http {
  /** A catalog or a list of images has some hundred KiB; a console log 100 KiB. */
  private static final long LARGEST_ANSWER = 16 << 20;

  private final HttpClient client;
  private final Duration limit;

  /**
   * Sends requests.
   *
   * @param limit how long a service may take to answer, and how long a body may stand still
   */
  Http(Trust trust, Duration limit) {
    this.client =
        HttpClient.newBuilder()
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(limit)
            // OpenStack's services do not speak HTTP/2; asking for it costs a header.
            .version(HttpClient.Version.HTTP_1_1)
            .sslContext(Trusting.context(trust))
            .build();
    this.limit = limit;
  }

  /**
   * An answer, whatever its status.
   *
   * @param body a missing node where there is none, or it is not JSON
   * @param text the body as it came
   * @param requestId may be empty
   * @param subject the token that Keystone gives; in no text of this record
   */
  record Reply(
      URI address, int status, JsonNode body, String text, String requestId, Secret subject) {}

  /**
   * Sends a request.
   *
   * @throws VoyageurException if no answer comes
   */
  Reply send(HttpRequest.Builder request) {
    return send(request, () -> 0);
  }

  /**
   * Sends a request with a body that may take long.
   *
   * @param sent how much of the body was sent; as long as it grows, there is no limit
   */
  Reply send(HttpRequest.Builder request, LongSupplier sent) {
    HttpRequest built = request.build();
    CompletableFuture<HttpResponse<byte[]>> answer =
        client.sendAsync(built, BodyHandlers.limiting(BodyHandlers.ofByteArray(), LARGEST_ANSWER));
    try {
      long before = -1;
      while (true) {
        try {
          return reply(built.uri(), answer.get(limit.toMillis(), TimeUnit.MILLISECONDS));
        } catch (TimeoutException e) {
          long now = sent.getAsLong();
          if (now <= Math.max(before, 0)) {
            throw slow(built.uri(), e);
          }
          before = now;
        }
      }
    } catch (ExecutionException e) {
      throw noAnswer(built.uri(), e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new VoyageurException(
          ErrorCode.INTERRUPTED, "interrupted while waiting for " + built.uri(), "Start again", e);
    } finally {
      answer.cancel(true);
    }
  }

  private static Reply reply(URI address, HttpResponse<byte[]> answer) {
    String text = new String(answer.body(), StandardCharsets.UTF_8);
    return new Reply(
        address,
        answer.statusCode(),
        json(text),
        text,
        answer
            .headers()
            .firstValue("X-Openstack-Request-Id")
            .or(() -> answer.headers().firstValue("X-Compute-Request-Id"))
            .orElse(""),
        new Secret(answer.headers().firstValue("X-Subject-Token").orElse("")));
  }

  private static JsonNode json(String text) {
    try {
      return text.isBlank() ? MissingNode.getInstance() : JsonMapper.shared().readTree(text);
    } catch (JacksonException e) {
      return MissingNode.getInstance();
    }
  }

  private VoyageurException slow(URI address, @Nullable Throwable cause) {
    return new VoyageurException(
        ErrorCode.CLOUD_TIMEOUT,
        Failures.place(address) + " has not answered for " + limit.toSeconds() + " s",
        "Try again; if it happens again, tell the cloud's operators",
        cause);
  }

  private VoyageurException noAnswer(URI address, @Nullable Throwable cause) {
    Optional<CertificateException> certificate = within(cause, CertificateException.class);
    Optional<SSLException> tls = within(cause, SSLException.class);
    if (certificate.isPresent()
        || within(cause, java.security.cert.CertPathValidatorException.class).isPresent()) {
      return new VoyageurException(
          ErrorCode.CLOUD_CERTIFICATE,
          "the certificate of " + Failures.place(address) + " is not believed: " + deepest(cause),
          "Name the authority that signed it with --os-cacert or cacert; one that has expired only"
              + " the cloud's operators can renew",
          cause);
    }
    if (tls.isPresent() && !String.valueOf(tls.get().getMessage()).contains("reset")) {
      return new VoyageurException(
          ErrorCode.CLOUD_CERTIFICATE,
          Failures.place(address) + " does not speak TLS as expected: " + deepest(cause),
          "Check whether the address begins with http or https",
          cause);
    }
    if (within(cause, HttpTimeoutException.class).isPresent()) {
      return slow(address, cause);
    }
    if (within(cause, java.net.ConnectException.class).isPresent()) {
      boolean unknown =
          within(cause, java.nio.channels.UnresolvedAddressException.class).isPresent();
      return new VoyageurException(
          ErrorCode.CLOUD_UNREACHABLE,
          Failures.place(address) + (unknown ? " has no address" : " takes no connection"),
          "Check the address in clouds.yaml or OS_AUTH_URL, and the network between",
          cause);
    }
    return new VoyageurException(
        ErrorCode.CLOUD_UNREACHABLE,
        Failures.place(address) + " dropped the connection: " + deepest(cause),
        "Try again; if it happens again, tell the cloud's operators",
        cause);
  }

  private static <T extends Throwable> Optional<T> within(
      @Nullable Throwable failure, Class<T> kind) {
    Throwable each = failure;
    for (int depth = 0; each != null && depth < 20; depth++) {
      if (kind.isInstance(each)) {
        return Optional.of(kind.cast(each));
      }
      each = each.getCause();
    }
    return Optional.empty();
  }

  private static String deepest(@Nullable Throwable failure) {
    String words = "no reason is given";
    Throwable each = failure;
    for (int depth = 0; each != null && depth < 20; depth++) {
      if (each.getMessage() != null && !each.getMessage().isBlank()) {
        words = each.getMessage();
      } else if (each instanceof IOException) {
        words = each.getClass().getSimpleName();
      }
      each = each.getCause();
    }
    return words;
  }
}
