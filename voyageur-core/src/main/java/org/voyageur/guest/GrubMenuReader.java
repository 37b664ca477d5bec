package org.voyageur.guest;

import static org.voyageur.guest.XenRelease.XEN_3_4;
import static org.voyageur.guest.XenRelease.XEN_4_1;
import static org.voyageur.guest.XenRelease.XEN_4_13;
import static org.voyageur.guest.XenRelease.XEN_4_2;
import static org.voyageur.guest.XenRelease.XEN_4_4;
import static org.voyageur.guest.XenRelease.XEN_4_5;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.voyageur.guest.PyGrubMenu.Entry;
import org.voyageur.guest.PyGrubWords.Directive;

/** Menus of GRUB legacy and of GRUB 2, as PyGrub reads them: line by line, without conditions. */
final class GrubMenuReader {
  private static final Pattern MENUENTRY =
      Pattern.compile("menuentry [\"'](.*?)[\"'] (.*)\\{", Pattern.UNIX_LINES);
  private static final Pattern MENUENTRY_4_0 =
      Pattern.compile("menuentry \"(.*)\" (.*)\\{", Pattern.UNIX_LINES);
  private static final Pattern QUOTED = Pattern.compile("([\"'])(.*)\\1", Pattern.UNIX_LINES);

  private final XenRelease release;
  private final List<Entry> entries = new ArrayList<>();
  private String chosen = "0";
  private String timeout = "-1";

  GrubMenuReader(XenRelease release) {
    this.release = release;
  }

  PyGrubMenu readLegacy(List<String> lines) {
    Optional<Entry> open = Optional.empty();
    int linesInEntry = 0;
    for (String line : lines) {
      if (line.startsWith("title")) {
        open.ifPresent(entries::add);
        open = Optional.of(Entry.EMPTY.withTitle(PyGrubWords.strip(after(line, 6))));
        linesInEntry = 0;
        continue;
      }
      Directive directive = PyGrubWords.directive(line);
      String value = PyGrubWords.strip(directive.value());
      if (open.isEmpty()) {
        switch (directive.name()) {
          case "default" -> chooseDefault(value);
          case "timeout" -> timeout = value;
          case "splashimage" -> path(value);
          default -> {}
        }
        continue;
      }
      Entry entry = open.get();
      linesInEntry++;
      open =
          Optional.of(
              switch (directive.name()) {
                case "kernel" -> withKernel(entry, value);
                case "initrd" -> entry.withInitrd(path(value));
                case "root", "rootnoverify" -> {
                  mustBeDisk(value);
                  yield entry;
                }
                default -> entry;
              });
    }
    // A last title with nothing behind it is none, but to 3.4, whose titles are lines like others.
    if (linesInEntry > 0 || release == XEN_3_4) {
      open.ifPresent(entries::add);
    }
    return menu();
  }

  /** Gives up at an entry within an entry, one that does not end, and a brace too many. */
  PyGrubMenu readGrub2(List<String> lines) {
    boolean inFunction = false;
    int submenus = 0;
    Optional<Entry> open = Optional.empty();
    for (String line : lines) {
      if (line.startsWith("function")) {
        inFunction = true;
        continue;
      }
      if (inFunction) {
        inFunction = !line.startsWith("}");
        continue;
      }
      Matcher menuentry = (release.since(XEN_4_1) ? MENUENTRY : MENUENTRY_4_0).matcher(line);
      if (menuentry.lookingAt()) {
        if (open.isPresent()) {
          throw new MenuException("it has a menuentry within a menuentry");
        }
        open = Optional.of(Entry.EMPTY.withTitle(PyGrubWords.strip(menuentry.group(1))));
      } else if (line.startsWith("submenu") && release.since(XEN_4_2)) {
        submenus++;
      } else if (line.startsWith("}")) {
        if (open.isPresent()) {
          entries.add(open.get());
          open = Optional.empty();
        } else if (submenus > 0) {
          submenus--;
        } else {
          throw new MenuException("it has a closing brace without a menuentry that it knows");
        }
      } else if (open.isPresent()) {
        open = Optional.of(inEntry(open.get(), line));
      } else {
        global(line);
      }
    }
    if (open.isPresent()) {
      throw new MenuException("its last menuentry does not end");
    }
    return menu();
  }

  private Entry inEntry(Entry entry, String line) {
    Directive directive = grub2Directive(line);
    String value = PyGrubWords.strip(directive.value());
    return switch (directive.name()) {
      case "linux" -> withKernel(entry, value);
      case "linux16" -> release.since(XEN_4_5) ? withKernel(entry, value) : entry;
      case "initrd" -> entry.withInitrd(path(value));
      case "initrd16" -> release.since(XEN_4_5) ? entry.withInitrd(path(value)) : entry;
      case "set:root" -> {
        mustBeDisk(value);
        yield entry;
      }
      default -> entry;
    };
  }

  private void global(String line) {
    Directive directive = grub2Directive(line);
    String value = PyGrubWords.strip(directive.value());
    boolean remembered =
        (release.since(XEN_4_2) && value.equals("${saved_entry}"))
            || (release.since(XEN_4_4) && value.equals("${next_entry}"));
    switch (directive.name()) {
      case "set:default" -> chooseDefault(remembered ? "0" : value);
      case "set:timeout" -> timeout = remembered ? "0" : value;
      default -> {}
    }
  }

  /** A directive; that of "set" has the variable in its name. */
  private static Directive grub2Directive(String line) {
    Directive directive = PyGrubWords.directive(line);
    if (!directive.name().equals("set")) {
      return directive;
    }
    Directive variable = PyGrubWords.directive(directive.value());
    // It takes the assignment apart into at most three parts, and must get two.
    boolean assigns =
        directive.value().startsWith(variable.name() + "=")
            ? variable.value().indexOf('=') < 0
            : PyGrubWords.firstWord(variable.value()).name().equals(variable.value())
                && !variable.value().isEmpty();
    if (!assigns) {
      throw new MenuException("PyGrub cannot take '" + line + "' apart");
    }
    Matcher quoted = QUOTED.matcher(variable.value());
    return new Directive(
        "set:" + variable.name(), quoted.lookingAt() ? quoted.group(2) : variable.value());
  }

  private void chooseDefault(String value) {
    if (value.equals("saved")) {
      if (release == XEN_3_4) {
        throw new MenuException("this PyGrub does not know 'default saved'");
      }
      chosen = "0";
    } else if (release.since(XEN_4_5) && !release.since(XEN_4_13)) {
      chosen = value;
    } else {
      Optional<BigInteger> number = PyGrubWords.number(value);
      if (number.isEmpty() && !release.since(XEN_4_13)) {
        throw new MenuException("its default '" + value + "' is not a number");
      }
      if (number.orElse(BigInteger.ZERO).signum() < 0) {
        throw new MenuException("its default '" + value + "' is negative");
      }
      chosen = number.orElse(BigInteger.ZERO).toString();
    }
  }

  /** Tabs alone do not part the arguments from the kernel, beside a blank they do. */
  private Entry withKernel(Entry entry, String value) {
    Directive kernel = PyGrubWords.kernel(value);
    return entry.withKernel(path(kernel.name()), kernel.value());
  }

  /** A path without the disk in front: PyGrub looks on the one disk that it was given. */
  private String path(String value) {
    if (!value.startsWith("(")) {
      return value;
    }
    int end = value.indexOf(')');
    if (end < 0) {
      throw new MenuException("'" + value + "' has no closing bracket");
    }
    mustBeDisk(value.substring(0, end));
    return value.substring(end + 1);
  }

  /** A disk such as "(hd0,0)" or "hd0,msdos1"; PyGrub ends at a name that has no number. */
  private void mustBeDisk(String value) {
    String[] parts = value.split(",", -1);
    boolean understood = parts.length <= 2 && isDisk(parts[0]);
    if (understood && parts.length == 2) {
      String part = withoutBrackets(parts[1]);
      if (release.since(XEN_4_1) && part.startsWith("msdos")) {
        part = part.substring("msdos".length());
      }
      if (release.since(XEN_4_2) && part.startsWith("gpt")) {
        part = part.substring("gpt".length());
      }
      understood = PyGrubWords.number(part).isPresent();
    }
    if (!understood) {
      throw new MenuException("PyGrub does not know the disk '" + value + "'");
    }
  }

  private boolean isDisk(String value) {
    String disk = withoutBrackets(value);
    if (release.since(XEN_4_4) && disk.startsWith("/dev/xvd")) {
      return disk.length() > "/dev/xvd".length();
    }
    return PyGrubWords.number(after(disk, 2)).isPresent();
  }

  private static String withoutBrackets(String value) {
    return value.replace("(", "").replace(")", "");
  }

  private static String after(String text, int length) {
    return text.substring(Math.min(length, text.length()));
  }

  private PyGrubMenu menu() {
    PyGrubMenu.mustBeNumber(timeout);
    return new PyGrubMenu(List.copyOf(entries), PyGrubMenu.choose(entries, chosen));
  }
}
