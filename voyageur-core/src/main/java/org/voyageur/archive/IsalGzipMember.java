package org.voyageur.archive;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.voyageur.disk.isal.Isal;

/**
 * What {@link GzipMember} does, with Intel's ISA-L: inflating a whole initrd, most of which is
 * passed over, is half of an inspection otherwise.
 */
final class IsalGzipMember extends InputStream {
  private static final int INPUT = 32 << 10;
  private static final int OUTPUT = 128 << 10;

  private final BufferedInputStream in;

  /** Not closed: nobody closes the decompressor of an archive within an initrd. */
  private final Arena arena = Arena.ofAuto();

  private final MemorySegment state = arena.allocate(Isal.INFLATE_STATE);
  private final byte[] read = new byte[INPUT];
  private final MemorySegment input = arena.allocate(INPUT);
  private final MemorySegment output = arena.allocate(OUTPUT);
  private int inputLength;
  private int start;
  private int end;
  private boolean ended;

  IsalGzipMember(BufferedInputStream in) {
    this.in = in;
    Isal.inflateInit(state);
    state.set(Isal.UINT32, Isal.CRC_FLAG, Isal.GZIP);
  }

  /** Whether {@code libisal.so.2} is installed and may be called. */
  static boolean isAvailable() {
    try {
      return Isal.isAvailable();
    } catch (LinkageError unavailable) {
      return false;
    }
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    if (length > 0 && !fill()) {
      return -1;
    }
    int count = Math.min(length, end - start);
    MemorySegment.copy(output, ValueLayout.JAVA_BYTE, start, bytes, offset, count);
    start += count;
    return count;
  }

  @Override
  public long skip(long wanted) throws IOException {
    if (wanted <= 0 || !fill()) {
      return 0;
    }
    long count = Math.min(wanted, end - start);
    start += (int) count;
    return count;
  }

  /** Whether there is output, once there is some or the member has ended. */
  private boolean fill() throws IOException {
    while (start == end && !ended) {
      if (state.get(Isal.UINT32, Isal.AVAIL_IN) == 0) {
        readInput();
      }
      state.set(Isal.POINTER, Isal.NEXT_OUT, output);
      state.set(Isal.UINT32, Isal.AVAIL_OUT, OUTPUT);
      int result = Isal.inflate(state);
      if (result != Isal.DECOMP_OK) {
        throw new IOException(
            result == Isal.INCORRECT_CHECKSUM
                ? "a gzip checksum or length is wrong"
                : "its compressed content is damaged (igzip error " + result + ")");
      }
      start = 0;
      end = OUTPUT - state.get(Isal.UINT32, Isal.AVAIL_OUT);
      if (state.get(Isal.UINT32, Isal.BLOCK_STATE) == Isal.BLOCK_FINISH) {
        ended = true;
        // Where in an initrd another archive may stand.
        in.reset();
        in.skipNBytes((long) inputLength - state.get(Isal.UINT32, Isal.AVAIL_IN));
      }
    }
    return start < end;
  }

  private void readInput() throws IOException {
    in.mark(INPUT);
    inputLength = in.read(read);
    if (inputLength < 0) {
      throw new EOFException("it is cut off");
    }
    MemorySegment.copy(read, 0, input, ValueLayout.JAVA_BYTE, 0, inputLength);
    state.set(Isal.POINTER, Isal.NEXT_IN, input);
    state.set(Isal.UINT32, Isal.AVAIL_IN, inputLength);
  }
}
