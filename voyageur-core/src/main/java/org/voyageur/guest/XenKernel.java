package org.voyageur.guest;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import org.voyageur.archive.Compression;
import org.voyageur.filesystem.GuestFilesystem;

/**
 * Whether Xen can start a kernel as a paravirtual guest, by the kernel itself: the ELF file, packed
 * in a bzImage (boot protocol 2.08, Documentation/arch/x86/boot.rst) or by gzip, must have an entry
 * point among its notes named "Xen" (xen/include/public/elfnote.h), or the section {@code
 * __xen_guest} that came before them. Xen's domain builder takes nothing else
 * (tools/libs/guest/xg_dom_elfloader.c, xen/common/libelf/libelf-dominfo.c).
 */
public final class XenKernel {
  private static final int SECTOR = 512;
  private static final int HEADER_END = 0x250;
  private static final int HDRS = 0x53726448;
  private static final int WITH_PAYLOAD = 0x208;

  private static final int GZIP = 0x8b1f;
  private static final int ELF = 0x464c457f;
  private static final int ELF_HEADER = 64;
  private static final int ELF_64 = 2;
  private static final int PT_NOTE = 4;
  private static final int SHT_NOTE = 7;
  private static final int ENTRY = 1;
  private static final String BEFORE_NOTES = "__xen_guest";

  /** Real kernels have eight program headers and 70 sections, the most of either that is read. */
  private static final int MOST_HEADERS = 256;

  /** Real ones have 2 KiB of notes, and less of names. */
  private static final int MOST_BYTES = 64 << 10;

  private static final long FARTHEST = 256L << 20;

  /** The ELF file from its start; it is read a few times, as it cannot be read backwards. */
  @FunctionalInterface
  private interface Image {
    InputStream open() throws IOException;
  }

  /** A piece of the file that a header of the ELF file describes. */
  private record Part(int type, int name, long offset, long size) {}

  private final Image image;
  private final boolean wide;

  private XenKernel(Image image, boolean wide) {
    this.image = image;
    this.wide = wide;
  }

  /** Why Xen cannot start a kernel; empty if it can. */
  public static Optional<String> problem(GuestFilesystem filesystem, String path) {
    try {
      ByteBuffer header = start(filesystem.open(path), HEADER_END);
      boolean forPcs = header.limit() == HEADER_END && header.getInt(0x202) == HDRS;
      if (forPcs && Short.toUnsignedInt(header.getShort(0x206)) < WITH_PAYLOAD) {
        return Optional.of(path + " is packed in a way that Xen cannot unpack");
      }
      return problem(() -> elf(filesystem, path, header, forPcs), path);
    } catch (IOException e) {
      return Optional.of(path + " cannot be unpacked: " + e.getMessage());
    }
  }

  private static InputStream elf(
      GuestFilesystem filesystem, String path, ByteBuffer header, boolean forPcs)
      throws IOException {
    InputStream stream = new BufferedInputStream(filesystem.open(path));
    if (forPcs) {
      int setup = Math.max(4, Byte.toUnsignedInt(header.get(0x1f1)));
      stream.skipNBytes((setup + 1L) * SECTOR + Integer.toUnsignedLong(header.getInt(0x248)));
      return Compression.decompress(stream);
    }
    boolean packed = header.limit() > 2 && Short.toUnsignedInt(header.getShort(0)) == GZIP;
    return packed ? new GZIPInputStream(stream) : stream;
  }

  private static Optional<String> problem(Image image, String path) throws IOException {
    ByteBuffer header = start(image.open(), ELF_HEADER);
    if (header.limit() < ELF_HEADER || header.getInt(0) != ELF) {
      return Optional.of(path + " is not a kernel that Xen can start");
    }
    XenKernel kernel = new XenKernel(image, header.get(4) == ELF_64);
    return kernel.notesOfSegments(header) || kernel.notesOfSections(header)
        ? Optional.empty()
        : Optional.of(path + " has no entry point for Xen (CONFIG_XEN_PV)");
  }

  private static ByteBuffer start(InputStream stream, int length) throws IOException {
    try (stream) {
      return ByteBuffer.wrap(stream.readNBytes(length)).order(ByteOrder.LITTLE_ENDIAN);
    }
  }

  private boolean notesOfSegments(ByteBuffer header) throws IOException {
    int count = unsigned(header, wide ? 56 : 44);
    int size = unsigned(header, wide ? 54 : 42);
    if (size < (wide ? 56 : 32)) {
      return false;
    }
    ByteBuffer table = read(number(header, wide ? 32 : 28), size, count);
    for (int at = 0; at < table.limit(); at += size) {
      long offset = number(table, at + (wide ? 8 : 4));
      long length = number(table, at + (wide ? 32 : 16));
      if (table.getInt(at) == PT_NOTE && hasXenEntry(read(offset, length))) {
        return true;
      }
    }
    return false;
  }

  private boolean notesOfSections(ByteBuffer header) throws IOException {
    int count = unsigned(header, wide ? 60 : 48);
    int size = unsigned(header, wide ? 58 : 46);
    int ofNames = unsigned(header, wide ? 62 : 50);
    if (size < (wide ? 64 : 40) || ofNames >= count) {
      return false;
    }
    ByteBuffer table = read(number(header, wide ? 40 : 32), size, count);
    Part names = section(table, ofNames * size);
    String text = ISO_8859_1.decode(read(names.offset(), names.size())).toString();
    for (int at = 0; at < table.limit(); at += size) {
      Part section = section(table, at);
      boolean older = section.name() >= 0 && text.startsWith(BEFORE_NOTES + "\0", section.name());
      if (older
          || (section.type() == SHT_NOTE && hasXenEntry(read(section.offset(), section.size())))) {
        return true;
      }
    }
    return false;
  }

  private Part section(ByteBuffer table, int at) {
    return new Part(
        table.getInt(at + 4),
        table.getInt(at),
        number(table, at + (wide ? 24 : 16)),
        number(table, at + (wide ? 32 : 20)));
  }

  private static int unsigned(ByteBuffer buffer, int at) {
    return Short.toUnsignedInt(buffer.getShort(at));
  }

  private long number(ByteBuffer buffer, int at) {
    return wide ? buffer.getLong(at) : Integer.toUnsignedLong(buffer.getInt(at));
  }

  private ByteBuffer read(long offset, int size, int count) throws IOException {
    return read(offset, count > MOST_HEADERS ? Long.MAX_VALUE : (long) size * count);
  }

  private ByteBuffer read(long offset, long length) throws IOException {
    if (offset < 0 || offset > FARTHEST || length < 0 || length > MOST_BYTES) {
      throw new IOException("it has numbers that no kernel has");
    }
    try (InputStream stream = image.open()) {
      stream.skipNBytes(offset);
      ByteBuffer part = ByteBuffer.wrap(stream.readNBytes((int) length));
      if (part.limit() < length) {
        throw new EOFException("it is cut off");
      }
      return part.order(ByteOrder.LITTLE_ENDIAN);
    }
  }

  /** A note: the lengths of name and description, its type, and both, padded to four bytes. */
  private static boolean hasXenEntry(ByteBuffer notes) {
    int at = 0;
    while (at + 12 <= notes.limit()) {
      long name = Integer.toUnsignedLong(notes.getInt(at));
      long description = Integer.toUnsignedLong(notes.getInt(at + 4));
      long next = at + 12 + padded(name) + padded(description);
      if (next > notes.limit()) {
        return false;
      }
      if (notes.getInt(at + 8) == ENTRY
          && name == 4
          && US_ASCII.decode(notes.slice(at + 12, 4)).toString().equals("Xen\0")) {
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
