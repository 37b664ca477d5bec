package org.voyageur.archive;

import io.airlift.compress.v3.zstd.ZstdInputStream;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.zip.GZIPInputStream;
import org.tukaani.xz.LZMAInputStream;
import org.tukaani.xz.XZInputStream;

/** The compressions that kernels unpack initrds with, by what a stream begins with. */
public enum Compression {
  GZIP("1f8b"),
  XZ("fd377a585a00"),
  LZMA("5d0000"),
  ZSTD("28b52ffd"),
  BZIP2("425a68"),
  LZ4("02214c18"),
  LZO("894c5a4f"),
  NONE("");

  /** A stream that wants more memory than this is none of an initrd's: xz -9 takes 65 MiB. */
  private static final int MEMORY_LIMIT_KIB = 256 << 10;

  private static final int BUFFER = 64 << 10;

  private final String magic;

  Compression(String magic) {
    this.magic = magic;
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

  /**
   * The plain content of a stream, which may be plain already.
   *
   * @throws IOException if it is compressed in a way that voyageur does not read, or damaged
   */
  public static InputStream decompress(InputStream stream) throws IOException {
    BufferedInputStream buffered =
        stream instanceof BufferedInputStream already
            ? already
            : new BufferedInputStream(stream, BUFFER);
    return switch (of(buffered)) {
      case GZIP -> new GZIPInputStream(buffered, BUFFER);
      case XZ -> new XZInputStream(buffered, MEMORY_LIMIT_KIB);
      case LZMA -> new LZMAInputStream(buffered, MEMORY_LIMIT_KIB);
      case ZSTD -> new ZstdInputStream(buffered);
      case BZIP2 -> throw new IOException("bzip2 compression is not read");
      case LZ4 -> throw new IOException("lz4 compression is not read");
      case LZO -> throw new IOException("lzo compression is not read");
      case NONE -> buffered;
    };
  }
}
