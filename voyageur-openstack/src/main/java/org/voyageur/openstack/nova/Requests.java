package org.voyageur.openstack.nova;

import java.net.URI;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** A cloud that one is signed in to, as far as Nova needs it. */
public interface Requests {
  /**
   * Sends a request and returns the answer, whatever its status is.
   *
   * @param service the type in Keystone's catalog, such as {@code compute}
   * @param path behind the service's endpoint, beginning with a slash
   * @param body empty for none
   * @throws org.voyageur.error.VoyageurException if there is no such service, or it does not answer
   */
  Answer send(String service, String method, String path, Optional<JsonNode> body);

  /** Where one has signed in: Keystone's address. */
  URI identity();

  /**
   * What a service says.
   *
   * @param body a missing node where there is none, or it is not JSON
   * @param requestId as the service's own logs name the request; may be empty
   */
  record Answer(int status, JsonNode body, String requestId) {}
}
