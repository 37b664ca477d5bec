package org.voyageur.boot;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * A SYSLINUX configuration file, as far as a conversion writes and checks it. Text is ISO 8859-1, a
 * character a byte.
 *
 * <p>Format: SYSLINUX's {@code doc/syslinux.txt} and the behaviour of version 6.04.
 *
 * @param serial the arguments of SERIAL: port, speed, flow control; empty for no serial line
 * @param prompt whether {@code boot:} is shown before anything starts
 * @param timeout tenths of a second until the default starts by itself; 0 to wait for ever
 * @param totalTimeout the same, but not stopped by a key; 0 to wait for ever
 * @param defaultLabel what starts by itself; empty stops at {@code boot:}
 * @param onError what starts when a kernel or an initrd cannot be loaded
 * @param entries what can be started, in order
 */
public record SyslinuxConfig(
    Optional<String> serial,
    boolean prompt,
    int timeout,
    int totalTimeout,
    Optional<String> defaultLabel,
    Optional<String> onError,
    List<Entry> entries) {
  /** Keeps an unmodifiable copy. */
  public SyslinuxConfig {
    entries = List.copyOf(entries);
  }

  /**
   * One thing to start.
   *
   * @param label its name, without blanks
   * @param linux the kernel's path as SYSLINUX resolves it, without blanks
   * @param initrds paths without blanks and commas, loaded in order
   * @param append the kernel's arguments, without {@code initrd=}: SYSLINUX takes the first that it
   *     finds, and its own stands last
   */
  public record Entry(String label, String linux, List<String> initrds, String append) {
    /**
     * Checks that SYSLINUX can read what was written.
     *
     * @throws IllegalArgumentException if it could not
     */
    public Entry {
      initrds = List.copyOf(initrds);
      append = append.strip();
      if (!isName(label)
          || !isName(linux)
          || !initrds.stream().allMatch(name -> isName(name) && name.indexOf(',') < 0)
          || append.chars().anyMatch(character -> character < ' ' || character > 0xFF)
          || append.contains("initrd=")) {
        throw new IllegalArgumentException("not an entry that SYSLINUX can read: " + label);
      }
    }

    /** The command line that the kernel is given. */
    public String commandLine() {
      return "BOOT_IMAGE="
          + linux
          + (append.isEmpty() ? "" : " " + append)
          + (initrds.isEmpty() ? "" : " initrd=" + String.join(",", initrds));
    }
  }

  /**
   * Whether a label or a path can be written: SYSLINUX knows no quotes, and a blank ends a name.
   */
  public static boolean isName(String name) {
    return !name.isEmpty()
        && name.length() <= 246 // The longest that was seen to work.
        && name.chars().allMatch(character -> character > ' ' && character <= 0xFF);
  }

  /** The entry of this name. */
  public Optional<Entry> entry(String label) {
    return entries.stream().filter(entry -> entry.label().equals(label)).findFirst();
  }

  /** The file's text. */
  public String render() {
    StringBuilder text = new StringBuilder("# Written by voyageur.\n");
    // First, so that every message after it reaches the serial line too.
    serial.ifPresent(arguments -> text.append("SERIAL ").append(arguments).append('\n'));
    text.append("PROMPT ").append(prompt ? 1 : 0).append('\n');
    text.append("TIMEOUT ").append(timeout).append('\n');
    text.append("TOTALTIMEOUT ").append(totalTimeout).append('\n');
    defaultLabel.ifPresent(label -> text.append("DEFAULT ").append(label).append('\n'));
    onError.ifPresent(label -> text.append("ONERROR ").append(label).append('\n'));
    for (Entry entry : entries) {
      text.append("\nLABEL ").append(entry.label()).append('\n');
      // Not KERNEL, which takes the file's type from its name's end: vmlinuz-5.0 would be PXE code.
      text.append("  LINUX ").append(entry.linux()).append('\n');
      if (!entry.initrds().isEmpty()) {
        text.append("  INITRD ").append(String.join(",", entry.initrds())).append('\n');
      }
      // "-" is empty; without it the entry would take an APPEND from before the first LABEL.
      text.append("  APPEND ").append(entry.append().isEmpty() ? "-" : entry.append()).append('\n');
    }
    return text.toString();
  }

  /**
   * Reads a configuration as SYSLINUX does: keywords in any case, unknown ones passed over, the
   * last of the same kind taken.
   *
   * <p>An entry without a kernel, or with names that {@link Entry} refuses, is left out.
   */
  public static SyslinuxConfig parse(String text) {
    Optional<String> serial = Optional.empty();
    boolean prompt = false;
    int timeout = 0;
    int totalTimeout = 0;
    Optional<String> defaultLabel = Optional.empty();
    Optional<String> onError = Optional.empty();
    List<Draft> drafts = new ArrayList<>();
    String append = "";
    for (String raw : text.split("\\r?\\n", -1)) {
      String line = raw.strip();
      int blank = firstBlank(line);
      String argument = line.substring(blank).strip();
      Draft draft = drafts.isEmpty() ? null : drafts.getLast();
      switch (line.substring(0, blank).toUpperCase(Locale.ROOT)) {
        case "SERIAL" -> serial = Optional.of(argument);
        case "PROMPT" -> prompt = number(argument) != 0;
        case "TIMEOUT" -> timeout = number(argument);
        case "TOTALTIMEOUT" -> totalTimeout = number(argument);
        case "DEFAULT" -> defaultLabel = Optional.of(argument);
        case "ONERROR" -> onError = Optional.of(argument);
        case "LABEL" -> drafts.add(new Draft(argument, append));
        case "LINUX", "KERNEL" -> {
          if (draft != null) {
            draft.linux = argument.substring(0, firstBlank(argument));
          }
        }
        case "INITRD" -> {
          if (draft != null) {
            draft.initrds = List.of(argument.split(","));
          }
        }
        case "APPEND" -> {
          String words = argument.equals("-") ? "" : argument;
          if (draft == null) {
            append = words;
          } else {
            draft.append = words;
          }
        }
        default -> {
          // A comment, or one of the many keywords that do not matter here.
        }
      }
    }
    return new SyslinuxConfig(
        serial,
        prompt,
        timeout,
        totalTimeout,
        defaultLabel,
        onError,
        drafts.stream().flatMap(draft -> draft.entry().stream()).toList());
  }

  private static int firstBlank(String line) {
    int at = 0;
    while (at < line.length() && line.charAt(at) > ' ') {
      at++;
    }
    return at;
  }

  private static int number(String digits) {
    return digits.matches("\\d{1,9}") ? Integer.parseInt(digits) : 0;
  }

  private static final class Draft {
    private final String label;
    private String append;
    private String linux = "";
    private List<String> initrds = List.of();

    private Draft(String label, String append) {
      this.label = label;
      this.append = append;
    }

    private Optional<Entry> entry() {
      try {
        return Optional.of(new Entry(label, linux, initrds, append));
      } catch (IllegalArgumentException _) {
        return Optional.empty();
      }
    }
  }
}
