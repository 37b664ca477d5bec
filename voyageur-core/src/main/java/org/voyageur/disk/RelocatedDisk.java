package org.voyageur.disk;

import java.nio.ByteBuffer;
import java.util.List;

/**
 * A disk at another place on a larger one, with zeros around it: what there will be when a
 * filesystem is moved into a partition, or its disk grows. It is only read, and {@link BlockCopy}
 * copies from the disk below. Closing it closes nothing.
 */
public final class RelocatedDisk implements BlockDevice {
  private final BlockDevice source;
  private final long offset;
  private final long size;

  /**
   * The bytes of {@code source} from {@code offset} on.
   *
   * @param size of the whole, in bytes
   * @throws IndexOutOfBoundsException if the source does not fit there
   */
  public RelocatedDisk(BlockDevice source, long offset, long size) {
    Extents.check(offset, source.size(), size);
    this.source = source;
    this.offset = offset;
    this.size = size;
  }

  BlockDevice source() {
    return source;
  }

  long offset() {
    return offset;
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public void read(long at, ByteBuffer into) {
    Extents.check(at, into.remaining(), size);
    int end = into.limit();
    long from = Math.clamp(offset - at, 0, into.remaining());
    long to = Math.clamp(offset + source.size() - at, from, into.remaining());
    int start = into.position();
    zeros(into, from);
    if (from < to) {
      into.limit(start + (int) to);
      source.read(at + from - offset, into);
      into.limit(end);
    }
    zeros(into, end - into.position());
  }

  private static void zeros(ByteBuffer into, long count) {
    into.put(ByteBuffer.allocate((int) count));
  }

  @Override
  public void write(long at, ByteBuffer from) {
    throw new UnsupportedOperationException("a relocated disk is only read");
  }

  @Override
  public List<Extent> dataExtents(Extent range) {
    Extents.check(range.offset(), range.length(), size);
    long start = Math.clamp(range.offset(), offset, offset + source.size());
    long end = Math.clamp(range.end(), start, offset + source.size());
    return source.dataExtents(new Extent(start - offset, end - start)).stream()
        .map(data -> new Extent(data.offset() + offset, data.length()))
        .toList();
  }

  @Override
  public void flush() {}

  @Override
  public void close() {}
}
