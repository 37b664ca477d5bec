package org.voyageur.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.voyageur.disk.posix.Seek;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;

/** A raw image: the disk's bytes in a file, holes reading as zeros. */
public final class RawFile implements BlockDevice {
  private final Path path;
  private final FileChannel channel;
  private final Seek seek;
  private final long size;
  private final boolean writable;

  private RawFile(Path path, FileChannel channel, long size, boolean writable) {
    this.path = path;
    this.channel = channel;
    this.seek = new Seek(path);
    this.size = size;
    this.writable = writable;
  }

  /**
   * Opens a file for reading only.
   *
   * @throws IOException if it cannot be opened
   */
  static RawFile openReadOnly(Path path) throws IOException {
    FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
    return new RawFile(path, channel, channel.size(), false);
  }

  /**
   * Opens an existing file for reading and writing and makes it {@code size} bytes long.
   *
   * @throws IOException if it cannot be opened or made so long
   */
  static RawFile openWritable(Path path, long size) throws IOException {
    FileChannel channel = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
    if (channel.size() < size) {
      channel.write(ByteBuffer.allocate(1), size - 1);
    } else {
      channel.truncate(size);
    }
    return new RawFile(path, channel, size, true);
  }

  /**
   * Opens an existing, empty file that becomes as long as what is written to it.
   *
   * @throws IOException if it cannot be opened
   */
  static RawFile openGrowing(Path path) throws IOException {
    FileChannel channel = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
    return new RawFile(path, channel, Long.MAX_VALUE, true);
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public void read(long offset, ByteBuffer into) {
    Objects.checkFromIndexSize(offset, into.remaining(), size);
    try {
      long at = offset;
      while (into.hasRemaining()) {
        int count = channel.read(into, at);
        if (count < 0) {
          throw new VoyageurException(
              ErrorCode.IMAGE_CUT_OFF,
              path + " ends at byte " + at + ", and had " + size + " when it was opened",
              "Nothing else may write to the image while it is read; try again");
        }
        at += count;
      }
    } catch (IOException e) {
      throw new VoyageurException(
          ErrorCode.IMAGE_NOT_READABLE,
          "cannot read " + path + " at byte " + offset + ": " + e.getMessage(),
          "Check the disk that the image lies on",
          e);
    }
  }

  @Override
  public void write(long offset, ByteBuffer from) {
    if (!writable) {
      throw new UnsupportedOperationException(path + " is open for reading only");
    }
    Objects.checkFromIndexSize(offset, from.remaining(), size);
    try {
      long at = offset;
      while (from.hasRemaining()) {
        at += channel.write(from, at);
      }
    } catch (IOException e) {
      throw OutputErrors.writing(path, e);
    }
  }

  @Override
  public List<Extent> dataExtents(Extent range) {
    List<Extent> found = new ArrayList<>();
    long at = range.offset();
    while (at < range.end()) {
      long data = seek.data(at);
      if (data < 0 && at == range.offset() && seek.hole(at) < 0) {
        return List.of(range); // This filesystem does not tell.
      }
      if (data < 0 || data >= range.end()) {
        break;
      }
      long hole = seek.hole(data);
      long end = hole < 0 ? range.end() : Math.min(hole, range.end());
      found.add(new Extent(data, end - data));
      at = end;
    }
    return found;
  }

  @Override
  public void flush() {
    try {
      channel.force(true);
    } catch (IOException e) {
      throw OutputErrors.writing(path, e);
    }
  }

  @Override
  public void close() {
    seek.close();
    try {
      channel.close();
    } catch (IOException e) {
      throw OutputErrors.writing(path, e);
    }
  }
}
