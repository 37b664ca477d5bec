package org.voyageur.archive;

import io.airlift.compress.v3.MalformedInputException;
import io.airlift.compress.v3.bzip2.BZip2HadoopStreams;
import io.airlift.compress.v3.lzo.LzopHadoopStreams;
import io.airlift.compress.v3.zstd.ZstdInputStream;
import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.HexFormat;
import org.tukaani.xz.LZMAInputStream;
import org.tukaani.xz.SingleXZInputStream;

/**
 * The compressions that kernels unpack initrds with, by what a stream begins with
 * (lib/decompress.c; the magic numbers are those of lib/decompress_*.c and of each format).
 */
public enum Compression {
  GZIP("1f8b", true),
  XZ("fd377a585a00", true),
  LZMA("5d0000", true),
  ZSTD("28b52ffd", false),
  BZIP2("425a68", false),
  /** The format of {@code lz4 -l}, the only one of lz4's that a kernel takes. */
  LZ4_LEGACY("02214c18", false),
  LZ4_FRAME("04224d18", false),
  LZO("894c5a4f", false),
  NONE("", true);

  /** A stream that wants more memory than this is none of an initrd's: xz -9 takes 65 MiB. */
  private static final int MEMORY_LIMIT_KIB = 256 << 10;

  private static final int BUFFER = 64 << 10;

  private final String magic;
  private final boolean endsExactly;

  Compression(String magic, boolean endsExactly) {
    this.magic = magic;
    this.endsExactly = endsExactly;
  }

  /** What a stream is compressed with; it is left where it was. */
  static Compression of(BufferedInputStream stream) throws IOException {
    stream.mark(16);
    String start = HexFormat.of().formatHex(stream.readNBytes(8));
    stream.reset();
    return Arrays.stream(values())
        .filter(value -> start.startsWith(value.magic))
        .findFirst()
        .orElse(NONE);
  }

  /** Whether its stream, read to the end, leaves the one below at the byte behind it. */
  boolean endsExactly() {
    return endsExactly;
  }

  /**
   * The plain content of a stream, which may be plain already. Where several streams stand one
   * behind the other, only the first is read of gzip, xz and lzma.
   *
   * @throws IOException if it is compressed in a way that voyageur does not read, or damaged; the
   *     same for every later read
   */
  public static InputStream decompress(InputStream stream) throws IOException {
    BufferedInputStream buffered =
        stream instanceof BufferedInputStream already
            ? already
            : new BufferedInputStream(stream, BUFFER);
    return switch (of(buffered)) {
      case GZIP ->
          IsalGzipMember.isAvailable() ? new IsalGzipMember(buffered) : new GzipMember(buffered);
      case XZ -> new SingleXZInputStream(buffered, MEMORY_LIMIT_KIB);
      case LZMA -> new LZMAInputStream(buffered, MEMORY_LIMIT_KIB);
      case ZSTD -> new Checked(new ZstdInputStream(buffered));
      case BZIP2 -> new Checked(new BZip2HadoopStreams().createInputStream(buffered));
      case LZ4_LEGACY -> new Checked(new Lz4LegacyInputStream(buffered));
      case LZ4_FRAME -> throw new IOException("it is in lz4's frame format, which no kernel reads");
      case LZO -> new Checked(new LzopHadoopStreams().createInputStream(buffered));
      case NONE -> buffered;
    };
  }

  /** Says of a decompressor's unchecked exceptions what they are: the input is damaged. */
  private static final class Checked extends FilterInputStream {
    Checked(InputStream decompressor) {
      super(decompressor);
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      try {
        return super.read(bytes, offset, length);
      } catch (MalformedInputException
          | IndexOutOfBoundsException
          | IllegalArgumentException
          | IllegalStateException e) {
        throw new IOException("its compressed content is damaged: " + e.getMessage(), e);
      }
    }

    @Override
    public long skip(long count) throws IOException {
      return Math.max(0, read(new byte[Math.clamp(count, 0, BUFFER)]));
    }
  }
}
