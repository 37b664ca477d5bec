package org.voyageur.disk;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;

/** A part of a device, such as a partition, as a device of its own. Does not own the device. */
public final class Window implements BlockDevice {
  private final BlockDevice disk;
  private final Extent extent;

  /**
   * A window.
   *
   * @param extent its place; within the device
   */
  public Window(BlockDevice disk, Extent extent) {
    Objects.checkFromIndexSize(extent.offset(), extent.length(), disk.size());
    this.disk = disk;
    this.extent = extent;
  }

  @Override
  public long size() {
    return extent.length();
  }

  @Override
  public void read(long offset, ByteBuffer into) {
    Objects.checkFromIndexSize(offset, into.remaining(), size());
    disk.read(extent.offset() + offset, into);
  }

  @Override
  public void write(long offset, ByteBuffer from) {
    Objects.checkFromIndexSize(offset, from.remaining(), size());
    disk.write(extent.offset() + offset, from);
  }

  @Override
  public List<Extent> dataExtents(Extent range) {
    Objects.checkFromIndexSize(range.offset(), range.length(), size());
    return disk.dataExtents(new Extent(extent.offset() + range.offset(), range.length())).stream()
        .map(found -> new Extent(found.offset() - extent.offset(), found.length()))
        .toList();
  }

  @Override
  public void flush() {
    disk.flush();
  }

  @Override
  public void close() {}
}
