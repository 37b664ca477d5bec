package org.voyageur.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.voyageur.convert.Conversion;
import org.voyageur.convert.ConvertOptions;
import org.voyageur.convert.OpenOptions;
import org.voyageur.convert.Voyageur;
import org.voyageur.disk.OutputFormat;
import org.voyageur.plan.Change;
import org.voyageur.plan.Target;
import org.voyageur.progress.ProgressListener;
import org.voyageur.testkit.GuestBuilder;
import org.voyageur.testkit.StandIn;
import org.voyageur.verify.QemuMachine;

/** An initrd with holes, as {@code cp --sparse} makes them: SYSLINUX cannot read one on ext4. */
class HolesIT {
  private static final Duration LIMIT = Duration.ofMinutes(2);

  private static final Pattern INITRD_NAME = Pattern.compile("initrd\\.img-[^/\\s]+");

  @TempDir Path directory;

  @Test
  void holesAreFilledAndTheResultBoots() throws Exception {
    Path source = directory.resolve("guest.img");
    GuestBuilder.build(StandIn.ubuntu1310(), source, 512L << 20);
    String initrd = "/boot/" + firstMatch(debugfs(source, "ls -p /boot"));
    punch(source, initrd);

    Path output = directory.resolve("guest.raw");
    Conversion conversion =
        Voyageur.convert(
            source,
            OpenOptions.defaults(),
            new ConvertOptions(Target.KVM, output, OutputFormat.RAW, false),
            ProgressListener.none());

    assertThat(conversion.planned().plan().changes())
        .filteredOn(Change.FillHoles.class::isInstance)
        .extracting(change -> ((Change.FillHoles) change).path())
        .containsExactly(initrd);
    assertThat(blocks(output, initrd)).isEqualTo(blocks(source, initrd) + 17);
    assertThat(debugfs(output, "dump " + initrd + " " + directory.resolve("after"))).isNotNull();
    assertThat(directory.resolve("after")).hasSameBinaryContentAs(directory.resolve("initrd"));
    try (QemuMachine machine = QemuMachine.start(output, OutputFormat.RAW, List.of())) {
      assertThat(machine.awaitConsole(Pattern.compile("stand-in login:"), LIMIT))
          .as(machine.console())
          .isTrue();
    }
  }

  /** Puts the initrd back with 68 KiB of zeros behind it, which debugfs writes as holes. */
  private void punch(Path image, String path) throws Exception {
    Path file = directory.resolve("initrd");
    debugfs(image, "dump " + path + " " + file);
    long blocks = (Files.size(file) + 4095) / 4096;
    byte[] more = new byte[(int) (blocks * 4096 - Files.size(file)) + 17 * 4096];
    Files.write(file, more, StandardOpenOption.APPEND);
    debugfs(image, "rm " + path);
    debugfs(image, "write " + file + " " + path);
    assertThat(blocks(image, path)).isEqualTo(blocks);
  }

  private static long blocks(Path image, String path) throws Exception {
    return debugfs(image, "blocks " + path).split("\\s+").length;
  }

  private static String firstMatch(String text) {
    var matcher = INITRD_NAME.matcher(text);
    assertThat(matcher.find()).as(text).isTrue();
    return matcher.group();
  }

  private static String debugfs(Path image, String command) throws IOException {
    ProcessBuilder builder = new ProcessBuilder("debugfs", "-w", "-R", command, image.toString());
    builder.environment().merge("PATH", "/usr/sbin:/sbin", (path, more) -> path + ":" + more);
    Process process = builder.redirectError(ProcessBuilder.Redirect.DISCARD).start();
    return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
  }
}
