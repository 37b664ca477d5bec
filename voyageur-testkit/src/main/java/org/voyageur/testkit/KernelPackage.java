package org.voyageur.testkit;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;

/**
 * A real kernel for stand-ins: Debian's cloud kernel, which runs as a Xen paravirtual guest and
 * under KVM, unpacked without root.
 *
 * @param directory where its package is unpacked
 * @param version as in its file names
 */
public record KernelPackage(Path directory, String version) {
  private static final String META_PACKAGE = "linux-image-cloud-amd64";

  /** kernel_version of the setup header, from SETUP on (Documentation/arch/x86/boot.rst). */
  private static final int VERSION_POINTER = 0x20E;

  private static final int SETUP = 0x200;

  /**
   * What stands behind the release of uname(2) in an image compressed with LZ4: a repetition of
   * what was 65 bytes before, the length of a field of struct new_utsname.
   */
  private static final byte[] BEHIND_RELEASE = {65, 0};

  /** The kernel, fetched by apt-get into the cache when it is not there yet. */
  public static KernelPackage fetch() {
    Path unpacked =
        DebianPackage.unpacked(
            "kernel", () -> DebianPackage.dependency(META_PACKAGE, "linux-image-"));
    try (Stream<Path> files = Files.list(unpacked.resolve("boot"))) {
      String version =
          files
              .map(file -> file.getFileName().toString())
              .filter(name -> name.startsWith("vmlinuz-"))
              .map(name -> name.substring("vmlinuz-".length()))
              .findFirst()
              .orElseThrow();
      return new KernelPackage(unpacked, version);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The kernel image. */
  public Path image() {
    return directory.resolve("boot/vmlinuz-" + version);
  }

  /**
   * The image under another version: its header says it, and uname(2) does, so that the guest's own
   * modprobe looks into the directory of that version. A version that is longer than the real one
   * has no room in uname(2), which then tells the real one.
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
    if (claimed.length() <= version.length()) {
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

  /** What Debian has in place of the table of its symbols. */
  Path systemMap() {
    return directory.resolve("boot/System.map-" + version);
  }

  /** One of its modules, by its path below the kernel's module directory. */
  public Path module(String path) {
    return directory.resolve("lib/modules/" + version + "/kernel/" + path);
  }
}
