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

  /** What is in both lists, which are ascending and disjoint. */
  public static List<Extent> intersect(List<Extent> one, List<Extent> other) {
    List<Extent> both = new ArrayList<>();
    int i = 0;
    int j = 0;
    while (i < one.size() && j < other.size()) {
      Extent a = one.get(i);
      Extent b = other.get(j);
      long start = Math.max(a.offset(), b.offset());
      long end = Math.min(a.end(), b.end());
      if (start < end) {
        both.add(new Extent(start, end - start));
      }
      if (a.end() < b.end()) {
        i++;
      } else {
        j++;
      }
    }
    return both;
  }
}
