package org.voyageur.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.files.Upload;
import org.voyageur.filesystem.FileOwner;
import org.voyageur.filesystem.GuestFilesystem;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;

/** {@code voyageur put}. */
@Command(
    name = "put",
    description = {
      "Copies a file of this host to a guest, in place: the image holds the old file or the new"
          + " one, whatever happens.",
      ""
    },
    footer = {
      "",
      "A file that is there keeps its owner, mode, links and extended attributes. A new one belongs"
          + " to root with mode 0644, or with -r the mode that it has here. The time of the last"
          + " modification is the local file's.",
      "",
      "Examples:",
      "  voyageur put megapipe.img fstab_local /etc/fstab",
      "  voyageur put -r megapipe.img ./scripts /opt",
      "  echo 'nameserver 10.0.0.1' | voyageur put megapipe.img - /etc/resolv.conf"
    })
@SuppressWarnings("NullAway.Init") // picocli sets the options.
final class PutCommand implements FileOperation {
  private static final int DEFAULT_MODE = 0644;

  /** Permission bits in octal. */
  static final class Modes implements ITypeConverter<Integer> {
    @Override
    public Integer convert(String value) {
      if (!value.matches("[0-7]{1,4}")) {
        throw new TypeConversionException("'" + value + "' is no mode such as 0644");
      }
      return Integer.parseInt(value, 8);
    }
  }

  /** Numbers of user and group. */
  static final class Owners implements ITypeConverter<FileOwner> {
    @Override
    public FileOwner convert(String value) {
      if (!value.matches("\\d{1,9}:\\d{1,9}")) {
        throw new TypeConversionException("'" + value + "' is no owner such as 0:0");
      }
      String[] numbers = value.split(":");
      return new FileOwner(Integer.parseInt(numbers[0]), Integer.parseInt(numbers[1]));
    }
  }

  @Option(
      names = {"-r", "--recursive"},
      description = "A directory with everything below it; links stay links.")
  private boolean recursive;

  @Option(
      names = "--mode",
      paramLabel = "MODE",
      converter = Modes.class,
      description = "The mode of a new file, in octal (0644).")
  private Optional<Integer> mode;

  @Option(
      names = "--owner",
      paramLabel = "UID:GID",
      converter = Owners.class,
      description = "The owner of new files, in numbers (0:0).")
  private Optional<FileOwner> owner;

  @Parameters(index = "0", paramLabel = "LOCAL", description = "The file, or - for standard input.")
  private String local;

  @Parameters(
      index = "1",
      paramLabel = "PATH",
      description = "The guest's file, or a directory to put it into. Its directory must exist.")
  private String path;

  @Override
  public boolean changes() {
    return true;
  }

  /** Whether it reads standard input. */
  boolean readsInput() {
    return local.equals("-");
  }

  @Override
  public void run(GuestFilesystem filesystem, FileResults results) {
    Upload upload = new Upload(filesystem);
    String absolute = path.startsWith("/") ? path : "/" + path;
    FileOwner newOwner = owner.orElse(FileOwner.ROOT);
    if (readsInput()) {
      byte[] content = input(results);
      upload.file(absolute, content, Instant.now(), newOwner, mode.orElse(DEFAULT_MODE));
    } else {
      Path source = Path.of(local);
      String place = upload.place(absolute, source);
      if (recursive) {
        upload.tree(place, source, newOwner);
      } else {
        upload.file(place, source, newOwner, mode.orElse(DEFAULT_MODE));
      }
    }
    upload.written().forEach(written -> results.add("written", written));
    results.notes(upload.notes());
  }

  private static byte[] input(FileResults results) {
    try {
      byte[] content = results.standardInput().readNBytes(Upload.LARGEST + 1);
      if (content.length > Upload.LARGEST) {
        throw Upload.tooLarge("standard input has more bytes");
      }
      return content;
    } catch (IOException e) {
      throw new VoyageurException(
          ErrorCode.HOST_FILE,
          "standard input could not be read: " + e.getMessage(),
          "Check what it comes from",
          e);
    }
  }
}
