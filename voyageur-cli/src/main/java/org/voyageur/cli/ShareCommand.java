package org.voyageur.cli;

import java.util.Optional;
import java.util.concurrent.Callable;
import org.voyageur.error.ExitStatus;
import org.voyageur.openstack.Glance;
import org.voyageur.openstack.Glance.Membership;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code voyageur share}. */
@Command(
    name = "share",
    description = {
      "Lets another project use an image of this one's, whose visibility must be 'shared'. The"
          + " other project has it in its lists once it is accepted.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  voyageur share 3f0a5a0c-... --with batch --accept   where you are in both projects",
      "  voyageur share 3f0a5a0c-... --with 5b1f...          else, in the one,",
      "  voyageur share 3f0a5a0c-... --accept                and signed in to the other"
    })
@SuppressWarnings("NullAway.Init") // picocli sets the options.
final class ShareCommand implements Callable<Integer> {
  private final RootCommand root;

  @Spec private CommandSpec spec;

  @Mixin private final CloudOptions cloud = new CloudOptions();

  @Parameters(paramLabel = "IMAGE-ID", description = "The image's ID, as 'upload' prints it.")
  private String image;

  @Option(
      names = "--with",
      paramLabel = "PROJECT",
      description = "The other project's ID, or its name where you are in it.")
  private Optional<String> project;

  @Option(
      names = "--accept",
      description = "Accept it, in the other project; without --with, in this one.")
  private boolean accept;

  ShareCommand(RootCommand root) {
    this.root = root;
  }

  @Override
  public Integer call() {
    if (project.isEmpty() && !accept) {
      throw new ParameterException(spec.commandLine(), "give --with, or --accept, or both");
    }
    Glance glance = new Glance(cloud.signIn(root.console()));
    Membership membership =
        project
            .map(other -> glance.share(image, other, accept))
            .orElseGet(() -> glance.accept(image));
    root.print(root.json() ? Json.share(membership) : CloudText.share(membership, root.outPaint()));
    return ExitStatus.DONE.code();
  }
}
