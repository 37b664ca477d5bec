package org.voyageur.archive;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.util.zip.CRC32;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;
import org.jspecify.annotations.Nullable;

/**
 * One member of a gzip stream (RFC 1952). Unlike the JDK's reader it leaves the stream below at the
 * byte behind the member, where in an initrd another archive may stand.
 */
final class GzipMember extends InflaterInputStream {
  private static final int HEADER_CRC = 1 << 1;
  private static final int EXTRA = 1 << 2;
  private static final int NAME = 1 << 3;
  private static final int COMMENT = 1 << 4;

  private static final int LONGEST_TEXT = 4096;
  private static final int BUFFER = 32 << 10;

  private final CRC32 crc = new CRC32();
  private final byte[] skipped = new byte[BUFFER];
  private boolean ended;

  GzipMember(BufferedInputStream stream) throws IOException {
    super(stream, new Inflater(true), BUFFER);
    skipHeader();
  }

  private void skipHeader() throws IOException {
    byte[] header = exactly(10);
    if (header[2] != 8) {
      throw new IOException("a gzip header names compression method " + header[2] + ", not 8");
    }
    int flags = header[3];
    if ((flags & EXTRA) != 0) {
      exactly(littleEndian(exactly(2)));
    }
    if ((flags & NAME) != 0) {
      skipText();
    }
    if ((flags & COMMENT) != 0) {
      skipText();
    }
    if ((flags & HEADER_CRC) != 0) {
      exactly(2);
    }
  }

  private void skipText() throws IOException {
    for (int length = 0; in.read() > 0; length++) {
      if (length > LONGEST_TEXT) {
        throw new IOException("a gzip header is damaged");
      }
    }
  }

  @Override
  protected void fill() throws IOException {
    in.mark(buf.length);
    super.fill();
  }

  @Override
  public int read(byte @Nullable [] bytes, int offset, int length) throws IOException {
    if (ended) {
      return -1;
    }
    int count = super.read(bytes, offset, length);
    if (count > 0 && bytes != null) {
      crc.update(bytes, offset, count);
    } else if (count < 0) {
      end();
    }
    return count;
  }

  /** The JDK's own inflates 512 bytes at a time, and most of an initrd is passed over. */
  @Override
  public long skip(long count) throws IOException {
    return Math.max(0, read(skipped, 0, Math.clamp(count, 0, skipped.length)));
  }

  private void end() throws IOException {
    ended = true;
    long size = inf.getBytesWritten();
    in.reset();
    in.skipNBytes((long) len - inf.getRemaining());
    inf.end();
    if (littleEndian(exactly(4)) != (int) crc.getValue()
        || littleEndian(exactly(4)) != (int) size) {
      throw new IOException("a gzip checksum or length is wrong");
    }
  }

  private byte[] exactly(int count) throws IOException {
    byte[] bytes = in.readNBytes(count);
    if (bytes.length < count) {
      throw new EOFException("it is cut off");
    }
    return bytes;
  }

  private static int littleEndian(byte[] bytes) {
    int value = 0;
    for (int i = bytes.length - 1; i >= 0; i--) {
      value = value << 8 | (bytes[i] & 0xFF);
    }
    return value;
  }
}
