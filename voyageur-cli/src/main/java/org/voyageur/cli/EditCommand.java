package org.voyageur.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.files.GuestPath;
import org.voyageur.files.Substitution;
import org.voyageur.filesystem.GuestFilesystem;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;

/** {@code voyageur edit}. */
@Command(
    name = "edit",
    description = {
      "Edits a file of a guest with your editor (VISUAL, EDITOR, else vi), or with expressions. The"
          + " file keeps its owner, mode, links and extended attributes; the image holds the old"
          + " file or the new one, whatever happens.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  voyageur edit megapipe.img /etc/fstab",
      "  voyageur edit megapipe.img /etc/fstab -e 's|^/dev/xvde |LABEL=/ |'",
      "  voyageur edit megapipe.img '/etc/sysconfig/network-scripts/ifcfg-eth*' -e 's/^HWADDR=.*//'"
    })
@SuppressWarnings("NullAway.Init") // picocli sets the options.
final class EditCommand implements FileOperation {
  /** More than any file that people edit. */
  private static final int LIMIT = 64 << 20;

  static final class Substitutions implements ITypeConverter<Substitution> {
    @Override
    public Substitution convert(String value) {
      try {
        return Substitution.parse(value);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(String.valueOf(e.getMessage()));
      }
    }
  }

  @Option(
      names = {"-e", "--expression"},
      paramLabel = "s/REGEX/TEXT/",
      converter = Substitutions.class,
      description =
          "Replace on each line what matches a regular expression of Perl's kind; $1 is a group."
              + " Flags: g (every match), i (in any case). May be repeated.")
  private List<Substitution> expressions = List.of();

  @Parameters(
      index = "0",
      paramLabel = "PATH",
      description = "The guest's file; *, ? and [...] are resolved in the guest.")
  private String pattern;

  @Override
  public boolean changes() {
    return true;
  }

  /** Whether it asks for a person. */
  boolean isInteractive() {
    return expressions.isEmpty();
  }

  @Override
  public void run(GuestFilesystem filesystem, FileResults results) {
    for (String path : GuestPath.expand(filesystem, pattern)) {
      byte[] before = filesystem.read(path, LIMIT);
      byte[] after = isInteractive() ? edited(path, before, results) : substituted(path, before);
      if (!Arrays.equals(before, after)) {
        filesystem.overwrite(path, after);
        results.add("written", path);
      }
    }
  }

  private byte[] substituted(String path, byte[] before) {
    byte[] content = before;
    for (Substitution expression : expressions) {
      try {
        content = expression.apply(content);
      } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
        throw new VoyageurException(
            ErrorCode.USAGE,
            "the replacement cannot be made in " + path + ": " + e.getMessage(),
            "Write \\$ for a dollar sign, and $1 for the first group",
            e);
      }
    }
    return content;
  }

  /** In a directory that only this user can look into: it may be the guest's /etc/shadow. */
  private static byte[] edited(String path, byte[] before, FileResults results) {
    try {
      Path directory = Files.createTempDirectory("voyageur-edit-");
      // The editor knows the language by the name; deleteOnExit also serves when a signal ends us.
      Path file = directory.resolve(GuestPath.name(path).replaceAll("[^\\w.-]", "_"));
      directory.toFile().deleteOnExit();
      file.toFile().deleteOnExit();
      try {
        Files.write(file, before);
        runEditor(file, results);
        return Files.readAllBytes(file);
      } finally {
        try (Stream<Path> left = Files.list(directory)) {
          // Editors leave backups.
          for (Path each : left.toList()) {
            Files.delete(each);
          }
        }
        Files.delete(directory);
      }
    } catch (IOException e) {
      throw new VoyageurException(
          ErrorCode.HOST_FILE,
          "a temporary file to edit could not be used: " + e.getMessage(),
          "Check the directory for temporary files",
          e);
    }
  }

  private static void runEditor(Path file, FileResults results) throws IOException {
    String editor =
        Stream.of("VISUAL", "EDITOR")
            .map(name -> Optional.ofNullable(results.environment().get(name)).orElse(""))
            .filter(value -> !value.isBlank())
            .findFirst()
            .orElse("vi");
    int exitCode;
    try {
      // Through the shell, since EDITOR may have arguments of its own, as in "emacs -nw".
      exitCode =
          new ProcessBuilder("/bin/sh", "-c", editor + " \"$1\"", "sh", file.toString())
              .inheritIO()
              .start()
              .waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new VoyageurException(
          ErrorCode.INTERRUPTED, "editing was interrupted", "Start it again", e);
    }
    if (exitCode != 0) {
      throw new VoyageurException(
          ErrorCode.HOST_PROGRAM_FAILED,
          "the editor '" + editor + "' ended with exit code " + exitCode + "; nothing was changed",
          "Set VISUAL or EDITOR to an editor that is installed, or use --expression");
    }
  }
}
