package org.voyageur.filesystem;

import java.nio.ByteBuffer;
import java.util.List;
import org.voyageur.disk.BlockDevice;
import org.voyageur.disk.Extent;

/** A disk in memory that is only read, so that thousands of overlays over it cost nothing. */
record MemoryDisk(byte[] content) implements BlockDevice {
  @Override
  public long size() {
    return content.length;
  }

  @Override
  public void read(long offset, ByteBuffer into) {
    into.put(content, Math.toIntExact(offset), into.remaining());
  }

  @Override
  public void write(long offset, ByteBuffer from) {
    throw new UnsupportedOperationException("read-only");
  }

  @Override
  public List<Extent> dataExtents(Extent range) {
    return List.of(range);
  }

  @Override
  public void flush() {}

  @Override
  public void close() {}
}
