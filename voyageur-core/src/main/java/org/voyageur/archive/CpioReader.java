package org.voyageur.archive;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.SequencedSet;

/**
 * Reads the names in an initrd: cpio archives in the "newc" format, one behind the other, plain or
 * compressed, as the kernel unpacks them (init/initramfs.c).
 */
public final class CpioReader {
  private static final int HEADER = 110;
  private static final int LONGEST_NAME = 4096;
  private static final int MOST_ENTRIES = 200_000;

  /** "MODULES=most" initrds of today unpack to some 300 MiB; a bomb stops here. */
  private static final long MOST_BYTES = 4L << 30;

  private final SequencedSet<String> names = new LinkedHashSet<>();
  private long bytes;

  private CpioReader() {}

  /**
   * The names of everything in an initrd, without a leading slash or dot.
   *
   * @throws IOException if it is damaged or not made of cpio archives
   */
  public static SequencedSet<String> names(InputStream initrd) throws IOException {
    CpioReader reader = new CpioReader();
    reader.readAll(new BufferedInputStream(initrd, 64 << 10), 0);
    return reader.names;
  }

  private void readAll(BufferedInputStream stream, int depth) throws IOException {
    while (true) {
      stream.mark(8);
      int first = stream.read();
      if (first < 0) {
        return;
      }
      if (first == 0) {
        continue; // Padding between archives.
      }
      stream.reset();
      if (first == '0') {
        readArchive(stream);
      } else if (depth == 0 && Compression.of(stream) != Compression.NONE) {
        readAll(new BufferedInputStream(Compression.decompress(stream), 64 << 10), depth + 1);
        return;
      } else {
        throw new IOException("neither a cpio archive nor a known compression");
      }
    }
  }

  private void readArchive(InputStream stream) throws IOException {
    while (true) {
      byte[] header = stream.readNBytes(HEADER);
      String text = new String(header, StandardCharsets.ISO_8859_1);
      if (header.length < HEADER || !(text.startsWith("070701") || text.startsWith("070702"))) {
        throw new IOException("a cpio header is damaged or missing");
      }
      long size = field(text, 6);
      long nameLength = field(text, 11);
      if (nameLength < 1 || nameLength > LONGEST_NAME) {
        throw new IOException("a cpio name has " + nameLength + " bytes");
      }
      bytes += HEADER + nameLength + size;
      if (bytes > MOST_BYTES || names.size() > MOST_ENTRIES) {
        throw new IOException("it unpacks to more than any initrd does");
      }
      byte[] name = stream.readNBytes((int) nameLength);
      if (name.length < nameLength) {
        throw new IOException("it is cut off");
      }
      skip(stream, -(HEADER + nameLength) & 3);
      skip(stream, size + (-size & 3));
      String plain = new String(name, 0, name.length - 1, StandardCharsets.UTF_8);
      if (plain.equals("TRAILER!!!")) {
        return;
      }
      names.add(plain.replaceFirst("^\\.?/+", ""));
    }
  }

  private static long field(String header, int index) throws IOException {
    String digits = header.substring(6 + 8 * index, 14 + 8 * index);
    try {
      return Long.parseLong(digits, 16);
    } catch (NumberFormatException e) {
      throw new IOException("a cpio header is damaged", e);
    }
  }

  private static void skip(InputStream stream, long count) throws IOException {
    try {
      stream.skipNBytes(count);
    } catch (java.io.EOFException e) {
      // The last file's padding may be missing; anything else shows at the next header.
      return;
    }
  }
}
