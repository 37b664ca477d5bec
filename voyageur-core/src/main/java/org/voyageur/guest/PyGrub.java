package org.voyageur.guest;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.voyageur.filesystem.FileStat;
import org.voyageur.filesystem.FileType;
import org.voyageur.filesystem.GuestFilesystem;

/**
 * Finds what Xen's PyGrub would start, by the search and the parsing of Xen 4.17: the first of
 * these files that exists counts, however useless it is.
 */
public final class PyGrub {
  private enum Syntax {
    GRUB2,
    EXTLINUX,
    GRUB_LEGACY
  }

  private record Candidate(String path, Syntax syntax) {}

  private static final List<Candidate> SEARCH =
      List.of(
          new Candidate("/boot/grub/grub.cfg", Syntax.GRUB2),
          new Candidate("/grub/grub.cfg", Syntax.GRUB2),
          new Candidate("/boot/grub2/grub.cfg", Syntax.GRUB2),
          new Candidate("/grub2/grub.cfg", Syntax.GRUB2),
          new Candidate("/boot/isolinux/isolinux.cfg", Syntax.EXTLINUX),
          new Candidate("/boot/extlinux/extlinux.conf", Syntax.EXTLINUX),
          new Candidate("/boot/extlinux.conf", Syntax.EXTLINUX),
          new Candidate("/extlinux/extlinux.conf", Syntax.EXTLINUX),
          new Candidate("/extlinux.conf", Syntax.EXTLINUX),
          new Candidate("/boot/grub/menu.lst", Syntax.GRUB_LEGACY),
          new Candidate("/boot/grub/grub.conf", Syntax.GRUB_LEGACY),
          new Candidate("/grub/menu.lst", Syntax.GRUB_LEGACY),
          new Candidate("/grub/grub.conf", Syntax.GRUB_LEGACY));

  private static final Pattern MENUENTRY = Pattern.compile("^menuentry [\"'](.*?)[\"'] (.*)\\{");

  /** An entry as it is being read. */
  private static final class Entry {
    private final String title;
    private String kernel = "";
    private String initrd = "";
    private String arguments = "";

    Entry(String title) {
      this.title = title;
    }

    /** Tabs alone do not part the arguments from the kernel, beside a blank they do. */
    void kernel(String value) {
      String[] words = value.contains(" ") ? value.split("\\s+", 2) : new String[] {value};
      kernel = withoutDisk(words[0]);
      arguments = words.length == 2 ? words[1] : "";
    }
  }

  private final List<Entry> entries = new ArrayList<>();
  private int chosen = 0;

  private PyGrub() {}

  /** What PyGrub would start; empty where it finds nothing, or something without a kernel. */
  public static Optional<XenBoot> find(GuestFilesystem filesystem) {
    return SEARCH.stream()
        .filter(candidate -> isFile(filesystem, candidate.path()))
        .findFirst()
        .flatMap(candidate -> read(filesystem, candidate));
  }

  private static boolean isFile(GuestFilesystem filesystem, String path) {
    return filesystem.stat(path).map(FileStat::type).orElse(FileType.UNKNOWN) == FileType.REGULAR;
  }

  private static Optional<XenBoot> read(GuestFilesystem filesystem, Candidate candidate) {
    PyGrub menu = new PyGrub();
    List<String> lines =
        GuestFileReader.text(filesystem, candidate.path())
            .orElse("")
            .lines()
            .map(String::strip)
            .filter(line -> !line.isEmpty() && !line.startsWith("#"))
            .toList();
    boolean understood =
        switch (candidate.syntax()) {
          case GRUB2 -> menu.readGrub2(lines);
          case EXTLINUX -> menu.readExtlinux(lines);
          case GRUB_LEGACY -> menu.readGrubLegacy(lines);
        };
    return understood ? menu.chosen(candidate.path()) : Optional.empty();
  }

  private Optional<XenBoot> chosen(String configFile) {
    if (entries.isEmpty() || chosen < 0) {
      return Optional.empty();
    }
    Entry entry = entries.get(chosen < entries.size() ? chosen : 0);
    if (entry.kernel.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new XenBoot(
            configFile,
            entry.title,
            entry.kernel,
            Optional.of(entry.initrd).filter(initrd -> !initrd.isEmpty()),
            entry.arguments.strip()));
  }

  /** A number that is too large means the first entry, a negative one none. */
  private void chooseByNumber(String value) {
    chosen = value.matches("-?\\d{1,6}") ? Integer.parseInt(value) : 0;
  }

  private boolean readGrubLegacy(List<String> lines) {
    for (String line : lines) {
      String[] words = split(line);
      if (line.startsWith("title")) {
        entries.add(new Entry(line.length() > 6 ? line.substring(6).strip() : ""));
      } else if (entries.isEmpty()) {
        if (words[0].equals("default")) {
          chooseByNumber(words[1]);
        }
      } else if (words[0].equals("kernel")) {
        entries.getLast().kernel(words[1]);
      } else if (words[0].equals("initrd")) {
        entries.getLast().initrd = withoutDisk(words[1]);
      }
    }
    return true;
  }

  /** Gives up at an entry within an entry, one that does not end, and a brace too many. */
  private boolean readGrub2(List<String> lines) {
    boolean inFunction = false;
    int submenus = 0;
    Optional<Entry> open = Optional.empty();
    for (String line : lines) {
      Matcher menuentry = MENUENTRY.matcher(line);
      String[] words = split(line);
      if (line.startsWith("function")) {
        inFunction = true;
      } else if (inFunction) {
        inFunction = !line.startsWith("}");
      } else if (menuentry.find()) {
        if (open.isPresent()) {
          return false;
        }
        open = Optional.of(new Entry(menuentry.group(1)));
      } else if (line.startsWith("submenu")) {
        submenus++;
      } else if (line.startsWith("}")) {
        if (open.isEmpty() && submenus == 0) {
          return false;
        }
        if (open.isPresent()) {
          entries.add(open.get());
          open = Optional.empty();
        } else {
          submenus--;
        }
      } else if (open.isPresent()) {
        switch (words[0]) {
          case "linux", "linux16" -> open.get().kernel(words[1]);
          case "initrd", "initrd16" -> open.get().initrd = withoutDisk(words[1]);
          default -> {}
        }
      } else if (words[0].equals("set") && words[1].startsWith("default=")) {
        chooseByNumber(words[1].substring("default=".length()).replaceAll("^[\"']|[\"']$", ""));
      }
    }
    return open.isEmpty();
  }

  /** PyGrub knows an initrd only from APPEND; an INITRD line means nothing to it. */
  private boolean readExtlinux(List<String> lines) {
    String label = "";
    for (String line : lines) {
      String[] words = split(line);
      String keyword = words[0].toLowerCase(java.util.Locale.ROOT);
      if (keyword.equals("label")) {
        entries.add(new Entry(words[1]));
      } else if (entries.isEmpty()) {
        if (keyword.equals("default")) {
          label = words[1];
        }
      } else if (keyword.equals("kernel")) {
        entries.getLast().kernel(words[1]);
      } else if (keyword.equals("append") && !entries.getLast().kernel.isEmpty()) {
        // The word goes, and the blanks on both sides of it stay.
        List<String> arguments = new ArrayList<>();
        for (String argument : words[1].split(" ", -1)) {
          boolean isInitrd = argument.startsWith("initrd=");
          if (isInitrd) {
            entries.getLast().initrd = argument.substring("initrd=".length());
          }
          arguments.add(isInitrd ? "" : argument);
        }
        entries.getLast().arguments = String.join(" ", arguments);
      }
    }
    List<String> labels = entries.stream().map(entry -> entry.title).toList();
    chosen = Math.max(0, labels.indexOf(label));
    return true;
  }

  /** A directive and its value; GRUB takes "default=0" and "default 0". */
  private static String[] split(String line) {
    String[] words = line.split("[\\s=]", 2);
    return words.length == 2
        ? new String[] {words[0], words[1].strip()}
        : new String[] {words[0], ""};
  }

  /** PyGrub looks for all of them on the one disk that it was given. */
  private static String withoutDisk(String path) {
    return path.replaceFirst("^\\([^)]*\\)", "");
  }
}
