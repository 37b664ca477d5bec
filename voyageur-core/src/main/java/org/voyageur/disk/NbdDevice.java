package org.voyageur.disk;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.process.HostProgram;

/**
 * An image in one of QEMU's formats, through a {@code qemu-nbd} of its own on a private socket. The
 * protocol is the NBD project's doc/proto.md: fixed newstyle, structured replies, base:allocation.
 */
final class NbdDevice implements BlockDevice {
  private static final HostProgram QEMU_NBD = new HostProgram("qemu-nbd", "qemu-utils");
  private static final Duration START_LIMIT = Duration.ofSeconds(20);

  private static final long GREETING = 0x4e42444d41474943L; // "NBDMAGIC"
  private static final long OPTION = 0x49484156454F5054L; // "IHAVEOPT"
  private static final long OPTION_REPLY = 0x3e889045565a9L;
  private static final int REQUEST = 0x25609513;
  private static final int SIMPLE_REPLY = 0x67446698;
  private static final int STRUCTURED_REPLY = 0x668e33ef;

  private static final int OPTION_GO = 7;
  private static final int OPTION_STRUCTURED_REPLY = 8;
  private static final int OPTION_SET_META_CONTEXT = 10;

  private static final short READ = 0;
  private static final short WRITE = 1;
  private static final short DISCONNECT = 2;
  private static final short FLUSH = 3;
  private static final short BLOCK_STATUS = 7;

  private static final int CHUNK_OFFSET_DATA = 1;
  private static final int CHUNK_OFFSET_HOLE = 2;
  private static final int CHUNK_BLOCK_STATUS = 5;
  private static final int CHUNK_ERROR = 1 << 15;

  /** base:allocation, bit 1: reads as zeros. */
  private static final int STATE_ZERO = 2;

  private static final int ENOSPC = 28;

  /** The protocol's limit where the server names none. */
  private static final int LARGEST_REQUEST = 32 << 20;

  /** A block status answer beyond this is asked for in pieces; below 4 GiB and aligned. */
  private static final long LARGEST_STATUS = 1L << 30;

  private final Path image;
  private final Process server;
  private final Path socketDirectory;
  private final SocketChannel channel;
  private final Thread killer;
  private final boolean writable;
  private long size;
  private long cookie;

  /**
   * Starts a server for an image.
   *
   * @param format the format, never guessed
   * @throws VoyageurException if it cannot be started, with what it said
   */
  NbdDevice(Path image, String format, boolean writable) {
    this.image = image;
    this.writable = writable;
    try {
      this.socketDirectory = Files.createTempDirectory("voyageur-nbd-");
    } catch (IOException e) {
      throw OutputErrors.writing(Path.of(System.getProperty("java.io.tmpdir")), e);
    }
    Path socket = socketDirectory.resolve("s");
    try {
      this.server = start(socket, format);
      this.killer = new Thread(this::kill);
      Runtime.getRuntime().addShutdownHook(killer);
      this.channel = connect(socket);
      negotiate();
    } catch (IOException e) {
      throw closedAfter(failure("cannot be reached", e));
    } catch (VoyageurException e) {
      throw closedAfter(e);
    }
  }

  private VoyageurException closedAfter(VoyageurException failure) {
    kill();
    return failure;
  }

  private Process start(Path socket, String format) throws IOException {
    List<String> arguments =
        new ArrayList<>(List.of("--socket=" + socket, "--format=" + format, "--discard=ignore"));
    arguments.add(writable ? "--cache=writeback" : "--read-only");
    arguments.add(image.toAbsolutePath().toString());
    return QEMU_NBD
        .command(arguments)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .redirectError(socketDirectory.resolve("stderr").toFile())
        .start();
  }

  private SocketChannel connect(Path socket) throws IOException {
    long deadline = System.nanoTime() + START_LIMIT.toNanos();
    while (true) {
      SocketChannel attempt = SocketChannel.open(StandardProtocolFamily.UNIX);
      try {
        attempt.connect(UnixDomainSocketAddress.of(socket));
        return attempt;
      } catch (IOException e) {
        attempt.close();
        if (!server.isAlive() || System.nanoTime() > deadline) {
          throw e;
        }
        pause();
      }
    }
  }

  private static void pause() {
    try {
      Thread.sleep(2);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new VoyageurException(
          ErrorCode.INTERRUPTED, "interrupted while qemu-nbd started", "Try again", e);
    }
  }

  private void negotiate() throws IOException {
    ByteBuffer greeting = receive(18);
    if (greeting.getLong() != GREETING || greeting.getLong() != OPTION) {
      throw new IOException("not an NBD server");
    }
    send(ByteBuffer.allocate(4).putInt(3).flip()); // fixed newstyle, no zeroes
    option(OPTION_STRUCTURED_REPLY, new byte[0]);
    byte[] context = "base:allocation".getBytes(StandardCharsets.US_ASCII);
    option(
        OPTION_SET_META_CONTEXT,
        ByteBuffer.allocate(12 + context.length)
            .putInt(0)
            .putInt(1)
            .putInt(context.length)
            .put(context)
            .array());
    option(OPTION_GO, new byte[6]);
  }

  private void option(int number, byte[] data) throws IOException {
    send(
        ByteBuffer.allocate(16 + data.length)
            .putLong(OPTION)
            .putInt(number)
            .putInt(data.length)
            .put(data)
            .flip());
    while (true) {
      ByteBuffer header = receive(20);
      long magic = header.getLong();
      int answered = header.getInt();
      int type = header.getInt();
      int length = header.getInt();
      if (magic != OPTION_REPLY || answered != number || type < 0 || length > 4096) {
        throw new IOException("option " + number + " was answered with type " + type);
      }
      ByteBuffer reply = receive(length);
      if (type == 1) {
        return;
      }
      if (type == 3 && reply.getShort() == 0) {
        size = reply.getLong();
      }
    }
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
        int length = Math.min(into.remaining(), LARGEST_REQUEST);
        ByteBuffer piece = into.slice(into.position(), length);
        request(READ, at, length);
        awaitDone(piece, at, new ArrayList<>());
        into.position(into.position() + length);
        at += length;
      }
    } catch (IOException e) {
      throw failure("cannot read at byte " + offset, e);
    }
  }

  @Override
  public void write(long offset, ByteBuffer from) {
    if (!writable) {
      throw new UnsupportedOperationException(image + " is open for reading only");
    }
    Objects.checkFromIndexSize(offset, from.remaining(), size);
    try {
      long at = offset;
      while (from.hasRemaining()) {
        int length = Math.min(from.remaining(), LARGEST_REQUEST);
        request(WRITE, at, length);
        send(from.slice(from.position(), length));
        awaitDone(ByteBuffer.allocate(0), at, new ArrayList<>());
        from.position(from.position() + length);
        at += length;
      }
    } catch (IOException e) {
      throw failure("cannot write at byte " + offset, e);
    }
  }

  @Override
  public List<Extent> dataExtents(Extent range) {
    Objects.checkFromIndexSize(range.offset(), range.length(), size);
    List<Extent> data = new ArrayList<>();
    long at = range.offset();
    try {
      while (at < range.end()) {
        long length = Math.min(range.end() - at, LARGEST_STATUS);
        request(BLOCK_STATUS, at, (int) length);
        List<Extent> found = new ArrayList<>();
        long described = awaitDone(ByteBuffer.allocate(0), at, found);
        if (described <= 0) {
          throw new IOException("no status for byte " + at);
        }
        data.addAll(found);
        at += Math.min(described, length);
      }
    } catch (IOException e) {
      throw failure("cannot tell what is allocated at byte " + at, e);
    }
    return Extents.union(
        data.stream()
            .filter(extent -> extent.offset() < range.end())
            .map(extent ->
                new Extent(extent.offset(), Math.min(extent.end(), range.end()) - extent.offset()))
            .toList(),
        List.of());
  }

  @Override
  public void flush() {
    try {
      request(FLUSH, 0, 0);
      awaitDone(ByteBuffer.allocate(0), 0, new ArrayList<>());
    } catch (IOException e) {
      throw failure("cannot flush", e);
    }
  }

  private void request(short type, long offset, int length) throws IOException {
    send(
        ByteBuffer.allocate(28)
            .putInt(REQUEST)
            .putShort((short) 0)
            .putShort(type)
            .putLong(++cookie)
            .putLong(offset)
            .putInt(length)
            .flip());
  }

  /**
   * Takes the answer to the last request.
   *
   * @param data where what was read goes
   * @param offset of the request
   * @param extents where a block status answer's data extents go
   * @return how many bytes a block status answer describes
   */
  private long awaitDone(ByteBuffer data, long offset, List<Extent> extents) throws IOException {
    long described = 0;
    while (true) {
      int magic = receive(4).getInt();
      if (magic == SIMPLE_REPLY) {
        ByteBuffer reply = receive(12);
        check(reply.getInt(), "");
        return described;
      }
      if (magic != STRUCTURED_REPLY) {
        throw new IOException("answer begins with " + Integer.toHexString(magic));
      }
      ByteBuffer header = receive(16);
      boolean done = (header.getShort() & 1) != 0;
      int type = Short.toUnsignedInt(header.getShort());
      header.getLong();
      int length = header.getInt();
      if (length < 0 || length > LARGEST_REQUEST + 8) {
        throw new IOException("answer of " + length + " bytes");
      }
      if ((type & CHUNK_ERROR) != 0) {
        ByteBuffer error = receive(length);
        int code = error.getInt();
        byte[] text = new byte[Math.min(Short.toUnsignedInt(error.getShort()), error.remaining())];
        error.get(text);
        check(code, new String(text, StandardCharsets.UTF_8));
      } else if (type == CHUNK_OFFSET_DATA) {
        int position = chunkPosition(receive(8).getLong() - offset, length - 8, data);
        receiveInto(data.slice(position, length - 8));
      } else if (type == CHUNK_OFFSET_HOLE) {
        ByteBuffer hole = receive(length);
        long relative = hole.getLong() - offset;
        int zeros = hole.getInt();
        data.put(chunkPosition(relative, zeros, data), new byte[zeros]);
      } else if (type == CHUNK_BLOCK_STATUS) {
        ByteBuffer status = receive(length);
        status.getInt();
        while (status.remaining() >= 8) {
          long run = Integer.toUnsignedLong(status.getInt());
          if ((status.getInt() & STATE_ZERO) == 0) {
            extents.add(new Extent(offset + described, run));
          }
          described += run;
        }
      } else {
        receive(length);
      }
      if (done) {
        return described;
      }
    }
  }

  private static int chunkPosition(long relative, int length, ByteBuffer data) throws IOException {
    if (relative < 0 || length < 0 || relative + length > data.capacity()) {
      throw new IOException("answer outside of what was asked for");
    }
    return (int) relative;
  }

  private void check(int error, String text) throws IOException {
    if (error == ENOSPC) {
      throw OutputErrors.noSpace(image);
    }
    if (error != 0) {
      throw new IOException(text.isEmpty() ? "error " + error : text);
    }
  }

  private void send(ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  private ByteBuffer receive(int length) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(length);
    receiveInto(bytes);
    return bytes.flip();
  }

  private void receiveInto(ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      if (channel.read(bytes) < 0) {
        throw new IOException("qemu-nbd closed the connection");
      }
    }
  }

  private VoyageurException failure(String what, IOException cause) {
    String said = "";
    try {
      said = Files.readString(socketDirectory.resolve("stderr")).strip();
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
    return new VoyageurException(
        writable ? ErrorCode.OUTPUT_NOT_WRITABLE : ErrorCode.IMAGE_CORRUPT,
        image
            + ": qemu-nbd "
            + what
            + ": "
            + cause.getMessage()
            + (said.isEmpty() ? "" : "; it says: " + said),
        "Check the image: qemu-img check " + image,
        cause);
  }

  /** Says goodbye, upon which the server writes what it holds and ends. */
  @Override
  public void close() {
    try {
      if (server.isAlive()) {
        request(DISCONNECT, 0, 0);
      }
      channel.close();
      if (!server.waitFor(60, TimeUnit.SECONDS)) {
        throw new IOException("it does not end");
      }
      if (writable && server.exitValue() != 0) {
        throw new IOException("it ended with " + server.exitValue());
      }
    } catch (IOException e) {
      if (writable) {
        throw failure("did not close the image", e);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      kill();
      try {
        Runtime.getRuntime().removeShutdownHook(killer);
      } catch (IllegalStateException e) {
        // The JVM is going down, and the hook with it.
      }
    }
  }

  private void kill() {
    if (server != null) {
      server.destroyForcibly();
    }
    for (String name : List.of("s", "stderr", "")) {
      try {
        Files.deleteIfExists(socketDirectory.resolve(name));
      } catch (IOException e) {
        // A leftover of some bytes in the temporary directory; nothing to be done about it.
      }
    }
  }
}
