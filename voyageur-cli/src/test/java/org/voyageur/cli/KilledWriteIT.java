package org.voyageur.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A whole {@code voyageur put} that is ended by a signal: the old file, or the new one. */
class KilledWriteIT {
  private static final int SIZE = 12 << 20;
  private static final int RUNS = 8;

  @TempDir Path directory;
  private Path raw;
  private final byte[] one = content(1);
  private final byte[] two = content(2);

  private static byte[] content(int seed) {
    byte[] content = new byte[SIZE];
    new Random(seed).nextBytes(content);
    return content;
  }

  @BeforeEach
  void aGuest() throws Exception {
    Files.write(Files.createDirectories(directory.resolve("tree/etc")).resolve("file"), one);
    Files.write(directory.resolve("two"), two);
    raw = directory.resolve("raw.img");
    ChildProcess.tool(directory, "mke2fs", "-q", "-t", "ext3", "-d", "tree", "raw.img", "64M");
  }

  private Process put(Path image) throws Exception {
    List<String> command = new ArrayList<>(List.of("setsid")); // The group has its number then.
    command.addAll(
        ChildProcess.voyageur(
            "put", image.toString(), directory.resolve("two").toString(), "/etc/file"));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD);
    // A killed program leaves its socket's directory; not in everyone's.
    Path temporary = Files.createDirectories(directory.resolve("tmp"));
    builder.environment().put("JDK_JAVA_OPTIONS", "-Djava.io.tmpdir=" + temporary);
    return builder.start();
  }

  private Path image(String format, int run) throws Exception {
    Path image = directory.resolve(format + run + ".img");
    if (format.equals("raw")) {
      return Files.copy(raw, image);
    }
    ChildProcess.tool(
        directory,
        "qemu-img",
        "convert",
        "-f",
        "raw",
        "-O",
        format,
        raw.toString(),
        image.toString());
    return image;
  }

  private byte[] file(Path image, String format) throws Exception {
    Path plain = image;
    if (!format.equals("raw")) {
      plain = directory.resolve("plain");
      ChildProcess.tool(
          directory,
          "qemu-img",
          "convert",
          "-f",
          format,
          "-O",
          "raw",
          image.toString(),
          plain.toString());
    }
    ChildProcess.tool(directory, "e2fsck", "-fn", plain.toString());
    Path dumped = directory.resolve("dumped");
    Files.deleteIfExists(dumped);
    ChildProcess.tool(directory, "debugfs", "-R", "dump /etc/file " + dumped, plain.toString());
    return Files.readAllBytes(dumped);
  }

  /** Kills at moments spread over the time from the journal's appearance to the end. */
  @ParameterizedTest
  @ValueSource(strings = {"raw", "qcow2"})
  void sigkillLeavesTheOldFileOrTheNewOne(String format) throws Exception {
    int putBack = 0;
    int renewed = 0;
    for (int run = 0; run < RUNS; run++) {
      Path image = image(format, run);
      Path journal = image.resolveSibling(image.getFileName() + ".voyageur-journal");
      Process process = put(image);
      while (process.isAlive() && !Files.exists(journal)) {
        Thread.onSpinWait();
      }
      TimeUnit.MILLISECONDS.sleep(6L * run * run);
      process.destroyForcibly().waitFor();
      boolean half = Files.exists(journal);
      if (half) {
        putBackBy(run % 2 == 0 ? "recover" : "ls", image);
        putBack++;
      }
      byte[] found = file(image, format);
      boolean isOld = Arrays.equals(found, one);
      assertThat(isOld || Arrays.equals(found, two)).as("run " + run).isTrue();
      assertThat(half && !isOld).as("put back is old").isFalse();
      renewed += isOld ? 0 : 1;
      assertThat(journal).doesNotExist();
      Files.delete(image);
    }
    System.out.println(format + ": put back " + putBack + ", new " + renewed + " of " + RUNS);
    assertThat(putBack).as("kills that hit the write").isPositive();
  }

  private void putBackBy(String command, Path image) throws Exception {
    ChildProcess.Result next =
        ChildProcess.run(directory, ChildProcess.voyageur(command, image.toString()));
    assertThat(next.exitCode()).as(next.err()).isZero();
    assertThat(next.err()).contains("had been cut off");
  }

  /** Ctrl-C goes to every process of the terminal's foreground group. */
  @ParameterizedTest
  @CsvSource({"raw,INT", "raw,TERM", "qcow2,INT", "qcow2,TERM"})
  void aSignalToTheWholeGroupLeavesNothingButTheImage(String format, String signal)
      throws Exception {
    for (int delay = 0; delay < 5; delay++) {
      Path image = image(format, delay);
      Path journal = image.resolveSibling(image.getFileName() + ".voyageur-journal");
      Files.createDirectories(directory.resolve("tmp"));
      List<String> before = ChildProcess.names(directory);
      Process process = put(image);
      if (delay > 0) {
        while (process.isAlive() && !Files.exists(journal)) {
          Thread.onSpinWait();
        }
      } else {
        TimeUnit.MILLISECONDS.sleep(400);
      }
      TimeUnit.MILLISECONDS.sleep(15L * delay);
      new ProcessBuilder("sh", "-c", "kill -" + signal + " -" + process.pid()).start().waitFor();
      process.waitFor();
      assertThat(ChildProcess.names(directory)).as("SIG" + signal).isEqualTo(before);
      assertThat(ChildProcess.names(directory.resolve("tmp")))
          .noneMatch(name -> name.contains("voyageur"));
      byte[] found = file(image, format);
      assertThat(Arrays.equals(found, one) || Arrays.equals(found, two)).isTrue();
      Files.delete(directory.resolve("dumped"));
      Files.deleteIfExists(directory.resolve("plain"));
      Files.delete(image);
    }
  }
}
