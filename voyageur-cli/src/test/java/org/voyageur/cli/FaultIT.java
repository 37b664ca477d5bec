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
    qemuConvert(shared.resolve("guest.qcow2"), "qcow2");
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
        arguments(
            "text.img", (Damage) path -> Files.writeString(path, "hello\n"), "VOY-IMAGE-007", 1),
        arguments("fifo.img", (Damage) FaultIT::fifo, "VOY-IMAGE-001", 1),
        arguments("huge.img", (Damage) path -> size(path, 8L << 40), "VOY-IMAGE-007", 1),
        arguments("cut.img", (Damage) path -> cut(raw, path, SIZE / 2), "VOY-IMAGE-003", 1),
        arguments("cut.img.gz", (Damage) path -> cut(gz, path, 3 << 20), "VOY-IMAGE-003", 1),
        arguments("flipped.img.gz", (Damage) path -> flip(gz, path, 3 << 20), "VOY-IMAGE-004", 1),
        arguments("trailer.gz", (Damage) path -> flip(gz, path, -6), "VOY-IMAGE-004", 1),
        // What QEMU reads as zeros where the file has ended.
        arguments("cut.qcow2", (Damage) path -> cutBy(100_000, path, "qcow2"), "VOY-IMAGE-004", 1),
        arguments("cut.vmdk", (Damage) path -> cutBy(100_000, path, "vmdk"), "VOY-IMAGE-004", 1),
        arguments("cut.vhdx", (Damage) path -> cutBy(100_000, path, "vhdx"), "VOY-IMAGE-004", 1),
        arguments("cut.vhd", (Damage) path -> cutBy(100_000, path, "vpc"), "VOY-IMAGE-004", 1),
        arguments("cut.vdi", (Damage) path -> cutBy(1, path, "vdi"), "VOY-IMAGE-003", 1),
        // The last compressed cluster: qemu-nbd hangs up.
        arguments(
            "packed.qcow2", (Damage) path -> cutBy(5000, path, "qcow2", "-c"), "VOY-IMAGE-004", 1),
        // The refcount table's offset, in bytes 48 to 55.
        arguments("table.qcow2", (Damage) FaultIT::qcow2WithoutTable, "VOY-IMAGE-004", 1),
        arguments("locked.qcow2", (Damage) FaultIT::encryptedQcow2, "VOY-IMAGE-005", 1),
        arguments("qcow2.gz", (Damage) FaultIT::gzippedQcow2, "VOY-IMAGE-005", 1),
        // Blocks per group: bytes 32 to 35 of the superblock at 1024.
        arguments("super.img", (Damage) path -> flip(raw, path, 1024 + 33), "VOY-FS-002", 1),
        // A journal that is to be replayed, and an inode that leads outside of the disk.
        arguments("dirty.img", (Damage) FaultIT::dirtyAndDamaged, "VOY-FS-005", 1),
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
    mustTell(result, code, exitCode);
    assertThat(ChildProcess.names(directory)).isEqualTo(before);
    assertThat(ChildProcess.names(scratch)).isEmpty();
  }

  /** What was found, in a line, and below it what to do; nothing of Java's. */
  private static void mustTell(ChildProcess.Result result, String code, int exitCode) {
    List<String> lines =
        result.err().lines().dropWhile(line -> !line.startsWith("voyageur: ")).toList();
    assertThat(lines).as(result.err()).hasSize(2);
    assertThat(lines.getFirst()).matches("voyageur: " + code + ": \\S.*[^.]");
    assertThat(lines.getLast()).matches("  \\S.*[^.]");
    assertThat(result.err()).doesNotContain("Exception").doesNotContain("java.");
    assertThat(result.exitCode()).as(result.err()).isEqualTo(exitCode);
  }

  @Test
  void aReadOnlySourceInAReadOnlyDirectoryIsConvertedToAnother() throws Exception {
    Path archive = Files.createDirectory(directory.resolve("archive"));
    ChildProcess.tool(shared, "cp", "--sparse=always", raw.toString(), archive + "/guest.img");
    ChildProcess.tool(archive, "chmod", "444", "guest.img");
    ChildProcess.tool(directory, "chmod", "555", "archive");
    try {
      // The result would lie beside the source.
      mustTell(withoutPrivilege("convert", "archive/guest.img"), "VOY-OUTPUT-002", 3);
      ChildProcess.Result result =
          withoutPrivilege("convert", "archive/guest.img", "-o", "out.qcow2");
      assertThat(result.exitCode()).as(result.err()).isZero();
      assertThat(ChildProcess.names(archive)).containsExactly("guest.img");
    } finally {
      ChildProcess.tool(directory, "chmod", "755", "archive");
    }
  }

  @Test
  void anImageThatMayNotBeReadIsToldOf() throws Exception {
    Files.createFile(directory.resolve("secret.img"));
    ChildProcess.tool(directory, "chmod", "000", "secret.img");
    mustTell(withoutPrivilege("inspect", "secret.img"), "VOY-IMAGE-002", 1);
  }

  /** Root, too, is held to the files' modes then. */
  private ChildProcess.Result withoutPrivilege(String... arguments) throws Exception {
    List<String> command =
        new ArrayList<>(List.of("setpriv", "--bounding-set=-dac_override,-dac_read_search"));
    command.addAll(ChildProcess.voyageur(arguments));
    boolean root = ChildProcess.tool(directory, "id", "-u").strip().equals("0");
    return ChildProcess.run(directory, root ? command : ChildProcess.voyageur(arguments));
  }

  @Test
  void aLimitOnTheSizeOfFilesIsToldOfAndNothingIsLeft() throws Exception {
    List<String> command = new ArrayList<>(List.of("prlimit", "--fsize=8000000"));
    command.addAll(command("guest.img.gz", "raw"));
    ChildProcess.Result result = ChildProcess.run(shared, command);
    mustTell(result, "VOY-OUTPUT-003", 3);
    assertThat(result.err()).contains("limit");
    assertThat(ChildProcess.names(directory)).isEmpty();
    assertThat(ChildProcess.names(scratch)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "., VOY-OUTPUT-002, 3",
    "none/out.raw, VOY-OUTPUT-002, 3",
    "/proc/out.raw, VOY-OUTPUT-002, 3",
    "taken.raw, VOY-OUTPUT-001, 2",
    "link.img, VOY-OUTPUT-004, 2"
  })
  void anOutputThatCannotBeIsToldOf(String output, String code, int exitCode) throws Exception {
    Files.writeString(directory.resolve("taken.raw"), "mine");
    Files.createSymbolicLink(directory.resolve("link.img"), raw);
    List<String> before = ChildProcess.names(directory);
    mustTell(
        ChildProcess.run(directory, ChildProcess.voyageur("convert", raw.toString(), "-o", output)),
        code,
        exitCode);
    assertThat(ChildProcess.names(directory)).isEqualTo(before);
    assertThat(directory.resolve("taken.raw")).hasContent("mine");
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
    // It is told before anything is written.
    assertThat(result.err()).contains("VOY-OUTPUT-003", "bytes or more, and");
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
    nothingRuns();
  }

  /** Also between two steps, and while files are being made. */
  @ParameterizedTest(name = "SIG{1} after {0} ms")
  @CsvSource({
    "250,TERM",
    "400,INT",
    "550,TERM",
    "700,INT",
    "850,TERM",
    "1000,INT",
    "1200,TERM",
    "1500,INT"
  })
  void whenASignalComesTheOutputIsWholeOrNotThere(int delay, String signal) throws Exception {
    Process process = start("guest.qcow2", "qcow2");
    Thread.sleep(delay);
    new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid())).start().waitFor();
    process.getErrorStream().close();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    if (Files.exists(directory.resolve("out"))) {
      ChildProcess.tool(
          directory, "qemu-img", "convert", "-f", "qcow2", "-O", "raw", "out", "whole.raw");
      assertThat(ChildProcess.tool(directory, "e2fsck", "-fn", "whole.raw")).contains("Pass 5");
      Files.delete(directory.resolve("whole.raw"));
      Files.delete(directory.resolve("out"));
    }
    assertThat(ChildProcess.names(directory)).isEmpty();
    assertThat(ChildProcess.names(scratch)).isEmpty();
    nothingRuns();
  }

  private void nothingRuns() {
    assertThat(
            ProcessHandle.allProcesses()
                .map(process -> process.info().commandLine().orElse(""))
                .filter(line ->
                    line.contains(directory.toString()) || line.contains(scratch.toString())))
        .isEmpty();
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
    List<String> command = new ArrayList<>(ChildProcess.voyageur(words));
    command.add(1, "-Djava.io.tmpdir=" + scratch);
    return command;
  }

  private Process start(String source, String format) throws Exception {
    return new ProcessBuilder(command(source, format))
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start();
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

  private static Path cutBy(long bytes, Path path, String format, String... options)
      throws Exception {
    qemuConvert(path, format, options);
    return size(path, Files.size(path) - bytes);
  }

  private static void qemuConvert(Path path, String format, String... options) throws Exception {
    List<String> words = new ArrayList<>(List.of("qemu-img", "convert", "-O", format));
    words.addAll(List.of(options));
    words.addAll(List.of(raw.toString(), path.toString()));
    ChildProcess.tool(shared, words.toArray(String[]::new));
  }

  private static Path qcow2WithoutTable(Path path) throws Exception {
    return flip(shared.resolve("guest.qcow2"), path, 48 + 2);
  }

  /** LUKS would be timed first, which fails on a busy host ("Unable to get accurate CPU usage"). */
  private static Path encryptedQcow2(Path path) throws Exception {
    ChildProcess.tool(
        shared,
        "qemu-img",
        "create",
        "-q",
        "--object",
        "secret,id=key,data=key",
        "-f",
        "qcow2",
        "-o",
        "encrypt.format=aes,encrypt.key-secret=key",
        path.toString(),
        "1M");
    return path;
  }

  private static Path gzippedQcow2(Path path) throws Exception {
    ChildProcess.tool(shared, "sh", "-c", "gzip -1 <guest.qcow2 >\"$0\"", path.toString());
    return path;
  }

  private static Path dirtyAndDamaged(Path path) throws Exception {
    ChildProcess.tool(shared, "cp", "--sparse=always", raw.toString(), path.toString());
    ChildProcess.tool(
        shared,
        "sh",
        "-c",
        """
        debugfs -w -R 'sif /etc/passwd block[0] 99999999' "$0"
        printf 'jo\\njw -b 1 /dev/null\\njc\\n' | debugfs -w "$0"
        """,
        path.toString());
    return path;
  }

  private static Path fifo(Path path) throws Exception {
    ChildProcess.tool(shared, "mkfifo", path.toString());
    return path;
  }
}
