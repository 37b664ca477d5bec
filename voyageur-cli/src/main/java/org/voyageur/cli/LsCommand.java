package org.voyageur.cli;

import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.voyageur.files.GuestPath;
import org.voyageur.files.ListedFile;
import org.voyageur.filesystem.FileStat;
import org.voyageur.filesystem.FileType;
import org.voyageur.filesystem.GuestFilesystem;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code voyageur ls}. */
@Command(
    name = "ls",
    description = {
      "Lists files of a guest, without mounting its image. Names are printed with control"
          + " characters escaped; --json has them as they are.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  voyageur ls megapipe.img.gz /boot",
      "  voyageur ls -l megapipe.img '/boot/vmlinuz*'",
      "  voyageur ls -lR megapipe.img /etc"
    })
@SuppressWarnings("NullAway.Init") // picocli sets the options.
final class LsCommand implements FileOperation {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm", Locale.ROOT).withZone(ZoneOffset.UTC);

  @Option(
      names = {"-l", "--long"},
      description = "Type and mode, links, owner, group, size, time in UTC, and where links point.")
  private boolean details;

  @Option(
      names = {"-a", "--all"},
      description = "Names that begin with a dot, too.")
  private boolean all;

  @Option(
      names = {"-R", "--recursive"},
      description = "Everything below.")
  private boolean recursive;

  @Option(
      names = {"-d", "--directory"},
      description = "Directories themselves, not what is in them.")
  private boolean itself;

  @Parameters(
      index = "0..*",
      paramLabel = "PATH",
      arity = "0..*",
      defaultValue = "/",
      description = "Files or directories; *, ? and [...] are resolved in the guest. /.")
  private List<String> patterns;

  @Override
  public boolean changes() {
    return false;
  }

  @Override
  public void run(GuestFilesystem filesystem, FileResults results) {
    List<ListedFile> files = new ArrayList<>();
    List<String> directories = new ArrayList<>();
    for (String pattern : patterns) {
      for (String path : GuestPath.expand(filesystem, pattern)) {
        ListedFile file = ListedFile.of(filesystem, path);
        if (!itself && isDirectory(filesystem, file, path)) {
          directories.add(path);
        } else {
          files.add(file);
        }
      }
    }
    print(files, true, results);
    boolean headings = recursive || !files.isEmpty() || directories.size() > 1;
    for (String directory : directories) {
      printDirectory(filesystem, directory, headings, results);
    }
  }

  /** As ls(1) does: a link is followed unless its own details are wanted. */
  private boolean isDirectory(GuestFilesystem filesystem, ListedFile file, String path) {
    boolean follow = !details || path.endsWith("/");
    FileStat stat = follow ? filesystem.stat(path).orElse(file.stat()) : file.stat();
    return stat.type() == FileType.DIRECTORY;
  }

  private void printDirectory(
      GuestFilesystem filesystem, String directory, boolean heading, FileResults results) {
    if (!recursive) {
      section(directory, ListedFile.in(filesystem, directory), heading, results);
      return;
    }
    String real = filesystem.realPath(directory).orElse(directory);
    for (ListedFile below : ListedFile.tree(filesystem, real)) {
      if (below.stat().type() == FileType.DIRECTORY && (all || !isHidden(below, real))) {
        section(below.path(), ListedFile.in(filesystem, below.path()), heading, results);
      }
    }
  }

  /** Whether it lies in a directory, below the one that was named, that begins with a dot. */
  private static boolean isHidden(ListedFile file, String root) {
    return file.path().substring(Math.min(root.length(), file.path().length())).contains("/.")
        || (root.equals("/") && file.path().startsWith("/."));
  }

  private void section(
      String directory, List<ListedFile> files, boolean heading, FileResults results) {
    if (heading) {
      results.line(directory + ":");
    }
    print(
        files.stream().filter(file -> all || !file.name().startsWith(".")).toList(),
        false,
        results);
    if (heading) {
      results.line("");
    }
  }

  private void print(List<ListedFile> files, boolean wholePath, FileResults results) {
    List<String[]> rows = new ArrayList<>();
    int[] widths = new int[6];
    for (ListedFile file : files) {
      results.add("files", object(file));
      String[] row = columns(file.stat());
      rows.add(row);
      Arrays.setAll(widths, column -> Math.max(widths[column], row[column].length()));
    }
    for (int i = 0; i < files.size(); i++) {
      ListedFile file = files.get(i);
      String name = wholePath || file.path().equals("/") ? file.path() : file.name();
      if (!details) {
        results.line(name);
        continue;
      }
      StringBuilder line = new StringBuilder();
      for (int column = 0; column < widths.length; column++) {
        String cell = rows.get(i)[column];
        line.repeat(' ', widths[column] - cell.length()).append(cell).append(' ');
      }
      line.append(name);
      file.linkTarget().ifPresent(target -> line.append(" -> ").append(target));
      results.line(line.toString());
    }
  }

  private static String[] columns(FileStat stat) {
    return new String[] {
      letter(stat.type()) + permissions(stat.mode()),
      Integer.toString(stat.links()),
      Integer.toUnsignedString(stat.owner().uid()),
      Integer.toUnsignedString(stat.owner().gid()),
      Long.toString(stat.size()),
      TIME.format(stat.modified())
    };
  }

  private static char letter(FileType type) {
    return switch (type) {
      case REGULAR -> '-';
      case DIRECTORY -> 'd';
      case SYMBOLIC_LINK -> 'l';
      case CHARACTER_DEVICE -> 'c';
      case BLOCK_DEVICE -> 'b';
      case FIFO -> 'p';
      case SOCKET -> 's';
      case UNKNOWN -> '?';
    };
  }

  /** POSIX.1-2017, ls: the set-id and sticky bits stand where the execute bits do. */
  static String permissions(int mode) {
    StringBuilder text = new StringBuilder("rwxrwxrwx");
    for (int i = 0; i < 9; i++) {
      if ((mode & (0400 >> i)) == 0) {
        text.setCharAt(i, '-');
      }
    }
    special(text, 2, mode & 04000, 's');
    special(text, 5, mode & 02000, 's');
    special(text, 8, mode & 01000, 't');
    return text.toString();
  }

  private static void special(StringBuilder text, int at, int bit, char letter) {
    if (bit != 0) {
      text.setCharAt(at, text.charAt(at) == 'x' ? letter : Character.toUpperCase(letter));
    }
  }

  private static Map<String, Object> object(ListedFile file) {
    Map<String, Object> object = new LinkedHashMap<>();
    FileStat stat = file.stat();
    object.put("path", file.path());
    object.put("type", stat.type().name().toLowerCase(Locale.ROOT).replace('_', '-'));
    object.put("mode", Integer.toOctalString(stat.mode()));
    object.put("links", stat.links());
    object.put("uid", Integer.toUnsignedLong(stat.owner().uid()));
    object.put("gid", Integer.toUnsignedLong(stat.owner().gid()));
    object.put("size", stat.size());
    object.put("modified", stat.modified().toString());
    file.linkTarget().ifPresent(target -> object.put("linkTarget", target));
    return object;
  }
}
