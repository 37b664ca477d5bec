package org.voyageur.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;

/**
 * The first sector of an image file, and the last: which container it is, and whether it names
 * other files.
 */
final class FormatProbe {
  private static final int SECTOR = 512;

  /** QEMU's {@code docs/interop/qcow2.txt}: bit 2 says that the data are in another file. */
  private static final long QCOW2_EXTERNAL_DATA = 1 << 2;

  /** Microsoft's "Virtual Hard Disk Image Format Specification", the footer's disk type. */
  private static final int VHD_TYPE = 60;

  private static final int VHD_FIXED = 2;
  private static final int VHD_DIFFERENCING = 4;
  private static final int VHD_CURRENT_SIZE = 48;

  /** QEMU's {@code docs/interop/qcow2.txt}: 0 where nothing is encrypted. */
  private static final int QCOW2_ENCRYPTION = 32;

  /** The header of QEMU's {@code block/vdi.c}: where the blocks begin, their size and number. */
  private static final int VDI_DATA = 0x158;

  private static final int VDI_BLOCK_SIZE = 0x178;
  private static final int VDI_BLOCKS_ALLOCATED = 0x184;

  /** A container that voyageur reads; a character of {@code magic} is a byte. */
  private record Known(ImageFormat format, int offset, String magic) {}

  /** A container that voyageur does not read. */
  private record Foreign(String name, int offset, String magic, String remedy) {}

  private static final List<Known> KNOWN =
      List.of(
          new Known(ImageFormat.QCOW2, 0, "QFI\u00fb\u0000\u0000\u0000\u0002"),
          new Known(ImageFormat.QCOW2, 0, "QFI\u00fb\u0000\u0000\u0000\u0003"),
          new Known(ImageFormat.VMDK, 0, "KDMV"),
          new Known(ImageFormat.VHDX, 0, "vhdxfile"),
          new Known(ImageFormat.VHD, 0, "conectix"),
          new Known(ImageFormat.VDI, 64, "\u007f\u0010\u00da\u00be"),
          new Known(ImageFormat.RAW_GZIP, 0, "\u001f\u008b\u0008"));

  private static final String CONVERT = "Convert it with qemu-img convert -O qcow2 first";

  private static final List<Foreign> FOREIGN =
      List.of(
          new Foreign("a zstd file", 0, "(\u00b5/\u00fd", "Decompress it with zstd -d first"),
          new Foreign("an xz file", 0, "\u00fd7zXZ\u0000", "Decompress it with xz -d first"),
          new Foreign("a bzip2 file", 0, "BZh", "Decompress it with bzip2 -d first"),
          new Foreign("an lz4 file", 0, "\u0004\"M\u0018", "Decompress it with lz4 -d first"),
          new Foreign("an lzip file", 0, "LZIP", "Decompress it with lzip -d first"),
          new Foreign("an lzop file", 0, "\u0089LZO\u0000", "Decompress it with lzop -d first"),
          new Foreign(
              "a compress (.Z) file", 0, "\u001f\u009d", "Decompress it with gzip -d first"),
          new Foreign("a zip archive", 0, "PK\u0003\u0004", "Unpack the image with unzip first"),
          new Foreign(
              "a 7z archive", 0, "7z\u00bc\u00af'\u001c", "Unpack the image with 7z x first"),
          new Foreign(
              "a tar archive (an OVA or XVA is one, too)",
              257,
              "ustar",
              "Unpack the image with tar -x first"),
          new Foreign("a qcow image of version 1", 0, "QFI\u00fb", CONVERT),
          new Foreign("a QED image", 0, "QED\u0000", CONVERT),
          new Foreign("an ESX sparse extent", 0, "COWD", CONVERT),
          new Foreign("a Parallels image", 0, "WithoutFreeSpace", CONVERT),
          new Foreign("a Parallels image", 0, "WithouFreSpacExt", CONVERT));

  private static final String VMDK_DESCRIPTOR = "# Disk DescriptorFile";

  private final Path path;
  private final long size;
  private final byte[] head;
  private final byte[] tail;

  private FormatProbe(Path path, long size, byte[] head, byte[] tail) {
    this.path = path;
    this.size = size;
    this.head = head;
    this.tail = tail;
  }

  static FormatProbe of(Path path) {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      long size = channel.size();
      int length = (int) Math.min(SECTOR, size);
      return new FormatProbe(
          path, size, read(channel, 0, length), read(channel, size - length, length));
    } catch (IOException e) {
      throw IoFailure.reading(path, e);
    }
  }

  /** The file's size in bytes. */
  long size() {
    return size;
  }

  private static byte[] read(FileChannel channel, long offset, int length) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(length);
    while (buffer.hasRemaining() && channel.read(buffer, offset + buffer.position()) >= 0) {
      // Until it is full; what is not there is zero.
    }
    return buffer.array();
  }

  /**
   * Which container it is; what is none that we know is raw.
   *
   * @throws VoyageurException {@link ErrorCode#IMAGE_FORMAT} if it is one that voyageur does not
   *     read
   */
  ImageFormat format() {
    for (Known known : KNOWN) {
      if (matches(head, known.offset, known.magic)) {
        return known.format;
      }
    }
    if (matches(head, 0, VMDK_DESCRIPTOR)) {
      throw QemuImg.refersToHost(path, "it is a VMDK descriptor, whose data are in other files");
    }
    for (Foreign foreign : FOREIGN) {
      if (matches(head, foreign.offset, foreign.magic)) {
        throw new VoyageurException(
            ErrorCode.IMAGE_FORMAT,
            path + " is " + foreign.name + ", expected a disk image",
            foreign.remedy + "; if it really is a raw disk, say --source-format raw");
      }
    }
    return isFixedVhd() ? ImageFormat.VHD : ImageFormat.RAW;
  }

  /** What the first bytes of a disk look like, if they look like a container instead. */
  static Optional<String> containerIn(byte[] disk) {
    return KNOWN.stream()
        .filter(known -> matches(disk, known.offset, known.magic))
        .map(known -> "a " + known.format.label() + " image")
        .findFirst()
        .or(() ->
            FOREIGN.stream()
                .filter(foreign -> matches(disk, foreign.offset, foreign.magic))
                .map(foreign -> foreign.name)
                .findFirst());
  }

  /** A fixed VHD is a raw disk with a footer; the footer must fit the file exactly. */
  private boolean isFixedVhd() {
    if (tail.length < SECTOR || !matches(tail, 0, "conectix")) {
      return false;
    }
    ByteBuffer footer = ByteBuffer.wrap(tail);
    return footer.getInt(VHD_TYPE) == VHD_FIXED
        && footer.getLong(VHD_CURRENT_SIZE) == size - SECTOR;
  }

  /**
   * Refuses an image whose header names other files, before any other program sees it. What a
   * header cannot tell is left to {@link QemuImg#ensureSelfContained}.
   *
   * @throws VoyageurException {@link ErrorCode#IMAGE_REFERS_TO_HOST}, {@link
   *     ErrorCode#IMAGE_FORMAT} if it has no such header or is encrypted, {@link
   *     ErrorCode#IMAGE_CUT_OFF}
   */
  void ensureSelfContained(ImageFormat format) {
    ByteBuffer header = ByteBuffer.wrap(Arrays.copyOf(head, SECTOR));
    switch (format) {
      case RAW -> {}
      case QCOW2 -> {
        ensureMagic(format);
        if (header.getLong(8) != 0) {
          throw QemuImg.refersToHost(path, "it has a backing file");
        }
        if (header.getInt(4) >= 3 && (header.getLong(72) & QCOW2_EXTERNAL_DATA) != 0) {
          throw QemuImg.refersToHost(path, "it has a data file");
        }
        if (header.getInt(QCOW2_ENCRYPTION) != 0) {
          throw new VoyageurException(
              ErrorCode.IMAGE_FORMAT,
              path + " is encrypted, expected an image that can be read without a key",
              "Decrypt it with qemu-img convert and its secret, and convert the result");
        }
      }
      case VMDK -> {
        ensureMagic(format);
        // A capacity of 0 makes QEMU read the embedded descriptor and open what it names.
        if (header.order(ByteOrder.LITTLE_ENDIAN).getLong(12) == 0) {
          throw QemuImg.refersToHost(
              path, "it is a VMDK descriptor, whose data are in other files");
        }
      }
      case VHD -> {
        // The footer's copy in front (dynamic disks) or the footer itself. QEMU does not look at
        // the type, and would read a differencing disk's missing blocks as zeros.
        byte[] footer = matches(head, 0, "conectix") ? head : tail;
        if (footer.length < SECTOR || !matches(footer, 0, "conectix")) {
          throw notThis(format);
        }
        if (ByteBuffer.wrap(footer).getInt(VHD_TYPE) == VHD_DIFFERENCING) {
          throw QemuImg.refersToHost(path, "it holds only the differences to a parent disk");
        }
      }
      case VDI -> {
        ensureMagic(format);
        ensureVdiIsWhole(header.order(ByteOrder.LITTLE_ENDIAN));
      }
      case RAW_GZIP, VHDX -> ensureMagic(format);
    }
  }

  /** QEMU reads the blocks behind the end of a file as zeros, and its check passes (measured). */
  private void ensureVdiIsWhole(ByteBuffer header) {
    long end =
        Integer.toUnsignedLong(header.getInt(VDI_DATA))
            + Integer.toUnsignedLong(header.getInt(VDI_BLOCK_SIZE))
                * Integer.toUnsignedLong(header.getInt(VDI_BLOCKS_ALLOCATED));
    if (Long.compareUnsigned(size, end) < 0) {
      throw new VoyageurException(
          ErrorCode.IMAGE_CUT_OFF,
          path + " has " + size + " bytes, and its header speaks of " + Long.toUnsignedString(end),
          "Get the whole image again from where it came from, and compare the sizes");
    }
  }

  private void ensureMagic(ImageFormat format) {
    if (KNOWN.stream()
        .noneMatch(known -> known.format == format && matches(head, known.offset, known.magic))) {
      throw notThis(format);
    }
  }

  private VoyageurException notThis(ImageFormat format) {
    return new VoyageurException(
        ErrorCode.IMAGE_FORMAT,
        path
            + " begins with "
            + HexFormat.ofDelimiter(" ").formatHex(head, 0, Math.min(8, head.length))
            + ", which is no header of "
            + format.label(),
        "Name the format that the image has, or none");
  }

  private static boolean matches(byte[] bytes, int offset, String magic) {
    int end = offset + magic.length();
    return end <= bytes.length
        && new String(bytes, offset, magic.length(), StandardCharsets.ISO_8859_1).equals(magic);
  }
}
