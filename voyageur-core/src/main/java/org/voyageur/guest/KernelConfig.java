package org.voyageur.guest;

import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A kernel's configuration, the file /boot/config-VERSION.
 *
 * @param options by name without CONFIG_; those that are not set are not in it
 */
record KernelConfig(Map<String, String> options) {
  static KernelConfig parse(String text) {
    return new KernelConfig(
        text.lines()
            .filter(line -> line.startsWith("CONFIG_"))
            .map(line -> line.substring("CONFIG_".length()).split("=", 2))
            .filter(option -> option.length == 2)
            .collect(
                Collectors.toUnmodifiableMap(
                    option -> option[0], option -> option[1].strip(), (first, last) -> last)));
  }

  boolean builtIn(String option) {
    return "y".equals(options.get(option));
  }

  boolean module(String option) {
    return "m".equals(options.get(option));
  }

  /**
   * Whether it runs only under Xen. Not to be told by XEN_ options: el5's generic kernel has some,
   * for drivers in fully virtualised guests.
   */
  boolean xenOnly() {
    return builtIn("X86_64_XEN") || builtIn("X86_XEN");
  }

  /** Whether it can start as a paravirtual guest and on hardware too (pvops). */
  boolean pvops() {
    return builtIn("XEN");
  }

  /** Where a driver's option says that it is; empty if the option is not set. */
  Optional<String> state(String option) {
    return Optional.ofNullable(options.get(option));
  }
}
