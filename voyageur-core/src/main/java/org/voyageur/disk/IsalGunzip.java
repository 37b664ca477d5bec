package org.voyageur.disk;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import org.voyageur.disk.isal.Isal;

/** Inflates with Intel's ISA-L, which is several times as fast as zlib. */
final class IsalGunzip implements Gunzip {
  private final Arena arena = Arena.ofConfined();
  private final MemorySegment state = arena.allocate(Isal.INFLATE_STATE);

  IsalGunzip() {
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
  public boolean inflate(GzipInput in, ByteBuffer out) throws IOException {
    while (true) {
      ByteBuffer input = in.buffer();
      state.set(Isal.POINTER, Isal.NEXT_IN, MemorySegment.ofBuffer(input));
      state.set(Isal.UINT32, Isal.AVAIL_IN, input.remaining());
      state.set(Isal.POINTER, Isal.NEXT_OUT, MemorySegment.ofBuffer(out));
      state.set(Isal.UINT32, Isal.AVAIL_OUT, out.remaining());
      int result = Isal.inflate(state);
      input.position(input.limit() - state.get(Isal.UINT32, Isal.AVAIL_IN));
      out.position(out.limit() - state.get(Isal.UINT32, Isal.AVAIL_OUT));
      if (result != Isal.DECOMP_OK) {
        throw new DamagedException(
            result == Isal.INCORRECT_CHECKSUM
                ? "the checksum is wrong"
                : "the data cannot be inflated (igzip error " + result + ")");
      }
      if (state.get(Isal.UINT32, Isal.BLOCK_STATE) == Isal.BLOCK_FINISH) {
        Isal.inflateReset(state);
        return true;
      }
      if (!out.hasRemaining()) {
        return false;
      }
      if (input.hasRemaining()) {
        throw new DamagedException("the data cannot be inflated");
      }
      in.needMore();
    }
  }

  @Override
  public void close() {
    arena.close();
  }
}
