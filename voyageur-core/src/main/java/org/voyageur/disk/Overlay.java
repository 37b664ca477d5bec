package org.voyageur.disk;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;

/**
 * A device over another that is only read: what is written stays in memory, so that a plan can be
 * tried out, shown, written elsewhere or forgotten. Closing it forgets the changes; the device
 * below stays open.
 */
public final class Overlay implements BlockDevice {
  /** What is kept of a change: the memory page that most filesystems' blocks fit into. */
  static final int PAGE = 4096;

  /** A guest's boot files and a replayed journal take tens of MiB; this is well above. */
  private static final int MAX_PAGES = 512 * 1024 * 1024 / PAGE;

  private final BlockDevice base;
  private final int maxPages;
  private final TreeMap<Long, byte[]> pages = new TreeMap<>();

  /** No change yet over {@code base}. */
  public Overlay(BlockDevice base) {
    this(base, MAX_PAGES);
  }

  Overlay(BlockDevice base, int maxPages) {
    this.base = base;
    this.maxPages = maxPages;
  }

  /** The device below, without the changes. */
  public BlockDevice base() {
    return base;
  }

  @Override
  public long size() {
    return base.size();
  }

  @Override
  public void read(long offset, ByteBuffer into) {
    Extents.check(offset, into.remaining(), size());
    long end = offset + into.remaining();
    ByteBuffer target = into.slice();
    base.read(offset, into);
    for (Map.Entry<Long, byte[]> changed :
        pages.subMap(offset / PAGE, true, end / PAGE, true).entrySet()) {
      long start = changed.getKey() * PAGE;
      long from = Math.max(start, offset);
      int length = (int) (Math.min(start + PAGE, end) - from);
      target.put((int) (from - offset), changed.getValue(), (int) (from - start), length);
    }
  }

  /**
   * Keeps the bytes in memory, but for pages that are as they are below: libext2fs writes the
   * descriptors of all groups when it has changed one.
   *
   * @throws VoyageurException {@link ErrorCode#IMAGE_CHANGES_TOO_LARGE} if they are more than 512
   *     MiB in all
   */
  @Override
  public void write(long offset, ByteBuffer from) {
    Extents.check(offset, from.remaining(), size());
    long at = offset;
    while (from.hasRemaining()) {
      int within = (int) (at % PAGE);
      int length = Math.min(PAGE - within, from.remaining());
      write(at / PAGE, within, from.slice(from.position(), length));
      from.position(from.position() + length);
      at += length;
    }
  }

  private void write(long number, int within, ByteBuffer bytes) {
    byte[] below = new byte[PAGE];
    base.read(number * PAGE, ByteBuffer.wrap(below, 0, length(number)));
    byte[] known = pages.get(number);
    byte[] page = known == null ? below.clone() : known;
    bytes.get(page, within, bytes.remaining());
    if (Arrays.equals(page, below)) {
      pages.remove(number);
    } else if (known == null) {
      if (pages.size() >= maxPages) {
        throw new VoyageurException(
            ErrorCode.IMAGE_CHANGES_TOO_LARGE,
            "The changes to the image exceed " + (long) maxPages * PAGE + " bytes",
            "Check the image's filesystem with e2fsck on a copy, and convert the copy");
      }
      pages.put(number, page);
    }
  }

  /** How many bytes a page has; only the last may have fewer than the others. */
  private int length(long number) {
    return (int) Math.min(PAGE, size() - number * PAGE);
  }

  /** What is otherwise than below, rounded up to pages of 4096 bytes; ascending and disjoint. */
  public List<Extent> changedExtents() {
    return changedExtents(new Extent(0, size()));
  }

  private List<Extent> changedExtents(Extent range) {
    return Extents.merge(
        pages.subMap(range.offset() / PAGE, true, range.end() / PAGE, true).keySet().stream()
            .map(number -> {
              long start = Math.max(number * PAGE, range.offset());
              long end = Math.min((number + 1) * PAGE, range.end());
              return new Extent(start, Math.max(0, end - start));
            })
            .toList());
  }

  /**
   * Writes every change to the same place on {@code target}.
   *
   * @throws IllegalArgumentException if {@code target} is smaller than this device
   */
  public void writeTo(BlockDevice target) {
    if (target.size() < size()) {
      throw new IllegalArgumentException(
          "a device of " + target.size() + " bytes for changes to one of " + size());
    }
    pages.forEach(
        (number, page) -> target.write(number * PAGE, ByteBuffer.wrap(page, 0, length(number))));
  }

  @Override
  public List<Extent> dataExtents(Extent range) {
    return Extents.union(base.dataExtents(range), changedExtents(range));
  }

  /** Does nothing: the changes are in memory only. */
  @Override
  public void flush() {}

  @Override
  public void close() {
    pages.clear();
  }
}
