package org.voyageur.cli;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.voyageur.error.ExitStatus;
import org.voyageur.openstack.nova.Launch;
import org.voyageur.openstack.nova.LaunchReport;
import org.voyageur.openstack.nova.LaunchRequest;
import org.voyageur.openstack.nova.LaunchRequest.Network;
import org.voyageur.progress.ProgressListener;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code voyageur launch}. */
@Command(
    name = "launch",
    description = {
      "Starts a server on OpenStack from an uploaded image, follows its console log, and says how"
          + " far it comes, and if not far enough, why. The server is deleted at the end.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  voyageur launch 3f0a5a0c-... --flavor m1.small",
      "  voyageur launch 3f0a5a0c-... --flavor m1.small --no-network --console",
      "  voyageur launch 3f0a5a0c-... --flavor m1.small --network private --key-name me --keep"
    })
@SuppressWarnings("NullAway.Init") // picocli sets the options.
final class LaunchCommand implements Callable<Integer> {
  private static final Duration TIMEOUT = Duration.ofMinutes(10);

  private final RootCommand root;

  @Mixin private final CloudOptions cloud = new CloudOptions();

  @Parameters(paramLabel = "IMAGE-ID", description = "The image's ID, as 'upload' prints it.")
  private String image;

  @Option(
      names = "--flavor",
      paramLabel = "FLAVOR",
      required = true,
      description = "The server's size, by name or ID. One that is too small is refused.")
  private String flavor;

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

  @Option(
      names = "--name",
      paramLabel = "NAME",
      defaultValue = "voyageur-test",
      description = "The server's name (${DEFAULT-VALUE}).")
  private String name;

  @Option(names = "--keep", description = "Do not delete the server.")
  private boolean keep;

  @Option(
      names = "--timeout",
      paramLabel = "TIME",
      converter = VerifyCommand.Durations.class,
      description = "The longest that it may take to the login prompt: 90s, 15m (10m).")
  private Optional<Duration> timeout;

  @Option(names = "--console", description = "Print what the guest says, as it says it, on stderr.")
  private boolean console;

  LaunchCommand(RootCommand root) {
    this.root = root;
  }

  @Override
  public Integer call() {
    LaunchReport report;
    if (console) {
      report = launch(ProgressListener.none());
      root.console().err().println();
    } else {
      try (Progress progress = root.progress()) {
        report = launch(progress);
      }
    }
    root.print(root.json() ? Json.launch(report) : LaunchText.of(report, root.outPaint()));
    return (report.booted() ? ExitStatus.DONE : ExitStatus.GUEST).code();
  }

  private LaunchReport launch(ProgressListener progress) {
    LaunchRequest request =
        new LaunchRequest(
            image,
            flavor,
            network == null ? new Network.Chosen() : network.chosen(),
            keyName,
            securityGroups,
            name,
            keep,
            timeout.orElse(TIMEOUT),
            console ? new LiveConsole(root.console().err()) : text -> {},
            this::tellDisplay);
    return Launch.run(cloud.signIn(root.console()), request, progress);
  }

  /** On standard error, and nowhere else: whoever has this address has the screen. */
  private void tellDisplay(String address) {
    root.console().err().println("screen: " + Printable.line(address));
    root.console().err().flush();
  }
}
