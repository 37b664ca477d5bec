package org.voyageur.guest;

import static org.voyageur.guest.XenRelease.XEN_4_2;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.voyageur.guest.PyGrubMenu.Entry;
import org.voyageur.guest.PyGrubWords.Directive;

/**
 * Configurations of extlinux and isolinux, as PyGrub reads them: LINUX and INITRD mean nothing to
 * it, and it knows an initrd only from APPEND.
 */
final class ExtlinuxMenuReader {
  private static final Pattern QUOTED = Pattern.compile("\"(.+)\"", Pattern.UNIX_LINES);

  private ExtlinuxMenuReader() {}

  static PyGrubMenu read(List<String> lines, XenRelease release) {
    List<Entry> entries = new ArrayList<>();
    Optional<String> wanted = Optional.empty();
    String timeout = "-1";
    for (String line : lines) {
      Directive directive = PyGrubWords.directive(line);
      String keyword = directive.name().toLowerCase(Locale.ROOT);
      boolean opens = line.toLowerCase(Locale.ROOT).startsWith("label");
      if (opens) {
        entries.add(Entry.EMPTY);
      }
      if (entries.isEmpty()) {
        String value = PyGrubWords.strip(directive.value());
        switch (keyword) {
          case "default" -> wanted = Optional.of(value);
          case "timeout" -> timeout = value;
          default -> {}
        }
      } else {
        entries.addLast(inEntry(entries.removeLast(), keyword, directive.value(), release));
      }
    }
    PyGrubMenu.mustBeNumber(timeout);
    List<String> labels = entries.stream().map(Entry::title).toList();
    return new PyGrubMenu(List.copyOf(entries), Math.max(0, wanted.map(labels::indexOf).orElse(0)));
  }

  private static Entry inEntry(Entry entry, String keyword, String value, XenRelease release) {
    return switch (keyword) {
      case "label" -> entry.withTitle(unquoted(value));
      case "kernel" -> withKernel(entry, unquoted(value));
      case "append" ->
          entry.kernel().endsWith("mboot.c32")
              ? withModules(entry, value)
              : append(entry, value, release);
      default -> entry;
    };
  }

  /** What mboot.c32 is given: Xen, kernel and initrd, or the last two. */
  private static Entry withModules(Entry entry, String value) {
    String[] modules = value.split("---", -1);
    if (modules.length != 2 && modules.length != 3) {
      return entry;
    }
    String kernel = modules[modules.length - 2];
    String initrd = modules[modules.length - 1];
    Entry changed = kernel.isEmpty() ? entry : withKernel(entry, PyGrubWords.strip(kernel));
    return initrd.isEmpty() ? changed : changed.withInitrd(PyGrubWords.strip(initrd));
  }

  private static Entry append(Entry entry, String value, XenRelease release) {
    if (!release.since(XEN_4_2)) {
      throw new MenuException("this PyGrub ends at an APPEND line");
    }
    Entry changed = entry;
    String arguments = value;
    // It looks for the initrd only where the kernel was named before, and the word is in lower
    // case.
    if (!entry.kernel().isEmpty() && value.contains("initrd=")) {
      for (String word : PyGrubWords.strip(value).split(" ", -1)) {
        if (word.toLowerCase(Locale.ROOT).startsWith("initrd=")) {
          changed = changed.withInitrd(word.replace("initrd=", ""));
          // The word goes, and the blanks on both sides of it stay.
          arguments = arguments.replace(word, "");
        }
      }
    }
    return changed.withArguments(unquoted(arguments));
  }

  private static Entry withKernel(Entry entry, String value) {
    Directive kernel = PyGrubWords.kernel(value);
    return entry.withKernel(kernel.name(), kernel.value());
  }

  private static String unquoted(String value) {
    String text = PyGrubWords.strip(value);
    Matcher quoted = QUOTED.matcher(text);
    return quoted.matches() ? quoted.group(1) : text;
  }
}
