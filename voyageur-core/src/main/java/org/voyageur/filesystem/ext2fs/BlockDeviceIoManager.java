package org.voyageur.filesystem.ext2fs;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import org.jspecify.annotations.Nullable;
import org.voyageur.disk.BlockDevice;
import org.voyageur.disk.Extent;

/**
 * An io_manager (ext2_io.h) whose callbacks read and write a {@link BlockDevice}.
 *
 * <p>Nothing is thrown out of a callback, as that ends the JVM: the first failure is kept, the
 * library is told EIO, and whoever called the library calls {@link #rethrow} afterwards. After a
 * failed read or write every later write fails too: libext2fs ignores some write errors (21 of 119
 * single failures on an ext4 were swallowed, measured), and half a change must never look like a
 * whole one.
 */
@SuppressWarnings({"UnusedMethod", "UnusedVariable"}) // The library calls the callbacks.
final class BlockDeviceIoManager {
  private static final long MAGIC_CHANNEL = LibExt2fs.ET_BASE + 5;
  private static final long MAGIC_MANAGER = LibExt2fs.ET_BASE + 7;

  /** sizeof(struct struct_io_manager) and sizeof(struct struct_io_channel) on LP64. */
  private static final int MANAGER_SIZE = 240;

  private static final int CHANNEL_SIZE = 192;

  private final BlockDevice device;
  private final boolean writable;
  private final MemorySegment channel;
  private final MemorySegment manager;
  private int blockSize = 1024;
  private long readBudget = Long.MAX_VALUE;
  private @Nullable Throwable failure;
  private boolean poisoned;

  BlockDeviceIoManager(BlockDevice device, boolean writable, Arena arena) {
    this.device = device;
    this.writable = writable;
    this.channel = arena.allocate(CHANNEL_SIZE, 16);
    this.manager = arena.allocate(MANAGER_SIZE, 16);
    MemorySegment name = arena.allocateFrom("voyageur");
    channel.set(JAVA_LONG, 0, MAGIC_CHANNEL);
    channel.set(ADDRESS, 8, manager);
    channel.set(ADDRESS, 16, name);
    channel.set(JAVA_INT, 24, blockSize);
    channel.set(JAVA_INT, 48, 1); // refcount
    manager.set(JAVA_LONG, 0, MAGIC_MANAGER);
    manager.set(ADDRESS, 8, name);
    manager.set(ADDRESS, 16, callback("open", arena, ADDRESS, JAVA_INT, ADDRESS));
    manager.set(ADDRESS, 24, callback("close", arena, ADDRESS));
    manager.set(ADDRESS, 32, callback("setBlockSize", arena, ADDRESS, JAVA_INT));
    // The same with block numbers of 32 bits and of 64.
    MemorySegment read = callback("read", arena, ADDRESS, JAVA_LONG, JAVA_INT, ADDRESS);
    manager.set(ADDRESS, 40, read);
    manager.set(ADDRESS, 88, read);
    MemorySegment write = callback("write", arena, ADDRESS, JAVA_LONG, JAVA_INT, ADDRESS);
    manager.set(ADDRESS, 48, write);
    manager.set(ADDRESS, 96, write);
    manager.set(ADDRESS, 56, callback("flush", arena, ADDRESS));
    manager.set(ADDRESS, 64, callback("writeByte", arena, ADDRESS, JAVA_LONG, JAVA_INT, ADDRESS));
  }

  private MemorySegment callback(String method, Arena arena, MemoryLayout... arguments) {
    FunctionDescriptor descriptor = FunctionDescriptor.of(JAVA_LONG, arguments);
    try {
      MethodType type = descriptor.toMethodType();
      MethodHandle handle =
          MethodHandles.lookup().findVirtual(BlockDeviceIoManager.class, method, type).bindTo(this);
      return Linker.nativeLinker().upcallStub(handle, descriptor, arena);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError(method, e);
    }
  }

  /** The {@code io_manager} to open a filesystem with. */
  MemorySegment pointer() {
    return manager;
  }

  /**
   * Limits how much one operation may read: a hostile directory can make the library read for
   * minutes (measured: a triple-indirect block that names itself).
   *
   * @param bytes after which reads fail
   */
  void allowReading(long bytes) {
    readBudget = bytes;
  }

  /** Throws what went wrong in a callback since this was last asked. */
  void rethrow() {
    Throwable happened = failure;
    failure = null;
    switch (happened) {
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      case null, default -> {}
    }
  }

  /** Whether the device has failed, so that nothing that was written can be trusted any more. */
  boolean isPoisoned() {
    return poisoned;
  }

  private long open(MemorySegment name, int flags, MemorySegment out) {
    out.reinterpret(8).set(ADDRESS, 0, channel);
    return 0;
  }

  private long close(MemorySegment self) {
    return 0;
  }

  private long setBlockSize(MemorySegment self, int size) {
    if (size < 1024 || size > 65536 || Integer.bitCount(size) != 1) {
      return LibExt2fs.EIO;
    }
    blockSize = size;
    channel.set(JAVA_INT, 24, size);
    return 0;
  }

  /** The bytes that a request is about; null where they are not all on the device. */
  private @Nullable Extent extent(long block, int count) {
    long length = count < 0 ? -(long) count : (long) count * blockSize;
    if (block < 0 || block > device.size() / blockSize) {
      return null;
    }
    long offset = block * blockSize;
    return length > device.size() - offset ? null : new Extent(offset, length);
  }

  private long read(MemorySegment self, long block, int count, MemorySegment data) {
    try {
      Extent extent = extent(block, count);
      if (extent == null) {
        return LibExt2fs.ET_SHORT_READ;
      }
      readBudget -= extent.length();
      if (readBudget < 0) {
        return LibExt2fs.ECANCELED;
      }
      device.read(extent.offset(), data.reinterpret(extent.length()).asByteBuffer());
      return 0;
    } catch (Throwable e) {
      return keep(e);
    }
  }

  private long write(MemorySegment self, long block, int count, MemorySegment data) {
    return write(extent(block, count), data);
  }

  private long writeByte(MemorySegment self, long offset, int size, MemorySegment data) {
    boolean within = offset >= 0 && size >= 0 && offset <= device.size() - size;
    return write(within ? new Extent(offset, size) : null, data);
  }

  private long write(@Nullable Extent extent, MemorySegment data) {
    if (poisoned || !writable) {
      return poison(LibExt2fs.EIO);
    }
    if (extent == null) {
      return poison(LibExt2fs.ET_SHORT_WRITE);
    }
    try {
      device.write(extent.offset(), data.reinterpret(extent.length()).asByteBuffer());
      return 0;
    } catch (Throwable e) {
      return poison(keep(e));
    }
  }

  private long flush(MemorySegment self) {
    try {
      device.flush();
      return 0;
    } catch (Throwable e) {
      return poison(keep(e));
    }
  }

  private long poison(long code) {
    poisoned = true;
    return code;
  }

  private long keep(Throwable e) {
    // The library may go on after a failed read, and write what it did not read.
    poisoned |= writable;
    if (failure == null) {
      failure = e;
    }
    return LibExt2fs.EIO;
  }
}
