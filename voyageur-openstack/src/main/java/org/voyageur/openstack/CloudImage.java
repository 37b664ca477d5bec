package org.voyageur.openstack;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;

/**
 * An image, as Glance tells of it.
 *
 * @param status such as {@code active} or {@code queued}
 * @param size in bytes, as it was uploaded; 0 as long as it was not
 * @param properties the others that are texts
 */
public record CloudImage(
    String id,
    String name,
    String status,
    String diskFormat,
    long size,
    String visibility,
    String owner,
    boolean isProtected,
    Map<String, String> properties) {
  /** What every image has, and what is told of by its own component. */
  private static final Set<String> COMMON =
      Set.of(
          "id", "name", "status", "disk_format", "visibility", "owner", "self", "file", "schema");

  /** Where voyageur notes the SHA-256 of what it uploaded. */
  static final String SHA256 = "voyageur_sha256";

  /** Keeps an unmodifiable copy. */
  public CloudImage {
    properties = Map.copyOf(properties);
  }

  /** The SHA-256 of the bytes that voyageur uploaded; empty of an image that is not from it. */
  public Optional<String> sha256() {
    return Optional.ofNullable(properties.get(SHA256))
        .filter(value -> value.matches("[0-9a-f]{64}"));
  }

  static CloudImage of(JsonNode image) {
    Map<String, String> properties = new TreeMap<>();
    image
        .properties()
        .forEach(member -> {
          if (member.getValue().isString() && !COMMON.contains(member.getKey())) {
            properties.put(member.getKey(), member.getValue().asString(""));
          }
        });
    return new CloudImage(
        image.path("id").asString(""),
        image.path("name").asString(""),
        image.path("status").asString(""),
        image.path("disk_format").asString(""),
        image.path("size").asLong(0),
        image.path("visibility").asString(""),
        image.path("owner").asString(""),
        image.path("protected").asBoolean(false),
        properties);
  }
}
