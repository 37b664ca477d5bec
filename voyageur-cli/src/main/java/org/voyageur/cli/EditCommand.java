package org.voyageur.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.files.GuestPath;
import org.voyageur.files.Substitution;
import org.voyageur.filesystem.GuestFilesystem;
import org.voyageur.process.AtExit;
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

  private final Map<String, byte[]> edits = new LinkedHashMap<>();

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
        edits.put(path, after);
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
      Path directory =
          AtExit.make(EditCommand::createDirectory, EditCommand::deleteWithEditorsBackups);
      try {
        Path file = Files.write(directory.resolve(localName(path)), before);
        runEditor(file, results);
        return Files.readAllBytes(file);
      } finally {
        deleteWithEditorsBackups(directory);
        AtExit.forget(directory);
      }
    } catch (IOException e) {
      throw new VoyageurException(
          ErrorCode.HOST_FILE,
          "a temporary file to edit could not be used: " + e.getMessage(),
          "Check the directory for temporary files",
          e);
    }
  }

  private static Path createDirectory() throws IOException {
    return Files.createTempDirectory("voyageur-edit-");
  }

  /** The editor knows the language by the name. */
  private static String localName(String path) {
    return GuestPath.name(path).replaceAll("[^\\w.-]", "_");
  }

  private static void deleteWithEditorsBackups(Path directory) {
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.toList()) {
        Files.deleteIfExists(file);
      }
      Files.deleteIfExists(directory);
    } catch (IOException e) {
      System.getLogger(EditCommand.class.getName())
          .log(System.Logger.Level.WARNING, directory + " could not be deleted: " + e);
    }
  }

  /** Nobody types a text twice: what could not be written to the image is kept. */
  @Override
  public VoyageurException failed(VoyageurException failure) {
    if (!isInteractive() || edits.isEmpty()) {
      return failure;
    }
    try {
      Path directory = createDirectory();
      for (Map.Entry<String, byte[]> edit : edits.entrySet()) {
        Files.write(
            directory.resolve(localName(edit.getKey())),
            edit.getValue(),
            StandardOpenOption.CREATE_NEW);
      }
      return new VoyageurException(
          failure.code(),
          String.valueOf(failure.getMessage()),
          failure.remedy() + "; what you wrote is kept in " + directory,
          failure);
    } catch (IOException e) {
      failure.addSuppressed(e);
      return failure;
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
    try (var _ = KeyboardInterrupt.leftToOthers()) {
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
