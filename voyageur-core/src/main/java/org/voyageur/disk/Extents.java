package org.voyageur.disk;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Set operations on lists of extents; results are ascending and disjoint. */
public final class Extents {
  private Extents() {}

  /** What is in either list; the lists may be in any order and overlap. */
  public static List<Extent> union(List<Extent> one, List<Extent> other) {
    List<Extent> merged = new ArrayList<>();
    Stream.concat(one.stream(), other.stream())
        .filter(extent -> extent.length() > 0)
        .sorted(Comparator.comparingLong(Extent::offset))
        .forEach(next -> {
          if (!merged.isEmpty() && merged.getLast().end() >= next.offset()) {
            Extent last = merged.removeLast();
            long end = Math.max(last.end(), next.end());
            merged.add(new Extent(last.offset(), end - last.offset()));
          } else {
            merged.add(next);
          }
        });
    return merged;
  }

  /**
   * What is in the first list, which is ascending and disjoint, but not in the second, likewise.
   */
  public static List<Extent> subtract(List<Extent> from, List<Extent> what) {
    List<Extent> left = new ArrayList<>();
    int next = 0;
    for (Extent extent : from) {
      long at = extent.offset();
      while (next < what.size() && what.get(next).end() <= at) {
        next++;
      }
      for (int i = next; i < what.size() && what.get(i).offset() < extent.end(); i++) {
        if (what.get(i).offset() > at) {
          left.add(new Extent(at, what.get(i).offset() - at));
        }
        at = Math.max(at, what.get(i).end());
      }
      if (at < extent.end()) {
        left.add(new Extent(at, extent.end() - at));
      }
    }
    return left;
  }
}
