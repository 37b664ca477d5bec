package org.voyageur.openstack;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.voyageur.openstack.CloudConfig.Credentials;
import org.voyageur.openstack.CloudConfig.Named;
import org.voyageur.openstack.CloudConfig.Scope;
import org.voyageur.openstack.CloudConfig.Trust;

/**
 * Keystone, Glance and Nova, as far as a test needs them, on one address. For what real services do
 * not do on command: stand still, answer half, speak another version. What they do otherwise is
 * tested with real ones.
 */
final class FakeCloud implements AutoCloseable {
  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Map<String, HttpHandler> planned = new ConcurrentHashMap<>();
  private final CountDownLatch end = new CountDownLatch(1);

  /** Method and path of each request. */
  final List<String> requests = new CopyOnWriteArrayList<>();

  /** The image's bytes, as they came. */
  volatile byte[] content = new byte[0];

  /** How long a token lasts. */
  volatile Duration lifetime = Duration.ofHours(1);

  FakeCloud() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/", this::handle);
    server.start();
  }

  /** What happens to every request that begins so, such as {@code "PUT /image"}. */
  void plan(String beginning, HttpHandler handler) {
    planned.put(beginning, handler);
  }

  /** Does not go on before the test ends. */
  void standStill() {
    try {
      end.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  URI address() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  CloudConfig config(Optional<String> region, String kind, Map<String, URI> overrides) {
    return new CloudConfig(
        URI.create(address() + "/v3"),
        new Credentials.Password(new Named.ById("u"), new Secret("s3cret"), new Scope.Unscoped()),
        region,
        kind,
        new Trust.Default(),
        overrides);
  }

  /** Signed in, with patience of a third of a second. */
  Cloud signIn() {
    return signIn(Duration.ofMillis(300));
  }

  Cloud signIn(Duration patience) {
    return Cloud.signIn(
        config(Optional.empty(), "public", Map.of()), patience, Duration.ofMillis(1));
  }

  private void handle(HttpExchange exchange) throws IOException {
    String request = exchange.getRequestMethod() + " " + exchange.getRequestURI();
    requests.add(request);
    try (exchange) {
      Optional<HttpHandler> handler =
          planned.entrySet().stream()
              .filter(entry -> request.startsWith(entry.getKey()))
              .map(Map.Entry::getValue)
              .findFirst();
      if (handler.isPresent()) {
        handler.get().handle(exchange);
      } else {
        serve(exchange, request);
      }
    }
  }

  private void serve(HttpExchange exchange, String request) throws IOException {
    byte[] body = exchange.getRequestBody().readAllBytes();
    if (request.startsWith("POST /v3/auth/tokens")) {
      exchange.getResponseHeaders().add("X-Subject-Token", "t");
      answer(exchange, 201, token());
    } else if (request.startsWith("PUT ")) {
      content = body;
      answer(exchange, 204, "");
    } else if (request.startsWith("DELETE ")) {
      answer(exchange, 204, "");
    } else if (request.startsWith("GET /image/v2/images?")) {
      answer(exchange, 200, "{\"images\": []}");
    } else {
      answer(exchange, request.startsWith("POST ") ? 201 : 200, image());
    }
  }

  private String token() {
    String endpoint = "{\"interface\": \"%s\", \"region\": \"%s\", \"url\": \"" + address();
    return """
    {"token": {"expires_at": "%s", "project": {"id": "p"}, "catalog": [
      {"type": "image", "endpoints": [%s/image"}, %s/west"}, %s/inner"}]},
      {"type": "compute", "endpoints": [%s/compute/v2.1/p"}]}]}}
    """
        .formatted(
            Instant.now().plus(lifetime),
            endpoint.formatted("public", "East"),
            endpoint.formatted("public", "West"),
            endpoint.formatted("internal", "East"),
            endpoint.formatted("public", "East"));
  }

  private String image() {
    try {
      byte[] hash = MessageDigest.getInstance("SHA-512").digest(content);
      return """
      {"id": "i", "name": "n", "status": "active", "owner": "p", "size": %d,
       "os_hash_algo": "sha512", "os_hash_value": "%s"}
      """
          .formatted(content.length, HexFormat.of().formatHex(hash));
    } catch (java.security.NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  static void answer(HttpExchange exchange, int status, String text) throws IOException {
    byte[] body = text.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
    if (body.length > 0) {
      exchange.getResponseBody().write(body);
    }
  }

  @Override
  public void close() {
    end.countDown();
    server.stop(0);
    threads.shutdownNow();
  }
}
