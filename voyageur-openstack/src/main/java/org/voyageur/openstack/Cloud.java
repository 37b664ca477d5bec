package org.voyageur.openstack;

import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.openstack.CloudConfig.Credentials;
import org.voyageur.openstack.CloudConfig.Domain;
import org.voyageur.openstack.CloudConfig.Named;
import org.voyageur.openstack.CloudConfig.Scope;
import org.voyageur.openstack.Http.Reply;
import org.voyageur.openstack.nova.Requests;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * A cloud that one is signed in to, through Keystone's version 3. A token that expires is renewed.
 */
public final class Cloud implements Requests {
  private static final Duration LIMIT = Duration.ofMinutes(2);

  /** A token that ends sooner than that is renewed before it is used. */
  private static final Duration MARGIN = Duration.ofMinutes(1);

  /** What {@link org.voyageur.openstack.nova.Launch} needs: Newton, 2016. */
  private static final int COMPUTE_MINOR = 37;

  private static final String COMPUTE_VERSION = "2." + COMPUTE_MINOR;

  private static final int ATTEMPTS = 4;

  private final CloudConfig config;
  private final Http http;
  private final Duration pause;
  private SignedIn signedIn;
  private boolean computeVersionKnown;

  /**
   * Until when one is signed in, and to what.
   *
   * @param token what Keystone says of the token: project, catalog
   */
  private record SignedIn(Secret secret, JsonNode token, Instant expires) {}

  private Cloud(CloudConfig config, Http http, Duration pause) {
    this.config = config;
    this.http = http;
    this.pause = pause;
    this.signedIn = authenticate();
  }

  /**
   * Signs in.
   *
   * @throws VoyageurException {@link ErrorCode#CLOUD_SIGN_IN} if the cloud does not take the
   *     credentials; the other codes of a cloud if it cannot be reached
   */
  public static Cloud signIn(CloudConfig config) {
    return signIn(config, LIMIT, Duration.ofSeconds(1));
  }

  /** The same with other times, for tests. */
  static Cloud signIn(CloudConfig config, Duration limit, Duration pause) {
    return new Cloud(config, new Http(config.trust(), limit), pause);
  }

  /** Signs in to another project, as the same user. */
  Cloud signInTo(String project) {
    return new Cloud(config.forProject(project), http, pause);
  }

  @Override
  public URI identity() {
    return config.identity();
  }

  /** The ID of the project that one is signed in to; empty for none. */
  public synchronized String project() {
    return signedIn.token().path("project").path("id").asString("");
  }

  private SignedIn authenticate() {
    ObjectNode body = JsonMapper.shared().createObjectNode();
    ObjectNode auth = body.putObject("auth");
    identity(auth);
    Reply reply =
        persistently(
            true,
            () ->
                http.send(
                    HttpRequest.newBuilder(URI.create(config.identity() + "/auth/tokens"))
                        .header("Content-Type", "application/json")
                        .header("Accept", "application/json")
                        .POST(BodyPublishers.ofString(body.toString()))));
    if (reply.status() == 401) {
      throw new VoyageurException(
          ErrorCode.CLOUD_SIGN_IN,
          Failures.place(config.identity())
              + " does not take these credentials"
              + (reply.requestId().isEmpty() ? "" : " (request " + reply.requestId() + ")"),
          "Check user, password, domains and project in clouds.yaml or OS_*; a token or an"
              + " application credential may have expired");
    }
    if (reply.status() != 201) {
      throw Failures.of(reply, "the signing in");
    }
    JsonNode token = reply.body().path("token");
    return new SignedIn(reply.subject(), token, expires(token.path("expires_at").asString("")));
  }

  private static Instant expires(String text) {
    try {
      return Instant.parse(text);
    } catch (DateTimeParseException e) {
      return Instant.MAX;
    }
  }

  private void identity(ObjectNode auth) {
    ObjectNode identity = auth.putObject("identity");
    switch (config.credentials()) {
      case Credentials.Password password -> {
        identity.putArray("methods").add("password");
        ObjectNode user = identity.putObject("password").putObject("user");
        named(user, password.user());
        user.put("password", password.password().reveal());
        scope(auth, password.scope());
      }
      case Credentials.Token token -> {
        identity.putArray("methods").add("token");
        identity.putObject("token").put("id", token.token().reveal());
        scope(auth, token.scope());
      }
      case Credentials.ApplicationCredential application -> {
        identity.putArray("methods").add("application_credential");
        ObjectNode credential = identity.putObject("application_credential");
        application
            .user()
            .ifPresentOrElse(
                user -> {
                  credential.put("name", application.idOrName());
                  named(credential.putObject("user"), user);
                },
                () -> credential.put("id", application.idOrName()));
        credential.put("secret", application.secret().reveal());
      }
    }
  }

  private static void scope(ObjectNode auth, Scope scope) {
    switch (scope) {
      case Scope.Project(Named project) ->
          named(auth.putObject("scope").putObject("project"), project);
      case Scope.Unscoped _ -> {}
    }
  }

  private static void named(ObjectNode node, Named named) {
    switch (named) {
      case Named.ById(String id) -> node.put("id", id);
      case Named.ByName(String name, Domain domain) -> {
        node.put("name", name);
        ObjectNode of = node.putObject("domain");
        domain.id().ifPresent(id -> of.put("id", id));
        domain.name().ifPresent(it -> of.put("name", it));
      }
    }
  }

  /** The address of a service, without a slash at its end. */
  synchronized String endpoint(String service) {
    URI override = config.overrides().get(service);
    String address = override == null ? catalogued(service) : override.toString();
    String base = address.replaceFirst("/+$", "");
    // Some catalogs have the version in these, most do not; requests name it.
    return switch (service) {
      case "image" -> base.replaceFirst("/v2(\\.\\d+)?$", "");
      case "network" -> base.replaceFirst("/v2\\.0$", "");
      default -> base;
    };
  }

  private String catalogued(String service) {
    TreeSet<String> others = new TreeSet<>();
    for (JsonNode each : signedIn.token().path("catalog")) {
      if (!each.path("type").asString("").equals(service)) {
        continue;
      }
      for (JsonNode endpoint : each.path("endpoints")) {
        String region = endpoint.path("region").asString("");
        String kind = endpoint.path("interface").asString("");
        if (kind.equals(config.endpointInterface())
            && config.region().map(region::equals).orElse(true)) {
          return endpoint.path("url").asString("");
        }
        others.add(kind + " in " + region);
      }
    }
    throw new VoyageurException(
        ErrorCode.CLOUD_ENDPOINT,
        "the cloud's catalog has no "
            + config.endpointInterface()
            + " address of a service '"
            + service
            + "'"
            + config.region().map(region -> " in the region " + region).orElse(""),
        others.isEmpty()
            ? "Check the project: one signs in without a catalog where none is named"
            : "Choose a region or interface with --os-region-name or --os-interface: "
                + String.join(", ", others));
  }

  @Override
  public Answer send(String service, String method, String path, Optional<JsonNode> body) {
    if (service.equals("compute")) {
      demandComputeVersion();
    }
    Reply reply = request(service, method, path, "application/json", body);
    return new Answer(reply.status(), reply.body(), reply.requestId());
  }

  /**
   * Asks Nova, once, which versions of its interface it speaks.
   *
   * @throws VoyageurException {@link ErrorCode#CLOUD_REFUSED} if ours is none of them
   * @see <a href="https://docs.openstack.org/api-guide/compute/versions.html">Versions</a>
   */
  private synchronized void demandComputeVersion() {
    if (computeVersionKnown) {
      return;
    }
    // The document is at the version's own address; some catalogs have the project behind that.
    URI address = URI.create(endpoint("compute").replaceFirst("(/v2(?:\\.\\d+)?)/.*$", "$1") + "/");
    JsonNode spoken = get(address).body().path("version");
    int least = minor(spoken.path("min_version").asString(""));
    int most = minor(spoken.path("version").asString(""));
    // Where a proxy hides the document, Nova itself refuses what it does not speak.
    if (!spoken.isMissingNode() && (COMPUTE_MINOR < least || COMPUTE_MINOR > most)) {
      throw new VoyageurException(
          ErrorCode.CLOUD_REFUSED,
          "Nova at "
              + Failures.place(address)
              + (most == 0
                  ? " has no microversions"
                  : " speaks the versions 2." + least + " to 2." + most + " of its interface")
              + ", expected "
              + COMPUTE_VERSION,
          "Upload the image all the same, and start it from the cloud's dashboard");
    }
    computeVersionKnown = true;
  }

  /** 37 of {@code 2.37}; 0 of anything else, such as the empty text of a Nova without versions. */
  private static int minor(String version) {
    return version.matches("2\\.\\d{1,6}") ? Integer.parseInt(version.substring(2)) : 0;
  }

  private Reply get(URI address) {
    return persistently(
        true,
        () ->
            signed(
                address,
                "identity",
                () -> HttpRequest.newBuilder().header("Accept", "application/json").GET(),
                () -> 0));
  }

  /** A request with JSON; what changes nothing is tried again where the service fails. */
  Reply request(String service, String method, String path, String type, Optional<JsonNode> body) {
    return persistently(
        method.equals("GET") || method.equals("DELETE"),
        () ->
            signed(
                service,
                path,
                () ->
                    HttpRequest.newBuilder()
                        .header("Accept", "application/json")
                        .header("Content-Type", type)
                        .method(
                            method,
                            body.map(json -> BodyPublishers.ofString(json.toString()))
                                .orElseGet(BodyPublishers::noBody)),
                () -> 0));
  }

  /** Asks Keystone itself, at the address where one signs in. */
  Reply keystone(String path) {
    return get(URI.create(config.identity() + path));
  }

  /**
   * Sends a request with the token, once more with a new one if it has expired.
   *
   * @param request makes it, each time anew, without its address
   */
  Reply signed(
      String service, String path, Supplier<HttpRequest.Builder> request, LongSupplier sent) {
    return signed(URI.create(endpoint(service) + path), service, request, sent);
  }

  private Reply signed(
      URI address, String service, Supplier<HttpRequest.Builder> request, LongSupplier sent) {
    Secret token = token();
    Reply reply = http.send(sign(request.get(), service, token).uri(address), sent);
    if (reply.status() != 401) {
      return reply;
    }
    return http.send(sign(request.get(), service, renewed(token)).uri(address), sent);
  }

  private static HttpRequest.Builder sign(
      HttpRequest.Builder request, String service, Secret token) {
    request.header("X-Auth-Token", token.reveal());
    return service.equals("compute")
        ? request.header("OpenStack-API-Version", "compute " + COMPUTE_VERSION)
        : request;
  }

  private synchronized Secret token() {
    if (Instant.now().isAfter(signedIn.expires().minus(MARGIN)) && renewable()) {
      signedIn = authenticate();
    }
    return signedIn.secret();
  }

  /** A new token; unless another thread has got one since {@code old} was found to be expired. */
  private synchronized Secret renewed(Secret old) {
    if (signedIn.secret() == old) {
      if (!renewable()) {
        throw new VoyageurException(
            ErrorCode.CLOUD_TOKEN,
            "the token has expired, and another cannot be had without a password",
            "Get a new token with 'openstack token issue', or sign in with a password or an"
                + " application credential");
      }
      signedIn = authenticate();
    }
    return signedIn.secret();
  }

  private boolean renewable() {
    return !(config.credentials() instanceof Credentials.Token);
  }

  /** Tries again where a service fails or drops the connection, if that can do no harm. */
  private Reply persistently(boolean harmless, Supplier<Reply> request) {
    for (int attempt = 1; ; attempt++) {
      boolean last = !harmless || attempt == ATTEMPTS;
      try {
        Reply reply = request.get();
        if (last || reply.status() < 500 || reply.status() == 501) {
          return reply;
        }
      } catch (VoyageurException e) {
        if (last || !isPassing(e)) {
          throw e;
        }
      }
      rest(attempt);
    }
  }

  /** Whether the same request may well succeed a moment later. */
  static boolean isPassing(VoyageurException failure) {
    return failure.code() == ErrorCode.CLOUD_FAILED
        || failure.code() == ErrorCode.CLOUD_UNREACHABLE
        || failure.code() == ErrorCode.CLOUD_TIMEOUT;
  }

  /** Longer with each attempt. */
  void rest(int attempt) {
    try {
      Thread.sleep(pause.multipliedBy(1L << Math.min(attempt - 1, 5)));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new VoyageurException(
          ErrorCode.INTERRUPTED, "interrupted while waiting for the cloud", "Start again", e);
    }
  }
}
