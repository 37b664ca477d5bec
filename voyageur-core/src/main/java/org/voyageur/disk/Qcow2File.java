package org.voyageur.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;

/**
 * A qcow2 image that is being made. Its file is an image only after {@link #flush}; a file that
 * somebody else made is never opened here.
 */
final class Qcow2File implements BlockDevice {
  private static final int CLUSTER = Qcow2Tables.CLUSTER;

  private final Path path;
  private final FileChannel channel;
  private final Qcow2Tables tables;

  private Qcow2File(Path path, FileChannel channel, long size) {
    this.path = path;
    this.channel = channel;
    this.tables = new Qcow2Tables(channel, size);
  }

  /**
   * Begins an image of {@code size} zeros.
   *
   * @param path an existing file; what is in it goes
   * @param size in bytes, a multiple of 512
   */
  static Qcow2File create(Path path, long size) {
    try {
      return new Qcow2File(
          path,
          FileChannel.open(
              path,
              Set.of(
                  StandardOpenOption.READ,
                  StandardOpenOption.WRITE,
                  StandardOpenOption.TRUNCATE_EXISTING)),
          size);
    } catch (IOException e) {
      throw IoFailure.writing(path, e);
    }
  }

  @Override
  public long size() {
    return tables.size();
  }

  /**
   * Makes the disk larger by zeros, or smaller by what was never written.
   *
   * @param size in bytes, a multiple of 512
   */
  void resize(long size) {
    tables.resize(size);
  }

  @Override
  public void read(long offset, ByteBuffer into) {
    Extents.check(offset, into.remaining(), size());
    long at = offset;
    int limit = into.limit();
    try {
      while (into.hasRemaining()) {
        Run run = run(at / CLUSTER, Math.ceilDiv(at + into.remaining(), (long) CLUSTER));
        int length = (int) Math.min(into.remaining(), run.end() - at);
        into.limit(into.position() + length);
        if (run.place() == 0) {
          Zeros.fill(into);
        } else {
          readAt(run.place() + at - run.start(), into);
        }
        into.limit(limit);
        at += length;
      }
    } catch (IOException e) {
      throw IoFailure.reading(path, e);
    }
  }

  private void readAt(long place, ByteBuffer into) throws IOException {
    long at = place;
    while (into.hasRemaining()) {
      int n = channel.read(into, at);
      if (n < 0) {
        throw new VoyageurException(
            ErrorCode.IMAGE_CUT_OFF,
            path + " ends at byte " + at + ", behind which something was written",
            "Make sure that nothing else writes to the output, and start again");
      }
      at += n;
    }
  }

  @Override
  public void write(long offset, ByteBuffer from) {
    Extents.check(offset, from.remaining(), size());
    long at = offset;
    int limit = from.limit();
    try {
      while (from.hasRemaining()) {
        Run run = run(at / CLUSTER, Math.ceilDiv(at + from.remaining(), (long) CLUSTER));
        int length = (int) Math.min(from.remaining(), run.end() - at);
        from.limit(from.position() + length);
        if (run.place() == 0) {
          length = writeNew(at, from);
        } else {
          tables.writeAt(run.place() + at - run.start(), from);
        }
        from.limit(limit);
        at += length;
      }
    } catch (IOException e) {
      throw IoFailure.writing(path, e);
    }
  }

  /** Writes as much as goes at once to clusters that are nowhere in the file yet. */
  private int writeNew(long at, ByteBuffer from) throws IOException {
    int within = (int) (at % CLUSTER);
    if (within == 0 && from.remaining() >= CLUSTER) {
      int length = from.remaining() / CLUSTER * CLUSTER;
      from.limit(from.position() + length);
      tables.writeAt(tables.add(at / CLUSTER, length / CLUSTER), from);
      return length;
    }
    int length = Math.min(CLUSTER - within, from.remaining());
    from.limit(from.position() + length);
    // A cluster is written whole: the tables of an earlier flush may lie where it comes.
    ByteBuffer cluster = ByteBuffer.allocate(CLUSTER).put(within, from, from.position(), length);
    from.position(from.limit());
    tables.writeAt(tables.add(at / CLUSTER, 1), cluster);
    return length;
  }

  /**
   * Clusters of the disk that lie in the file as on the disk.
   *
   * @param start where they are on the disk
   * @param end where they end there
   * @param place where they are in the file; 0 if nowhere
   */
  private record Run(long start, long end, long place) {}

  /** From cluster {@code number} on, up to {@code limit}, and not beyond one L2 table. */
  private Run run(long number, long limit) throws IOException {
    long most = Math.min(limit, Qcow2Tables.endOfTable(number));
    if (!tables.hasTable(number)) {
      return new Run(number * CLUSTER, most * CLUSTER, 0);
    }
    long place = tables.offset(number);
    long next = number + 1;
    while (next < most
        && tables.offset(next) == (place == 0 ? 0 : place + (next - number) * CLUSTER)) {
      next++;
    }
    return new Run(number * CLUSTER, next * CLUSTER, place);
  }

  @Override
  public List<Extent> dataExtents(Extent range) {
    Extents.check(range.offset(), range.length(), size());
    List<Extent> data = new ArrayList<>();
    long at = range.offset();
    try {
      while (at < range.end()) {
        Run run = run(at / CLUSTER, Math.ceilDiv(range.end(), (long) CLUSTER));
        long end = Math.min(run.end(), range.end());
        if (run.place() != 0) {
          data.add(new Extent(at, end - at));
        }
        at = end;
      }
    } catch (IOException e) {
      throw IoFailure.reading(path, e);
    }
    return Extents.merge(data);
  }

  @Override
  public void flush() {
    try {
      tables.write();
      channel.force(true);
    } catch (IOException e) {
      throw IoFailure.writing(path, e);
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw IoFailure.writing(path, e);
    }
  }
}
