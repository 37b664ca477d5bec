package org.voyageur.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.files.Download;
import org.voyageur.files.GuestPath;
import org.voyageur.filesystem.GuestFilesystem;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code voyageur get}. */
@Command(
    name = "get",
    description = {
      "Copies files of a guest to this host. Time and permissions stay, the owner does not.",
      ""
    },
    footer = {
      "",
      "With -r, devices, sockets and pipes are left out, and links that lead out of the directory;"
          + " nothing is ever written outside of LOCAL.",
      "",
      "Examples:",
      "  voyageur get megapipe.img /etc/fstab fstab_local",
      "  voyageur get -r megapipe.img.gz /etc etc-of-megapipe",
      "  voyageur get megapipe.img /etc/shadow -"
    })
@SuppressWarnings("NullAway.Init") // picocli sets the options.
final class GetCommand implements FileOperation {
  @Option(
      names = {"-r", "--recursive"},
      description = "A directory with everything below it.")
  private boolean recursive;

  @Option(names = "--force", description = "Replace files of this host.")
  private boolean force;

  @Parameters(
      index = "0",
      paramLabel = "PATH",
      description = "The guest's file; *, ? and [...] are resolved in the guest.")
  private String pattern;

  @Parameters(
      index = "1",
      paramLabel = "LOCAL",
      arity = "0..1",
      defaultValue = ".",
      description =
          "Where it goes: a new file, a directory, or - for standard output. The current"
              + " directory.")
  private String local;

  @Override
  public boolean changes() {
    return false;
  }

  @Override
  public void run(GuestFilesystem filesystem, FileResults results) {
    List<String> paths = GuestPath.expand(filesystem, pattern);
    if (local.equals("-")) {
      toStandardOutput(filesystem, paths, results);
      return;
    }
    Path target = Path.of(local);
    if (paths.size() > 1 && !Files.isDirectory(target)) {
      throw new VoyageurException(
          ErrorCode.USAGE,
          pattern + " matches " + paths.size() + " files, and " + local + " is no directory",
          "Name a directory that exists");
    }
    Download download = new Download(filesystem, force);
    for (String path : paths) {
      Path place = Download.place(target, path);
      if (recursive) {
        download.tree(path, place);
      } else {
        download.file(path, place);
      }
      Map<String, Object> copied = new LinkedHashMap<>();
      copied.put("path", path);
      copied.put("local", place.toString());
      results.add("copied", copied);
    }
    results.notes(download.notes());
  }

  private void toStandardOutput(
      GuestFilesystem filesystem, List<String> paths, FileResults results) {
    if (results.json() || recursive) {
      throw new VoyageurException(
          ErrorCode.USAGE,
          "standard output takes neither -r nor a file beside --json",
          "Name a file or a directory; or use 'voyageur cat --json'");
    }
    paths.forEach(path -> CatCommand.print(filesystem, path, results));
  }
}
