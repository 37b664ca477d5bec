package org.voyageur.openstack;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What is to be uploaded, and how.
 *
 * @param diskFormat {@code raw} or {@code qcow2}; Glance believes it, and Nova refuses an image
 *     whose format is another
 * @param properties of the image
 * @param minDisk in GiB
 * @param minRam in MiB
 * @param visibility public, community, shared or private; empty for the cloud's own choice
 * @param isProtected whether it cannot be deleted before that is taken back
 * @param importing whether it goes through the import API (glance-direct), as some clouds want
 * @param force whether it is uploaded also where it was before
 */
public record UploadRequest(
    String name,
    String diskFormat,
    ImageContent content,
    Map<String, String> properties,
    long minDisk,
    long minRam,
    Optional<String> visibility,
    List<String> tags,
    boolean isProtected,
    boolean importing,
    boolean force) {
  /** Keeps unmodifiable copies. */
  public UploadRequest {
    properties = Map.copyOf(properties);
    tags = List.copyOf(tags);
  }
}
