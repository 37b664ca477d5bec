package org.voyageur.guest;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.voyageur.filesystem.GuestFilesystem;

/**
 * The header of an x86 kernel image (Documentation/arch/x86/boot.rst).
 *
 * @param valid whether it is such an image at all
 * @param commandLineLimit how many characters of command line it takes
 */
record BootHeader(boolean valid, int commandLineLimit) {
  private static final int LENGTH = 0x240;
  private static final int HDRS = 0x53726448;

  /** Before protocol 2.06 there is no field for it, and the limit is 255. */
  private static final int OLD_LIMIT = 255;

  static BootHeader read(GuestFilesystem filesystem, String image) {
    byte[] bytes;
    try (InputStream stream = filesystem.open(image)) {
      bytes = stream.readNBytes(LENGTH);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    if (bytes.length < LENGTH) {
      return new BootHeader(false, OLD_LIMIT);
    }
    ByteBuffer header = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    boolean valid = header.getInt(0x202) == HDRS;
    int protocol = Short.toUnsignedInt(header.getShort(0x206));
    int limit = header.getInt(0x238);
    return new BootHeader(
        valid, valid && protocol >= 0x206 && limit > 0 ? Math.min(limit, 65535) : OLD_LIMIT);
  }
}
