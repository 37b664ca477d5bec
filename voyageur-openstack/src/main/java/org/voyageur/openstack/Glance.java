package org.voyageur.openstack;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.openstack.Http.Reply;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Glance's API, version 2.
 *
 * @see <a href="https://docs.openstack.org/api-ref/image/v2/">Image service API</a>
 */
public final class Glance {
  private static final String JSON = "application/json";
  private static final String PATCH = "application/openstack-images-v2.1-json-patch";
  private static final int MOST_PAGES = 1000;

  private final Cloud cloud;

  /** The images of a cloud. */
  public Glance(Cloud cloud) {
    this.cloud = cloud;
  }

  Cloud cloud() {
    return cloud;
  }

  /** The images of this project that voyageur uploaded, by name. */
  public List<CloudImage> uploaded() {
    return uploaded(Map.of());
  }

  /**
   * The same, of those only that have these properties.
   *
   * @param properties of an image, by their names
   */
  public List<CloudImage> uploaded(Map<String, String> properties) {
    return owned(properties).stream()
        .filter(image -> image.sha256().isPresent())
        .filter(image -> image.properties().entrySet().containsAll(properties.entrySet()))
        .sorted(java.util.Comparator.comparing(CloudImage::name).thenComparing(CloudImage::id))
        .toList();
  }

  /**
   * This project's images. Only its own: anyone may share an image that says of itself what it
   * likes.
   */
  List<CloudImage> owned(Map<String, String> filters) {
    StringBuilder path =
        new StringBuilder("/v2/images?limit=100&owner=").append(encoded(cloud.project()));
    filters.forEach(
        (name, value) -> path.append('&').append(name).append('=').append(encoded(value)));
    List<CloudImage> images = new ArrayList<>();
    String next = path.toString();
    for (int page = 0; !next.isEmpty() && page < MOST_PAGES; page++) {
      Reply reply = get(next);
      JsonNode body = ok(reply, 200, "the list of images");
      body.path("images").forEach(image -> images.add(CloudImage.of(image)));
      String following = body.path("next").asString("");
      // A path of this service's own, and nothing that leads a token elsewhere.
      next = following.startsWith("/v2/images?") ? following : "";
    }
    return images.stream().filter(image -> image.owner().equals(cloud.project())).toList();
  }

  /**
   * An image that this project may see.
   *
   * @throws VoyageurException {@link ErrorCode#CLOUD_NOT_FOUND} if there is none
   */
  public CloudImage image(String id) {
    return CloudImage.of(shown(id));
  }

  JsonNode shown(String id) {
    return ok(get(path(id)), 200, "the image " + id);
  }

  /** Makes an image without content. */
  void create(String id, UploadRequest request) {
    ObjectNode body = JsonMapper.shared().createObjectNode();
    request.properties().forEach(body::put);
    body.put("id", id);
    body.put("name", request.name());
    body.put("disk_format", request.diskFormat());
    body.put("container_format", "bare");
    body.put("min_disk", request.minDisk());
    body.put("min_ram", request.minRam());
    request.visibility().ifPresent(visibility -> body.put("visibility", visibility));
    ArrayNode tags = body.putArray("tags");
    request.tags().forEach(tags::add);
    ok(
        cloud.request("image", "POST", "/v2/images", JSON, Optional.of(body)),
        201,
        "a new image \"" + request.name() + "\"");
  }

  /** Has what was staged become the image. */
  void importStaged(String id) {
    ObjectNode body = JsonMapper.shared().createObjectNode();
    body.putObject("method").put("name", "glance-direct");
    ok(
        cloud.request("image", "POST", path(id) + "/import", JSON, Optional.of(body)),
        202,
        "the import of the image " + id);
  }

  /** Sets what may only be set once the content is there. */
  CloudImage complete(String id, String sha256, boolean isProtected) {
    ArrayNode patch = JsonMapper.shared().createArrayNode();
    patch.addObject().put("op", "add").put("path", "/" + CloudImage.SHA256).put("value", sha256);
    patch.addObject().put("op", "replace").put("path", "/protected").put("value", isProtected);
    Reply reply = cloud.request("image", "PATCH", path(id), PATCH, Optional.of(patch));
    return CloudImage.of(ok(reply, 200, "a change of the image " + id));
  }

  /** Deletes an image; whether it is gone. */
  boolean delete(String id) {
    try {
      int status = cloud.request("image", "DELETE", path(id), JSON, Optional.empty()).status();
      return status == 204 || status == 404;
    } catch (VoyageurException e) {
      return false;
    }
  }

  /**
   * Lets another project see an image of this one's; it is listed there once it is accepted.
   *
   * @param project the other project's ID, or its name where the user may sign in to it
   * @param accept whether to accept it as well: the same user must be able to sign in there
   * @throws VoyageurException if the image or the project is not there, or is not this one's
   */
  public Membership share(String image, String project, boolean accept) {
    String member = projectId(project);
    ObjectNode body = JsonMapper.shared().createObjectNode().put("member", member);
    Reply reply = cloud.request("image", "POST", path(image) + "/members", JSON, Optional.of(body));
    // Conflict: it is shared already.
    if (reply.status() != 200 && reply.status() != 409) {
      throw Failures.of(reply, "sharing the image " + image + " with the project " + member);
    }
    if (accept) {
      return new Glance(cloud.signInTo(member)).accept(image);
    }
    Reply shown = get(path(image) + "/members/" + encoded(member));
    return membership(ok(shown, 200, "the member " + member + " of the image " + image));
  }

  /**
   * Accepts an image that another project shares with this one.
   *
   * @throws VoyageurException {@link ErrorCode#CLOUD_NOT_FOUND} if it is not shared
   */
  public Membership accept(String image) {
    ObjectNode body = JsonMapper.shared().createObjectNode().put("status", "accepted");
    String member = path(image) + "/members/" + encoded(cloud.project());
    Reply reply = cloud.request("image", "PUT", member, JSON, Optional.of(body));
    return membership(ok(reply, 200, "the acceptance of the image " + image));
  }

  /**
   * With whom an image is shared.
   *
   * @param project its ID
   * @param status pending, accepted or rejected
   */
  public record Membership(String image, String project, String status) {}

  private static Membership membership(JsonNode member) {
    return new Membership(
        member.path("image_id").asString(""),
        member.path("member_id").asString(""),
        member.path("status").asString(""));
  }

  /** Names of other projects only an operator of the cloud can look up. */
  private String projectId(String nameOrId) {
    Reply mine = cloud.keystone("/auth/projects");
    Reply any = cloud.keystone("/projects?name=" + encoded(nameOrId));
    List<String> found = new ArrayList<>();
    for (Reply reply : List.of(mine, any)) {
      for (JsonNode project : reply.body().path("projects")) {
        String id = project.path("id").asString("");
        boolean named = project.path("name").asString("").equals(nameOrId);
        if (id.equals(nameOrId)) {
          return id;
        }
        if (named && !found.contains(id)) {
          found.add(id);
        }
      }
    }
    if (found.size() > 1) {
      throw new VoyageurException(
          ErrorCode.CLOUD_NOT_FOUND,
          found.size() + " projects have the name " + nameOrId,
          "Give the ID of one of them: " + String.join(", ", found));
    }
    if (found.isEmpty() && !nameOrId.matches("[0-9a-f]{32}|[0-9a-f-]{36}")) {
      throw new VoyageurException(
          ErrorCode.CLOUD_NOT_FOUND,
          "there is no project " + nameOrId + " that this user can sign in to",
          "Give the project's ID: only the cloud's operators can look up the names of others");
    }
    return found.isEmpty() ? nameOrId : found.getFirst();
  }

  private Reply get(String path) {
    return cloud.request("image", "GET", path, JSON, Optional.empty());
  }

  static JsonNode ok(Reply reply, int status, String what) {
    if (reply.status() != status) {
      throw Failures.of(reply, what);
    }
    return reply.body();
  }

  static String path(String id) {
    return "/v2/images/" + encoded(id);
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }
}
