package org.voyageur.convert;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.voyageur.disk.RawFile;
import org.voyageur.error.ErrorCode;
import org.voyageur.process.HostProgram;
import org.voyageur.progress.ProgressListener;
import org.voyageur.verify.BootExpectation;
import org.voyageur.verify.BootFailure;
import org.voyageur.verify.BootStage;

/** What a guest's files promise of its boot. */
class BootOutlookTest {
  private static final String IFCFG = "/etc/sysconfig/network-scripts/ifcfg-eth0";
  private static final String DHCP = "DEVICE=eth0\nBOOTPROTO=dhcp\nONBOOT=yes\n";

  @TempDir Path directory;

  /** A disk with these files and something that ends like boot code. */
  private BootOutlook outlook(Map<String, String> files) throws Exception {
    HostProgram mke2fs = new HostProgram("mke2fs", "e2fsprogs");
    Assumptions.assumeTrue(mke2fs.find().isPresent(), "this host has no mke2fs");
    Path tree = directory.resolve("tree");
    write(tree, "/etc/redhat-release", "Scientific Linux release 6.5 (Carbon)\n");
    write(tree, "/etc/fstab", "LABEL=/ / ext3 defaults 1 1\n");
    write(tree, "/etc/inittab", "id:3:initdefault:\nsi::sysinit:/etc/rc.d/rc.sysinit\n");
    for (Map.Entry<String, String> file : files.entrySet()) {
      write(tree, file.getKey(), file.getValue());
    }
    Path image = directory.resolve("guest.img");
    HostProgram.Result made =
        mke2fs.run(
            Duration.ofMinutes(1),
            List.of("-q", "-t", "ext3", "-d", tree.toString(), image.toString(), "8M"));
    assertThat(made.exitCode()).as(made.output()).isZero();
    try (RawFile disk = RawFile.openWritable(image)) {
      disk.write(510, ByteBuffer.wrap(new byte[] {0x55, (byte) 0xAA}));
      return BootOutlook.of(disk, directory, ProgressListener.none());
    }
  }

  private static void write(Path tree, String path, String text) throws Exception {
    Path file = tree.resolve(path.substring(1));
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  static Stream<Arguments> sshServers() {
    return Stream.of(
        Arguments.of("/etc/rc.d/rc3.d/S55sshd", "", BootStage.SSH),
        Arguments.of("/etc/rc.d/rc3.d/K25sshd", "", BootStage.LOGIN_PROMPT),
        Arguments.of("/etc/rc2.d/S16ssh", "", BootStage.SSH),
        Arguments.of("/etc/init/ssh.conf", "start on filesystem\n", BootStage.SSH),
        Arguments.of("/etc/init/ssh.conf", "# start on\n", BootStage.LOGIN_PROMPT),
        Arguments.of("/etc/systemd/system/multi-user.target.wants/ssh.service", "", BootStage.SSH),
        Arguments.of("/etc/ssh/sshd_config", "", BootStage.LOGIN_PROMPT));
  }

  @ParameterizedTest
  @MethodSource("sshServers")
  void waitsForAnSshServerThatStartsByItself(String path, String text, BootStage last)
      throws Exception {
    BootOutlook outlook = outlook(Map.of(path, text, "/usr/sbin/sshd", "", IFCFG, DHCP));
    assertThat(outlook.expected()).isEqualTo(new BootExpectation(last, false, false, true));
    assertThat(outlook.failure()).isEmpty();
  }

  @Test
  void doesNotWaitForAnSshServerOnAnAddressThatIsNotHere() throws Exception {
    BootOutlook outlook =
        outlook(
            Map.of(
                "/etc/rc.d/rc3.d/S55sshd",
                "",
                "/usr/sbin/sshd",
                "",
                IFCFG,
                "DEVICE=eth0\nBOOTPROTO=static\nIPADDR=192.0.2.7\nONBOOT=yes\n"));
    assertThat(outlook.expected().last()).isEqualTo(BootStage.LOGIN_PROMPT);
    assertThat(outlook.notes()).singleElement().asString().contains("DHCP");
  }

  private static Map<String, String> converted(String onError) {
    return Map.of(
        "/boot/ldlinux.sys",
        "x",
        "/boot/ldlinux.c32",
        "x",
        "/boot/vmlinuz-2",
        "x",
        "/boot/syslinux.cfg",
        """
        # Written by voyageur.
        DEFAULT linux
        %s
        LABEL linux
          LINUX vmlinuz-3
        LABEL safe
          LINUX /boot/vmlinuz-2
        """
            .formatted(onError));
  }

  @Test
  void aConvertedGuestMustShowPromptsOnBothConsoles() throws Exception {
    BootOutlook outlook = outlook(converted("ONERROR safe"));
    assertThat(outlook.expected())
        .isEqualTo(new BootExpectation(BootStage.LOGIN_PROMPT, true, true, false));
    assertThat(outlook.failure()).isEmpty();
    assertThat(outlook.notes())
        .singleElement()
        .asString()
        .contains("'safe' instead", "/boot/vmlinuz-3 is missing");
  }

  @Test
  void aKernelThatIsMissingEndsItWhereNothingStartsInstead() throws Exception {
    assertThat(outlook(converted("")).failure())
        .map(BootFailure::code)
        .contains(ErrorCode.BOOT_FILE_MISSING);
  }
}
