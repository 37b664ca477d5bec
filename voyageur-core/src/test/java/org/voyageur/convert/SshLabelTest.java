package org.voyageur.convert;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.RandomAccessFile;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.voyageur.Host;
import org.voyageur.disk.RawFile;
import org.voyageur.filesystem.ExtFilesystem;
import org.voyageur.filesystem.FileOwner;

class SshLabelTest {
  private static final String POLICY = "/etc/selinux/targeted/contexts/files/file_contexts";
  private static final String LABEL = "security.selinux";

  @TempDir private Path directory;

  private ExtFilesystem guest() throws Exception {
    Path image = directory.resolve("image");
    try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
      file.setLength(4 << 20);
    }
    Host.run("mke2fs", "-q", "-F", "-t", "ext3", "-I", "128", image.toString());
    ExtFilesystem guest = ExtFilesystem.open(RawFile.openWritable(image), true);
    String made = "";
    for (String name : POLICY.substring(1, POLICY.lastIndexOf('/')).split("/")) {
      made += "/" + name;
      guest.createDirectory(made, FileOwner.ROOT, 0755);
    }
    guest.createDirectory("/root", FileOwner.ROOT, 0550);
    guest.setExtendedAttribute(
        "/root", LABEL, "system_u:object_r:admin_home_t:s0\0".getBytes(UTF_8));
    return guest;
  }

  private static String label(ExtFilesystem guest, String path) {
    return guest.extendedAttribute(path, LABEL).map(value -> new String(value, UTF_8)).orElse("");
  }

  @Test
  void aDirectoryForKeysAndTheKeysInItAreLabelledForSshd() throws Exception {
    try (ExtFilesystem guest = guest()) {
      guest.create(
          POLICY,
          "/root/\\.ssh(/.*)?\tsystem_u:object_r:ssh_home_t:s0\n".getBytes(UTF_8),
          FileOwner.ROOT,
          0644);
      guest.createDirectory("/root/.ssh", FileOwner.ROOT, 0700);
      SshLabel.set(guest, "/root/.ssh");
      guest.create("/root/.ssh/authorized_keys", new byte[1], FileOwner.ROOT, 0600);
      String expected = "system_u:object_r:ssh_home_t:s0\0";
      assertThat(label(guest, "/root/.ssh")).isEqualTo(expected);
      assertThat(label(guest, "/root/.ssh/authorized_keys")).isEqualTo(expected);
      guest.createDirectory("/root/other", FileOwner.ROOT, 0700);
      SshLabel.set(guest, "/root/other");
      assertThat(label(guest, "/root/other")).contains(":admin_home_t:");
    }
  }

  @Test
  void whereThePolicyKnowsNoSuchLabelThatOfTheHomeDirectoryStays() throws Exception {
    try (ExtFilesystem guest = guest()) {
      guest.createDirectory("/root/.ssh", FileOwner.ROOT, 0700);
      SshLabel.set(guest, "/root/.ssh");
      assertThat(label(guest, "/root/.ssh")).contains(":admin_home_t:");
    }
  }
}
