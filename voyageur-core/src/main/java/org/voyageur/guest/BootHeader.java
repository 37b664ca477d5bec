package org.voyageur.guest;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.voyageur.filesystem.GuestFilesystem;

/**
 * What a kernel image says of itself (Documentation/arch/x86/boot.rst).
 *
 * @param release what {@code uname -r} will print; empty if the image does not say
 * @param commandLineLimit how many characters of command line it takes
 */
record BootHeader(Format format, Optional<String> release, int commandLineLimit) {
  private static final int HEADER_END = 0x240;
  private static final int HDRS = 0x53726448;

  /** The version string lies in the setup code, which a 16-bit offset reaches. */
  private static final int READ_LIMIT = 0x200 + 0xFFFF + 0x80;

  /** Before protocol 2.06 there is no field for it, and the limit is 255. */
  private static final int OLD_LIMIT = 255;

  private static final int SANE_LIMIT = 65_535;

  private static final Pattern RELEASE = Pattern.compile("[\\w.+~-]{1,100}");

  /** What can load an image. */
  enum Format {
    /** PC boot loaders, and Xen. */
    PC,
    /** Xen's domain builder alone: an ELF file, plain or gzipped, such as el5's kernel-xen. */
    XEN_DOMAIN,
    /** Nothing that is known. */
    UNKNOWN
  }

  static BootHeader read(GuestFilesystem filesystem, String image) {
    try (InputStream stream = filesystem.open(image)) {
      return parse(stream.readNBytes(READ_LIMIT));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static BootHeader parse(byte[] image) {
    ByteBuffer header = ByteBuffer.wrap(image).order(ByteOrder.LITTLE_ENDIAN);
    if (image.length < HEADER_END || header.getInt(0x202) != HDRS) {
      return new BootHeader(
          isElfOrGzip(image) ? Format.XEN_DOMAIN : Format.UNKNOWN, Optional.empty(), OLD_LIMIT);
    }
    int protocol = Short.toUnsignedInt(header.getShort(0x206));
    int limit = protocol >= 0x206 ? header.getInt(0x238) : OLD_LIMIT;
    return new BootHeader(
        Format.PC,
        release(image, Short.toUnsignedInt(header.getShort(0x20E))),
        limit > 0 ? Math.min(limit, SANE_LIMIT) : OLD_LIMIT);
  }

  private static boolean isElfOrGzip(byte[] image) {
    return new String(image, 0, Math.min(4, image.length), ISO_8859_1)
        .matches("(?s)\u007fELF|\u001f\u008b..");
  }

  /** The first word of the version string, such as "2.6.18-398.el5 (mockbuild@...) #1 SMP ...". */
  private static Optional<String> release(byte[] image, int offset) {
    int start = 0x200 + offset;
    if (offset == 0 || start >= image.length) {
      return Optional.empty();
    }
    String text = new String(image, start, Math.min(0x80, image.length - start), ISO_8859_1);
    Matcher release = RELEASE.matcher(text);
    return release.lookingAt() ? Optional.of(release.group()) : Optional.empty();
  }
}
