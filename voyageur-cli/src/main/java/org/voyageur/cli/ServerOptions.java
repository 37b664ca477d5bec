package org.voyageur.cli;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.voyageur.openstack.nova.LaunchRequest;
import org.voyageur.openstack.nova.LaunchRequest.Network;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;

/** How a server is started on Nova. */
@SuppressWarnings("NullAway.Init") // picocli sets the options.
final class ServerOptions {
  private static final Duration TIMEOUT = Duration.ofMinutes(10);

  /** Where neither is given, Nova chooses. */
  static final class NetworkChoice {
    @Option(
        names = "--network",
        paramLabel = "NETWORK",
        description = "The server's network, by name or ID; without it, Nova chooses.")
    private Optional<String> network;

    @Option(names = "--no-network", description = "A server without any network.")
    private boolean none;

    private Network chosen() {
      return none
          ? new Network.None()
          : network.<Network>map(Network.Named::new).orElseGet(Network.Chosen::new);
    }
  }

  @ArgGroup private @Nullable NetworkChoice network;

  @Option(names = "--key-name", paramLabel = "KEY", description = "A key pair of yours on Nova.")
  private Optional<String> keyName;

  @Option(
      names = "--security-group",
      paramLabel = "GROUP",
      description = "A security group, by name or ID; may be given several times.")
  private List<String> securityGroups = List.of();

  @Option(names = "--keep", description = "Do not delete the server.")
  private boolean keep;

  @Option(
      names = "--timeout",
      paramLabel = "TIME",
      converter = VerifyCommand.Durations.class,
      description = "The longest that it may take to the login prompt: 90s, 15m (10m).")
  private Optional<Duration> timeout;

  /** A server of this image; the screen's address goes to standard error, and nowhere else. */
  LaunchRequest request(
      String image, String flavor, String name, Consumer<String> said, Console console) {
    return new LaunchRequest(
        image,
        flavor,
        network == null ? new Network.Chosen() : network.chosen(),
        keyName,
        securityGroups,
        name,
        keep,
        timeout.orElse(TIMEOUT),
        said,
        address -> {
          // Whoever has this address has the screen.
          console.err().println("screen: " + Printable.line(address));
          console.err().flush();
        });
  }
}
