package org.voyageur.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.voyageur.disk.posix.Posix;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;

/** A file, or a host's block device, whose bytes are the disk's bytes. */
public final class RawFile implements BlockDevice {
  private final Path path;
  private final FileChannel channel;
  private final boolean writable;

  /** A second descriptor, for what a channel cannot do; negative where that is not possible. */
  private final int descriptor;

  private long size;
  private boolean closed;

  private RawFile(Path path, FileChannel channel, boolean writable, long size) {
    this.path = path;
    this.channel = channel;
    this.writable = writable;
    this.size = size;
    this.descriptor = openForPosix(path);
  }

  /** Opens an existing file to read; nothing about it changes, its modification time included. */
  public static RawFile open(Path path) {
    try {
      FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
      return new RawFile(path, channel, false, channel.size());
    } catch (IOException e) {
      throw IoFailure.reading(path, e);
    }
  }

  /** Opens an existing file to read and write. */
  public static RawFile openWritable(Path path) {
    try {
      FileChannel channel =
          FileChannel.open(path, Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE));
      return new RawFile(path, channel, true, channel.size());
    } catch (IOException e) {
      throw IoFailure.writing(path, e);
    }
  }

  /**
   * Makes a sparse file of {@code size} zeros, to read and write. An existing file is not touched.
   */
  public static RawFile create(Path path, long size) {
    try {
      FileChannel channel =
          FileChannel.open(
              path,
              Set.of(
                  StandardOpenOption.READ,
                  StandardOpenOption.WRITE,
                  StandardOpenOption.CREATE_NEW));
      RawFile file = new RawFile(path, channel, true, 0);
      file.resize(size);
      return file;
    } catch (IOException e) {
      throw IoFailure.writing(path, e);
    }
  }

  @Override
  public long size() {
    return size;
  }

  /**
   * Lets everything up to the largest offset be written, until {@link #resize} says where the end
   * is: for a stream of unknown length.
   */
  void unbound() {
    size = Long.MAX_VALUE;
  }

  /** Cuts the file off or extends it with zeros. */
  void resize(long newSize) {
    try {
      if (newSize < channel.size()) {
        channel.truncate(newSize);
      } else if (newSize > channel.size()) {
        // A FileChannel lengthens a file only by writing; this costs one block.
        channel.write(ByteBuffer.allocate(1), newSize - 1);
      }
      size = newSize;
    } catch (IOException e) {
      throw IoFailure.writing(path, e);
    }
  }

  @Override
  public void read(long offset, ByteBuffer into) {
    Extents.check(offset, into.remaining(), size);
    long at = offset;
    try {
      while (into.hasRemaining()) {
        int n = channel.read(into, at);
        if (n < 0) {
          throw new VoyageurException(
              ErrorCode.IMAGE_CUT_OFF,
              path + " ends at byte " + at + "; it had " + size + " bytes when it was opened",
              "Make sure that nothing writes to the image, and start again");
        }
        at += n;
      }
    } catch (IOException e) {
      throw IoFailure.reading(path, e);
    }
  }

  @Override
  public void write(long offset, ByteBuffer from) {
    if (!writable) {
      throw new UnsupportedOperationException(path + " was opened read-only");
    }
    Extents.check(offset, from.remaining(), size);
    long at = offset;
    try {
      while (from.hasRemaining()) {
        at += channel.write(from, at);
      }
    } catch (IOException e) {
      throw IoFailure.writing(path, e);
    }
  }

  /**
   * Copies a range to a place in another file inside the kernel, which shares the blocks instead
   * where the host's filesystem can ({@code copy_file_range(2)}).
   */
  void transfer(Extent range, RawFile to, long place) {
    Extents.check(range.offset(), range.length(), size);
    Extents.check(place, range.length(), to.size);
    long at = range.offset();
    try {
      to.channel.position(place);
      while (at < range.end()) {
        long n = channel.transferTo(at, range.end() - at, to.channel);
        if (n <= 0) {
          throw new VoyageurException(
              ErrorCode.IMAGE_CUT_OFF,
              path + " ends at byte " + at + "; it had " + size + " bytes when it was opened",
              "Make sure that nothing writes to the image, and start again");
        }
        at += n;
      }
    } catch (IOException e) {
      throw IoFailure.writing(to.path, e);
    }
  }

  /**
   * Has the disk begin to write a range that will hardly change any more, so that {@link #flush}
   * finds less to wait for. Only a hint: what becomes of it, {@link #flush} tells.
   */
  void startWriting(Extent range) {
    if (descriptor >= 0) {
      int ignored = Posix.startWriting(descriptor, range.offset(), range.length());
    }
  }

  @Override
  public List<Extent> dataExtents(Extent range) {
    Extents.check(range.offset(), range.length(), size);
    if (descriptor < 0) {
      return Extents.merge(List.of(range));
    }
    List<Extent> data = new ArrayList<>();
    long at = range.offset();
    while (at < range.end()) {
      long start = Posix.lseek(descriptor, at, Posix.SEEK_DATA);
      if (start == -Posix.ENXIO || start >= range.end()) {
        break;
      }
      long hole = start < 0 ? start : Posix.lseek(descriptor, start, Posix.SEEK_HOLE);
      if (hole < 0) {
        // No holes known here (a block device, a filesystem without them): all of it may be data.
        data.add(new Extent(at, range.end() - at));
        break;
      }
      long end = Math.min(hole, range.end());
      data.add(new Extent(start, end - start));
      at = end;
    }
    return data;
  }

  @Override
  public void flush() {
    try {
      channel.force(true);
    } catch (IOException e) {
      throw IoFailure.writing(path, e);
    }
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    if (descriptor >= 0) {
      int ignored = Posix.close(descriptor);
    }
    try {
      channel.close();
    } catch (IOException e) {
      throw writable ? IoFailure.writing(path, e) : IoFailure.reading(path, e);
    }
  }

  /** Where native access is denied the file is read all the same, its holes too. */
  private static int openForPosix(Path path) {
    try {
      return Posix.isAvailable() ? Posix.open(path.toString()) : -1;
    } catch (LinkageError unavailable) {
      return -1;
    }
  }
}
