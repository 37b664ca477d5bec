package org.voyageur.archive;

import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * Reads an initrd as the kernel unpacks it (init/initramfs.c): cpio archives in the "newc" format,
 * plain or compressed, one behind the other, with zeros between them. Behind one that is compressed
 * with zstd, bzip2, lz4 or lzo nothing more is looked for.
 */
public final class CpioReader {
  private static final int HEADER = 110;
  private static final int LONGEST_NAME = 4096;
  private static final int BUFFER = 64 << 10;
  private static final Pattern LEADING = Pattern.compile("^\\.?/+");

  /** What is kept in memory: names, and contents that are wanted. Real ones have some 2 MiB. */
  private static final long MOST_KEPT = 64L << 20;

  /** "MODULES=most" initrds of today unpack to some 300 MiB; a bomb stops here. */
  private static final long MOST_BYTES = 1L << 30;

  private final SequencedMap<String, byte[]> files = new LinkedHashMap<>();
  private final Predicate<String> wanted;
  private long bytesLeft;
  private long kept;

  private CpioReader(Predicate<String> wanted, long mostBytes) {
    this.wanted = wanted;
    this.bytesLeft = mostBytes;
  }

  /**
   * Everything in an initrd: names without a leading slash or dot, with the content of those that
   * are wanted and an empty array for the others.
   *
   * @throws IOException if it is damaged, not made of cpio archives, or larger than any initrd
   */
  public static SequencedMap<String, byte[]> read(InputStream initrd, Predicate<String> wanted)
      throws IOException {
    return read(initrd, wanted, MOST_BYTES);
  }

  /** The same with another limit for what it unpacks to, its packed size added. */
  static SequencedMap<String, byte[]> read(
      InputStream initrd, Predicate<String> wanted, long mostBytes) throws IOException {
    CpioReader reader = new CpioReader(wanted, mostBytes);
    reader.readArchives(reader.new Positioned(initrd), true);
    return reader.files;
  }

  private void readArchives(Positioned stream, boolean outermost) throws IOException {
    while (stream.skipZeros()) {
      Compression compression = Compression.of(stream);
      // The kernel looks for a plain archive only at a multiple of four.
      if (stream.position() % 4 == 0 && stream.startsWith('0')) {
        readArchive(stream);
      } else if (outermost && compression != Compression.NONE) {
        readArchives(new Positioned(Compression.decompress(stream)), false);
        if (!compression.endsExactly()) {
          return;
        }
      } else {
        throw new IOException(
            "neither a cpio archive nor a known compression is where one must be");
      }
    }
  }

  private void readArchive(InputStream stream) throws IOException {
    while (true) {
      byte[] header = stream.readNBytes(HEADER);
      if (header.length == 0) {
        return; // The kernel does without the end mark too.
      }
      String text = new String(header, StandardCharsets.ISO_8859_1);
      if (header.length < HEADER || !(text.startsWith("070701") || text.startsWith("070702"))) {
        throw new IOException("a cpio header is damaged or missing");
      }
      long size = field(text, 6);
      long nameLength = field(text, 11);
      if (nameLength < 1 || nameLength > LONGEST_NAME) {
        throw new IOException("a cpio name has " + nameLength + " bytes");
      }
      byte[] name = exactly(stream, nameLength);
      stream.skipNBytes(-(HEADER + nameLength) & 3);
      String plain = new String(name, 0, name.length - 1, StandardCharsets.UTF_8);
      if (plain.equals("TRAILER!!!")) {
        return;
      }
      String key = LEADING.matcher(plain).replaceFirst("");
      boolean isWanted = wanted.test(key);
      kept += nameLength + (isWanted ? size : 0);
      if (kept > MOST_KEPT) {
        throw new IOException("it holds more files than any initrd does");
      }
      if (isWanted) {
        files.put(key, exactly(stream, size));
      } else {
        files.put(key, new byte[0]);
        stream.skipNBytes(size);
      }
      // The padding behind the last file may be missing; what else is shows at the next header.
      stream.readNBytes((int) (-size & 3));
    }
  }

  private static byte[] exactly(InputStream stream, long count) throws IOException {
    byte[] bytes = stream.readNBytes((int) count);
    if (bytes.length < count) {
      throw new IOException("it is cut off");
    }
    return bytes;
  }

  private static long field(String header, int index) throws IOException {
    try {
      return HexFormat.fromHexDigitsToLong(header, 6 + 8 * index, 14 + 8 * index);
    } catch (IllegalArgumentException e) {
      throw new IOException("a cpio header is damaged", e);
    }
  }

  /** A buffered stream that knows how many bytes of it were read. */
  private final class Positioned extends BufferedInputStream {
    private final Bounded below;

    Positioned(InputStream stream) {
      this(new Bounded(stream));
    }

    private Positioned(Bounded below) {
      super(below, BUFFER);
      this.below = below;
    }

    long position() {
      return below.count - (count - pos);
    }

    boolean startsWith(char character) throws IOException {
      mark(1);
      int first = read();
      reset();
      return first == character;
    }

    /** Whether anything is left behind the zeros. */
    boolean skipZeros() throws IOException {
      while (true) {
        mark(BUFFER);
        byte[] chunk = readNBytes(BUFFER);
        reset();
        int zeros = 0;
        while (zeros < chunk.length && chunk[zeros] == 0) {
          zeros++;
        }
        skipNBytes(zeros);
        if (zeros < chunk.length) {
          return true;
        }
        if (chunk.length == 0) {
          return false;
        }
      }
    }
  }

  /** Counts the bytes that are taken from a stream, and stops at more than an initrd has. */
  private final class Bounded extends FilterInputStream {
    private long count;

    Bounded(InputStream stream) {
      super(stream);
    }

    @Override
    public int read() throws IOException {
      int read = super.read();
      counted(read < 0 ? 0 : 1);
      return read;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      int read = super.read(bytes, offset, length);
      counted(Math.max(0, read));
      return read;
    }

    @Override
    public long skip(long amount) throws IOException {
      long skipped = super.skip(amount);
      counted(skipped);
      return skipped;
    }

    private void counted(long more) throws IOException {
      count += more;
      bytesLeft -= more;
      if (bytesLeft < 0) {
        throw new IOException("it unpacks to more than any initrd does");
      }
    }
  }
}
