package org.voyageur.guest;

import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A menu as PyGrub has read it.
 *
 * @param chosen the entry that it starts by itself
 */
record PyGrubMenu(List<Entry> entries, int chosen) {
  /** What a submenu's title and that of an entry in it are parted by. */
  private static final Pattern IN_SUBMENU = Pattern.compile("\\S>(\\S.+$)", Pattern.UNIX_LINES);

  /** The syntaxes that it knows. */
  enum Syntax {
    GRUB_LEGACY,
    GRUB2,
    EXTLINUX
  }

  /**
   * An entry. A kernel or initrd that is not there is empty.
   *
   * @param kernel its path, without the disk in front
   * @param arguments as they are written
   */
  record Entry(String title, String kernel, String initrd, String arguments) {
    static final Entry EMPTY = new Entry("", "", "", "");

    Entry withTitle(String changed) {
      return new Entry(changed, kernel, initrd, arguments);
    }

    /** A kernel with its arguments: those of an earlier line are forgotten. */
    Entry withKernel(String path, String words) {
      return new Entry(title, path, initrd, words);
    }

    Entry withInitrd(String changed) {
      return new Entry(title, kernel, changed, arguments);
    }

    Entry withArguments(String changed) {
      return new Entry(title, kernel, initrd, changed);
    }
  }

  /**
   * Reads a menu.
   *
   * @throws MenuException where PyGrub gives up
   */
  static PyGrubMenu read(String text, Syntax syntax, XenRelease release) {
    List<String> lines =
        Stream.of(text.split("\n"))
            .map(PyGrubWords::strip)
            .filter(line -> !line.isEmpty() && !line.startsWith("#"))
            .toList();
    return switch (syntax) {
      case GRUB_LEGACY -> new GrubMenuReader(release).readLegacy(lines);
      case GRUB2 -> new GrubMenuReader(release).readGrub2(lines);
      case EXTLINUX -> ExtlinuxMenuReader.read(lines, release);
    };
  }

  /** PyGrub's menu counts the seconds down, and its number is read when the menu is shown. */
  static void mustBeNumber(String timeout) {
    if (PyGrubWords.number(timeout).isEmpty()) {
      throw new MenuException("its timeout '" + timeout + "' is not a number");
    }
  }

  /** The entry with a number or, to some releases, a title; the first where there is none. */
  static int choose(List<Entry> entries, String wanted) {
    if (wanted.matches("\\d+")) {
      return PyGrubWords.number(wanted)
          .filter(number -> number.bitLength() < Integer.SIZE)
          .map(number -> number.intValue() < entries.size() ? number.intValue() : 0)
          .orElse(0);
    }
    String title = wanted;
    for (Matcher inner = IN_SUBMENU.matcher(title);
        inner.find();
        inner = IN_SUBMENU.matcher(title)) {
      title = inner.group(1);
    }
    String last = title;
    return Math.max(0, entries.stream().map(Entry::title).toList().indexOf(last));
  }

  /** What it starts; empty where the menu is. */
  Optional<Entry> selected() {
    return entries.isEmpty() ? Optional.empty() : Optional.of(entries.get(chosen));
  }
}
