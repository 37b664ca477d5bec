package org.voyageur.disk;

import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.process.AtExit;
import org.voyageur.process.HostProgram;

/**
 * An image in any format that QEMU knows, through a {@code qemu-nbd} of our own on a socket that
 * nobody else can reach. The image's format is pinned, and the process ends with the device, or
 * with the program, also when that is killed.
 *
 * <p>The protocol is the NBD project's {@code doc/proto.md}: fixed newstyle handshake, structured
 * replies, block status. Writes are answered later: up to {@value #MAX_UNANSWERED} are on their way
 * at a time, and what became of them is known at the latest when {@link #flush} returns.
 */
final class NbdDevice implements BlockDevice {
  private static final HostProgram PROGRAM = new HostProgram("qemu-nbd", "qemu-utils");

  private static final long GREETING = 0x4e42444d41474943L; // "NBDMAGIC"
  private static final long OPTION = 0x49484156454F5054L; // "IHAVEOPT"
  private static final long OPTION_REPLY = 0x3e889045565a9L;
  private static final int REQUEST = 0x25609513;
  private static final int SIMPLE_REPLY = 0x67446698;
  private static final int STRUCTURED_REPLY = 0x668e33ef;

  private static final int FLAG_FIXED_NEWSTYLE = 1;
  private static final int FLAG_NO_ZEROES = 2;
  private static final int OPTION_GO = 7;
  private static final int OPTION_STRUCTURED_REPLY = 8;
  private static final int OPTION_SET_META_CONTEXT = 10;
  private static final int REPLY_ACK = 1;
  private static final int REPLY_INFO = 3;
  private static final int REPLY_META_CONTEXT = 4;
  private static final int REPLY_ERROR = 1 << 31;
  private static final int INFO_EXPORT = 0;
  private static final int TRANSMISSION_READ_ONLY = 2;

  private static final short READ = 0;
  private static final short WRITE = 1;
  private static final short DISCONNECT = 2;
  private static final short FLUSH = 3;
  private static final short BLOCK_STATUS = 7;

  private static final int CHUNK_DONE = 1;
  private static final int CHUNK_NONE = 0;
  private static final int CHUNK_DATA = 1;
  private static final int CHUNK_HOLE = 2;
  private static final int CHUNK_BLOCK_STATUS = 5;
  private static final int CHUNK_ERROR = 1 << 15;
  private static final int STATE_ZERO = 2;

  private static final int ENOSPC = 28;

  /** What a client may ask for without having negotiated more. */
  private static final int MAX_REQUEST = 32 << 20;

  /** Asked for at a time in BLOCK_STATUS, whose length field has 32 bits. */
  private static final long MAX_STATUS = 1L << 30;

  private static final int MAX_UNANSWERED = 8;
  private static final Duration START_LIMIT = Duration.ofSeconds(30);
  private static final Duration STOP_LIMIT = Duration.ofSeconds(60);

  private final Path image;
  private final Server server;
  private final SocketChannel channel;
  private final ByteBuffer header = ByteBuffer.allocate(64);
  private long size;
  private boolean readOnly;
  private boolean knowsExtents;
  private int unanswered;
  private boolean closed;
  private long cookie;

  private NbdDevice(Path image, Server server, SocketChannel channel) {
    this.image = image;
    this.server = server;
    this.channel = channel;
  }

  /**
   * Starts a server for an image. The caller has made sure that the image refers to no other file.
   */
  static NbdDevice open(Path image, ImageFormat format, boolean writable) {
    List<String> arguments =
        new ArrayList<>(
            List.of("--format=" + QemuImg.driver(format), image.toAbsolutePath().toString()));
    if (!writable) {
      arguments.add("--read-only");
    }
    return open(image, arguments, writable);
  }

  /**
   * Starts a server, to write to, for the disk of a qcow2 whose file is what another qcow2 shows.
   *
   * @param layer that other one
   */
  static NbdDevice openOver(Path layer) {
    String file = layer.toAbsolutePath().toString().replace("\\", "\\\\").replace("\"", "\\\"");
    String options =
        """
        json:{"driver":"qcow2","file":{"driver":"qcow2","file":{"driver":"file","filename":"%s"}}}\
        """
            .formatted(file);
    return open(layer, List.of(options), true);
  }

  private static NbdDevice open(Path image, List<String> what, boolean writable) {
    Server server = Server.start(image, what);
    try {
      NbdDevice device = new NbdDevice(image, server, server.connect());
      device.negotiate();
      return device;
    } catch (IOException e) {
      VoyageurException failure = server.failure(e, writable);
      server.process.destroyForcibly();
      server.close();
      throw failure;
    } finally {
      server.forgetFiles();
    }
  }

  private void negotiate() throws IOException {
    ByteBuffer greeting = receive(18);
    if (greeting.getLong() != GREETING || greeting.getLong() != OPTION) {
      throw new IOException("not an NBD server");
    }
    if ((greeting.getShort() & FLAG_FIXED_NEWSTYLE) == 0) {
      throw new IOException("the NBD server does not negotiate");
    }
    send(ByteBuffer.allocate(4).putInt(FLAG_FIXED_NEWSTYLE | FLAG_NO_ZEROES).flip());

    if (option(OPTION_STRUCTURED_REPLY, ByteBuffer.allocate(0))) {
      byte[] context = "base:allocation".getBytes(StandardCharsets.US_ASCII);
      // The default export's name is empty; one query.
      ByteBuffer query = ByteBuffer.allocate(12 + context.length);
      query.putInt(0).putInt(1).putInt(context.length).put(context).flip();
      option(OPTION_SET_META_CONTEXT, query);
    }
    // No name, no information asked for: then any offset and length may be asked for.
    if (!option(OPTION_GO, ByteBuffer.allocate(6)) || size <= 0) {
      throw new IOException("the NBD server does not serve the image");
    }
  }

  /** Sends an option and takes its replies in; whether the server agreed. */
  private boolean option(int option, ByteBuffer data) throws IOException {
    ByteBuffer request = ByteBuffer.allocate(16 + data.remaining());
    request.putLong(OPTION).putInt(option).putInt(data.remaining()).put(data).flip();
    send(request);
    while (true) {
      ByteBuffer reply = receive(20);
      long magic = reply.getLong();
      int about = reply.getInt();
      int type = reply.getInt();
      int length = reply.getInt();
      if (magic != OPTION_REPLY || about != option || length < 0 || length > 4096) {
        throw new IOException("the NBD server answered out of order");
      }
      ByteBuffer body = ByteBuffer.allocate(length);
      receive(body);
      body.flip();
      if (type == REPLY_ACK) {
        return true;
      }
      if ((type & REPLY_ERROR) != 0) {
        return false;
      }
      if (type == REPLY_META_CONTEXT) {
        knowsExtents = true;
      } else if (type == REPLY_INFO && length >= 12 && body.getShort() == INFO_EXPORT) {
        size = body.getLong();
        readOnly = (body.getShort() & TRANSMISSION_READ_ONLY) != 0;
      }
    }
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public synchronized void read(long offset, ByteBuffer into) {
    Extents.check(offset, into.remaining(), size);
    try {
      awaitWrites(0);
      long at = offset;
      while (into.hasRemaining()) {
        int length = Math.min(into.remaining(), MAX_REQUEST);
        request(READ, at, length);
        reply(into.slice(into.position(), length), at, null);
        into.position(into.position() + length);
        at += length;
      }
    } catch (IOException e) {
      throw server.failure(e, !readOnly);
    }
  }

  @Override
  public synchronized void write(long offset, ByteBuffer from) {
    if (readOnly) {
      throw new UnsupportedOperationException(image + " was opened read-only");
    }
    Extents.check(offset, from.remaining(), size);
    try {
      long at = offset;
      while (from.hasRemaining()) {
        awaitWrites(MAX_UNANSWERED - 1);
        int length = Math.min(from.remaining(), MAX_REQUEST);
        ByteBuffer part = from.slice(from.position(), length);
        unanswered++;
        request(WRITE, at, length, part);
        from.position(from.position() + length);
        at += length;
      }
    } catch (IOException e) {
      throw server.failure(e, !readOnly);
    }
  }

  @Override
  public synchronized List<Extent> dataExtents(Extent range) {
    Extents.check(range.offset(), range.length(), size);
    if (!knowsExtents) {
      return Extents.merge(List.of(range));
    }
    List<Extent> data = new ArrayList<>();
    try {
      awaitWrites(0);
      long at = range.offset();
      while (at < range.end()) {
        int length = (int) Math.min(range.end() - at, MAX_STATUS);
        request(BLOCK_STATUS, at, length);
        List<Extent> found = new ArrayList<>();
        long told = reply(ByteBuffer.allocate(0), at, found);
        if (told <= 0) {
          throw new IOException("the NBD server told nothing about byte " + at);
        }
        // The last descriptor may go beyond what was asked for.
        for (Extent extent : found) {
          long end = Math.min(extent.end(), range.end());
          if (extent.offset() < end) {
            data.add(new Extent(extent.offset(), end - extent.offset()));
          }
        }
        at += told;
      }
    } catch (IOException e) {
      throw server.failure(e, !readOnly);
    }
    return Extents.merge(data);
  }

  @Override
  public synchronized void flush() {
    if (readOnly) {
      return;
    }
    try {
      awaitWrites(0);
      request(FLUSH, 0, 0);
      reply(ByteBuffer.allocate(0), 0, null);
    } catch (IOException e) {
      throw server.failure(e, !readOnly);
    }
  }

  /** Ends the server. What was not flushed may be lost. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    try (channel) {
      awaitWrites(0);
      request(DISCONNECT, 0, 0);
    } catch (IOException | VoyageurException gone) {
      // Then there is nobody left to take leave of.
    } finally {
      server.close();
    }
  }

  private void request(short type, long offset, int length, ByteBuffer... data) throws IOException {
    ByteBuffer request = ByteBuffer.allocate(28);
    request.putInt(REQUEST).putShort((short) 0).putShort(type);
    request.putLong(++cookie).putLong(offset).putInt(length).flip();
    ByteBuffer[] all = new ByteBuffer[data.length + 1];
    all[0] = request;
    System.arraycopy(data, 0, all, 1, data.length);
    send(all);
  }

  private void awaitWrites(int atMost) throws IOException {
    while (unanswered > atMost) {
      unanswered--;
      reply(ByteBuffer.allocate(0), 0, null);
    }
  }

  /**
   * Takes the whole reply to one request in.
   *
   * @param into takes what was read; its size is what was asked for
   * @param offset where the request began
   * @param extents takes the data extents; null where none were asked for
   * @return how many bytes from {@code offset} on the block status describes
   */
  private long reply(ByteBuffer into, long offset, @Nullable List<Extent> extents)
      throws IOException {
    long told = 0;
    int filled = 0;
    int error = 0;
    while (true) {
      int magic = receive(4).getInt();
      if (magic == SIMPLE_REPLY) {
        error = receive(12).getInt();
        if (error == 0) {
          receive(into);
        }
        fail(error);
        return told;
      }
      if (magic != STRUCTURED_REPLY) {
        throw new IOException("the NBD server answered with " + Integer.toHexString(magic));
      }
      ByteBuffer chunk = receive(16);
      int flags = chunk.getShort() & 0xffff;
      int type = chunk.getShort() & 0xffff;
      chunk.getLong();
      int length = chunk.getInt();
      if (length < 0 || length > MAX_REQUEST + 64) {
        throw new IOException("the NBD server sent a chunk of " + length + " bytes");
      }
      if ((type & CHUNK_ERROR) != 0) {
        ByteBuffer body = receiveBody(length);
        error = length >= 4 ? body.getInt() : -1;
      } else {
        switch (type) {
          case CHUNK_NONE -> receiveBody(length);
          case CHUNK_DATA -> {
            if (length < 8) {
              throw new IOException("the NBD server sent a chunk of " + length + " bytes");
            }
            ByteBuffer target = within(into, receive(8).getLong() - offset, length - 8);
            receive(target);
            filled += length - 8;
          }
          case CHUNK_HOLE -> {
            ByteBuffer hole = receiveBody(length);
            if (length != 12) {
              throw new IOException("the NBD server sent a hole of " + length + " bytes");
            }
            ByteBuffer target = within(into, hole.getLong() - offset, hole.getInt());
            filled += target.remaining();
            Zeros.fill(target);
          }
          case CHUNK_BLOCK_STATUS -> {
            ByteBuffer status = receiveBody(length);
            status.position(Math.min(4, length)); // the context: we asked for one
            while (extents != null && status.remaining() >= 8) {
              long run = Integer.toUnsignedLong(status.getInt());
              if ((status.getInt() & STATE_ZERO) == 0) {
                extents.add(new Extent(offset + told, run));
              }
              told += run;
            }
          }
          default -> throw new IOException("the NBD server sent a chunk of type " + type);
        }
      }
      if ((flags & CHUNK_DONE) != 0) {
        fail(error);
        if (filled != into.limit()) {
          throw new IOException("the NBD server sent " + filled + " of " + into.limit() + " bytes");
        }
        return told;
      }
    }
  }

  private static ByteBuffer within(ByteBuffer into, long at, int length) throws IOException {
    if (at < 0 || length < 0 || at > into.limit() - length) {
      throw new IOException("the NBD server sent bytes that nobody asked for");
    }
    return into.slice((int) at, length);
  }

  private void fail(int error) {
    if (error == ENOSPC) {
      throw IoFailure.noSpace(image, new IOException("NBD error " + error));
    }
    if (error != 0) {
      throw new VoyageurException(
          readOnly ? ErrorCode.IMAGE_CORRUPT : ErrorCode.OUTPUT_NOT_WRITABLE,
          (image + ": qemu-nbd answered with error " + error + " " + server.said()).strip(),
          readOnly
              ? "Check the image with qemu-img check, and the disk that it lies on"
              : "Check the disk that the output lies on");
    }
  }

  private ByteBuffer receive(int length) throws IOException {
    header.clear().limit(length);
    receive(header);
    return header.flip();
  }

  private ByteBuffer receiveBody(int length) throws IOException {
    ByteBuffer body = ByteBuffer.allocate(length);
    receive(body);
    return body.flip();
  }

  private void receive(ByteBuffer into) throws IOException {
    while (into.hasRemaining()) {
      if (channel.read(into) < 0) {
        throw new EOFException("the connection ended");
      }
    }
  }

  private void send(ByteBuffer... parts) throws IOException {
    while (parts[parts.length - 1].hasRemaining() || parts[0].hasRemaining()) {
      channel.write(parts);
    }
  }

  /**
   * A {@code qemu-nbd}.
   *
   * @param directory for its socket; gone once that is connected, so that a kill leaves no files
   * @param errors what it says, in a file without a name
   */
  private record Server(Path image, Path directory, FileChannel errors, Process process)
      implements AutoCloseable {
    private static final int MOST_SAID = 1 << 16;

    private static final FileAttribute<Set<PosixFilePermission>> PRIVATE =
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

    static Server start(Path image, List<String> what) {
      Path temporary = Path.of(System.getProperty("java.io.tmpdir"), "voyageur-");
      try {
        Path directory =
            AtExit.make(() -> Files.createTempDirectory("voyageur-", PRIVATE), Server::removeFiles);
        try {
          Path said = directory.resolve("e");
          FileChannel errors =
              FileChannel.open(
                  said,
                  StandardOpenOption.CREATE_NEW,
                  StandardOpenOption.READ,
                  StandardOpenOption.WRITE);
          Process process =
              PROGRAM.start(
                  arguments(directory, what), builder -> builder.redirectError(said.toFile()));
          return new Server(image, directory, errors, process);
        } catch (IOException | VoyageurException e) {
          remove(directory);
          throw e;
        }
      } catch (IOException e) {
        throw IoFailure.writing(temporary, e);
      }
    }

    private static List<String> arguments(Path directory, List<String> what) {
      List<String> arguments =
          new ArrayList<>(
              List.of("--socket=" + directory.resolve("s"), "--cache=writeback", "--discard=off"));
      arguments.addAll(what);
      return arguments;
    }

    /** There is no way to be told when the socket is there, so it is tried. */
    SocketChannel connect() throws IOException {
      UnixDomainSocketAddress address = UnixDomainSocketAddress.of(directory.resolve("s"));
      long deadline = System.nanoTime() + START_LIMIT.toNanos();
      while (true) {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        try {
          channel.connect(address);
          return channel;
        } catch (ClosedByInterruptException e) {
          throw e;
        } catch (IOException notYet) {
          channel.close();
          if (!process.isAlive() || System.nanoTime() > deadline) {
            throw notYet;
          }
        }
        try {
          Thread.sleep(2);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new ClosedByInterruptException();
        }
      }
    }

    VoyageurException failure(IOException e, boolean writable) {
      if (e instanceof ClosedByInterruptException) {
        return IoFailure.interrupted(e);
      }
      String how = e.getMessage();
      try {
        // A server that just died is the reason for everything else.
        if (process.waitFor(200, TimeUnit.MILLISECONDS)) {
          how = "it ended with exit code " + process.exitValue();
        }
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
        return IoFailure.interrupted(interrupted);
      }
      // In the middle of an answer it can only hang up (measured: a qcow2 file that is cut off in
      // its last compressed cluster).
      if (!writable && said().contains("reading from file failed")) {
        return new VoyageurException(
            ErrorCode.IMAGE_CORRUPT,
            image + " is damaged or cut off: " + said().strip(),
            "Get the image again from where it came from, and compare size and checksum");
      }
      return PROGRAM.failed("failed: " + how, said());
    }

    private String said() {
      try {
        ByteBuffer text = ByteBuffer.allocate((int) Math.min(errors.size(), MOST_SAID));
        errors.read(text, 0);
        return new String(text.array(), 0, text.position(), StandardCharsets.UTF_8);
      } catch (IOException e) {
        return "";
      }
    }

    @Override
    public void close() {
      boolean interrupted = false;
      try {
        process.waitFor(STOP_LIMIT.toSeconds(), TimeUnit.SECONDS);
        errors.close();
      } catch (InterruptedException e) {
        interrupted = true;
      } catch (IOException e) {
        // It was only read.
      }
      HostProgram.release(process);
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }

    void forgetFiles() {
      remove(directory);
    }

    private static void remove(Path directory) {
      removeFiles(directory);
      AtExit.forget(directory);
    }

    private static void removeFiles(Path directory) {
      TemporaryFiles.delete(directory.resolve("s"));
      TemporaryFiles.delete(directory.resolve("e"));
      TemporaryFiles.delete(directory);
    }
  }
}
