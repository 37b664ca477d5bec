package org.voyageur.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.voyageur.testkit.GuestBuilder;
import org.voyageur.testkit.StandIn;

/** {@code convert --in-place} and {@code undo}: the result boots, and every byte comes back. */
class InPlaceIT {
  private static final int RUNS = 8;

  @TempDir static Path sources;
  private static Path source;

  @TempDir Path directory;

  @BeforeAll
  static void build() {
    source = sources.resolve("source.img");
    GuestBuilder.build(StandIn.scientific6(), source, 512L << 20);
  }

  private Path image(String format, String name) throws Exception {
    Path image = directory.resolve(name);
    if (format.equals("raw")) {
      ChildProcess.tool(directory, "cp", "--sparse=always", source.toString(), image.toString());
    } else {
      ChildProcess.tool(
          directory,
          "qemu-img",
          "convert",
          "-f",
          "raw",
          "-O",
          format,
          source.toString(),
          image.toString());
    }
    return image;
  }

  /** What the guest sees is compared; a qcow2 file may be longer than it was. */
  private boolean holdsTheSame(Path image, String format, Path other, String otherFormat)
      throws Exception {
    ChildProcess.Result result =
        ChildProcess.run(
            directory,
            List.of(
                "qemu-img",
                "compare",
                "-f",
                format,
                "-F",
                otherFormat,
                image.toString(),
                other.toString()));
    assertThat(result.exitCode()).as(result.toString()).isLessThanOrEqualTo(1);
    return result.exitCode() == 0;
  }

  private ChildProcess.Result voyageur(String... arguments) throws Exception {
    return ChildProcess.run(directory, ChildProcess.voyageur(arguments));
  }

  private void succeeds(String said, String... arguments) throws Exception {
    ChildProcess.Result result = voyageur(arguments);
    assertThat(result.exitCode()).as(result.toString()).isZero();
    assertThat(result.out()).contains(said);
  }

  private void fails(int exitCode, String code, String... arguments) throws Exception {
    ChildProcess.Result result = voyageur(arguments);
    assertThat(result.exitCode()).as(result.toString()).isEqualTo(exitCode);
    assertThat(result.err()).contains(code);
  }

  @ParameterizedTest
  @CsvSource({"raw, kvm", "qcow2, dual-boot"})
  void theResultBootsAndUndoingItBringsEveryByteBack(String format, String target)
      throws Exception {
    String image = image(format, "guest." + format).toString();
    byte[] before = Files.readAllBytes(Path.of(image));
    succeeds("Converted in place", "convert", "--in-place", "--verify", "--to", target, image);
    assertThat(holdsTheSame(Path.of(image), format, source, "raw")).isFalse();
    succeeds("Was converted before", "convert", "--in-place", "--to", target, image);
    succeeds("as it was before", "undo", image);
    assertThat(Files.readAllBytes(Path.of(image))).isEqualTo(before);
    fails(1, "VOY-IMAGE-013", "undo", image);
    assertThat(ChildProcess.names(directory)).containsExactly("guest." + format);
  }

  /** What a power cut leaves is decided by what was synced before what. */
  @ParameterizedTest
  @ValueSource(strings = {"raw", "qcow2"})
  void theJournalIsDurableBeforeTheImageIsWrittenAndTheImageBeforeTheJournalGoes(String format)
      throws Exception {
    Path image = image(format, "guest." + format).toRealPath();
    Path trace = directory.resolve("trace");
    List<String> command =
        new ArrayList<>(
            List.of(
                "strace",
                "-f",
                "-y",
                "-o",
                trace.toString(),
                "-e",
                "trace=pwrite64,ftruncate,fsync,fdatasync,rename"));
    command.addAll(ChildProcess.voyageur("convert", "--in-place", image.toString()));
    ChildProcess.Result result = ChildProcess.run(directory, command);
    assumeTrue(Files.exists(trace) && result.exitCode() == 0, "skipped: strace does not work here");
    String steps =
        Files.readAllLines(trace).stream()
            .map(line -> step(line, image.toString()))
            .collect(Collectors.joining());
    assertThat(steps.replaceAll("(?:image written, )+", "image written, "))
        .matches(
            "file synced, to journal, directory synced, (?:image written, (?:image synced, )+)+"
                + "to undo, directory synced, ");
  }

  /** What a line of strace's tells of an image and the files beside it. */
  private static String step(String line, String image) {
    String directory = image.substring(0, image.lastIndexOf('/'));
    if (!line.contains(directory)) {
      return "";
    }
    if (line.contains("rename(")) {
      return line.contains("\"" + image + ".voyageur-journal\")") ? "to journal, " : "to undo, ";
    }
    String written = line.contains("sync(") ? "synced, " : "written, ";
    return line.contains("<" + image + ">")
        ? "image " + written
        : line.contains("<" + directory + ">")
            ? "directory " + written
            : written.equals("synced, ") ? "file synced, " : "";
  }

  @Test
  void whatDoesNotBootIsPutBack() throws Exception {
    Path image = image("raw", "guest.img");
    succeeds("", "rm", image.toString(), "/sbin/init");
    Path before = directory.resolve("before.img");
    ChildProcess.tool(directory, "cp", "--sparse=always", image.toString(), before.toString());
    ChildProcess.Result result = voyageur("convert", "--in-place", "--verify", image.toString());
    assertThat(result.exitCode()).as(result.toString()).isEqualTo(1);
    assertThat(result.out()).contains("VOY-BOOT-");
    assertThat(result.err()).contains("the image was put back");
    assertThat(Files.mismatch(image, before)).isEqualTo(-1);
    assertThat(ChildProcess.names(directory)).containsExactly("before.img", "guest.img");
  }

  @Test
  void whatWasChangedSinceIsNotUndone() throws Exception {
    Path image = image("raw", "guest.img");
    succeeds("Converted in place", "convert", "--in-place", image.toString());
    Path motd = Files.writeString(directory.resolve("motd"), "new\n");
    succeeds("", "put", image.toString(), motd.toString(), "/etc/motd");
    Path copy = directory.resolve("copy.img");
    ChildProcess.tool(directory, "cp", "--sparse=always", image.toString(), copy.toString());
    fails(1, "VOY-IMAGE-014", "undo", image.toString());
    assertThat(Files.mismatch(image, copy)).isEqualTo(-1);
    succeeds("", "rm", image.toString(), "/boot/syslinux.cfg", "/boot/ldlinux.c32");
    ChildProcess.tool(directory, "cp", "--sparse=always", image.toString(), copy.toString());
    // Something is to be done again; what was before the first conversion would be lost.
    fails(1, "VOY-IMAGE-015", "convert", "--in-place", image.toString());
    Files.delete(directory.resolve("guest.img.voyageur-undo"));
    succeeds("Converted in place", "convert", "--in-place", image.toString());
    succeeds("as it was before", "undo", image.toString());
    assertThat(Files.mismatch(image, copy)).isEqualTo(-1);
  }

  @ParameterizedTest
  @CsvSource({"raw.gz, VOY-IMAGE-010", "vmdk, VOY-IMAGE-010", "vdi, VOY-IMAGE-010"})
  void otherFormatsAreRefusedAndLeftAlone(String format, String code) throws Exception {
    Path image = directory.resolve("guest." + format);
    if (format.equals("raw.gz")) {
      ChildProcess.tool(
          directory, "sh", "-c", "gzip -1 -c '" + source + "' >'" + image.getFileName() + "'");
    } else {
      image(format, "guest." + format);
    }
    byte[] before = Files.readAllBytes(image);
    fails(3, code, "convert", "--in-place", image.toString());
    assertThat(Files.readAllBytes(image)).isEqualTo(before);
    assertThat(ChildProcess.names(directory)).containsExactly("guest." + format);
  }

  @Test
  void anOutputIsAnErrorOfUsage() throws Exception {
    Path image = image("raw", "guest.img");
    fails(2, "--in-place", "convert", "--in-place", "-o", "x.raw", image.toString());
    fails(2, "--in-place", "convert", "--in-place", "--format", "raw", image.toString());
    assertThat(Files.mismatch(image, source)).isEqualTo(-1);
  }

  /** Kills at moments spread over the writing, and has a command that only reads find the image. */
  @ParameterizedTest
  @ValueSource(strings = {"raw", "qcow2"})
  void killedAtAnyMomentTheImageIsOldOrNewForTheNextCommand(String format) throws Exception {
    Path original = image(format, "original");
    int putBack = 0;
    int renewed = 0;
    for (int run = 0; run < RUNS; run++) {
      Path image = directory.resolve("guest" + run);
      ChildProcess.tool(directory, "cp", "--sparse=always", original.toString(), image.toString());
      Path journal = image.resolveSibling(image.getFileName() + ".voyageur-journal");
      Path undo = image.resolveSibling(image.getFileName() + ".voyageur-undo");
      boolean undoing = run % 2 == 1;
      if (undoing) {
        succeeds("Converted in place", "convert", "--in-place", image.toString());
      }
      List<String> command = new ArrayList<>();
      command.addAll(
          undoing
              ? ChildProcess.voyageur("undo", image.toString())
              : ChildProcess.voyageur("convert", "--in-place", image.toString()));
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      while (process.isAlive() && !Files.exists(journal)) {
        Thread.onSpinWait();
      }
      TimeUnit.MICROSECONDS.sleep(1500L * (run / 2) * (run / 2));
      process.destroyForcibly().waitFor();
      boolean half = Files.exists(journal);
      ChildProcess.Result next = voyageur("inspect", image.toString());
      assertThat(next.exitCode()).as(next.err()).isZero();
      assertThat(next.err().contains("had been cut off")).as(next.err()).isEqualTo(half);
      assertThat(journal).doesNotExist();
      boolean old = Files.mismatch(image, original) < 0;
      assertThat(old || isConverted(image)).as("run " + run).isTrue();
      if (half) {
        assertThat(old).as("put back").isEqualTo(!undoing);
        putBack++;
      } else {
        renewed++;
      }
      if (!old) {
        succeeds("as it was before", "undo", image.toString());
      } else if (Files.exists(undo)) {
        // Killed between the end of the undoing and the removal of its file.
        assertThat(undoing).isTrue();
        succeeds("as it was before", "undo", image.toString());
      }
      assertThat(Files.mismatch(image, original)).isEqualTo(-1);
      assertThat(undo).doesNotExist();
      Files.delete(image);
    }
    System.out.println(format + ": put back " + putBack + ", ended " + renewed + " of " + RUNS);
    assertThat(putBack).as("kills that hit the write").isPositive();
  }

  private boolean isConverted(Path image) throws Exception {
    return voyageur("convert", "--in-place", image.toString()).out().contains("Was converted");
  }

  @Test
  void aFullDiskLeavesTheImageAsItWas() throws Exception {
    Path mount = Files.createDirectory(directory.resolve("small"));
    // The guest and its journal are on a disk of their own, which is full but for the guest.
    String script =
        """
        mount -t tmpfs -o size=64m tmpfs small || exit 99
        qemu-img convert -f raw -O qcow2 -c '%s' small/guest.qcow2 || exit 98
        dd if=/dev/zero of=small/full bs=4k 2>/dev/null
        sha256sum small/guest.qcow2 >before
        "$@" >out 2>err; echo $? >code
        sha256sum small/guest.qcow2 >after; ls -A small >names
        """
            .formatted(source);
    List<String> command =
        new ArrayList<>(List.of("unshare", "--mount", "--map-root-user", "sh", "-c", script, "sh"));
    command.addAll(
        ChildProcess.voyageur(
            "convert", "--in-place", "--scratch", directory.toString(), "small/guest.qcow2"));
    ChildProcess.Result result = ChildProcess.run(directory, command);
    assertThat(result.exitCode()).as(result.toString()).isZero();
    assertThat(Files.readString(directory.resolve("code")).strip())
        .as(Files.readString(directory.resolve("err")))
        .isEqualTo("3");
    assertThat(Files.readString(directory.resolve("err"))).contains("VOY-OUTPUT-003");
    assertThat(Arrays.asList(Files.readString(directory.resolve("names")).split("\n")))
        .containsExactlyInAnyOrder("guest.qcow2", "full");
    assertThat(directory.resolve("after")).hasSameTextualContentAs(directory.resolve("before"));
    assertThat(mount).isEmptyDirectory();
  }
}
