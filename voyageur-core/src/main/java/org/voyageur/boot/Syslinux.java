package org.voyageur.boot;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.process.HostProgram;

/**
 * The parts of SYSLINUX that make a disk boot, taken out of the host's {@code extlinux} program,
 * which carries them in its data: they are packaged nowhere else together, and being of one build
 * is what they must be.
 *
 * @param vbr the volume boot record, 512 bytes, not patched yet
 * @param ldlinuxSys the core, a multiple of 512 bytes, not patched yet
 * @param ldlinuxC32 the module that the core loads first
 * @param patchArea where in {@code ldlinuxSys} the patch area lies
 */
public record Syslinux(byte[] vbr, byte[] ldlinuxSys, byte[] ldlinuxC32, int patchArea) {
  private static final HostProgram EXTLINUX = new HostProgram("extlinux", "extlinux");

  /** LDLINUX_MAGIC: marks the patch area, and is what all words of ldlinux.sys add up to. */
  static final int MAGIC = 0x3EB202FE;

  private static final int SECTOR = 512;
  private static final byte[] VBR_START = {
    (byte) 0xEB, 0x58, (byte) 0x90, 'S', 'Y', 'S', 'L', 'I', 'N', 'U', 'X'
  };
  private static final byte[] SYS_START = {0x0D, 0x0A, 'S', 'Y', 'S', 'L', 'I', 'N', 'U', 'X', ' '};

  /** ELF, 32 bits, little-endian, version 1: what a .c32 module is, and the program is not. */
  private static final byte[] ELF32 = {0x7F, 'E', 'L', 'F', 1, 1, 1};

  /** The largest program that carries SYSLINUX is below 300 KiB (measured). */
  private static final int LARGEST_PROGRAM = 8 << 20;

  /**
   * Takes SYSLINUX from this host's extlinux.
   *
   * @throws VoyageurException HOST_PROGRAM_MISSING or HOST_SYSLINUX
   */
  public static Syslinux fromHost() {
    Path program = EXTLINUX.require();
    try {
      if (Files.size(program) > LARGEST_PROGRAM) {
        throw unknown("it has " + Files.size(program) + " bytes");
      }
      return extract(Files.readAllBytes(program));
    } catch (IOException e) {
      throw unknown("it cannot be read: " + e.getMessage());
    }
  }

  /**
   * Takes SYSLINUX out of an extlinux or syslinux program, version 6, of any architecture: it is
   * only read.
   *
   * @throws VoyageurException HOST_SYSLINUX if the program is not built as known ones are
   */
  static Syslinux extract(byte[] program) {
    ByteBuffer words = ByteBuffer.wrap(program).order(ByteOrder.LITTLE_ENDIAN);
    int vbrAt = only("volume boot record", vbrs(program, words));
    int area = only("ldlinux.sys", patchAreas(program, words));
    int sysAt = sysStart(program, area);
    byte[] vbr = Arrays.copyOfRange(program, vbrAt, vbrAt + SECTOR);
    int instance = words.getInt(area + 4);
    if (find(vbr, intBytes(instance), 0) < 0) {
      throw unknown("its boot record and its ldlinux.sys are of different builds");
    }
    int sysLength = sysLength(program, words, instance, sysAt);
    byte[] sys = Arrays.copyOfRange(program, sysAt, sysAt + sysLength);
    byte[] c32 = c32(program, words, sysAt, sysLength);
    Syslinux syslinux = new Syslinux(vbr, sys, c32, area - sysAt);
    syslinux.check();
    return syslinux;
  }

  private static List<Integer> vbrs(byte[] program, ByteBuffer words) {
    return positions(program, VBR_START)
        .filter(at -> at + SECTOR <= program.length)
        .filter(at -> words.getInt(at + 0x1F8) == MAGIC)
        .filter(at -> (words.getShort(at + 0x1FC) & 0xFE00) == 0x3600)
        .filter(at -> words.getShort(at + 0x1FE) == (short) 0xAA55)
        .toList();
  }

  private static List<Integer> patchAreas(byte[] program, ByteBuffer words) {
    return positions(program, intBytes(MAGIC))
        .filter(at -> at + 20 <= program.length && sysStart(program, at) >= 0)
        .filter(at -> words.getLong(at + 8) == 0 && words.getInt(at + 16) == 0)
        .toList();
  }

  /** The banner that ldlinux.sys starts with lies at most 200 bytes before its patch area. */
  private static int sysStart(byte[] program, int area) {
    for (int at = area - 8; at >= Math.max(0, area - 200); at -= 8) {
      if (startsWith(program, at, SYS_START)) {
        return at;
      }
    }
    return -1;
  }

  /**
   * The program holds pairs (build time, length) of what it carries; the time is in the instance.
   */
  private static int sysLength(byte[] program, ByteBuffer words, int instance, int sysAt) {
    int buildTime = instance ^ MAGIC;
    List<Integer> lengths =
        positions(program, intBytes(buildTime))
            .filter(at -> at + 8 <= program.length)
            .map(at -> words.getInt(at + 4))
            .filter(length -> length % SECTOR == 0 && length > 8192 && length <= 98304)
            .filter(length -> length <= program.length - sysAt)
            .distinct()
            .toList();
    return only("length of ldlinux.sys", lengths);
  }

  private static byte[] c32(byte[] program, ByteBuffer words, int sysAt, int sysLength) {
    List<Integer> starts =
        positions(program, ELF32)
            .filter(at -> at > 0 && (at < sysAt || at >= sysAt + sysLength))
            .filter(at -> at + 52 <= program.length)
            .filter(at -> words.getShort(at + 16) == 3 && words.getShort(at + 18) == 3)
            .toList();
    int at = only("ldlinux.c32", starts);
    // The section headers are the last thing in it.
    long length =
        Integer.toUnsignedLong(words.getInt(at + 32))
            + (long) Short.toUnsignedInt(words.getShort(at + 46))
                * Short.toUnsignedInt(words.getShort(at + 48));
    if (length > program.length - at) {
      throw unknown("its ldlinux.c32 is cut off");
    }
    return Arrays.copyOfRange(program, at, at + (int) length);
  }

  /** What every build seen has, so that a patch does not destroy an unknown one. */
  private void check() {
    ByteBuffer sys = words();
    int epa = Short.toUnsignedInt(sys.getShort(patchArea + 22));
    if (sys.getShort(patchArea + 20) != 127 || epa > ldlinuxSys.length - 20) {
      throw unknown("its patch area is not as expected");
    }
    ByteBuffer record = ByteBuffer.wrap(vbr).order(ByteOrder.LITTLE_ENDIAN);
    int low = Short.toUnsignedInt(sys.getShort(epa + 14));
    int high = Short.toUnsignedInt(sys.getShort(epa + 16));
    if (low > SECTOR - 4
        || high > SECTOR - 4
        || record.getInt(low) != 0xDEADBEEF
        || record.getInt(high) != 0xFEEDFACE) {
      throw unknown("its boot record has no place for the address of ldlinux.sys");
    }
  }

  /** ldlinux.sys to be read as little-endian numbers. */
  ByteBuffer words() {
    return ByteBuffer.wrap(ldlinuxSys).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static Stream<Integer> positions(byte[] program, byte[] what) {
    List<Integer> found = new ArrayList<>();
    for (int at = find(program, what, 0); at >= 0; at = find(program, what, at + 1)) {
      found.add(at);
    }
    return found.stream();
  }

  private static int find(byte[] in, byte[] what, int from) {
    for (int at = from; at <= in.length - what.length; at++) {
      if (in[at] == what[0] && startsWith(in, at, what)) {
        return at;
      }
    }
    return -1;
  }

  private static boolean startsWith(byte[] in, int at, byte[] what) {
    int end = at + what.length;
    return end <= in.length && Arrays.equals(in, at, end, what, 0, what.length);
  }

  private static byte[] intBytes(int value) {
    return ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array();
  }

  private static int only(String what, List<Integer> found) {
    if (found.size() != 1) {
      throw unknown("it holds " + found.size() + " times a " + what + ", and one is expected");
    }
    return found.getFirst();
  }

  private static VoyageurException unknown(String why) {
    return new VoyageurException(
        ErrorCode.HOST_SYSLINUX,
        "the host's extlinux is not one that voyageur knows: " + why,
        "Install SYSLINUX 6: apt-get install extlinux");
  }
}
