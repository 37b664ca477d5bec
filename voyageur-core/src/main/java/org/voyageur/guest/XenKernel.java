package org.voyageur.guest;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import org.voyageur.archive.Compression;
import org.voyageur.filesystem.GuestFilesystem;

/**
 * Whether Xen can start a kernel as a paravirtual guest, by the kernel itself: its ELF notes named
 * "Xen" must give an entry point (xen/include/public/elfnote.h). In a bzImage the ELF file is
 * packed (boot protocol 2.08, Documentation/arch/x86/boot.rst).
 */
public final class XenKernel {
  private static final int SECTOR = 512;
  private static final int HEADER_END = 0x250;
  private static final int HDRS = 0x53726448;
  private static final int WITH_PAYLOAD = 0x208;

  private static final int ELF = 0x464c457f;
  private static final int ELF_64 = 2;
  private static final int PT_NOTE = 4;
  private static final int ENTRY = 1;

  /** Real kernels have eight program headers, 2 KiB of notes, and them within 64 MiB. */
  private static final int MOST_HEADERS = 64;

  private static final int MOST_NOTES = 64 << 10;
  private static final long FARTHEST = 256L << 20;

  private XenKernel() {}

  /** Why Xen cannot start a kernel; empty if it can, or if nothing of it says that it cannot. */
  public static Optional<String> problem(GuestFilesystem filesystem, String path) {
    try (BufferedInputStream image = new BufferedInputStream(filesystem.open(path))) {
      image.mark(HEADER_END);
      ByteBuffer header =
          ByteBuffer.wrap(image.readNBytes(HEADER_END)).order(ByteOrder.LITTLE_ENDIAN);
      image.reset();
      if (header.limit() < HEADER_END || header.getInt(0x202) != HDRS) {
        // XenLinux's own kernels, of which the older have no notes.
        return Optional.empty();
      }
      if (Short.toUnsignedInt(header.getShort(0x206)) < WITH_PAYLOAD) {
        return Optional.of(path + " is packed in a way that Xen cannot unpack");
      }
      int setup = Math.max(4, Byte.toUnsignedInt(header.get(0x1f1)));
      image.skipNBytes((setup + 1L) * SECTOR + Integer.toUnsignedLong(header.getInt(0x248)));
      try (InputStream kernel = Compression.decompress(image)) {
        return hasXenEntry(kernel)
            ? Optional.empty()
            : Optional.of(path + " has no entry point for Xen (CONFIG_XEN_PV)");
      }
    } catch (IOException e) {
      return Optional.of(path + " cannot be unpacked: " + e.getMessage());
    }
  }

  /** The notes lie behind the program headers: one pass finds both. */
  private static boolean hasXenEntry(InputStream kernel) throws IOException {
    ByteBuffer start = ByteBuffer.wrap(kernel.readNBytes(64)).order(ByteOrder.LITTLE_ENDIAN);
    if (start.limit() < 64 || start.getInt(0) != ELF) {
      return false;
    }
    boolean wide = start.get(4) == ELF_64;
    long table = wide ? start.getLong(32) : Integer.toUnsignedLong(start.getInt(28));
    int size = Short.toUnsignedInt(start.getShort(wide ? 54 : 42));
    int count = Short.toUnsignedInt(start.getShort(wide ? 56 : 44));
    int least = wide ? 56 : 32;
    // Linux's linker scripts put the table right behind the header, which has 52 bytes in 32 bits.
    int inStart = wide ? 0 : 64 - 52;
    if (table != 64 - inStart || size < least || size > 2 * least || count > MOST_HEADERS) {
      return false;
    }
    byte[] headers = new byte[size * count];
    start.get((int) table, headers, 0, Math.min(inStart, headers.length));
    int rest = Math.max(0, headers.length - inStart);
    if (kernel.readNBytes(headers, headers.length - rest, rest) < rest) {
      return false;
    }
    ByteBuffer all = ByteBuffer.wrap(headers).order(ByteOrder.LITTLE_ENDIAN);
    for (int at = 0; at < headers.length; at += size) {
      if (all.getInt(at) == PT_NOTE) {
        long offset = wide ? all.getLong(at + 8) : Integer.toUnsignedLong(all.getInt(at + 4));
        long length = wide ? all.getLong(at + 32) : Integer.toUnsignedLong(all.getInt(at + 16));
        long ahead = offset - table - headers.length;
        if (ahead < 0 || offset > FARTHEST || length < 0 || length > MOST_NOTES) {
          return false;
        }
        kernel.skipNBytes(ahead);
        return hasXenEntry(kernel.readNBytes((int) length));
      }
    }
    return false;
  }

  /** A note: the lengths of name and description, its type, and both, padded to four bytes. */
  private static boolean hasXenEntry(byte[] notes) {
    ByteBuffer buffer = ByteBuffer.wrap(notes).order(ByteOrder.LITTLE_ENDIAN);
    int at = 0;
    while (at + 12 <= notes.length) {
      long name = Integer.toUnsignedLong(buffer.getInt(at));
      long description = Integer.toUnsignedLong(buffer.getInt(at + 4));
      long next = at + 12 + padded(name) + padded(description);
      if (next > notes.length) {
        return false;
      }
      if (buffer.getInt(at + 8) == ENTRY
          && name == 4
          && new String(notes, at + 12, 4, US_ASCII).equals("Xen\0")) {
        return true;
      }
      at = (int) next;
    }
    return false;
  }

  private static long padded(long length) {
    return (length + 3) / 4 * 4;
  }
}
