package org.voyageur.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.BufferedReader;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.voyageur.testkit.GuestBuilder;
import org.voyageur.testkit.StandIn;

/** What can go wrong from outside: nothing is lost, nothing is left, and the error says enough. */
class FaultIT {
  private static final long SIZE = 256L << 20;

  @TempDir static Path shared;
  private static Path raw;
  private static Path gz;

  @TempDir Path directory;

  /** Where voyageur's temporary files go, to see that none stays. */
  @TempDir Path scratch;

  @BeforeAll
  static void build() throws Exception {
    raw = shared.resolve("guest.img");
    GuestBuilder.build(StandIn.scientific6(), raw, SIZE);
    ChildProcess.tool(shared, "gzip", "-1", "-k", raw.toString());
    gz = shared.resolve("guest.img.gz");
  }

  @BeforeEach
  void nothingIsThereYet() throws Exception {
    assertThat(ChildProcess.names(directory)).isEmpty();
  }

  /** Name of the source, what is done to a copy of an image, code, exit code. */
  static Stream<Arguments> badInput() {
    return Stream.of(
        arguments("missing.img", (Damage) FaultIT::nothing, "VOY-IMAGE-001", 1),
        arguments("directory.img", (Damage) Files::createDirectory, "VOY-IMAGE-001", 1),
        arguments("empty.img", (Damage) Files::createFile, "VOY-IMAGE-003", 1),
        arguments("zeros.img", (Damage) path -> size(path, SIZE), "VOY-IMAGE-007", 1),
        arguments("random.img", (Damage) FaultIT::random, "VOY-IMAGE-007", 1),
        arguments("text.img", (Damage) path -> Files.writeString(path, "hello\n"), "VOY-IMAGE", 1),
        arguments("huge.img", (Damage) path -> size(path, 8L << 40), "VOY-IMAGE-007", 1),
        arguments("cut.img", (Damage) path -> cut(raw, path, SIZE / 2), "VOY-IMAGE-003", 1),
        arguments("cut.img.gz", (Damage) path -> cut(gz, path, 3 << 20), "VOY-IMAGE-003", 1),
        arguments("flipped.img.gz", (Damage) path -> flip(gz, path, 3 << 20), "VOY-IMAGE-004", 1),
        arguments("trailer.gz", (Damage) path -> flip(gz, path, -6), "VOY-IMAGE-004", 1),
        arguments("cut.qcow2", (Damage) FaultIT::cutQcow2, "VOY-IMAGE-004", 1),
        // Blocks per group: bytes 32 to 35 of the superblock at 1024.
        arguments("super.img", (Damage) path -> flip(raw, path, 1024 + 33), "VOY-FS-002", 1),
        // The first group's descriptor: where its inode table is.
        arguments("table.img", (Damage) path -> flip(raw, path, 4096 + 10), "VOY-FS-002", 1));
  }

  @FunctionalInterface
  interface Damage {
    Object to(Path path) throws Exception;
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("badInput")
  void badInputIsToldOfAndNothingIsLeft(String name, Damage damage, String code, int exitCode)
      throws Exception {
    Path source = directory.resolve(name);
    Object ignored = damage.to(source);
    List<String> before = ChildProcess.names(directory);
    ChildProcess.Result result =
        ChildProcess.run(
            directory,
            ChildProcess.voyageur(
                "convert", "--scratch", scratch.toString(), "-o", "out.qcow2", name));
    assertThat(result.err()).contains(code);
    assertThat(result.exitCode()).as(result.err()).isEqualTo(exitCode);
    // What was found, and what to do.
    assertThat(result.err().lines()).anyMatch(line -> line.startsWith("  "));
    assertThat(ChildProcess.names(directory)).isEqualTo(before);
    assertThat(ChildProcess.names(scratch)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"guest.img,raw", "guest.img,qcow2", "guest.img.gz,raw", "guest.img.gz,qcow2"})
  void aFullDiskIsToldOfAndNothingIsLeft(String source, String format) throws Exception {
    ChildProcess.Result result =
        onSmallDisk(
            ChildProcess.voyageur(
                "convert",
                "--scratch",
                scratch.toString(),
                "--format",
                format,
                "-o",
                directory + "/out",
                shared.resolve(source).toString()));
    assertThat(result.err()).contains("VOY-OUTPUT-003");
    assertThat(result.exitCode()).as(result.err()).isEqualTo(3);
    // The listing of the small disk.
    assertThat(result.out()).isEmpty();
    assertThat(ChildProcess.names(scratch)).isEmpty();
  }

  @Test
  void aFullScratchDirectoryIsToldOf() throws Exception {
    ChildProcess.Result result =
        onSmallDisk(
            ChildProcess.voyageur("inspect", "--scratch", directory.toString(), gz.toString()));
    assertThat(result.err()).contains("VOY-OUTPUT-003");
    assertThat(result.exitCode()).isEqualTo(3);
    assertThat(result.out()).isEmpty();
  }

  /** With 8 MiB in {@code directory}; what is left there is printed. */
  private ChildProcess.Result onSmallDisk(List<String> command) throws Exception {
    List<String> unshared =
        new ArrayList<>(
            List.of(
                "unshare",
                "--mount",
                "--map-root-user",
                "sh",
                "-c",
                "mount -t tmpfs -o size=8m tmpfs \"$0\" || exit 99; \"$@\" >/dev/null; code=$?;"
                    + " ls -A \"$0\"; exit $code",
                directory.toString()));
    unshared.addAll(command);
    ChildProcess.Result result = ChildProcess.run(shared, unshared);
    assumeTrue(
        result.exitCode() != 99 && !result.err().contains("unshare: "),
        "this host gives no mount namespaces: " + result.err());
    return result;
  }

  static Stream<Arguments> moments() {
    return Stream.of(
        arguments("guest.img.gz", "qcow2", "open", "INT", 130),
        arguments("guest.img.gz", "raw", "inspect", "INT", 130),
        arguments("guest.img", "raw", "inspect", "TERM", 143),
        arguments("guest.img", "qcow2", "apply", "INT", 130),
        arguments("guest.img", "qcow2", "check", "INT", 130),
        arguments("guest.img", "raw", "copy", "TERM", 143),
        arguments("guest.img", "qcow2", "copy", "INT", 130));
  }

  @ParameterizedTest(name = "{0} to {1}: SIG{3} during {2}")
  @MethodSource("moments")
  void aSignalEndsItAndNothingIsLeft(
      String source, String format, String step, String signal, int exitCode) throws Exception {
    Process process = start(source, format);
    signalDuring(step, signal, process);
    assertThat(process.exitValue()).isEqualTo(exitCode);
    assertThat(ChildProcess.names(directory)).isEmpty();
    assertThat(ChildProcess.names(scratch)).isEmpty();
    assertThat(ProcessHandle.allProcesses())
        .noneMatch(other -> other.info().commandLine().orElse("").contains(directory.toString()));
  }

  @Test
  void killedItLeavesNoOutputAndTheNextRunSucceeds() throws Exception {
    Process process = start("guest.img", "qcow2");
    signalDuring("copy", "KILL", process);
    // Nobody can clean up then; but what stays says whose it is, and is not taken for a result.
    assertThat(ChildProcess.names(directory))
        .isNotEmpty()
        .allMatch(name -> name.startsWith(".out.voyageur-") && name.endsWith(".tmp"));
    ChildProcess.Result again = ChildProcess.run(shared, command("guest.img", "qcow2"));
    assertThat(again.exitCode()).as(again.err()).isZero();
    assertThat(directory.resolve("out")).exists();
  }

  private List<String> command(String source, String format) {
    String[] words = {
      "convert",
      "--progress",
      "json",
      "--scratch",
      scratch.toString(),
      "--format",
      format,
      "-o",
      directory + "/out",
      shared.resolve(source).toString()
    };
    return ChildProcess.voyageur(words);
  }

  private Process start(String source, String format) throws Exception {
    ProcessBuilder builder = new ProcessBuilder(command(source, format));
    builder.environment().put("TMPDIR", scratch.toString());
    return builder.redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
  }

  private static void signalDuring(String step, String signal, Process process) throws Exception {
    try (BufferedReader events = process.errorReader(StandardCharsets.UTF_8)) {
      String line = events.readLine();
      while (line != null && !line.contains("\"started\",\"step\":\"" + step + "\"")) {
        line = events.readLine();
      }
      assertThat(line).as("the step " + step).isNotNull();
      new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid())).start();
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    } finally {
      process.destroyForcibly();
    }
  }

  private static Path nothing(Path path) {
    return path;
  }

  private static Path size(Path path, long bytes) throws Exception {
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
      file.setLength(bytes);
    }
    return path;
  }

  private static Path random(Path path) throws Exception {
    byte[] bytes = new byte[4 << 20];
    new Random(1).nextBytes(bytes);
    return Files.write(path, bytes);
  }

  private static Path cut(Path image, Path path, long length) throws Exception {
    ChildProcess.tool(shared, "cp", "--sparse=always", image.toString(), path.toString());
    return size(path, length);
  }

  /** Flips a byte, counted from the end if it is negative. */
  private static Path flip(Path image, Path path, long offset) throws Exception {
    ChildProcess.tool(shared, "cp", "--sparse=always", image.toString(), path.toString());
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
      long at = offset < 0 ? file.length() + offset : offset;
      file.seek(at);
      int value = file.read();
      file.seek(at);
      file.write(value ^ 0xFF);
    }
    return path;
  }

  private static Path cutQcow2(Path path) throws Exception {
    ChildProcess.tool(
        shared, "qemu-img", "convert", "-O", "qcow2", raw.toString(), path.toString());
    return size(path, Files.size(path) / 2);
  }
}
