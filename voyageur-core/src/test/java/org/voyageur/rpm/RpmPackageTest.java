package org.voyageur.rpm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.voyageur.Host;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.filesystem.FileType;

class RpmPackageTest {
  @TempDir private Path directory;

  /** What a package brings: each file's content by its path. */
  private static Map<String, String> contents(Path rpm) {
    Map<String, String> contents = new TreeMap<>();
    RpmPackage.read(
        rpm,
        Optional.empty(),
        (file, content) ->
            contents.put(file.path(), new String(content, StandardCharsets.ISO_8859_1)));
    return contents;
  }

  @ParameterizedTest
  @ValueSource(strings = {"w1.gzdio", "w2.xzdio", "w2.lzdio", "w3.zstdio", "w1.bzdio", "w.ufdio"})
  void readsWhatRpmbuildWritesAsRpm2cpioDoes(String payload) throws Exception {
    Path rpm =
        Rpms.build(
            directory,
            """
            mkdir -p lib/modules/1/kernel boot
            seq 100000 >lib/modules/1/kernel/a.ko
            ln lib/modules/1/kernel/a.ko lib/modules/1/kernel/b.ko
            : >lib/modules/1/kernel/empty.ko
            ln -s /nowhere/at/all lib/modules/1/build
            echo ghost >boot/initrd
            """,
            """
            %defattr(-, root, root)
            %dir %attr(0750, root, root) /lib/modules/1
            /lib/modules/1/kernel
            /lib/modules/1/build
            %attr(0600, root, root) %ghost /boot/initrd
            """,
            payload);
    Path tree = Files.createDirectory(directory.resolve("tree"));
    Host.run("sh", "-c", "cd %s && rpm2cpio %s | cpio -idm --quiet".formatted(tree, rpm));
    Map<String, String> expected = new TreeMap<>();
    try (var walk = Files.walk(tree)) {
      for (Path file : walk.filter(file -> !file.equals(tree)).toList()) {
        String path = "/" + tree.relativize(file);
        if (path.startsWith("/lib/modules/1")) {
          boolean regular = Files.isRegularFile(file);
          expected.put(path, regular ? Files.readString(file, StandardCharsets.ISO_8859_1) : "");
        }
      }
    }
    assertThat(contents(rpm)).isEqualTo(expected).containsKey("/lib/modules/1/kernel/b.ko");
    RpmPackage read = RpmPackage.read(rpm, Optional.empty(), (_, _) -> {});
    assertThat(read.fullName()).isEqualTo("small-1.0-1.el5.x86_64");
    assertThat(read.files())
        .filteredOn(file -> file.path().equals("/lib/modules/1"))
        .singleElement()
        .matches(file -> file.type() == FileType.DIRECTORY && file.mode() == 0750);
    assertThat(read.files())
        .filteredOn(file -> file.path().equals("/boot/initrd"))
        .singleElement()
        .matches(file -> !file.inPayload() && file.mode() == 0600);
    assertThat(read.files())
        .filteredOn(file -> file.path().equals("/lib/modules/1/build"))
        .singleElement()
        .matches(file -> file.target().equals("/nowhere/at/all"));
    assertThat(Host.output("sha256sum", rpm.toString())).startsWith(read.sha256());
  }

  @Test
  void whatRpm44WroteHasButAnMd5Digest() throws Exception {
    Path rpm = Rpms.one(directory);
    Path old = withMd5Only(Files.readAllBytes(rpm), md5OfHeaderAndPayload(rpm));
    assertThat(Host.output("rpm", "-Kv", "--nosignature", old.toString()))
        .contains("MD5 digest: OK")
        .doesNotContain("Header SHA");
    assertThat(contents(old)).containsExactly(Map.entry("/boot/hello", "hello\n"));
    mustBeDamaged(withMd5Only(Files.readAllBytes(rpm), new byte[16]), "its MD5 digest is wrong");
  }

  private byte[] md5OfHeaderAndPayload(Path rpm) throws Exception {
    byte[] file = Files.readAllBytes(rpm);
    return MessageDigest.getInstance("MD5")
        .digest(Arrays.copyOfRange(file, header(file), file.length));
  }

  /** Where the header begins, behind the signature header. */
  static int header(byte[] file) {
    ByteBuffer signature = ByteBuffer.wrap(file, 96, 16).slice();
    int length = 16 + 16 * signature.getInt(8) + signature.getInt(12);
    return 96 + length + (-length & 7);
  }

  private Path withMd5Only(byte[] file, byte[] md5) throws IOException {
    return Files.write(directory.resolve("old.rpm"), withSignatures(file, Map.of(1004, md5)));
  }

  /** The same package with another signature header: binary values by their tags. */
  static byte[] withSignatures(byte[] file, Map<Integer, byte[]> values) {
    int size = values.values().stream().mapToInt(value -> value.length).sum();
    ByteBuffer signature = ByteBuffer.allocate(16 + 16 * values.size() + size);
    signature.putInt(0x8EADE801).putInt(0).putInt(values.size()).putInt(size);
    int offset = 0;
    ByteArrayOutputStream data = new ByteArrayOutputStream();
    for (Map.Entry<Integer, byte[]> value : new TreeMap<>(values).entrySet()) {
      signature.putInt(value.getKey()).putInt(7).putInt(offset).putInt(value.getValue().length);
      offset += value.getValue().length;
      data.writeBytes(value.getValue());
    }
    signature.put(data.toByteArray());
    ByteArrayOutputStream made = new ByteArrayOutputStream();
    made.write(file, 0, 96);
    made.writeBytes(signature.array());
    made.writeBytes(new byte[-signature.capacity() & 7]);
    int header = header(file);
    made.write(file, header, file.length - header);
    return made.toByteArray();
  }

  @Test
  void aPackageCutOffAnywhereIsDamaged() throws Exception {
    byte[] whole = Files.readAllBytes(Rpms.one(directory));
    Path cut = directory.resolve("cut.rpm");
    for (int length = 96; length < whole.length; length += 13) {
      Files.write(cut, Arrays.copyOf(whole, length));
      mustBeDamaged(cut, "");
    }
  }

  @Test
  void aChangedByteIsNoticedOrChangesNothingThatIsUsed() throws Exception {
    Path rpm = Rpms.one(directory);
    byte[] whole = Files.readAllBytes(rpm);
    Map<String, String> good = contents(rpm);
    Path changed = directory.resolve("changed.rpm");
    Random random = new Random(4);
    int noticed = 0;
    for (int at = 0; at < whole.length; at += 7) {
      byte[] bytes = whole.clone();
      bytes[at] ^= (byte) (1 + random.nextInt(255));
      Files.write(changed, bytes);
      try {
        // The lead and the signature header are covered by no digest, and nothing of them is used.
        assertThat(contents(changed)).as("byte " + at).isEqualTo(good);
        assertThat(at).isLessThan(header(whole));
      } catch (VoyageurException e) {
        assertThat(e.code())
            .as("byte " + at)
            .isIn(ErrorCode.PACKAGE_DAMAGED, ErrorCode.PACKAGE_UNREADABLE, ErrorCode.PACKAGE_FILES);
        noticed++;
      }
    }
    assertThat(noticed).isGreaterThan((whole.length - header(whole)) / 7 - 1);
  }

  @Test
  void whatIsNoPackageIsSaidToBeNone() throws IOException {
    for (Path file :
        new Path[] {
          directory.resolve("missing.rpm"),
          directory,
          Files.writeString(directory.resolve("text.rpm"), "no package\n".repeat(20))
        }) {
      assertThatThrownBy(() -> contents(file))
          .isInstanceOfSatisfying(
              VoyageurException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.PACKAGE_UNREADABLE));
    }
  }

  @Test
  void aFileOfAnotherOwnerOrOfAnotherKindIsRefused() throws Exception {
    Path rpm =
        Rpms.build(
            directory,
            "mkdir boot; echo hello >boot/hello",
            "%attr(0644, daemon, root) /boot/hello",
            "w1.gzdio");
    assertThatThrownBy(() -> contents(rpm))
        .hasMessageContaining("gives /boot/hello to daemon:root")
        .isInstanceOfSatisfying(
            VoyageurException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.PACKAGE_FILES));
  }

  private static void mustBeDamaged(Path rpm, String message) {
    assertThatThrownBy(() -> contents(rpm))
        .hasMessageContaining(message)
        .isInstanceOfSatisfying(
            VoyageurException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.PACKAGE_DAMAGED));
  }
}
