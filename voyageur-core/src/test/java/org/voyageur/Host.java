package org.voyageur;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;
import org.voyageur.disk.Extent;
import org.voyageur.disk.Overlay;

/** The host's own programs, as oracles. */
public final class Host {
  private Host() {}

  /** Runs a program that must succeed. */
  public static void run(String... command) throws IOException, InterruptedException {
    Process process = start(command);
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(String.join(" ", command) + ": " + output).isZero();
  }

  /** What a program prints. */
  public static String output(String... command) throws IOException, InterruptedException {
    Process process = start(command);
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    return output;
  }

  /** What a program exits with. */
  public static int exitCode(String... command) throws IOException, InterruptedException {
    Process process = start(command);
    process.getInputStream().readAllBytes();
    return process.waitFor();
  }

  private static Process start(String... command) throws IOException {
    // Administrators' programs are not on an ordinary user's PATH.
    ProcessBuilder builder =
        new ProcessBuilder(Stream.concat(Stream.of("env"), Stream.of(command)).toList());
    builder.environment().merge("PATH", "/usr/sbin:/sbin", (path, more) -> path + ":" + more);
    builder.environment().put("LC_ALL", "C");
    return builder.redirectErrorStream(true).start();
  }

  /** Writes an overlay's changes to the file below it. */
  public static void commit(Overlay overlay, Path image) throws IOException {
    try (FileChannel channel = FileChannel.open(image, StandardOpenOption.WRITE)) {
      List<Extent> changed = overlay.changedExtents();
      for (Extent extent : changed) {
        ByteBuffer bytes = ByteBuffer.wrap(overlay.read(extent.offset(), (int) extent.length()));
        channel.write(bytes, extent.offset());
      }
    }
  }
}
