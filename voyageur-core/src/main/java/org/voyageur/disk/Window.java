package org.voyageur.disk;

import java.nio.ByteBuffer;
import java.util.List;

/** A part of a device as a device of its own, such as a partition. Closing it closes nothing. */
public final class Window implements BlockDevice {
  private final BlockDevice device;
  private final Extent extent;

  /**
   * The bytes of {@code extent} on {@code device}.
   *
   * @throws IndexOutOfBoundsException if they are not within the device
   */
  public Window(BlockDevice device, Extent extent) {
    Extents.check(extent.offset(), extent.length(), device.size());
    this.device = device;
    this.extent = extent;
  }

  BlockDevice device() {
    return device;
  }

  @Override
  public long size() {
    return extent.length();
  }

  @Override
  public void read(long offset, ByteBuffer into) {
    Extents.check(offset, into.remaining(), size());
    device.read(extent.offset() + offset, into);
  }

  @Override
  public void write(long offset, ByteBuffer from) {
    Extents.check(offset, from.remaining(), size());
    device.write(extent.offset() + offset, from);
  }

  @Override
  public List<Extent> dataExtents(Extent range) {
    Extents.check(range.offset(), range.length(), size());
    return device.dataExtents(new Extent(extent.offset() + range.offset(), range.length())).stream()
        .map(data -> new Extent(data.offset() - extent.offset(), data.length()))
        .toList();
  }

  @Override
  public void flush() {
    device.flush();
  }

  @Override
  public void close() {}
}
