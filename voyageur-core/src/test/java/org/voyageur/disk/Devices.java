package org.voyageur.disk;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/** What the tests of this package have in common. */
final class Devices {
  private Devices() {}

  /** A disk with data at its start, in its middle and at its end, and zeros between. */
  static byte[] disk(int size) {
    byte[] disk = new byte[size];
    Random random = new Random(size);
    for (int at : new int[] {0, size / 2 / 4096 * 4096, Math.max(0, size - 5000)}) {
      byte[] data = new byte[Math.min(5000, size - at)];
      random.nextBytes(data);
      System.arraycopy(data, 0, disk, at, data.length);
    }
    return disk;
  }

  static byte[] contents(BlockDevice device) {
    return device.read(0, Math.toIntExact(device.size()));
  }

  static void fill(BlockDevice device, byte[] disk) {
    Zeros.writeOthers(device, 0, ByteBuffer.wrap(disk));
  }

  /** Runs a program that must succeed; what it says on stdout and stderr. */
  static String run(Object... command) {
    try {
      Process process =
          new ProcessBuilder(List.of(command).stream().map(Object::toString).toList())
              .redirectErrorStream(true)
              .start();
      process.getOutputStream().close();
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
        throw new AssertionError(List.of(command) + ": " + said);
      }
      return said;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** Skips the test, saying why, where the host has no such program. */
  static void assumeProgram(String name) {
    boolean found =
        java.util.stream.Stream.of("/usr/sbin", "/sbin", "/usr/bin", "/bin")
            .anyMatch(directory -> Files.isExecutable(Path.of(directory, name)));
    assume(found, "this host has no " + name);
  }

  static void assume(boolean condition, String otherwise) {
    if (!condition) {
      System.out.println("skipped: " + otherwise);
    }
    Assumptions.assumeTrue(condition, otherwise);
  }
}
