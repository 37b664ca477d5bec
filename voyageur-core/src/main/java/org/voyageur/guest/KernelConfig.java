package org.voyageur.guest;

import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A kernel's configuration, the file /boot/config-VERSION.
 *
 * @param options by name without CONFIG_; "n" for those that it says are not set
 */
record KernelConfig(Map<String, String> options) {
  private static final Pattern LINE =
      Pattern.compile("CONFIG_(\\w+)=(.*)|# CONFIG_(\\w+) is not set");

  static KernelConfig parse(String text) {
    Map<String, String> options = new HashMap<>();
    for (String line : text.lines().toList()) {
      Matcher matcher = LINE.matcher(line.strip());
      if (matcher.matches()) {
        boolean set = matcher.group(1) != null;
        options.put(set ? matcher.group(1) : matcher.group(3), set ? matcher.group(2) : "n");
      }
    }
    return new KernelConfig(Map.copyOf(options));
  }

  boolean builtIn(String option) {
    return "y".equals(options.get(option));
  }

  /**
   * Whether it runs only under Xen. Not to be told by XEN_ options: el5's generic kernel has some,
   * for drivers in fully virtualised guests.
   */
  boolean xenOnly() {
    return builtIn("X86_64_XEN") || builtIn("X86_XEN");
  }

  /**
   * Whether it can start as a paravirtual guest and on hardware too (pvops). From 4.12 on that is
   * an option of its own, XEN_PV; before, XEN means it.
   */
  boolean pvops() {
    return builtIn(options.containsKey("XEN_PV") ? "XEN_PV" : "XEN");
  }
}
