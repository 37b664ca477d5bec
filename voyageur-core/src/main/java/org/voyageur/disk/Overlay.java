package org.voyageur.disk;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.TreeMap;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;

/**
 * Changes over a device that stays as it is: plan-only, copy and rollback are all "what to do with
 * the overlay". Changed pages are held in memory; a conversion changes a few hundred. Does not own
 * the device below.
 */
public final class Overlay implements BlockDevice {
  /** The block size of nearly every guest filesystem, so that a block write needs no read. */
  static final int PAGE = 4096;

  /**
   * A journal replay is the largest change there is, and journals have at most 128 MiB by default.
   */
  private static final int MOST_PAGES = (512 << 20) / PAGE;

  private final BlockDevice base;
  private final NavigableMap<Long, byte[]> pages = new TreeMap<>();

  /** An overlay without changes. */
  public Overlay(BlockDevice base) {
    this.base = base;
  }

  @Override
  public long size() {
    return base.size();
  }

  @Override
  public void read(long offset, ByteBuffer into) {
    Objects.checkFromIndexSize(offset, into.remaining(), size());
    int start = into.position();
    int length = into.remaining();
    base.read(offset, into);
    for (Map.Entry<Long, byte[]> page : pagesOf(new Extent(offset, length)).entrySet()) {
      long pageStart = page.getKey() * PAGE;
      long from = Math.max(pageStart, offset);
      long to = Math.min(pageStart + PAGE, offset + length);
      into.put(
          start + (int) (from - offset),
          page.getValue(),
          (int) (from - pageStart),
          (int) (to - from));
    }
  }

  @Override
  public void write(long offset, ByteBuffer from) {
    Objects.checkFromIndexSize(offset, from.remaining(), size());
    long at = offset;
    while (from.hasRemaining()) {
      int inPage = (int) (at % PAGE);
      int count = Math.min(PAGE - inPage, from.remaining());
      from.get(page(at / PAGE), inPage, count);
      at += count;
    }
  }

  private byte[] page(long number) {
    byte[] page = pages.get(number);
    if (page == null) {
      if (pages.size() == MOST_PAGES) {
        throw new VoyageurException(
            ErrorCode.IMAGE_CORRUPT,
            "more than " + MOST_PAGES * (long) PAGE + " bytes of the image would change",
            "No conversion needs that much; check the image's filesystem with e2fsck on a copy");
      }
      page = new byte[PAGE];
      long start = number * PAGE;
      int length = (int) Math.min(PAGE, size() - start);
      base.read(start, ByteBuffer.wrap(page, 0, length));
      pages.put(number, page);
    }
    return page;
  }

  private NavigableMap<Long, byte[]> pagesOf(Extent range) {
    if (range.length() == 0) {
      return new TreeMap<>();
    }
    return pages.subMap(range.offset() / PAGE, true, (range.end() - 1) / PAGE, true);
  }

  /** What was changed, ascending, adjacent pages as one. */
  public List<Extent> changedExtents() {
    return changedExtents(new Extent(0, size()));
  }

  private List<Extent> changedExtents(Extent range) {
    List<Extent> changed = new ArrayList<>();
    for (long number : pagesOf(range).keySet()) {
      long start = Math.max(number * PAGE, range.offset());
      changed.add(new Extent(start, Math.min((number + 1) * PAGE, range.end()) - start));
    }
    return Extents.union(changed, List.of());
  }

  @Override
  public List<Extent> dataExtents(Extent range) {
    return Extents.union(base.dataExtents(range), changedExtents(range));
  }

  /**
   * Writes the changes to a device that holds what the overlay lies over.
   *
   * @return how many bytes were written
   */
  public long writeChanges(BlockDevice to) {
    long written = 0;
    for (Extent extent : changedExtents()) {
      to.write(extent.offset(), ByteBuffer.wrap(read(extent.offset(), (int) extent.length())));
      written += extent.length();
    }
    return written;
  }

  /** Nothing to do: the changes live in memory until they are copied to where they are to stay. */
  @Override
  public void flush() {}

  @Override
  public void close() {
    pages.clear();
  }
}
