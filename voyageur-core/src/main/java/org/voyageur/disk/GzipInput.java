package org.voyageur.disk;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;

/** A gzip file's bytes, as many at a time as fit into a buffer. */
final class GzipInput {
  private final ReadableByteChannel channel;
  private final ByteBuffer buffer;
  private long taken;

  GzipInput(ReadableByteChannel channel, int bufferSize) {
    this.channel = channel;
    this.buffer = ByteBuffer.allocateDirect(bufferSize).limit(0);
  }

  /** What is there without reading; whoever takes from it moves its position. */
  ByteBuffer buffer() {
    return buffer;
  }

  /** How many bytes were taken from the buffer so far. */
  long position() {
    return taken - buffer.remaining();
  }

  /** Makes sure that at least one byte is in the buffer, except at the end of the file. */
  boolean hasMore() throws IOException {
    while (!buffer.hasRemaining()) {
      buffer.clear();
      int n = channel.read(buffer);
      buffer.flip();
      if (n < 0) {
        return false;
      }
      taken += n;
    }
    return true;
  }

  /** Like {@link #hasMore}, where the file must not end. */
  void needMore() throws IOException {
    if (!hasMore()) {
      throw new EOFException();
    }
  }
}
