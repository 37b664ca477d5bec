package org.voyageur.disk;

import java.nio.ByteBuffer;
import java.util.zip.Deflater;

/**
 * Deflates with the JDK's zlib. Its window has 32 KiB and cannot be made smaller; but a full flush
 * makes it forget what it has seen, so that no match reaches behind one.
 */
final class ZlibDeflate implements Deflate {
  private static final int WINDOW = 1 << WINDOW_BITS;

  // Ends with its Cleaner.
  private final Deflater deflater = new Deflater(Deflater.DEFAULT_COMPRESSION, true);

  @Override
  public int deflate(ByteBuffer in, ByteBuffer out) {
    deflater.reset();
    ByteBuffer rest = in.duplicate();
    ByteBuffer deflated = out.duplicate();
    while (rest.hasRemaining()) {
      int length = Math.min(WINDOW, rest.remaining());
      deflater.setInput(rest.slice(rest.position(), length));
      rest.position(rest.position() + length);
      if (!rest.hasRemaining()) {
        deflater.finish();
      }
      int ignored =
          deflater.deflate(deflated, rest.hasRemaining() ? Deflater.FULL_FLUSH : Deflater.NO_FLUSH);
      if (!deflated.hasRemaining()) {
        return -1;
      }
    }
    return deflater.finished() ? deflated.position() - out.position() : -1;
  }
}
