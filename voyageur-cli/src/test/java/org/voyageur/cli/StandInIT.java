package org.voyageur.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.voyageur.disk.OutputFormat;
import org.voyageur.process.HostProgram;
import org.voyageur.testkit.Debugfs;
import org.voyageur.testkit.GuestBuilder;
import org.voyageur.testkit.StandIn;
import org.voyageur.verify.QemuMachine;

/**
 * That the stand-ins are honest: what stops a real guest stops them, so that a conversion that
 * leaves it out does not pass {@link ConvertIT}. Nothing is converted here; QEMU loads the kernel.
 */
class StandInIT {
  private static final Duration BOOT = Duration.ofMinutes(2);
  private static final Duration ANSWER = Duration.ofSeconds(20);
  private static final Pattern LOGIN = Pattern.compile("stand-in login:");
  private static final Pattern PASSWORD = Pattern.compile("Give root password for maintenance");

  private static final String FSTAB = "LABEL=/ / ext3 defaults 1 1\n";
  private static final String IFCFG = "/etc/sysconfig/network-scripts/ifcfg-eth0";

  @TempDir private Path directory;

  static List<StandIn> all() {
    return StandIn.all();
  }

  @ParameterizedTest
  @MethodSource("all")
  void isACleanFilesystem(StandIn standIn) {
    HostProgram.Result result =
        new HostProgram("e2fsck", "e2fsprogs")
            .run(ANSWER, List.of("-fn", build(standIn).toString()));
    assertThat(result.exitCode()).as(result.output()).isZero();
  }

  @Test
  void el5WithEverythingRightComesUp() throws Exception {
    StandIn guest =
        el5().with("/etc/fstab", FSTAB).with(IFCFG, "DEVICE=eth0\nBOOTPROTO=dhcp\nONBOOT=yes\n");
    try (QemuMachine machine = boot(guest, "root=LABEL=/")) {
      assertThat(machine.awaitConsole(LOGIN, BOOT)).as(machine.console()).isTrue();
      assertThat(machine.console()).contains("eth0=10.0.2.15", "root=/dev/vda rw");
      // securetty of a Xen guest does not name the serial line.
      machine.typeSerial("root\n");
      assertThat(machine.awaitConsole(Pattern.compile("Login incorrect"), ANSWER))
          .as(machine.console())
          .isTrue();
    }
  }

  @Test
  void el5AsItWasUnderXenHasNeitherNetworkNorPrompt() throws Exception {
    StandIn guest = StandIn.scientific5().withVirtioInInitrd().with("/etc/fstab", FSTAB);
    String console = bootTo(Pattern.compile("respawning too fast"), guest, "root=LABEL=/");
    assertThat(console)
        .contains("Device eth0 has different MAC address than expected, ignoring.")
        .containsPattern("eth0=\\s")
        .doesNotContain("login:");
  }

  /** Its drivers come from its own modules by its own tables, so that wrong tables are noticed. */
  @Test
  void el5WithoutItsModulesAliasesHasNoCard() throws Exception {
    StandIn guest = el5().with("/etc/fstab", FSTAB);
    Path image = build(guest);
    String alias = "/lib/modules/2.6.18-371.8.1.el5/modules.alias";
    new HostProgram("debugfs", "e2fsprogs")
        .run(ANSWER, List.of("-w", "-R", "rm " + alias, image.toString()));
    try (QemuMachine machine = boot(image, guest, "root=LABEL=/")) {
      assertThat(machine.awaitConsole(Pattern.compile("VOYAGEUR-GUEST up"), BOOT))
          .as(machine.console())
          .isTrue();
      assertThat(machine.console())
          .contains("VOYAGEUR-GUEST kernel=2.6.18-371.8.1.el5")
          .containsPattern("interfaces=lo\\s");
    }
  }

  @Test
  void el5WithKudzuLosesItsAddressUnderAnotherHypervisorAndTheTimeByItsClock() throws Exception {
    StandIn guest =
        StandIn.scientific5WithServices().withVirtioInInitrd().with("/etc/fstab", FSTAB);
    String console = bootTo(Pattern.compile("VOYAGEUR-GUEST up"), guest, "root=LABEL=/");
    assertThat(console).contains("eth0=10.0.2.15");
    Matcher time = Pattern.compile("VOYAGEUR-GUEST time=(\\d+)").matcher(console);
    assertThat(time.find()).isTrue();
    assertThat(Instant.ofEpochSecond(Long.parseLong(time.group(1))))
        .isAfter(Instant.now().plus(Duration.ofHours(7)));
  }

  @Test
  void el5WithXensAliasAloneHasNoNetworkWhereUdevDoesNotLoadTheDriver() throws Exception {
    StandIn guest =
        el5().with("/etc/fstab", FSTAB).with(IFCFG, "DEVICE=eth0\nBOOTPROTO=dhcp\nONBOOT=yes\n");
    assertThat(bootTo(LOGIN, guest, "root=LABEL=/ nocoldplug"))
        .contains("Device eth0 does not seem to be present, delaying initialization.")
        .containsPattern("eth0=\\s");
  }

  @Test
  void el5StopsAtARootThatFstabNamesByItsDeviceUnderXen() throws Exception {
    StandIn guest = el5().with("/etc/fstab", "/dev/xvde / ext3 defaults 1 1\n");
    assertThat(bootTo(PASSWORD, guest, "root=LABEL=/")).contains("resolve '/dev/xvde'");
  }

  @Test
  void el5StopsAtAMissingDeviceEvenWithNofail() throws Exception {
    String lines = FSTAB + "/dev/sdb /staging ext3 defaults,nofail 1 2\n";
    StandIn guest = el5().with("/etc/fstab", lines);
    assertThat(bootTo(PASSWORD, guest, "root=LABEL=/")).contains("resolve '/dev/sdb'");
  }

  @Test
  void el6StopsAtAMissingDeviceThatIsToBeChecked() throws Exception {
    String lines = FSTAB + "/dev/sdb /staging ext3 defaults 1 2\n";
    StandIn guest = StandIn.scientific6().with("/etc/fstab", lines);
    assertThat(bootTo(PASSWORD, guest, "root=LABEL=/")).contains("resolve '/dev/sdb'");
  }

  @Test
  void ubuntuAsksAboutAMissingDeviceEvenWithNofail() throws Exception {
    String lines = FSTAB + "/dev/sdb /staging ext3 nofail 0 0\n";
    StandIn guest = StandIn.ubuntu1204().with("/etc/fstab", lines);
    String console = bootTo(Pattern.compile("Press S to skip"), guest, "root=LABEL=/");
    assertThat(console).contains("The disk drive for /staging is not ready yet");
  }

  @Test
  void aRuleForAnotherCardMakesThisOneEth1() throws Exception {
    StandIn guest = StandIn.scientific6().with("/etc/fstab", FSTAB);
    String console = bootTo(Pattern.compile("VOYAGEUR-GUEST up"), guest, "root=LABEL=/");
    assertThat(console).contains("interfaces=eth1 lo").containsPattern("eth0=\\s");
  }

  @Test
  void aRootThatOnlyXenHasStopsInTheInitrd() throws Exception {
    bootTo(
        Pattern.compile("ALERT!  /dev/xvda does not exist"),
        StandIn.ubuntu1204(),
        "root=/dev/xvda");
  }

  @Test
  void anInitrdWithoutVirtioFindsNoRoot() throws Exception {
    bootTo(
        Pattern.compile("dracut Warning: No root device"),
        StandIn.scientific6WithoutVirtio(),
        "root=LABEL=/");
  }

  /** After the mkinitrd that the known procedures run in it, with a prompt on the serial line. */
  private static StandIn el5() {
    return StandIn.scientific5()
        .withVirtioInInitrd()
        .with(
            "/etc/inittab",
            "id:3:initdefault:\nS0:2345:respawn:/sbin/agetty ttyS0 115200 vt100-nav\n");
  }

  private String bootTo(Pattern expected, StandIn guest, String root) throws IOException {
    try (QemuMachine machine = boot(guest, root)) {
      assertThat(machine.awaitConsole(expected, BOOT)).as(machine.console()).isTrue();
      return machine.console();
    }
  }

  private QemuMachine boot(StandIn guest, String root) throws IOException {
    return boot(build(guest), guest, root);
  }

  private QemuMachine boot(Path image, StandIn guest, String root) throws IOException {
    Path kernel = extract(image, guest.kernel(), "kernel");
    Path initrd = extract(image, guest.initrd(), "initrd");
    return QemuMachine.start(
        image,
        OutputFormat.RAW,
        List.of(
            "-kernel",
            kernel.toString(),
            "-initrd",
            initrd.toString(),
            "-append",
            "ro console=tty0 console=ttyS0,115200n8 " + root));
  }

  private Path build(StandIn guest) {
    Path image = directory.resolve(guest.name() + ".img");
    GuestBuilder.build(guest, image, 512L << 20);
    return image;
  }

  private Path extract(Path image, String path, String name) throws IOException {
    return Files.write(directory.resolve(name), Debugfs.content(image, path));
  }
}
