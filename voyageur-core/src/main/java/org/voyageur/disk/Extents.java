package org.voyageur.disk;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;

/** Arithmetic on lists of extents. */
final class Extents {
  private Extents() {}

  /** The same bytes, ascending, disjoint, and adjoining runs as one; empty runs are left out. */
  static List<Extent> merge(List<Extent> extents) {
    List<Extent> sorted = new ArrayList<>(extents);
    sorted.sort(Comparator.comparingLong(Extent::offset));
    List<Extent> merged = new ArrayList<>(sorted.size());
    for (Extent extent : sorted) {
      if (extent.length() == 0) {
        continue;
      }
      Extent last = merged.isEmpty() ? null : merged.getLast();
      if (last != null && extent.offset() <= last.end()) {
        long end = Math.max(last.end(), extent.end());
        merged.set(merged.size() - 1, new Extent(last.offset(), end - last.offset()));
      } else {
        merged.add(extent);
      }
    }
    return merged;
  }

  /** The bytes of both lists. */
  static List<Extent> union(List<Extent> one, List<Extent> other) {
    List<Extent> both = new ArrayList<>(one);
    both.addAll(other);
    return merge(both);
  }

  /** The bytes that are in both lists, which are ascending and disjoint. */
  static List<Extent> intersect(List<Extent> one, List<Extent> other) {
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

  /** The bytes that are in the one list but not in the other; both are ascending and disjoint. */
  static List<Extent> minus(List<Extent> one, List<Extent> other) {
    List<Extent> rest = new ArrayList<>();
    int next = 0;
    for (Extent extent : one) {
      long at = extent.offset();
      while (next < other.size() && other.get(next).end() <= at) {
        next++;
      }
      for (int i = next; i < other.size() && other.get(i).offset() < extent.end(); i++) {
        add(rest, at, other.get(i).offset());
        at = Math.max(at, other.get(i).end());
      }
      add(rest, at, extent.end());
    }
    return rest;
  }

  private static void add(List<Extent> extents, long start, long end) {
    if (start < end) {
      extents.add(new Extent(start, end - start));
    }
  }

  /**
   * The index of the first of the ascending and disjoint {@code extents} that ends behind {@code
   * offset}; their number if none does.
   */
  static int firstEndingBehind(List<Extent> extents, long offset) {
    int found =
        Collections.binarySearch(
            extents, new Extent(offset, 0), (extent, key) -> extent.end() <= key.offset() ? -1 : 1);
    return -found - 1;
  }

  /** How many bytes the disjoint {@code extents} hold together. */
  static long length(List<Extent> extents) {
    return extents.stream().mapToLong(Extent::length).sum();
  }

  /**
   * Checks that a range lies within a device.
   *
   * @throws IndexOutOfBoundsException if it does not
   */
  static void check(long offset, long length, long size) {
    if (offset < 0 || length < 0 || offset > size - length) {
      throw new IndexOutOfBoundsException(
          "bytes " + offset + "+" + length + " of a device of " + size);
    }
  }
}
