package org.voyageur.cli;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Map;
import java.util.Optional;
import org.voyageur.openstack.nova.Requests;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.MissingNode;

/** The least that signs in to the lab. */
final class LabRequests implements Requests {
  private final HttpClient client = HttpClient.newHttpClient();
  private final Map<String, String> environment;
  private final String token;
  private final JsonNode catalog;

  LabRequests(Map<String, String> environment) throws Exception {
    this.environment = environment;
    String body =
        """
        {"auth": {"identity": {"methods": ["password"], "password": {"user": {"name": "%1$s",
          "domain": {"id": "default"}, "password": "%2$s"}}},
          "scope": {"project": {"name": "%1$s", "domain": {"id": "default"}}}}}
        """
            .formatted(environment.get("OS_USERNAME"), environment.get("OS_PASSWORD"));
    HttpResponse<String> answer =
        client.send(
            HttpRequest.newBuilder(URI.create(identity() + "/auth/tokens"))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    token = answer.headers().firstValue("X-Subject-Token").orElseThrow();
    catalog = JsonMapper.shared().readTree(answer.body()).path("token").path("catalog");
  }

  @Override
  public URI identity() {
    return URI.create(environment.getOrDefault("OS_AUTH_URL", ""));
  }

  @Override
  public Answer send(String service, String method, String path, Optional<JsonNode> body) {
    String endpoint = "";
    for (JsonNode each : catalog) {
      if (each.path("type").asString("").equals(service)) {
        endpoint = each.path("endpoints").path(0).path("url").asString("");
      }
    }
    try {
      HttpResponse<String> answer =
          client.send(
              HttpRequest.newBuilder(URI.create(endpoint + path))
                  .header("X-Auth-Token", token)
                  .header("Content-Type", "application/json")
                  .header("OpenStack-API-Version", "compute 2.37")
                  .method(
                      method,
                      body.map(json -> HttpRequest.BodyPublishers.ofString(json.toString()))
                          .orElseGet(HttpRequest.BodyPublishers::noBody))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      JsonNode said =
          answer.body().startsWith("{")
              ? JsonMapper.shared().readTree(answer.body())
              : MissingNode.getInstance();
      return new Answer(answer.statusCode(), said, "");
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
