package org.voyageur.openstack.nova;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.openstack.nova.Flavor.ImageNeeds;
import org.voyageur.openstack.nova.LaunchRequest.Network;
import org.voyageur.openstack.nova.Requests.Answer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The requests to Nova, and the few to Glance and Neutron that a server needs before. */
final class Compute {
  private final Requests cloud;

  Compute(Requests cloud) {
    this.cloud = cloud;
  }

  /**
   * What Nova says of a server.
   *
   * @param fault why it is in ERROR; may be empty
   */
  record Server(String status, String fault, List<String> addresses) {}

  /** What an image needs; it must be there to be started. */
  ImageNeeds image(String id) {
    Answer answer = get("image", "/v2/images/" + encoded(id));
    if (answer.status() == 404 || answer.status() == 400) {
      throw new VoyageurException(
          ErrorCode.SERVER_CHOICE,
          "there is no image with the ID " + id + " that this project may use",
          "Look with 'voyageur images', or upload it with 'voyageur upload'");
    }
    JsonNode image = ok(answer, "the image " + id);
    String status = image.path("status").asString("");
    if (!status.equals("active")) {
      throw new VoyageurException(
          ErrorCode.SERVER_CHOICE,
          "the image "
              + id
              + " is "
              + status
              + ", and a server can only be started from an active one",
          "Upload it again with 'voyageur upload'");
    }
    long virtualSize = image.path("virtual_size").asLong(0);
    long size =
        virtualSize == 0 && image.path("disk_format").asString("").equals("raw")
            ? image.path("size").asLong(0)
            : virtualSize;
    return ImageNeeds.of(size, image.path("min_disk").asLong(0), image.path("min_ram").asLong(0));
  }

  /** The flavor with this name or ID; the image must fit. */
  Flavor flavor(String nameOrId, ImageNeeds image) {
    List<Flavor> all =
        elements(ok(get("compute", "/flavors/detail"), "the flavors").path("flavors"))
            .map(Compute::flavor)
            .toList();
    Optional<Flavor> found =
        all.stream()
            .filter(flavor -> flavor.id().equals(nameOrId))
            .findFirst()
            .or(() -> all.stream().filter(flavor -> flavor.name().equals(nameOrId)).findFirst())
            // A flavor that is not public is listed for nobody, and may be used by its ID.
            .or(() ->
                Optional.of(get("compute", "/flavors/" + encoded(nameOrId)))
                    .filter(answer -> answer.status() == 200)
                    .map(answer -> flavor(answer.body().path("flavor"))));
    String fitting =
        String.join(
            ", ",
            all.stream()
                .filter(flavor -> flavor.lacks(image).isEmpty())
                .limit(10)
                .map(Flavor::toString)
                .toList());
    String choice = fitting.isEmpty() ? "There is none that is large enough" : "Choose " + fitting;
    Flavor flavor =
        found.orElseThrow(() ->
            new VoyageurException(
                ErrorCode.SERVER_CHOICE, "there is no flavor " + nameOrId, choice));
    List<String> lacks = flavor.lacks(image);
    if (!lacks.isEmpty()) {
      throw new VoyageurException(
          ErrorCode.SERVER_FLAVOR,
          "the flavor " + flavor.name() + " has " + String.join("; it has ", lacks),
          choice);
    }
    return flavor;
  }

  private static Flavor flavor(JsonNode flavor) {
    return new Flavor(
        flavor.path("id").asString(""),
        flavor.path("name").asString(""),
        flavor.path("ram").asLong(0),
        flavor.path("disk").asLong(0),
        flavor.path("vcpus").asLong(0));
  }

  /** The ID of the network with this name or ID. */
  String network(String nameOrId) {
    List<JsonNode> all =
        Stream.of("id", "name")
            .flatMap(key ->
                elements(
                    ok(
                            get("network", "/v2.0/networks?" + key + "=" + encoded(nameOrId)),
                            "networks")
                        .path("networks")))
            .toList();
    if (all.size() != 1) {
      throw new VoyageurException(
          ErrorCode.SERVER_CHOICE,
          all.isEmpty()
              ? "there is no network " + nameOrId
              : all.size() + " networks have the name " + nameOrId,
          all.isEmpty()
              ? "Look with 'openstack network list', or give --no-network"
              : "Give the ID of one of them: 'openstack network list'");
    }
    return all.getFirst().path("id").asString("");
  }

  /** Asks for a server; returns its ID. */
  String create(LaunchRequest request, Flavor flavor) {
    ObjectNode body = JsonMapper.shared().createObjectNode();
    ObjectNode server = body.putObject("server");
    server.put("name", request.name());
    server.put("imageRef", request.image());
    server.put("flavorRef", flavor.id());
    switch (request.network()) {
      case Network.Chosen _ -> server.put("networks", "auto");
      case Network.None _ -> server.put("networks", "none");
      case Network.Named(String name) ->
          server.putArray("networks").addObject().put("uuid", network(name));
    }
    request.keyName().ifPresent(key -> server.put("key_name", key));
    for (String group : request.securityGroups()) {
      server.withArray("security_groups").addObject().put("name", group);
    }
    Answer answer = cloud.send("compute", "POST", "/servers", Optional.of(body));
    String id = answer.body().path("server").path("id").asString("");
    if (answer.status() != 202 || id.isEmpty()) {
      throw refused(answer);
    }
    return id;
  }

  /** A refusal whose words tell of something that Nova would not start, or of a wrong name. */
  private static VoyageurException refused(Answer answer) {
    String said = words(answer);
    boolean unknown = answer.status() == 400 || answer.status() == 404;
    if (unknown && ServerFault.of(said) == ServerFault.OTHER) {
      return new VoyageurException(
          ErrorCode.SERVER_CHOICE,
          "Nova refuses the request: " + said,
          "Check --key-name, --security-group and the other options");
    }
    return ServerFault.failure(said);
  }

  /** How a server is; empty if there is none any more. */
  Optional<Server> server(String id) {
    Answer answer = get("compute", "/servers/" + encoded(id));
    if (answer.status() == 404) {
      return Optional.empty();
    }
    JsonNode server = ok(answer, "the server " + id).path("server");
    List<String> addresses = new ArrayList<>();
    elements(server.path("addresses"))
        .flatMap(Compute::elements)
        .map(address -> address.path("addr").asString(""))
        .filter(address -> !address.isEmpty())
        .forEach(addresses::add);
    return Optional.of(
        new Server(
            server.path("status").asString(""),
            server.path("fault").path("message").asString(""),
            addresses));
  }

  /** What the serial console has said; empty as long as there is nothing to be had. */
  String console(String id) {
    ObjectNode body = JsonMapper.shared().createObjectNode();
    body.putObject("os-getConsoleOutput");
    Answer answer = action(id, "/action", body);
    return switch (answer.status()) {
      case 200 -> answer.body().path("output").asString("");
      // Not ready yet, or its host is busy; the server's status tells if more is wrong.
      case 404, 409, 500, 503, 504 -> "";
      default -> throw failed(answer, "the console log of the server " + id);
    };
  }

  /** Where the screen can be seen; empty where the cloud has no such service. */
  Optional<String> display(String id) {
    ObjectNode body = JsonMapper.shared().createObjectNode();
    body.putObject("remote_console").put("protocol", "vnc").put("type", "novnc");
    Answer answer = action(id, "/remote-consoles", body);
    return Optional.of(answer.body().path("remote_console").path("url").asString(""))
        .filter(url -> answer.status() == 200 && !url.isEmpty());
  }

  private Answer action(String id, String path, ObjectNode body) {
    return cloud.send("compute", "POST", "/servers/" + encoded(id) + path, Optional.of(body));
  }

  /** Asks for a server's end; whether it has ended is told by {@link #server}. */
  void delete(String id) {
    Answer answer = cloud.send("compute", "DELETE", "/servers/" + encoded(id), Optional.empty());
    if (answer.status() != 204 && answer.status() != 404) {
      throw failed(answer, "the deletion of the server " + id);
    }
  }

  private Answer get(String service, String path) {
    return cloud.send(service, "GET", path, Optional.empty());
  }

  private static JsonNode ok(Answer answer, String what) {
    if (answer.status() != 200) {
      throw failed(answer, what);
    }
    return answer.body();
  }

  private static VoyageurException failed(Answer answer, String what) {
    return new VoyageurException(
        ErrorCode.SERVER_FAILED,
        "asked for "
            + what
            + ", the cloud answered with status "
            + answer.status()
            + ": "
            + words(answer)
            + (answer.requestId().isEmpty() ? "" : " (request " + answer.requestId() + ")"),
        "Try again; if it happens again, tell the cloud's operators the request's ID");
  }

  /** {@code {"badRequest": {"code": 400, "message": "..."}}}, and so on; Neutron's says type. */
  private static String words(Answer answer) {
    return elements(answer.body())
        .map(reason -> reason.path("message").asString(""))
        .filter(message -> !message.isEmpty())
        .findFirst()
        .orElse("status " + answer.status());
  }

  private static Stream<JsonNode> elements(JsonNode node) {
    return StreamSupport.stream(node.spliterator(), false);
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }
}
