package org.voyageur.testkit;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.voyageur.process.HostProgram;

/**
 * A real kernel for stand-ins, unpacked without root: Debian's cloud kernel, which runs as a Xen
 * paravirtual guest and under KVM, or its kernel for 32 bits, with a busybox for that beside it.
 *
 * @param architecture that it is for
 * @param directory where its package is unpacked
 * @param version as in its file names
 */
public record KernelPackage(Architecture architecture, Path directory, String version) {
  /** kernel_version of the setup header, from SETUP on (Documentation/arch/x86/boot.rst). */
  private static final int VERSION_POINTER = 0x20E;

  private static final int SETUP = 0x200;

  /**
   * What stands behind the release of uname(2) in an image compressed with LZ4: a repetition of
   * what was 65 bytes before, the length of a field of struct new_utsname.
   */
  private static final byte[] BEHIND_RELEASE = {65, 0};

  /** The kernel for 64 bits, fetched by apt-get into the cache when it is not there yet. */
  public static KernelPackage fetch() {
    return fetch(Architecture.X86_64);
  }

  /**
   * The same for an architecture.
   *
   * @throws org.voyageur.error.VoyageurException HOST_PROGRAM_MISSING, or HOST_PROGRAM_FAILED where
   *     apt-get cannot fetch it
   */
  public static KernelPackage fetch(Architecture architecture) {
    Path unpacked = DebianPackage.unpacked(architecture, apt -> packages(architecture, apt));
    try (Stream<Path> files = Files.list(unpacked.resolve("boot"))) {
      String version =
          files
              .map(file -> file.getFileName().toString())
              .filter(name -> name.startsWith("vmlinuz-"))
              .map(name -> name.substring("vmlinuz-".length()))
              .findFirst()
              .orElseThrow();
      return new KernelPackage(architecture, unpacked, version);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<String> packages(Architecture architecture, Apt apt) {
    String kernel = apt.dependency(architecture.metaPackage, "linux-image-");
    return switch (architecture) {
      // The host's own busybox is as good.
      case X86_64 -> List.of(kernel);
      case I686 -> List.of(kernel, "busybox-static");
    };
  }

  /** A static busybox that runs on it. */
  Path busybox() {
    return switch (architecture) {
      case X86_64 -> new HostProgram("busybox", "busybox-static").require();
      case I686 -> directory.resolve("bin/busybox");
    };
  }

  /** The kernel image. */
  public Path image() {
    return directory.resolve("boot/vmlinuz-" + version);
  }

  /**
   * The image under another version: its header says it, and uname(2) does, so that the guest's own
   * modprobe looks into the directory of that version. uname(2) tells the real version where it is
   * not {@link #unameAs}.
   */
  byte[] imageAs(String claimed) {
    byte[] image;
    try {
      image = Files.readAllBytes(image());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    int at =
        SETUP
            + Short.toUnsignedInt(
                ByteBuffer.wrap(image).order(LITTLE_ENDIAN).getShort(VERSION_POINTER));
    byte[] inHeader = (claimed + " (stand-in)\0").getBytes(US_ASCII);
    System.arraycopy(inHeader, 0, image, at, inHeader.length);
    if (unameAs(claimed).equals(claimed)) {
      byte[] real = version.getBytes(US_ASCII);
      // LZ4 leaves new text as it is. The repetition behind it copies what stands before it.
      byte[] release = Arrays.copyOf(claimed.getBytes(US_ASCII), real.length);
      int found = 0;
      for (int i = at + inHeader.length; i < image.length - real.length - 2; i++) {
        int end = i + real.length;
        if (Arrays.equals(image, i, end, real, 0, real.length)
            && Arrays.equals(image, end, end + 2, BEHIND_RELEASE, 0, 2)) {
          System.arraycopy(release, 0, image, i, release.length);
          found++;
        }
      }
      if (found == 0) {
        throw new IllegalStateException(image() + " does not hold the release of uname(2) as text");
      }
    }
    return image;
  }

  /**
   * What uname(2) says in an image under another version: the real one where the claimed one is
   * longer and has no room, and where the image is compressed with XZ, which hides the text.
   */
  String unameAs(String claimed) {
    return switch (architecture) {
      case X86_64 -> claimed.length() <= version.length() ? claimed : version;
      case I686 -> version;
    };
  }

  /** What Debian has in place of the table of its symbols. */
  Path systemMap() {
    return directory.resolve("boot/System.map-" + version);
  }

  /** One of its modules, by its path below the kernel's module directory. */
  public Path module(String path) {
    return directory.resolve("lib/modules/" + version + "/kernel/" + path);
  }
}
