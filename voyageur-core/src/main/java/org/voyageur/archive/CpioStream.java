package org.voyageur.archive;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * The entries of one cpio archive in the "newc" format, one after the other, with their content:
 * for archives too large to keep, such as an RPM package's payload.
 */
public final class CpioStream {
  private static final int HEADER = 110;
  private static final int LONGEST_NAME = 4096;

  private final InputStream stream;

  /** Reads from where a plain stream is. */
  public CpioStream(InputStream stream) {
    this.stream = stream;
  }

  /**
   * An entry.
   *
   * @param name as it is written
   * @param inode the same for names of one file
   * @param content empty for all names of a file but the last
   */
  public record Entry(String name, long inode, int mode, int links, byte[] content) {}

  /**
   * The next entry; empty behind the last.
   *
   * @param limit the most bytes of content to accept
   * @throws IOException if the archive is damaged or cut off, or has more
   */
  public Optional<Entry> next(int limit) throws IOException {
    byte[] header = stream.readNBytes(HEADER);
    String text = new String(header, StandardCharsets.ISO_8859_1);
    if (header.length < HEADER || !text.matches("(?s)07070[12][0-9A-Fa-f]{104}")) {
      throw new IOException("a cpio header is damaged or missing");
    }
    long size = field(text, 6);
    long nameLength = field(text, 11);
    if (nameLength < 1 || nameLength > LONGEST_NAME) {
      throw new IOException("a cpio name has " + nameLength + " bytes");
    }
    byte[] name = exactly(nameLength);
    stream.skipNBytes(-(HEADER + nameLength) & 3);
    String plain = new String(name, 0, name.length - 1, StandardCharsets.UTF_8);
    if (plain.equals("TRAILER!!!")) {
      return Optional.empty();
    }
    if (size > limit) {
      throw new IOException(plain + " has " + size + " bytes");
    }
    byte[] content = exactly(size);
    stream.skipNBytes(-size & 3);
    return Optional.of(
        new Entry(plain, field(text, 0), (int) field(text, 1), (int) field(text, 4), content));
  }

  private byte[] exactly(long count) throws IOException {
    byte[] bytes = stream.readNBytes((int) count);
    if (bytes.length < count) {
      throw new IOException("a cpio archive is cut off");
    }
    return bytes;
  }

  private static long field(String header, int index) {
    return Long.parseLong(header.substring(6 + 8 * index, 14 + 8 * index), 16);
  }
}
