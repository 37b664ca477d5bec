package org.voyageur.cli;

import java.util.List;
import org.voyageur.files.GuestPath;
import org.voyageur.files.Removal;
import org.voyageur.filesystem.GuestFilesystem;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code voyageur rm}. */
@Command(
    name = "rm",
    description = {
      "Removes files from a guest, in place: all of them, or none, whatever happens.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  voyageur rm megapipe.img /etc/udev/rules.d/70-persistent-net.rules",
      "  voyageur rm -r megapipe.img '/var/cache/yum/*'"
    })
@SuppressWarnings("NullAway.Init") // picocli sets the options.
final class RmCommand implements FileOperation {
  @Option(
      names = {"-r", "--recursive"},
      description = "Directories with everything below them.")
  private boolean recursive;

  @Parameters(
      index = "0..*",
      paramLabel = "PATH",
      arity = "1..*",
      description =
          "Files, or links, which are not followed; *, ? and [...] are resolved in the guest.")
  private List<String> patterns;

  @Override
  public boolean changes() {
    return true;
  }

  @Override
  public void run(GuestFilesystem filesystem, FileResults results) {
    for (String pattern : patterns) {
      for (String path : GuestPath.expand(filesystem, pattern)) {
        Removal.remove(filesystem, path, recursive)
            .forEach(removed -> results.add("removed", removed));
      }
    }
  }
}
