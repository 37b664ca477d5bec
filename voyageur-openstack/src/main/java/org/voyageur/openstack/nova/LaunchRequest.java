package org.voyageur.openstack.nova;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Which server to start, and how long to watch it.
 *
 * @param image Glance's ID of it
 * @param flavor name or ID
 * @param network name or ID; see {@link Network}
 * @param keyName of a key pair that Nova knows
 * @param securityGroups names or IDs; Nova's own choice where there is none
 * @param name the server's
 * @param keep whether the server stays
 * @param timeout the longest that it may take from the request to the login prompt
 * @param console is told what the serial console says, as it says it; called on the operation's
 *     thread
 * @param display is told where the server's screen can be seen, once there is one. The address
 *     holds a key to it: it belongs into no file
 */
public record LaunchRequest(
    String image,
    String flavor,
    Network network,
    Optional<String> keyName,
    List<String> securityGroups,
    String name,
    boolean keep,
    Duration timeout,
    Consumer<String> console,
    Consumer<String> display) {
  /**
   * Keeps an unmodifiable copy.
   *
   * @throws IllegalArgumentException for a time that is not positive
   */
  public LaunchRequest {
    securityGroups = List.copyOf(securityGroups);
    if (!timeout.isPositive()) {
      throw new IllegalArgumentException("not a time to wait: " + timeout);
    }
  }

  /** What the server is connected to. */
  public sealed interface Network {
    /** What Nova chooses: the project's only network, or one that it makes. */
    record Chosen() implements Network {}

    /** None. */
    record None() implements Network {}

    /** The one with this name or ID. */
    record Named(String name) implements Network {}
  }
}
