package org.voyageur.disk.isal;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.util.zip.ZipException;

/**
 * Decodes a gzip stream (RFC 1952) of one or more members; zeros may follow the last, as on tapes.
 */
public final class IsalGzipDecoder implements ReadableByteChannel {
  private static final int INPUT = 1 << 20;

  private final ReadableByteChannel source;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment state = arena.allocate(LibIsal.STATE_SIZE, 64);
  private final MemorySegment input = arena.allocate(INPUT, 64);
  private boolean atEnd;
  private boolean ended;
  private boolean open = true;

  /** A decoder that reads from {@code source} and closes it. */
  public IsalGzipDecoder(ReadableByteChannel source) {
    this.source = source;
    LibIsal.init(state);
    state.set(JAVA_INT, LibIsal.CRC_FLAG, LibIsal.GZIP);
    state.set(ADDRESS, LibIsal.NEXT_IN, input);
    state.set(JAVA_INT, LibIsal.AVAIL_IN, 0);
  }

  /**
   * Fills the buffer, which must be a direct one.
   *
   * @return how many bytes, or -1 at the end of the stream
   * @throws EOFException if the stream is cut off
   * @throws ZipException if it is damaged
   */
  @Override
  public int read(ByteBuffer into) throws IOException {
    MemorySegment output = MemorySegment.ofBuffer(into);
    int wanted = into.remaining();
    int got = 0;
    while (got < wanted && !ended) {
      if (available() == 0) {
        refill();
      }
      state.set(ADDRESS, LibIsal.NEXT_OUT, output.asSlice(got));
      state.set(JAVA_INT, LibIsal.AVAIL_OUT, wanted - got);
      int inputBefore = available();
      int result = LibIsal.inflate(state);
      if (result < 0) {
        throw new ZipException("the compressed data is damaged (isal_inflate: " + result + ")");
      }
      int produced = wanted - got - state.get(JAVA_INT, LibIsal.AVAIL_OUT);
      got += produced;
      if (state.get(JAVA_INT, LibIsal.BLOCK_STATE) == LibIsal.BLOCK_FINISH) {
        ended = !nextMember();
      } else if (atEnd && available() == 0 && produced == 0 && inputBefore == 0) {
        throw new EOFException("the compressed data ends in the middle");
      }
    }
    into.position(into.position() + got);
    return got == 0 && wanted > 0 ? -1 : got;
  }

  private int available() {
    return state.get(JAVA_INT, LibIsal.AVAIL_IN);
  }

  private MemorySegment unread() {
    long position = state.get(ADDRESS, LibIsal.NEXT_IN).address() - input.address();
    return input.asSlice(position, available());
  }

  /** Moves what is left to the front, and reads on until the buffer is full or the file ends. */
  private void refill() throws IOException {
    MemorySegment left = unread();
    long kept = left.byteSize();
    input.asSlice(0, kept).copyFrom(left);
    ByteBuffer free = input.asSlice(kept).asByteBuffer();
    while (free.hasRemaining() && !atEnd) {
      atEnd = source.read(free) < 0;
    }
    state.set(ADDRESS, LibIsal.NEXT_IN, input);
    state.set(JAVA_INT, LibIsal.AVAIL_IN, (int) kept + free.position());
  }

  private boolean nextMember() throws IOException {
    while (true) {
      if (available() < 2 && !atEnd) {
        refill();
      }
      MemorySegment rest = unread();
      long zeros = leadingZeros(rest);
      if (zeros < rest.byteSize()) {
        ByteBuffer next = rest.asSlice(zeros).asByteBuffer();
        if (zeros > 0
            || next.remaining() < 2
            || next.get(0) != 0x1f
            || next.get(1) != (byte) 0x8b) {
          throw new ZipException("something else follows the compressed data");
        }
        LibIsal.reset(state);
        return true;
      }
      if (atEnd) {
        return false;
      }
      state.set(JAVA_INT, LibIsal.AVAIL_IN, 0);
    }
  }

  private static long leadingZeros(MemorySegment bytes) {
    long at = 0;
    while (at < bytes.byteSize() && bytes.get(JAVA_BYTE, at) == 0) {
      at++;
    }
    return at;
  }

  @Override
  public boolean isOpen() {
    return open;
  }

  @Override
  public void close() throws IOException {
    if (open) {
      open = false;
      arena.close();
      source.close();
    }
  }
}
