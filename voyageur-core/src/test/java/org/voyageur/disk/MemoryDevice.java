package org.voyageur.disk;

import java.nio.ByteBuffer;
import java.util.List;

/** A small disk in memory. */
record MemoryDevice(ByteBuffer disk, boolean isWritable) implements BlockDevice {
  MemoryDevice(byte[] disk, boolean isWritable) {
    this(ByteBuffer.wrap(disk), isWritable);
  }

  @Override
  public long size() {
    return disk.capacity();
  }

  @Override
  public void read(long offset, ByteBuffer into) {
    Extents.check(offset, into.remaining(), size());
    into.put(disk.slice((int) offset, into.remaining()));
  }

  @Override
  public void write(long offset, ByteBuffer from) {
    if (!isWritable) {
      throw new UnsupportedOperationException("read-only");
    }
    Extents.check(offset, from.remaining(), size());
    disk.slice((int) offset, from.remaining()).put(from);
  }

  @Override
  public List<Extent> dataExtents(Extent range) {
    return Extents.merge(List.of(range));
  }

  @Override
  public void flush() {}

  @Override
  public void close() {}
}
