package org.voyageur.boot;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Collectors;

/**
 * A configuration of SYSLINUX.
 *
 * @param defaultLabel the entry to start when nobody chooses
 * @param timeout in tenths of a second, for which the prompt waits; 0 for ever
 * @param onError the entry to start when another cannot be loaded
 * @param labels the entries
 */
public record SyslinuxConfig(
    String defaultLabel, int timeout, Optional<String> onError, List<Label> labels) {
  /** Where ours lies; PyGrub does not look there, and so keeps to the guest's own menu. */
  public static final String PATH = "/boot/syslinux.cfg";

  /**
   * An entry.
   *
   * @param linux the kernel's path
   * @param initrds paths, loaded in this order
   * @param append the kernel's arguments
   */
  public record Label(String name, String linux, List<String> initrds, String append) {
    /** Keeps an unmodifiable copy. */
    public Label {
      initrds = List.copyOf(initrds);
    }

    /** The command line as the kernel gets it from SYSLINUX. */
    public String commandLine() {
      String initrd = initrds.isEmpty() ? "" : " initrd=" + String.join(",", initrds);
      return "BOOT_IMAGE=" + linux + " " + append + initrd;
    }
  }

  /** Keeps an unmodifiable copy. */
  public SyslinuxConfig {
    labels = List.copyOf(labels);
  }

  /** The configuration as text. */
  public String render() {
    StringBuilder text = new StringBuilder();
    text.append(
        "# Written by voyageur: boots this disk under KVM. Xen's PyGrub does not read it.\n");
    // First, or the messages before it are not seen on the serial line.
    text.append("SERIAL 0 115200\n");
    text.append("PROMPT 1\n");
    text.append("TIMEOUT ").append(timeout).append('\n');
    text.append("DEFAULT ").append(defaultLabel).append('\n');
    onError.ifPresent(label ->
        text.append("ONTIMEOUT ")
            .append(defaultLabel)
            .append("\nONERROR ")
            .append(label)
            .append('\n'));
    for (Label label : labels) {
      text.append("\nLABEL ").append(label.name()).append('\n');
      // Not KERNEL, which goes by the ending of the name: vmlinuz-5.0 would be PXE code.
      text.append("  LINUX ").append(label.linux()).append('\n');
      if (!label.initrds().isEmpty()) {
        text.append("  INITRD ").append(String.join(",", label.initrds())).append('\n');
      }
      text.append("  APPEND ").append(label.append()).append('\n');
    }
    return text.toString();
  }

  /** Reads a configuration; keywords that are not of this record are passed over. */
  public static SyslinuxConfig parse(String text) {
    String defaultLabel = "";
    int timeout = 0;
    Optional<String> onError = Optional.empty();
    List<Label> labels = new ArrayList<>();
    for (String line : text.lines().map(String::strip).collect(Collectors.toList())) {
      String[] words = line.split("\\s+", 2);
      String value = words.length == 2 ? words[1] : "";
      switch (words[0].toUpperCase(Locale.ROOT)) {
        case "DEFAULT" -> defaultLabel = value;
        case "TIMEOUT" -> timeout = number(value).orElse(0);
        case "ONERROR" -> onError = Optional.of(value);
        case "LABEL" -> labels.add(new Label(value, "", List.of(), ""));
        case "LINUX", "KERNEL" ->
            change(
                labels, label -> new Label(label.name(), value, label.initrds(), label.append()));
        case "INITRD" ->
            change(
                labels,
                label ->
                    new Label(
                        label.name(), label.linux(), List.of(value.split(",")), label.append()));
        case "APPEND" ->
            change(labels, label -> new Label(label.name(), label.linux(), label.initrds(), value));
        default -> {}
      }
    }
    return new SyslinuxConfig(defaultLabel, timeout, onError, labels);
  }

  private static OptionalInt number(String text) {
    return text.matches("\\d{1,6}") ? OptionalInt.of(Integer.parseInt(text)) : OptionalInt.empty();
  }

  private static void change(
      List<Label> labels, java.util.function.UnaryOperator<Label> operation) {
    if (!labels.isEmpty()) {
      labels.add(operation.apply(labels.removeLast()));
    }
  }
}
