package org.voyageur.guest;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedSet;
import java.util.Set;
import java.util.stream.Collectors;
import org.voyageur.filesystem.GuestFilesystem;

/**
 * A kernel's modules as its module directory lists them.
 *
 * @param byName each module's file and what it needs, by its name with underscores
 * @param builtIn names of what modules.builtin lists (from 2.6.33 on)
 */
record ModuleIndex(Map<String, Module> byName, Set<String> builtIn) {
  private static final int LIMIT = 16 << 20;
  private static final int MOST_DEPENDENCIES = 100;

  /**
   * A module.
   *
   * @param path absolute
   * @param needs files that must be loaded before it, absolute, in reverse load order
   */
  record Module(String path, List<String> needs) {}

  /** Reads modules.dep(5) and modules.builtin of a module directory; empty without one. */
  static ModuleIndex read(GuestFilesystem filesystem, String directory) {
    Map<String, Module> modules = new LinkedHashMap<>();
    lines(filesystem, directory + "/modules.dep")
        .forEach(line -> {
          String[] parts = line.split(":", 2);
          if (parts.length == 2 && !parts[0].isBlank()) {
            List<String> needs = new ArrayList<>();
            for (String need : parts[1].strip().split("\\s+")) {
              if (!need.isEmpty() && needs.size() < MOST_DEPENDENCIES) {
                needs.add(absolute(directory, need));
              }
            }
            modules.put(name(parts[0]), new Module(absolute(directory, parts[0]), needs));
          }
        });
    Set<String> builtIn =
        lines(filesystem, directory + "/modules.builtin").stream()
            .map(ModuleIndex::name)
            .collect(Collectors.toUnmodifiableSet());
    return new ModuleIndex(Map.copyOf(modules), builtIn);
  }

  private static List<String> lines(GuestFilesystem filesystem, String path) {
    return filesystem
        .stat(path)
        .filter(stat -> stat.type() == org.voyageur.filesystem.FileType.REGULAR)
        .filter(stat -> stat.size() <= LIMIT)
        .map(stat ->
            new String(filesystem.read(path, LIMIT), java.nio.charset.StandardCharsets.ISO_8859_1))
        .orElse("")
        .lines()
        .filter(line -> !line.isBlank())
        .toList();
  }

  /** Old depmods write absolute paths (el5, Ubuntu 10.04), newer ones relative. */
  private static String absolute(String directory, String path) {
    return path.startsWith("/") ? path : directory + "/" + path;
  }

  /** A module's name by its file: without directory and endings, underscores for hyphens. */
  static String name(String path) {
    String file = path.substring(path.lastIndexOf('/') + 1);
    int ending = file.indexOf(".ko");
    return (ending < 0 ? file : file.substring(0, ending)).replace('-', '_');
  }

  /** The files to load for a module, in load order, itself last; empty if it is not a module. */
  Optional<SequencedSet<String>> loadOrder(String name) {
    Module module = byName.get(name);
    if (module == null) {
      return Optional.empty();
    }
    SequencedSet<String> files = new LinkedHashSet<>(module.needs().reversed());
    files.add(module.path());
    return Optional.of(files);
  }
}
