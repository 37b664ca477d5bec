package org.voyageur.archive;

import io.airlift.compress.v3.lz4.Lz4JavaDecompressor;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * lz4's legacy format (lz4_Frame_format.md, "Legacy frame"): a magic number, then blocks, each with
 * its length in 32 bits, little endian, before it. It has no end mark: the stream must end there,
 * or in zeros (lib/decompress_unlz4.c).
 */
final class Lz4LegacyInputStream extends InputStream {
  private static final int MAGIC = 0x184C2102;

  /** What a block unpacks to at most, by the format. */
  private static final int BLOCK = 8 << 20;

  /** What a block that does not compress grows to: LZ4_COMPRESSBOUND. */
  private static final int LARGEST = BLOCK + BLOCK / 255 + 16;

  private final InputStream stream;
  private final Lz4JavaDecompressor decompressor = new Lz4JavaDecompressor();
  private final byte[] plain = new byte[BLOCK];
  private int position;
  private int limit;

  Lz4LegacyInputStream(InputStream stream) {
    this.stream = stream;
  }

  @Override
  public int read() throws IOException {
    return hasNext() ? plain[position++] & 0xFF : -1;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    if (!hasNext()) {
      return -1;
    }
    int count = Math.min(length, limit - position);
    System.arraycopy(plain, position, bytes, offset, count);
    position += count;
    return count;
  }

  private boolean hasNext() throws IOException {
    while (position == limit) {
      byte[] prefix = stream.readNBytes(4);
      if (prefix.length < 4) {
        return false;
      }
      int size = ByteBuffer.wrap(prefix).order(ByteOrder.LITTLE_ENDIAN).getInt();
      if (size == 0) {
        return false;
      }
      if (size == MAGIC) {
        continue;
      }
      if (size < 0 || size > LARGEST) {
        throw new IOException("an lz4 block of " + Integer.toUnsignedString(size) + " bytes");
      }
      byte[] block = stream.readNBytes(size);
      if (block.length < size) {
        throw new IOException("it is cut off");
      }
      position = 0;
      limit = decompressor.decompress(block, 0, size, plain, 0, BLOCK);
    }
    return true;
  }
}
