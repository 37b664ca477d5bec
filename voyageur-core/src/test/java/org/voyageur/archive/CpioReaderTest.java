package org.voyageur.archive;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Against archives of the real cpio, packed by the real compressors. */
class CpioReaderTest {
  private static final Map<String, byte[]> PACKED = new ConcurrentHashMap<>();

  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "cat",
        "gzip -9",
        "xz --check=crc32",
        "xz --check=crc64",
        "lzma",
        "zstd -19",
        "bzip2",
        "lz4 -l",
        "lzop"
      })
  void readsWhatCpioWroteAndACompressorPacked(String compressor) throws Exception {
    makeTree();
    byte[] archive = run("find . | cpio --quiet -o -H newc");
    List<String> expected =
        new String(runOn(archive, "cpio --quiet -it"), US_ASCII)
            .lines()
            .map(name -> name.equals(".") ? name : name.replaceFirst("^\\./", ""))
            .toList();

    Map<String, byte[]> read = read(runOn(archive, compressor));

    assertThat(read.keySet()).containsExactlyElementsOf(expected);
    assertThat(read.get("lib/modules/6.1/modules.builtin"))
        .isEqualTo(Files.readAllBytes(directory.resolve("lib/modules/6.1/modules.builtin")));
    assertThat(read.get("lib/modules/6.1/virtio_blk.ko")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"gzip", "xz --check=crc32", "lzma", "zstd", "bzip2", "lz4 -l", "lzop"})
  void readsAPackedArchiveBehindPlainMicrocode(String compressor) throws Exception {
    byte[] microcode = archive("kernel/x86/microcode/GenuineIntel.bin");
    assertThat(read(concatenated(microcode, packed(archive("second"), compressor))).keySet())
        .containsExactly("kernel/x86/microcode/GenuineIntel.bin", "second");
  }

  @ParameterizedTest
  @ValueSource(strings = {"gzip", "xz --check=crc32", "lzma"})
  void readsOnBehindAPackedArchive(String compressor) throws Exception {
    byte[] first = packed(archive("first"), compressor);
    byte[] second = archive("second");
    byte[] gzipped = packed(second, "gzip");
    assertThat(read(concatenated(padded(first), second)).keySet())
        .containsExactly("first", "second");
    assertThat(read(concatenated(first, gzipped)).keySet()).containsExactly("first", "second");
    assertThat(read(concatenated(first, new byte[512], gzipped)).keySet())
        .containsExactly("first", "second");
  }

  @Test
  void readsOnBehindAMemberWhichEndsAnywhereInTheBuffer() throws Exception {
    byte[] noise = new byte[100_000];
    new Random(4).nextBytes(noise);
    for (boolean isal : new boolean[] {true, false}) {
      assumeTrue(!isal || IsalGzipMember.isAvailable(), "libisal.so.2 is not installed");
      for (int length : new int[] {0, 1, 32_000, 32_740, 32_768, 65_500, 100_000}) {
        byte[] wanted = Arrays.copyOf(noise, length);
        byte[] behind = {1, 2, 3, 4};
        BufferedInputStream stream =
            new BufferedInputStream(
                new ByteArrayInputStream(concatenated(gzip(wanted), behind)), 64 << 10);
        InputStream member = isal ? new IsalGzipMember(stream) : new GzipMember(stream);
        member.skipNBytes(length / 3);
        assertThat(member.readAllBytes()).isEqualTo(Arrays.copyOfRange(wanted, length / 3, length));
        assertThat(stream.readAllBytes()).isEqualTo(behind);
      }
    }
  }

  @Test
  void findsAPlainArchiveOnlyAtAMultipleOfFourAsTheKernelDoes() throws Exception {
    byte[] first = packed(archive("first"), "gzip");
    byte[] unaligned = concatenated(padded(first), new byte[1], archive("second"));
    assertDamaged(unaligned);
  }

  @Test
  void refusesWhatTheKernelRefuses() throws Exception {
    byte[] gzipped = packed(archive("first"), "gzip");
    assertDamaged(concatenated(gzipped, "junk".getBytes(US_ASCII), archive("second")));
    assertDamaged(concatenated(packed(archive("first"), "lz4 -l"), archive("second")));
    assertDamaged(packed(archive("first"), "lz4"));
    assertDamaged("#!/bin/sh\n".getBytes(US_ASCII));
    assertDamaged(packed(gzipped, "gzip"));
  }

  @Test
  void anOldInitrdThatHoldsAFilesystemIsNotAnArchive() throws Exception {
    Path image = directory.resolve("initrd");
    run("mke2fs -q -t ext2 " + image + " 400k");
    assertDamaged(packed(Files.readAllBytes(image), "gzip"));
  }

  @Test
  void doesWithoutEndMarkAndWithoutTheLastPadding() throws Exception {
    byte[] whole = archive("a", "b");
    int end = new String(whole, US_ASCII).lastIndexOf("070701");
    byte[] contentOfOneByte = Arrays.copyOf(whole, end - 3);
    assertThat(read(Arrays.copyOf(whole, end)).keySet()).containsExactly("a", "b");
    assertThat(read(contentOfOneByte).keySet()).containsExactly("a", "b");
    assertDamaged(Arrays.copyOf(whole, end - 4));
  }

  @Test
  void stopsAtABombHoweverManyStreamsItIsSpreadOver() throws Exception {
    byte[] zeros = gzip(new byte[1 << 20]);
    byte[][] members = new byte[20][];
    Arrays.fill(members, zeros);
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() ->
            CpioReader.read(new ByteArrayInputStream(concatenated(members)), _ -> false, 10 << 20))
        .withMessageContaining("more than any initrd");
  }

  /** Whatever is done to an archive, it is read or it is damaged; nothing else happens. */
  @ParameterizedTest
  @ValueSource(
      strings = {"cat", "gzip", "xz --check=crc32", "lzma", "zstd", "bzip2", "lz4 -l", "lzop"})
  void damageIsReportedAndNothingWorse(String compressor) throws Exception {
    byte[] whole = packed(archive("first", "second", "third"), compressor);
    Random random = new Random(2026);
    int reported = 0;
    for (int round = 0; round < 300; round++) {
      byte[] mutated =
          Arrays.copyOf(whole, round % 3 == 0 ? random.nextInt(whole.length) : whole.length);
      for (int flips = round % 4; flips > 0 && mutated.length > 0; flips--) {
        mutated[random.nextInt(mutated.length)] = (byte) random.nextInt();
      }
      try {
        CpioReader.read(new ByteArrayInputStream(mutated), _ -> true, 64 << 20);
      } catch (IOException e) {
        reported++;
      }
    }
    assertThat(reported).isPositive();
  }

  private void makeTree() throws IOException {
    Path modules = Files.createDirectories(directory.resolve("lib/modules/6.1"));
    Files.write(modules.resolve("virtio_blk.ko"), new byte[70_001]);
    Files.writeString(modules.resolve("modules.builtin"), "kernel/fs/ext4/ext4.ko\n");
    Files.writeString(directory.resolve("init"), "#!/bin/sh\n");
    Files.createSymbolicLink(directory.resolve("lib64"), Path.of("lib"));
  }

  private static Map<String, byte[]> read(byte[] initrd) throws IOException {
    return CpioReader.read(
        new ByteArrayInputStream(initrd), name -> name.endsWith("/modules.builtin"));
  }

  private static void assertDamaged(byte[] initrd) {
    assertThatExceptionOfType(IOException.class).isThrownBy(() -> read(initrd));
  }

  /** An archive of files with one byte each. */
  private static byte[] archive(String... names) {
    CpioWriter writer = new CpioWriter();
    Stream.of(names).forEach(name -> writer.file(name, 0644, new byte[] {'x'}));
    return writer.finish();
  }

  private static byte[] padded(byte[] bytes) {
    return Arrays.copyOf(bytes, bytes.length + 3 & ~3);
  }

  private static byte[] concatenated(byte[]... parts) {
    ByteArrayOutputStream whole = new ByteArrayOutputStream();
    Stream.of(parts).forEach(whole::writeBytes);
    return whole.toByteArray();
  }

  private static byte[] gzip(byte[] bytes) throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
      gzip.write(bytes);
    }
    return packed.toByteArray();
  }

  private byte[] packed(byte[] bytes, String compressor) throws Exception {
    String key = compressor + Arrays.hashCode(bytes);
    byte[] known = PACKED.get(key);
    if (known == null) {
      known = runOn(bytes, compressor);
      PACKED.put(key, known);
    }
    return known;
  }

  private byte[] runOn(byte[] input, String command) throws Exception {
    Path file = Files.createTempFile(directory.getParent(), "input", "");
    Files.write(file, input);
    try {
      return run(command + " < " + file);
    } finally {
      Files.delete(file);
    }
  }

  private byte[] run(String command) throws Exception {
    List<String> shell = new ArrayList<>(List.of("sh", "-c", command));
    Process process =
        new ProcessBuilder(shell)
            .directory(directory.toFile())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    byte[] output = process.getInputStream().readAllBytes();
    int exit = process.waitFor();
    assumeTrue(exit != 127, () -> "the host lacks a program of: " + command);
    assertThat(exit).as(command).isZero();
    return output;
  }
}
