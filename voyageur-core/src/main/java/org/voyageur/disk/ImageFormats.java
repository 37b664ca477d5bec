package org.voyageur.disk;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;

/** Tells image formats apart by their first bytes; what is none of them is raw. */
final class ImageFormats {
  /** How many bytes from the start {@link #probe} wants to see, if there are so many. */
  static final int PROBE_LENGTH = 4096;

  /** What a file begins with, and what that makes it. */
  private record Magic(int offset, byte[] bytes, ImageFormat format) {
    Magic(String text, ImageFormat format) {
      this(0, text.getBytes(ISO_8859_1), format);
    }

    boolean matches(byte[] start) {
      int end = offset + bytes.length;
      return end <= start.length && Arrays.equals(start, offset, end, bytes, 0, bytes.length);
    }
  }

  /** A kind of file that holds an image but that voyageur does not read, and how to get at it. */
  private record Foreign(int offset, String magic, String name, String remedy) {}

  private static final List<Magic> KNOWN =
      List.of(
          new Magic("\u001f\u008b", ImageFormat.RAW_GZIP), // RFC 1952
          new Magic("QFI\u00fb", ImageFormat.QCOW2), // qemu docs/interop/qcow2.txt
          new Magic("KDMV", ImageFormat.VMDK),
          new Magic(
              "conectix", ImageFormat.VHD), // of a dynamic disk; a fixed one has it at its end
          new Magic("vhdxfile", ImageFormat.VHDX),
          new Magic(64, new byte[] {0x7f, 0x10, (byte) 0xda, (byte) 0xbe}, ImageFormat.VDI));

  private static final List<Foreign> FOREIGN =
      List.of(
          new Foreign(0, "\u00fd7zXZ\0", "xz-compressed", "Unpack it first: xz -dk IMAGE"),
          new Foreign(0, "(\u00b5/\u00fd", "zstd-compressed", "Unpack it first: zstd -dk IMAGE"),
          new Foreign(0, "BZh", "bzip2-compressed", "Unpack it first: bzip2 -dk IMAGE"),
          new Foreign(0, "PK\u0003\u0004", "a zip archive", "Unpack it first: unzip IMAGE"),
          new Foreign(257, "ustar", "a tar archive", "Unpack it first: tar -xf IMAGE"),
          new Foreign(
              0,
              "# Disk DescriptorFile",
              "a VMDK descriptor that names other files",
              "Join it first: qemu-img convert -O raw IMAGE DISK.img"));

  private ImageFormats() {}

  /**
   * Decides a format.
   *
   * @param start the first bytes of the file, at most {@link #PROBE_LENGTH}
   * @throws VoyageurException IMAGE_FORMAT for a known format that voyageur does not read
   */
  static ImageFormat probe(String file, byte[] start) {
    Optional<ImageFormat> known =
        KNOWN.stream().filter(magic -> magic.matches(start)).map(Magic::format).findFirst();
    if (known.isPresent()) {
      return known.get();
    }
    for (Foreign foreign : FOREIGN) {
      Magic magic =
          new Magic(foreign.offset(), foreign.magic().getBytes(ISO_8859_1), ImageFormat.RAW);
      if (magic.matches(start)) {
        throw new VoyageurException(
            ErrorCode.IMAGE_FORMAT,
            file + " is " + foreign.name() + ", and not a disk image that voyageur reads",
            foreign.remedy().replace("IMAGE", file));
      }
    }
    return ImageFormat.RAW;
  }

  /** What qemu calls a format. */
  static String qemuName(ImageFormat format) {
    return switch (format) {
      case RAW, RAW_GZIP -> "raw";
      case VHD -> "vpc";
      case QCOW2, VMDK, VHDX, VDI -> format.label();
    };
  }
}
