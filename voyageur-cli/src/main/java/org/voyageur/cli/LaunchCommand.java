package org.voyageur.cli;

import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.voyageur.error.ExitStatus;
import org.voyageur.openstack.nova.Launch;
import org.voyageur.openstack.nova.LaunchReport;
import org.voyageur.progress.ProgressListener;
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
  private final RootCommand root;

  @Mixin private final CloudOptions cloud = new CloudOptions();
  @Mixin private final ServerOptions server = new ServerOptions();

  @Parameters(paramLabel = "IMAGE-ID", description = "The image's ID, as 'upload' prints it.")
  private String image;

  @Option(
      names = "--flavor",
      paramLabel = "FLAVOR",
      required = true,
      description = "The server's size, by name or ID. One that is too small is refused.")
  private String flavor;

  @Option(
      names = "--name",
      paramLabel = "NAME",
      defaultValue = "voyageur-test",
      description = "The server's name (${DEFAULT-VALUE}).")
  private String name;

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
    Consumer<String> said = console ? new LiveConsole(root.console().err()) : text -> {};
    return Launch.run(
        cloud.signIn(root.console()),
        server.request(image, flavor, name, said, root.console()),
        progress);
  }
}
