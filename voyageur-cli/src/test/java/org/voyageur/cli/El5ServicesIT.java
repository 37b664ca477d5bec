package org.voyageur.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.voyageur.convert.Conversion;
import org.voyageur.convert.ConvertOptions;
import org.voyageur.convert.OpenOptions;
import org.voyageur.convert.Voyageur;
import org.voyageur.disk.OutputFormat;
import org.voyageur.plan.Target;
import org.voyageur.progress.ProgressListener;
import org.voyageur.testkit.Debugfs;
import org.voyageur.testkit.GuestBuilder;
import org.voyageur.testkit.StandIn;
import org.voyageur.verify.QemuMachine;

/**
 * A Scientific Linux 5 with what is started in a domU: nothing of it holds the boot up, the network
 * and the clock are as the guest's owner has set them. What stops it without a conversion: {@link
 * StandInIT}.
 */
class El5ServicesIT {
  private static final Duration BOOT = Duration.ofMinutes(2);
  private static final Duration ANSWER = Duration.ofSeconds(20);
  private static final Pattern LOGIN = Pattern.compile("stand-in login:");
  private static final String IFCFG = "/etc/sysconfig/network-scripts/ifcfg-eth0";

  @TempDir private static Path images;

  private static Path source;

  @BeforeAll
  static void build() {
    source = images.resolve("sl5.img");
    GuestBuilder.build(StandIn.scientific5WithServices(), source, 512L << 20);
  }

  @ParameterizedTest
  @EnumSource
  void itStartsWithoutDelayAndKeepsItsAddressAndTheTime(Target target) {
    Path output = convert(source, target);
    assertThat(Debugfs.read(output, List.of("ls -p /etc/rc.d/rc3.d")).getFirst())
        .contains("/K95kudzu/", "/S14xe-linux-distribution/")
        .doesNotContain("S05kudzu");
    assertThat(Debugfs.content(output, IFCFG))
        .asString(StandardCharsets.UTF_8)
        .isEqualTo(
            """
            # Xen Virtual Ethernet
            DEVICE=eth0
            BOOTPROTO=static
            IPADDR=10.0.2.77
            NETMASK=255.255.255.0
            ONBOOT=yes
            """);
    try (QemuMachine machine = QemuMachine.start(output, OutputFormat.RAW, List.of())) {
      assertThat(machine.awaitConsole(LOGIN, BOOT)).as(machine.console()).isTrue();
      assertThat(machine.awaitScreen(LOGIN, ANSWER)).as(machine.screen()).isTrue();
      assertThat(machine.console().replace("\r", ""))
          .contains("VOYAGEUR-GUEST eth0=10.0.2.77\n")
          .doesNotContain("respawning too fast");
      Matcher time = Pattern.compile("VOYAGEUR-GUEST time=(\\d+)").matcher(machine.console());
      assertThat(time.find()).isTrue();
      assertThat(Instant.ofEpochSecond(Long.parseLong(time.group(1))))
          .isBetween(Instant.now().minus(BOOT), Instant.now().plus(BOOT));
    }
  }

  /** As if udev had not loaded the card's driver: by the alias that is Xen's too. */
  @Test
  void forBothHypervisorsTheAliasFindsTheCardAlsoWithoutUdev() {
    StandIn guest = StandIn.scientific5();
    String menu =
        guest
            .files()
            .getOrDefault("/boot/grub/grub.conf", "")
            .replace("root=LABEL=/", "root=LABEL=/ nocoldplug");
    Path image = images.resolve("nocoldplug.img");
    GuestBuilder.build(guest.with("/boot/grub/grub.conf", menu), image, 512L << 20);
    Path output = convert(image, Target.DUAL_BOOT);
    assertThat(Debugfs.content(output, "/etc/modprobe.conf"))
        .asString(StandardCharsets.UTF_8)
        .contains("alias eth0 xennet\n");
    try (QemuMachine machine = QemuMachine.start(output, OutputFormat.RAW, List.of())) {
      assertThat(machine.awaitConsole(LOGIN, BOOT)).as(machine.console()).isTrue();
      assertThat(machine.console()).contains("nocoldplug", "VOYAGEUR-GUEST eth0=10.0.2.15");
    }
  }

  private static Path convert(Path image, Target target) {
    Path output = images.resolve(image.getFileName() + "-" + target.label());
    Conversion conversion =
        Voyageur.convert(
            image,
            OpenOptions.defaults(),
            new ConvertOptions(target, output, OutputFormat.RAW, false),
            ProgressListener.none());
    assertThat(conversion).isInstanceOf(Conversion.Converted.class);
    assertThat(
            Voyageur.plan(output, OpenOptions.defaults(), target, ProgressListener.none())
                .plan()
                .changes())
        .as("converted again")
        .isEmpty();
    return output;
  }
}
