package org.voyageur.disk;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.progress.ProgressEvent.Step;
import org.voyageur.progress.ProgressListener;

/**
 * A raw image in a gzip file, inflated once from front to end. One thread reads and inflates; the
 * caller's writes meanwhile what is not zero.
 */
final class GzipImage {
  /** Inflated at a time; also what qcow2's clusters divide. */
  private static final int CHUNK = 1 << 20;

  /** Where zeros begin and end that are not inflated: at qcow2's clusters. */
  private static final int ALIGNMENT = 1 << 16;

  private static final int INPUT = 1 << 18;
  private static final int CHUNKS = 4;

  private final Path path;
  private final Supplier<Gunzip> gunzip;
  private int chunks;
  private final BlockingQueue<ByteBuffer> free = new ArrayBlockingQueue<>(CHUNKS);
  private final BlockingQueue<Message> ready = new ArrayBlockingQueue<>(CHUNKS + 1);

  /** What the inflating thread says. */
  private sealed interface Message {
    /** The next bytes, up to where {@code position} of the compressed file was taken in. */
    record Chunk(ByteBuffer bytes, long position) implements Message {}

    /** Zeros that were not inflated. */
    record Zeros(long count, long position) implements Message {}

    record End() implements Message {}

    record Failed(Throwable reason) implements Message {}
  }

  private GzipImage(Path path, Supplier<Gunzip> gunzip) {
    this.path = path;
    this.gunzip = gunzip;
  }

  /**
   * Writes the disk in a gzip file to {@code sink}, which must hold zeros, from its first byte on.
   *
   * @return the disk's size
   * @throws VoyageurException {@link ErrorCode#IMAGE_CUT_OFF} or {@link ErrorCode#IMAGE_CORRUPT} if
   *     the file is damaged, {@link ErrorCode#IMAGE_FORMAT} if it holds another container, {@link
   *     ErrorCode#IMAGE_CHANGED} if somebody writes to it; what {@code sink} holds is of no use
   *     then
   */
  static long inflate(Path path, BlockDevice sink, ProgressListener progress) {
    return inflate(path, sink, progress, Gunzip::best);
  }

  static long inflate(
      Path path, BlockDevice sink, ProgressListener progress, Supplier<Gunzip> gunzip) {
    FileStamp stamp = FileStamp.of(path);
    long size =
        new GzipImage(path, gunzip).run(sink, new ProgressMeter(progress, Step.OPEN, stamp.size()));
    stamp.ensureUnchanged();
    return size;
  }

  private long run(BlockDevice sink, ProgressMeter meter) {
    Thread inflater = Thread.ofPlatform().name("voyageur-inflate").daemon().start(this::inflateAll);
    long size = 0;
    try {
      while (true) {
        switch (ready.take()) {
          case Message.Chunk(ByteBuffer bytes, long position) -> {
            if (size == 0) {
              ensureRaw(bytes);
            }
            int length = bytes.remaining();
            ensureRoom(sink.size() - size, length, sink);
            Zeros.writeOthers(sink, size, bytes);
            size += length;
            free.add(bytes);
            meter.done(position);
          }
          case Message.Zeros(long count, long position) -> {
            ensureRoom(sink.size() - size, count, sink);
            size += count;
            meter.done(position);
          }
          case Message.End() -> {
            if (size == 0) {
              throw new VoyageurException(
                  ErrorCode.IMAGE_CUT_OFF,
                  path + " holds no byte, expected a disk image",
                  "Get the image again from where it came from");
            }
            return size;
          }
          case Message.Failed(Throwable reason) -> throw failure(reason);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw IoFailure.interrupted(e);
    } finally {
      inflater.interrupt();
    }
  }

  private void ensureRoom(long room, long wanted, BlockDevice sink) {
    if (wanted > room) {
      throw new VoyageurException(
          ErrorCode.IMAGE_FORMAT,
          path + " holds a disk of more than " + sink.size() + " bytes",
          "Inflate it with gzip -d, and convert the result");
    }
  }

  /** Runs on a thread of its own; everything it holds is opened and closed there. */
  private void inflateAll() {
    try {
      try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
          Gunzip members = gunzip.get()) {
        inflateAll(new GzipInput(channel, INPUT), members);
      } catch (IOException | RuntimeException | Error e) {
        ready.put(new Message.Failed(e));
        return;
      }
      ready.put(new Message.End());
    } catch (InterruptedException stopped) {
      // The writing side has given up, and is no longer listening.
    }
  }

  private void inflateAll(GzipInput in, Gunzip members) throws IOException, InterruptedException {
    ByteBuffer chunk = freeChunk();
    boolean more = true;
    while (more) {
      switch (inflate(in, members, chunk)) {
        case Gunzip.Stop.Full() -> {}
        case Gunzip.Stop.MemberEnd() -> more = hasAnotherMember(in);
        case Gunzip.Stop.Zeros(long count) -> {
          long left = count - fill(chunk, Math.min(count, -chunk.position() & ALIGNMENT - 1));
          if (left > 0) {
            send(chunk, in);
            ready.put(new Message.Zeros(left - left % ALIGNMENT, in.position()));
            chunk = freeChunk();
            fill(chunk, left % ALIGNMENT);
          }
        }
      }
      if (!chunk.hasRemaining()) {
        send(chunk, in);
        chunk = freeChunk();
      }
    }
    send(chunk, in);
  }

  private Gunzip.Stop inflate(GzipInput in, Gunzip members, ByteBuffer chunk) throws IOException {
    try {
      return members.inflate(in, chunk);
    } catch (EOFException e) {
      throw cutOff(in.position(), e);
    } catch (Gunzip.DamagedException e) {
      throw corrupt(in.position(), String.valueOf(e.getMessage()), e);
    }
  }

  private ByteBuffer freeChunk() throws InterruptedException {
    if (free.isEmpty() && chunks < CHUNKS) {
      chunks++;
      return ByteBuffer.allocateDirect(CHUNK);
    }
    return free.take().clear();
  }

  private static long fill(ByteBuffer chunk, long zeros) {
    ByteBuffer part = chunk.slice(chunk.position(), (int) zeros);
    Zeros.fill(part);
    chunk.position(chunk.position() + part.capacity());
    return zeros;
  }

  private void send(ByteBuffer chunk, GzipInput in) throws InterruptedException {
    if (chunk.flip().hasRemaining()) {
      ready.put(new Message.Chunk(chunk, in.position()));
    }
  }

  /** Members follow each other directly; behind the last, tapes and tools leave zeros. */
  private boolean hasAnotherMember(GzipInput in) throws IOException {
    if (!in.hasMore()) {
      return false;
    }
    if (in.buffer().get(in.buffer().position()) == 0x1f) {
      return true;
    }
    while (in.hasMore()) {
      if (!Zeros.only(in.buffer())) {
        throw corrupt(in.position(), "something that is not gzip follows its end", null);
      }
      in.buffer().position(in.buffer().limit());
    }
    return false;
  }

  private void ensureRaw(ByteBuffer disk) {
    byte[] head = new byte[Math.min(512, disk.remaining())];
    disk.get(disk.position(), head);
    FormatProbe.containerIn(head)
        .ifPresent(container -> {
          throw new VoyageurException(
              ErrorCode.IMAGE_FORMAT,
              path + " holds " + container + ", expected a raw disk in the gzip file",
              "Inflate it with gzip -d, and give voyageur the result");
        });
  }

  private VoyageurException cutOff(long position, Throwable cause) {
    return new VoyageurException(
        ErrorCode.IMAGE_CUT_OFF,
        path + " ends at byte " + position + " in the middle of the gzip data",
        "Get the whole image again from where it came from, and compare the sizes",
        cause);
  }

  private VoyageurException corrupt(long position, String what, @Nullable Throwable cause) {
    return new VoyageurException(
        ErrorCode.IMAGE_CORRUPT,
        path + " is damaged at or before byte " + position + ": " + what,
        "Check it with gzip -t, and get it again from where it came from",
        cause);
  }

  private VoyageurException failure(Throwable reason) {
    return switch (reason) {
      case VoyageurException told -> told;
      case IOException io -> IoFailure.reading(path, io);
      default -> throw new IllegalStateException("inflating " + path + " failed", reason);
    };
  }
}
