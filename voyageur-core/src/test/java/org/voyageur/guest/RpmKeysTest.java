package org.voyageur.guest;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.voyageur.rpm.Gpg;
import org.voyageur.rpm.PublicKeys;
import org.voyageur.rpm.RpmPackage;
import org.voyageur.rpm.RpmSignature;
import org.voyageur.rpm.Rpms;

class RpmKeysTest {
  private static final String KEYS = "/etc/pki/rpm-gpg/";

  @TempDir private Path directory;

  @Test
  void aGuestsKeysAreFoundAmongWhatElseIsThere() throws Exception {
    Path rpm = Rpms.one(directory);
    MemoryFilesystem guest = GuestTrees.scientific5XenOnly();
    try (Gpg gpg = new Gpg()) {
      gpg.generate("maker", "rsa2048");
      gpg.sign(rpm, "maker", "sha256");
      byte[] key = Files.readAllBytes(gpg.export(directory.resolve("key"), "maker", "--armor"));
      assertThat(signature(rpm, guest)).isInstanceOf(RpmSignature.Unchecked.class);
      guest
          .link(KEYS + "RPM-GPG-KEY-loop", "RPM-GPG-KEY-loop")
          .directory(KEYS + "RPM-GPG-KEY-directory")
          .file(KEYS + "RPM-GPG-KEY-large", new byte[PublicKeys.LARGEST + 1])
          .file(KEYS + "RPM-GPG-KEY-none", "none");
      assertThat(signature(rpm, guest)).isInstanceOf(RpmSignature.Unchecked.class);
      guest.file("/key", key).link(KEYS + "RPM-GPG-KEY-sl", "/key");
      assertThat(signature(rpm, guest))
          .isInstanceOfSatisfying(
              RpmSignature.Good.class,
              good -> assertThat(good.owner()).endsWith("(" + KEYS + "RPM-GPG-KEY-sl)"));
    }
  }

  private static RpmSignature signature(Path rpm, MemoryFilesystem guest) {
    return RpmPackage.read(rpm, Optional.empty(), (_, _) -> {})
        .checkedWith(RpmKeys.read(guest))
        .signature();
  }
}
