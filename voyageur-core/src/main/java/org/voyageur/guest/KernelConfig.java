package org.voyageur.guest;

import java.util.HashMap;
import java.util.Map;

/**
 * A kernel's configuration, the file /boot/config-VERSION.
 *
 * @param options by name without CONFIG_; "n" for those that it says are not set
 */
record KernelConfig(Map<String, String> options) {
  private static final String SET = "CONFIG_";
  private static final String COMMENT = "# CONFIG_";
  private static final String NOT_SET = " is not set";

  static KernelConfig parse(String text) {
    Map<String, String> options = new HashMap<>();
    // Without regular expressions: there are some 10,000 lines.
    for (String whole : text.lines().toList()) {
      String line = whole.strip();
      int equals = line.indexOf('=');
      if (line.startsWith(SET) && equals > SET.length()) {
        options.put(line.substring(SET.length(), equals), line.substring(equals + 1));
      } else if (line.startsWith(COMMENT) && line.endsWith(NOT_SET)) {
        options.put(line.substring(COMMENT.length(), line.length() - NOT_SET.length()), "n");
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
