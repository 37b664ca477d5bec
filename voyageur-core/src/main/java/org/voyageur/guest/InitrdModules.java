package org.voyageur.guest;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The modules that an initrd brings for one kernel.
 *
 * @param files names of those that it holds
 * @param builtIn names of what its modules.builtin lists
 */
record InitrdModules(Set<String> files, Set<String> builtIn) {
  /** No initrd, or one that cannot be read. */
  static final InitrdModules NONE = new InitrdModules(Set.of(), Set.of());

  private static final Pattern OF_A_KERNEL = Pattern.compile("(?:usr/)?lib/modules/([^/]+)/.*");

  /** Whether the content of a file in an initrd is needed. */
  static boolean isBuiltInList(String path) {
    return path.endsWith("/modules.builtin");
  }

  /**
   * By an initrd's files. Those of another kernel are passed over; el5's lie in /lib itself.
   *
   * @param versions the kernel's names
   */
  static InitrdModules of(Map<String, byte[]> initrd, List<String> versions) {
    Set<String> files = new HashSet<>();
    Set<String> builtIn = new HashSet<>();
    initrd.forEach((path, content) -> {
      Matcher directory = OF_A_KERNEL.matcher(path);
      if (!directory.matches() || versions.contains(directory.group(1))) {
        if (ModuleIndex.isModule(path)) {
          files.add(ModuleIndex.name(path));
        }
        builtIn.addAll(ModuleIndex.builtIn(new String(content, ISO_8859_1)));
      }
    });
    return new InitrdModules(files, builtIn);
  }
}
