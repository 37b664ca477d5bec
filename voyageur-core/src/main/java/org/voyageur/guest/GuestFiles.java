package org.voyageur.guest;

import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** The guest's configuration files that rules read and change, by absolute path, in path order. */
public record GuestFiles(SortedMap<String, GuestFile> byPath) {
  /** Keeps an unmodifiable copy. */
  public GuestFiles {
    byPath = Collections.unmodifiableSortedMap(new TreeMap<>(byPath));
  }

  /** A file; empty if the guest has none there. */
  public Optional<GuestFile> get(String path) {
    return Optional.ofNullable(byPath.get(path));
  }

  /** Whether the guest has a file there. */
  public boolean has(String path) {
    return byPath.containsKey(path);
  }

  /** The files of one directory whose names end so, in name order. */
  public List<GuestFile> in(String directory, String suffix) {
    String prefix = directory.endsWith("/") ? directory : directory + "/";
    return byPath.tailMap(prefix).values().stream()
        .takeWhile(file -> file.path().startsWith(prefix))
        .filter(file -> file.path().indexOf('/', prefix.length()) < 0)
        .filter(file -> file.path().endsWith(suffix))
        .toList();
  }

  /** The same files with one replaced or added. */
  public GuestFiles with(GuestFile file) {
    TreeMap<String, GuestFile> copy = new TreeMap<>(byPath);
    copy.put(file.path(), file);
    return new GuestFiles(copy);
  }

  /** The same files without one. */
  public GuestFiles without(String path) {
    TreeMap<String, GuestFile> copy = new TreeMap<>(byPath);
    copy.remove(path);
    return new GuestFiles(copy);
  }
}
