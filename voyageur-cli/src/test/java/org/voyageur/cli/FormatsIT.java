package org.voyageur.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.voyageur.disk.Sha256;
import org.voyageur.progress.ProgressListener;
import org.voyageur.testkit.GuestBuilder;
import org.voyageur.testkit.StandIn;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Every format and layout, end to end, as a user has it. */
class FormatsIT {
  private static final long SIZE = 256L << 20;

  /** Long ago, so that a touched file shows. */
  private static final FileTime OLD = FileTime.fromMillis(1_400_000_000_000L);

  @TempDir static Path shared;
  private static Path raw;

  @TempDir Path directory;

  @BeforeAll
  static void build() throws Exception {
    raw = shared.resolve("guest.img");
    GuestBuilder.build(StandIn.scientific6(), raw, SIZE);
    // Reading a mounted filesystem's journal would change it; this one is as it was shut down.
    Files.setLastModifiedTime(raw, OLD);
  }

  /** QEMU's name, and ours. */
  @ParameterizedTest
  @CsvSource({
    "raw,raw",
    "gz,raw.gz",
    "qcow2,qcow2",
    "vmdk,vmdk",
    "vpc,vhd",
    "vhdx,vhdx",
    "vdi,vdi"
  })
  void everyFormatIsConvertedAndTheSourceStaysAsItWas(String made, String named) throws Exception {
    // A name with a blank, a comma, a colon, a line feed, and a letter that is not ASCII.
    Path source = directory.resolve("a guest, \u00e4:\nb." + made);
    make(made, source);
    Files.setLastModifiedTime(source, OLD);
    Files.setPosixFilePermissions(
        source, java.nio.file.attribute.PosixFilePermissions.fromString("r--r--r--"));
    String digest = Sha256.of(source, ProgressListener.none());

    JsonNode planned = json("plan", source);
    assertThat(planned.at("/inspection/format").stringValue()).isEqualTo(named);
    assertThat(planned.at("/inspection/operatingSystem/productName").stringValue())
        .isEqualTo("Scientific Linux release 6.5 (Carbon)");
    assertThat(planned.at("/plan/changes").size()).isGreaterThan(5);
    Path output = directory.resolve("out.raw");
    JsonNode converted = json("convert", source, "-o", output.toString());
    assertThat(converted.at("/plan/changes")).isEqualTo(planned.at("/plan/changes"));
    assertThat(converted.at("/result/output").stringValue()).isEqualTo(output.toString());

    assertThat(ChildProcess.tool(directory, "e2fsck", "-fn", output.toString())).contains("Pass 5");
    assertThat(ChildProcess.tool(directory, "debugfs", "-R", "cat /boot/syslinux.cfg", "out.raw"))
        .contains("LABEL linux");
    assertThat(Sha256.of(source, ProgressListener.none())).isEqualTo(digest);
    assertThat(Files.getLastModifiedTime(source)).isEqualTo(OLD);
  }

  @ParameterizedTest
  @CsvSource({"gz,--verify", "raw,--layout=partition"})
  void aCompressedResultIsSmallerAndAsGood(String made, String more) throws Exception {
    Path source = directory.resolve("guest." + made);
    make(made, source);
    Path output = directory.resolve("out.qcow2");
    Path plain = directory.resolve("plain.qcow2");
    JsonNode ignored = json("convert", source, "--compress", more, "-o", output.toString());
    ignored = json("convert", source, "-o", plain.toString());
    assertThat(Files.size(output)).isLessThan(Files.size(plain) * 3 / 4);
    assertThat(ChildProcess.tool(directory, "qemu-img", "check", "out.qcow2"))
        .contains("No errors")
        .containsPattern("[0-9]% compressed");
    ChildProcess.tool(directory, "qemu-img", "convert", "-O", "raw", "out.qcow2", "out.raw");
    String start = more.equals("--verify") ? "" : "?offset=1048576";
    assertThat(ChildProcess.tool(directory, "e2fsck", "-fn", "out.raw" + start)).contains("Pass 5");
  }

  @Test
  void onlyQcow2IsCompressed() throws Exception {
    for (List<String> words :
        List.of(List.of("-o", "out.raw"), List.of("--format", "raw"), List.of("--in-place"))) {
      List<String> command = new java.util.ArrayList<>(List.of("convert", "--compress"));
      command.addAll(words);
      command.add(raw.toString());
      ChildProcess.Result result =
          ChildProcess.run(directory, ChildProcess.voyageur(command.toArray(String[]::new)));
      assertThat(result.exitCode()).isEqualTo(2);
      assertThat(result.err()).contains("--compress");
    }
    assertThat(ChildProcess.names(directory)).isEmpty();
  }

  private static void make(String format, Path path) throws Exception {
    switch (format) {
      case "raw" ->
          ChildProcess.tool(shared, "cp", "--sparse=always", raw.toString(), path.toString());
      case "gz" ->
          ChildProcess.tool(
              shared, "sh", "-c", "gzip -1 <\"$0\" >\"$1\"", raw.toString(), path.toString());
      default ->
          ChildProcess.tool(
              shared, "qemu-img", "convert", "-O", format, raw.toString(), path.toString());
    }
  }

  private JsonNode json(String command, Path image, String... more) throws Exception {
    List<String> words = new java.util.ArrayList<>(List.of(command, "--json"));
    words.addAll(List.of(more));
    words.add(image.toString());
    ChildProcess.Result result =
        ChildProcess.run(directory, ChildProcess.voyageur(words.toArray(String[]::new)));
    assertThat(result.exitCode()).as(result.err() + result.out()).isZero();
    return JsonMapper.shared().readTree(result.out());
  }

  /** How an image can name another file: a script that makes one called {@code image}. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "qemu-img create -q -f qcow2 -F raw -b secret image",
        "qemu-img create -q -f qcow2 image 1M && qemu-img rebase -u -F raw -b"
            + " 'json:{\"driver\":\"raw\",\"file\":{\"driver\":\"file\",\"filename\":\"secret\"}}' image",
        "cp secret data && qemu-img create -q -f qcow2 -o data_file=data,data_file_raw=on image 1M"
            + " && cp secret data",
        "qemu-img create -q -f vmdk secret.vmdk 1M &&"
            + " qemu-img create -q -f vmdk -F vmdk -b secret.vmdk image",
        "printf '# Disk DescriptorFile\\nversion=1\\nCID=fffffffe\\nparentCID=ffffffff\\n"
            + "createType=\"monolithicFlat\"\\nRW 16 FLAT \"secret\" 0\\n' >image"
      })
  void anImageThatNamesAnotherFileOfTheHostIsRefused(String script) throws Exception {
    Files.writeString(directory.resolve("secret"), "s3cret\n".repeat(2000));
    ChildProcess.tool(directory, "sh", "-c", script);
    List<String> before = ChildProcess.names(directory);
    for (String command : List.of("inspect", "convert")) {
      ChildProcess.Result result =
          ChildProcess.run(directory, ChildProcess.voyageur(command, "image"));
      assertThat(result.exitCode()).isEqualTo(1);
      assertThat(result.err()).contains("VOY-IMAGE-006").doesNotContain("s3cret");
      assertThat(result.out()).isEmpty();
    }
    assertThat(ChildProcess.names(directory)).isEqualTo(before);
  }

  @Test
  void aGuestThatWritesAnotherFormatsHeaderIsReadAsWhatItWasSaidToBe() throws Exception {
    ChildProcess.tool(directory, "cp", "--sparse=always", raw.toString(), "guest.img");
    // A qcow2 header in the boot sector, with a backing file, as a hostile guest may write one.
    ChildProcess.tool(
        directory,
        "qemu-img",
        "create",
        "-q",
        "-f",
        "qcow2",
        "-F",
        "raw",
        "-b",
        raw.toString(),
        "header.qcow2");
    try (RandomAccessFile file =
        new RandomAccessFile(directory.resolve("guest.img").toFile(), "rw")) {
      file.write(Files.readAllBytes(directory.resolve("header.qcow2")), 0, 512);
    }
    Path image = directory.resolve("guest.img");
    assertThat(json("plan", image, "--source-format", "raw").at("/inspection/format").stringValue())
        .isEqualTo("raw");
    ChildProcess.Result guessed =
        ChildProcess.run(directory, ChildProcess.voyageur("plan", "guest.img"));
    assertThat(guessed.exitCode()).isEqualTo(1);
    assertThat(guessed.err()).contains("VOY-IMAGE-006");
  }

  @ParameterizedTest
  @ValueSource(strings = {"dos", "gpt"})
  void aPartitionedDiskIsInspectedAndConverted(String table) throws Exception {
    ChildProcess.tool(
        directory,
        "sh",
        "-c",
        """
        truncate -s 300M disk.img
        printf 'label: %s\\n2048,16M\\n34816,,,*\\n' "$0" | grep -v '^$' | sfdisk -q disk.img
        mke2fs -q -t ext2 -E offset=1048576 disk.img 16M
        dd if="$1" of=disk.img bs=1M seek=17 conv=notrunc,sparse status=none
        """,
        table,
        raw.toString());
    JsonNode inspection = json("inspect", directory.resolve("disk.img")).at("/inspection");
    assertThat(inspection.at("/layout/kind").stringValue()).isEqualTo("partitioned");
    assertThat(inspection.at("/layout/partitions").size()).isEqualTo(2);
    assertThat(inspection.at("/layout/partitions/1/filesystem").stringValue()).isEqualTo("ext3");
    assertThat(inspection.at("/operatingSystem/productName").stringValue())
        .contains("Scientific Linux release 6.5");
    JsonNode changes = json("plan", directory.resolve("disk.img")).at("/plan/changes");
    assertThat(changes.valueStream().filter(c -> c.has("partition")))
        .singleElement()
        .satisfies(c -> assertThat(c.at("/partition").intValue()).isEqualTo(2));
    assertThat(ChildProcess.run(directory, ChildProcess.voyageur("convert", "disk.img")).exitCode())
        .isZero();
    assertThat(ChildProcess.names(directory))
        .containsExactlyInAnyOrder("disk.img", "disk-kvm.qcow2");
  }

  @Test
  void aJournalThatWasNotReplayedIsAndThePlanSaysSo() throws Exception {
    ChildProcess.tool(directory, "cp", "--sparse=always", raw.toString(), "dirty.img");
    // A transaction that writes /etc/redhat-release's block anew, committed but not in place.
    String block =
        ChildProcess.tool(directory, "debugfs", "-R", "blocks /etc/redhat-release", "dirty.img")
            .strip();
    Files.writeString(
        directory.resolve("block"), "Scientific Linux release 6.6 (Carbon)\n" + "\0".repeat(4058));
    Files.writeString(directory.resolve("commands"), "jo\njw -b " + block + " block\njc\n");
    ChildProcess.tool(directory, "debugfs", "-w", "-f", "commands", "dirty.img");
    String digest = Sha256.of(directory.resolve("dirty.img"), ProgressListener.none());

    JsonNode planned = json("plan", directory.resolve("dirty.img"));
    assertThat(planned.at("/inspection/filesystem/state").stringValue()).isEqualTo("journal-dirty");
    assertThat(planned.at("/plan/changes/0/kind").stringValue()).isEqualTo("replay-journal");
    assertThat(planned.at("/inspection/operatingSystem/productName").stringValue())
        .isEqualTo("Scientific Linux release 6.6 (Carbon)");
    JsonNode ignored =
        json("convert", directory.resolve("dirty.img"), "-o", directory + "/clean.raw");
    assertThat(ChildProcess.tool(directory, "e2fsck", "-fn", "clean.raw")).contains("Pass 5");
    assertThat(
            ChildProcess.tool(directory, "debugfs", "-R", "cat /etc/redhat-release", "clean.raw"))
        .startsWith("Scientific Linux release 6.6");
    assertThat(Sha256.of(directory.resolve("dirty.img"), ProgressListener.none()))
        .isEqualTo(digest);
  }

  /** What {@code | head} does. */
  @Test
  void whoeverStopsReadingEndsIt() throws Exception {
    Process process =
        new ProcessBuilder(ChildProcess.voyageur("plan", "--progress", "none", raw.toString()))
            .redirectError(ProcessBuilder.Redirect.to(directory.resolve("err").toFile()))
            .start();
    process.getInputStream().close();
    assertThat(process.waitFor(60, java.util.concurrent.TimeUnit.SECONDS)).isTrue();
    assertThat(Files.readString(directory.resolve("err"), StandardCharsets.UTF_8)).isEmpty();
  }
}
