package org.voyageur.guest;

import java.util.Optional;

/**
 * The entry that PyGrub takes.
 *
 * @param configFile absolute path of the file that it reads
 * @param title the entry's name
 * @param kernel the kernel's path as PyGrub resolves it, from the filesystem's root
 * @param initrd the same of the initrd
 * @param arguments the kernel's arguments, as written
 */
public record XenBoot(
    String configFile, String title, String kernel, Optional<String> initrd, String arguments) {
  /** For sentences: "PyGrub would start ...". */
  public String describe() {
    return "%s by the entry '%s' of %s with '%s'"
        .formatted(
            kernel + initrd.map(file -> " and " + file).orElse(""), title, configFile, arguments);
  }
}
