package org.voyageur.guest;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedSet;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.voyageur.archive.Compression;
import org.voyageur.filesystem.DirectoryEntry;
import org.voyageur.filesystem.FileStat;
import org.voyageur.filesystem.FileType;
import org.voyageur.filesystem.GuestFilesystem;

/** The modules of one kernel: files in its module directory, and what is built in. */
final class ModuleIndex {
  private static final int LIMIT = 16 << 20;
  private static final int MOST_FILES = 50_000;
  private static final int DEEPEST = 16;
  private static final int MOST_DEPENDENCIES = 100;

  private static final Pattern BLANKS = Pattern.compile("\\s+");
  private static final Pattern MODULE_FILE = Pattern.compile(".*\\.ko(?:\\.gz|\\.xz|\\.zst)?");

  /** An entry of a module's .modinfo section, which holds strings that end in NUL. */
  private static final Pattern DEPENDS = Pattern.compile("\0depends=([\\w,-]{0,4096})\0");

  private final GuestFilesystem filesystem;
  private final Set<String> builtIn;

  /** Each module's file by its name. */
  private final Map<String, String> files = new HashMap<>();

  /** What modules.dep says must be loaded before a module, in reverse load order. */
  private final Map<String, List<String>> dependencies = new HashMap<>();

  private int entriesLeft = MOST_FILES;

  private ModuleIndex(GuestFilesystem filesystem, Set<String> builtIn) {
    this.filesystem = filesystem;
    this.builtIn = builtIn;
  }

  /**
   * Reads modules.dep(5) and modules.builtin of a module directory. Where depmod was never run, the
   * modules are looked for, and asked what they depend on.
   */
  static ModuleIndex read(GuestFilesystem filesystem, String directory) {
    ModuleIndex index =
        new ModuleIndex(
            filesystem,
            builtIn(String.join("\n", lines(filesystem, directory + "/modules.builtin"))));
    for (String line : lines(filesystem, directory + "/modules.dep")) {
      String[] parts = line.split(":", 2);
      if (parts.length == 2 && !parts[0].isBlank()) {
        String name = name(parts[0]);
        index.files.put(name, absolute(directory, parts[0]));
        index.dependencies.put(
            name,
            BLANKS
                .splitAsStream(parts[1].strip())
                .filter(need -> !need.isEmpty())
                .limit(MOST_DEPENDENCIES)
                .map(need -> absolute(directory, need))
                .toList());
      }
    }
    if (index.files.isEmpty()) {
      index.walk(directory, DEEPEST);
    }
    return index;
  }

  /** The names in a text like modules.builtin (from 2.6.33 on). */
  static Set<String> builtIn(String text) {
    return text.lines()
        .filter(line -> !line.isBlank())
        .map(ModuleIndex::name)
        .collect(Collectors.toUnmodifiableSet());
  }

  /** Whether a file is a module, by its name. */
  static boolean isModule(String path) {
    return MODULE_FILE.matcher(path).matches();
  }

  /** A module's name by its file: without directory and endings, underscores for hyphens. */
  static String name(String path) {
    String file = path.strip().substring(path.strip().lastIndexOf('/') + 1);
    int ending = file.indexOf(".ko");
    return (ending < 0 ? file : file.substring(0, ending)).replace('-', '_');
  }

  private static List<String> lines(GuestFilesystem filesystem, String path) {
    return filesystem
        .stat(path)
        .filter(stat -> stat.type() == FileType.REGULAR && stat.size() <= LIMIT)
        .map(_ -> new String(filesystem.read(path, LIMIT), ISO_8859_1))
        .orElse("")
        .lines()
        .toList();
  }

  /** Old depmods write absolute paths (el5, Ubuntu 10.04), newer ones relative. */
  private static String absolute(String directory, String path) {
    return path.startsWith("/") ? path : directory + "/" + path;
  }

  /** Links are not followed: "build" and "source" lead to other trees. */
  private void walk(String directory, int depth) {
    if (depth == 0
        || filesystem.stat(directory).map(FileStat::type).orElse(FileType.UNKNOWN)
            != FileType.DIRECTORY) {
      return;
    }
    for (DirectoryEntry entry : filesystem.list(directory)) {
      if (entriesLeft-- <= 0) {
        return;
      }
      String path = directory + "/" + entry.name();
      FileType type = filesystem.lstat(path).map(FileStat::type).orElse(FileType.UNKNOWN);
      if (type == FileType.DIRECTORY) {
        walk(path, depth - 1);
      } else if (isModule(path)) {
        files.putIfAbsent(name(path), path);
      }
    }
  }

  /** Whether a module is part of the kernel itself, as far as modules.builtin says. */
  boolean isBuiltIn(String name) {
    return builtIn.contains(name);
  }

  /** Whether a module is listed; its file may be missing. */
  boolean has(String name) {
    return files.containsKey(name);
  }

  /** The first module file in path order that exists, to look at; empty if there is none. */
  Optional<String> anyFile() {
    return files.values().stream().sorted().filter(this::isFile).findFirst();
  }

  /**
   * The files to load for a module, in load order, itself last; empty if it is not a module or one
   * of the files is missing.
   */
  Optional<SequencedSet<String>> loadOrder(String name) {
    SequencedSet<String> order = new LinkedHashSet<>();
    return collect(name, order, MOST_DEPENDENCIES) && order.stream().allMatch(this::isFile)
        ? Optional.of(order)
        : Optional.empty();
  }

  private boolean collect(String name, SequencedSet<String> order, int depth) {
    String file = files.get(name);
    if (file == null || depth == 0) {
      return false;
    }
    List<String> known = dependencies.get(name);
    if (known != null) {
      order.addAll(known.reversed());
    } else {
      for (String need : modinfoDependencies(file)) {
        if (!order.contains(files.getOrDefault(need, ""))
            && !isBuiltIn(need)
            && !collect(need, order, depth - 1)) {
          return false;
        }
      }
    }
    order.add(file);
    return true;
  }

  private List<String> modinfoDependencies(String file) {
    if (!isFile(file)) {
      return List.of();
    }
    try (InputStream module = Compression.decompress(filesystem.open(file))) {
      Matcher depends = DEPENDS.matcher(new String(module.readNBytes(LIMIT), ISO_8859_1));
      List<String> names = new ArrayList<>();
      if (depends.find()) {
        for (String name : depends.group(1).split(",")) {
          if (!name.isEmpty() && names.size() < MOST_DEPENDENCIES) {
            names.add(name(name));
          }
        }
      }
      return names;
    } catch (IOException e) {
      return List.of();
    }
  }

  private boolean isFile(String path) {
    return filesystem.stat(path).map(FileStat::type).orElse(FileType.UNKNOWN) == FileType.REGULAR;
  }
}
