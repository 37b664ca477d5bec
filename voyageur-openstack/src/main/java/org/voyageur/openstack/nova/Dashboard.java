package org.voyageur.openstack.nova;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Finds Horizon, which no catalog names: it usually runs on Keystone's host. Only its login page is
 * asked for, without any credentials.
 */
final class Dashboard {
  private static final Duration PATIENCE = Duration.ofSeconds(3);

  /** Where distributions have it: Red Hat's, Debian's and Ubuntu's, and Kolla's. */
  private static final List<String> PATHS = List.of("/dashboard", "/horizon", "");

  /** Django's protection of forms, which every login page of Horizon has. */
  private static final String SIGN = "csrfmiddlewaretoken";

  private Dashboard() {}

  /** Where it may be. */
  static List<URI> candidates(URI keystone) {
    return PATHS.stream()
        .map(path -> URI.create(keystone.getScheme() + "://" + keystone.getHost() + path))
        .toList();
  }

  /** A server's page on the first of these that is a dashboard. */
  static Optional<String> page(List<URI> candidates, String server) {
    try (HttpClient client =
        HttpClient.newBuilder()
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(PATIENCE)
            .build()) {
      return candidates.stream()
          .filter(candidate -> answers(client, candidate))
          .findFirst()
          .map(dashboard -> dashboard + "/project/instances/" + server + "/");
    }
  }

  private static boolean answers(HttpClient client, URI candidate) {
    HttpRequest login =
        HttpRequest.newBuilder(URI.create(candidate + "/auth/login/")).timeout(PATIENCE).build();
    try {
      HttpResponse<Stream<String>> answer = client.send(login, HttpResponse.BodyHandlers.ofLines());
      try (Stream<String> lines = answer.body()) {
        return answer.statusCode() == 200 && lines.limit(1000).anyMatch(l -> l.contains(SIGN));
      }
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
