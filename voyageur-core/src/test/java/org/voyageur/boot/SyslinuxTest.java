package org.voyageur.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.voyageur.error.VoyageurException;

/**
 * Known answers for the files of Debian 12's extlinux (amd64), the first of which is what the real
 * {@code extlinux --install} wrote for the same addresses.
 */
class SyslinuxTest {
  private static final String DEBIAN_12_VBR =
      "94bb10108daeb9cc3f65141d8d1e87994f504c701e3936030e1663c01781f5a5";

  private Syslinux syslinux;

  @BeforeEach
  void debian12() throws Exception {
    assumeTrue(Files.exists(Path.of("/usr/bin/extlinux")), "no extlinux on this host");
    syslinux = Syslinux.fromHost();
    assumeTrue(sha256(syslinux.vbr()).equals(DEBIAN_12_VBR), "not Debian 12's extlinux");
  }

  @Test
  void takesTheThreePartsOutOfTheProgram() throws Exception {
    assertThat(sha256(syslinux.ldlinuxSys()))
        .isEqualTo("266813dd25bc548da86ac6552cb055e7e1d4a46c3727ed34f3d80cdcb4ecb3d8");
    assertThat(sha256(syslinux.ldlinuxC32()))
        .isEqualTo("087ab8d6fba4beb6ff0043b66c7199f31f2e4080e0ebd487798f9f5395c7794e");
  }

  @Test
  void patchesAContiguousFile() throws Exception {
    BootCode code = patch(LongStream.range(0, 116).map(i -> 49216 + i), "/boot", 0, 163840);
    assertThat(sha256(code.vbr()))
        .isEqualTo("3701316fb28b4d8c47257b8b56439da391ac6945a76f346a76b3f431847aafeb");
    assertThat(sha256(code.ldlinuxSys()))
        .isEqualTo("c5dc47d2f4e6bc4f247aac248140fd442d2dc211517ec4a576f53091327fb1c3");
  }

  @Test
  void patchesAFragmentedFileInAPartition() throws Exception {
    LongStream runsOfFour = LongStream.range(0, 116).map(i -> 20000 + i / 4 * 16 + i % 4);
    BootCode code = patch(runsOfFour, "/boot/syslinux", 2048, 16775168);
    assertThat(sha256(code.vbr()))
        .isEqualTo("cf7791d102dfe3c52f24c34705041110626d6cd95423fea746179f2a25fc829d");
    assertThat(sha256(code.ldlinuxSys()))
        .isEqualTo("19429ea1ee90dc57930c7608f9d6c7d2f9e5353244d17a2314a88d8820f72120");
  }

  @Test
  void patchesAFileAboveTwoTebibytes() throws Exception {
    BootCode code = patch(LongStream.range(0, 116).map(i -> 4296040000L + i), "/", 0, 6442450944L);
    assertThat(sha256(code.vbr()))
        .isEqualTo("86f8e4ea391c0244de2a630b1a8c2f1150138767b853d88fb6dedae931369798");
    assertThat(sha256(code.ldlinuxSys()))
        .isEqualTo("6c8ae7aadbc5f5600cfa5740d796259c57a2bc6fce849dd8a3a7601571083faf");
  }

  @Test
  void refusesAProgramThatIsNotExtlinux() throws Exception {
    byte[] other = Files.readAllBytes(Path.of("/bin/sh"));
    assertThatThrownBy(() -> Syslinux.extract(other))
        .isInstanceOf(VoyageurException.class)
        .hasMessageContaining("0 times a volume boot record");
  }

  @Test
  void refusesAProgramThatIsCutOff() throws Exception {
    byte[] whole = Files.readAllBytes(Path.of("/usr/bin/extlinux"));
    for (int length = 0; length < whole.length; length += 4099) {
      byte[] part = java.util.Arrays.copyOf(whole, length);
      try {
        Syslinux found = Syslinux.extract(part);
        assertThat(found.ldlinuxSys()).isEqualTo(syslinux.ldlinuxSys());
      } catch (VoyageurException e) {
        assertThat(e.code().code()).isEqualTo("VOY-HOST-004");
      }
    }
  }

  private BootCode patch(LongStream sectors, String directory, long hidden, long total) {
    return BootCode.patch(syslinux, sectors.toArray(), directory, hidden, total);
  }

  private static String sha256(byte[] bytes) throws Exception {
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
  }
}
