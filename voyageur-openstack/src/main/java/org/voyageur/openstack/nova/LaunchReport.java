package org.voyageur.openstack.nova;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.voyageur.verify.BootFailure;
import org.voyageur.verify.ReachedStage;

/**
 * What came of a server.
 *
 * @param server Nova's ID of it
 * @param image Glance's ID
 * @param addresses what Neutron gave it
 * @param active from the request until Nova called it ACTIVE
 * @param stages what it came to, in order; times since it was ACTIVE
 * @param failure why it did not come to a login prompt or an SSH server; empty if it did
 * @param notes what else is worth knowing, one sentence each
 * @param console what its serial console said, at most 5 MiB, without terminal sequences
 * @param dashboard its page on the dashboard, where one was found
 * @param kept whether the server still exists
 * @param took from the request to the verdict
 */
public record LaunchReport(
    String server,
    String name,
    String image,
    Flavor flavor,
    List<String> addresses,
    Duration active,
    List<ReachedStage> stages,
    Optional<BootFailure> failure,
    List<String> notes,
    String console,
    Optional<String> dashboard,
    boolean kept,
    Duration took) {
  /** Keeps unmodifiable copies. */
  public LaunchReport {
    addresses = List.copyOf(addresses);
    stages = List.copyOf(stages);
    notes = List.copyOf(notes);
  }

  /** Whether the guest came up. */
  public boolean booted() {
    return failure.isEmpty();
  }
}
