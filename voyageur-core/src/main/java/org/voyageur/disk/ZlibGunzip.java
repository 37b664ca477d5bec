package org.voyageur.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Inflates with the JDK's zlib. {@code GZIPInputStream} is of no use here: it ignores whatever
 * follows the first member if that is no whole header.
 */
final class ZlibGunzip implements Gunzip {
  private static final int FLAG_HEADER_CRC = 2;
  private static final int FLAG_EXTRA = 4;
  private static final int FLAG_NAME = 8;
  private static final int FLAG_COMMENT = 16;
  private static final int FLAGS_RESERVED = 0xe0;

  private final Inflater inflater = new Inflater(true);
  private final CRC32 crc = new CRC32();
  private boolean inMember;

  @Override
  public Stop inflate(GzipInput in, ByteBuffer out) throws IOException {
    if (!inMember) {
      readHeader(in);
      inflater.reset();
      crc.reset();
      inMember = true;
    }
    try {
      while (out.hasRemaining() && !inflater.finished()) {
        if (inflater.needsInput()) {
          in.needMore();
          inflater.setInput(in.buffer());
        }
        int start = out.position();
        inflater.inflate(out);
        crc.update(out.slice(start, out.position() - start));
        if (inflater.needsDictionary()) {
          throw new DamagedException("a dictionary is asked for");
        }
      }
    } catch (DataFormatException e) {
      throw new DamagedException(String.valueOf(e.getMessage()));
    }
    if (!inflater.finished()) {
      return new Stop.Full();
    }
    long checksum = readInt(in);
    long length = readInt(in);
    if (checksum != crc.getValue() || length != (inflater.getBytesWritten() & 0xffffffffL)) {
      throw new DamagedException("the checksum is wrong");
    }
    inMember = false;
    return new Stop.MemberEnd();
  }

  private void readHeader(GzipInput in) throws IOException {
    crc.reset();
    if (next(in) != 0x1f || next(in) != 0x8b || next(in) != 8) {
      throw new DamagedException("there is no gzip header");
    }
    int flags = next(in);
    if ((flags & FLAGS_RESERVED) != 0) {
      throw new DamagedException("the gzip header has reserved flags set");
    }
    skip(in, 6); // time, compression, operating system
    if ((flags & FLAG_EXTRA) != 0) {
      skip(in, next(in) | next(in) << 8);
    }
    if ((flags & FLAG_NAME) != 0) {
      skipString(in);
    }
    if ((flags & FLAG_COMMENT) != 0) {
      skipString(in);
    }
    if ((flags & FLAG_HEADER_CRC) != 0) {
      long computed = crc.getValue() & 0xffff;
      if ((next(in) | next(in) << 8) != computed) {
        throw new DamagedException("the gzip header's checksum is wrong");
      }
    }
  }

  private int next(GzipInput in) throws IOException {
    in.needMore();
    int value = in.buffer().get() & 0xff;
    crc.update(value);
    return value;
  }

  private long readInt(GzipInput in) throws IOException {
    long value = 0;
    for (int shift = 0; shift < 32; shift += 8) {
      in.needMore();
      value |= (in.buffer().get() & 0xffL) << shift;
    }
    return value;
  }

  private void skip(GzipInput in, int count) throws IOException {
    for (int i = 0; i < count; i++) {
      int ignored = next(in);
    }
  }

  private void skipString(GzipInput in) throws IOException {
    while (next(in) != 0) {
      // Up to the zero that ends it.
    }
  }

  @Override
  public void close() {
    inflater.end();
  }
}
