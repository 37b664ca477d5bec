package org.voyageur.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.voyageur.error.ErrorCode;
import org.voyageur.verify.BootExpectation;
import org.voyageur.verify.BootFailure;
import org.voyageur.verify.BootStage;
import org.voyageur.verify.Hypervisor;
import org.voyageur.verify.ReachedStage;
import org.voyageur.verify.VerificationReport;

/** The page, as text and in a real browser. */
class HtmlReportTest {
  private static final Path BROWSER = Path.of("/usr/bin/chromium");

  private static final HtmlReport.Circumstances CIRCUMSTANCES =
      new HtmlReport.Circumstances(
          "5d41".repeat(16),
          "7d79".repeat(16),
          ZonedDateTime.parse("2026-11-23T17:00:00Z"),
          5_300_000_000L,
          List.of("voyageur: 1.0", "libext2fs.so.2: 1.47.0"));

  private static final byte[] PICTURE = picture();

  @TempDir Path directory;

  private static byte[] picture() {
    try (ByteArrayOutputStream bytes = new ByteArrayOutputStream()) {
      ImageIO.write(new BufferedImage(720, 400, BufferedImage.TYPE_INT_RGB), "png", bytes);
      return bytes.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String page() {
    return HtmlReport.of(
        Samples.converted("megapipe-kvm.qcow2"),
        Optional.of(boot(Optional.empty())),
        CIRCUMSTANCES);
  }

  @Test
  void holdsWhatAnOperatorWantsToKnow() {
    assertThat(page())
        .contains("Converted, checked and booted")
        .contains("login-prompt")
        .contains("megapipe login: &lt;b&gt;")
        .contains("<img alt=\"SL release 5.9\" src=\"data:image/png;base64,iVBOR")
        .contains("Scientific Linux release 5.9 (Boron)")
        .contains("5d41".repeat(16))
        .contains("7d79".repeat(16))
        .contains("e2fsck -fn finds nothing to mend")
        .contains("<ins>+LABEL=/")
        .contains("<del>-/dev/xvde")
        .contains("libext2fs.so.2: 1.47.0")
        .contains("2026-11-23 17:00:00 Z");
  }

  @Test
  void aResultThatDoesNotBootIsNotCalledDone() {
    BootFailure failure =
        new BootFailure(
            ErrorCode.BOOT_FAILED, "the kernel panicked", List.of("Kernel panic <1>"), "Look");
    assertThat(
            HtmlReport.of(
                Samples.converted("a.qcow2"),
                Optional.of(boot(Optional.of(failure))),
                CIRCUMSTANCES))
        .contains(
            "Converted, but it does not boot", "Kernel panic &lt;1&gt;", "the kernel panicked")
        .doesNotContain("verdict good");
  }

  private static VerificationReport boot(Optional<BootFailure> failure) {
    return new VerificationReport(
        Path.of("megapipe-kvm.qcow2"),
        Hypervisor.KVM,
        Optional.of(new VerificationReport.Machine("QEMU 7.2", "tcg", 1024)),
        BootExpectation.unknown(),
        List.of(
            new ReachedStage(
                BootStage.LOGIN_PROMPT, Duration.ofMillis(9400), "megapipe login: <b>")),
        failure,
        List.of(),
        "Linux version 2.6.18\n" + "a long line ".repeat(30) + "\nmegapipe login: <b>",
        "SL release 5.9",
        Optional.of(new VerificationReport.Screenshot(PICTURE)),
        Duration.ofSeconds(10));
  }

  @Test
  void aGuestCannotWriteIntoThePage() {
    String hostile = "</title><script>alert(1)</script>'\"&\u001b[2J";
    assertThat(
            HtmlReport.of(
                Samples.converted(hostile.replace("/", "")), Optional.empty(), CIRCUMSTANCES))
        .contains("&lt;script&gt;alert(1)&lt;script&gt;&#39;&quot;&amp;\\x1b[2J")
        .doesNotContain("<script");
  }

  @Test
  void needsNothingBesidesItself() {
    assertThat(page())
        .doesNotContain("http:", "https:", "url(", "@import", "<link")
        .contains("default-src 'none'");
  }

  /** A phone, a tablet and a desk. */
  @ParameterizedTest
  @ValueSource(ints = {500, 800, 1600})
  void fitsTheWidthOfTheWindow(int width) throws Exception {
    // The page's policy forbids scripts; without it the browser itself says how wide the page is.
    String measured =
        page()
            .replaceAll("<meta http-equiv=.*", "")
            .replace(
                "</body>",
                "<script>document.title = 'too wide by ' + (document.documentElement.scrollWidth"
                    + " - window.innerWidth) + ' of ' + window.innerWidth</script></body>");
    Path file = Files.writeString(directory.resolve("page.html"), measured);
    String dom = browse(file, "--window-size=" + width + ",900", "--dump-dom");
    assertThat(dom).contains("<title>too wide by 0 of " + width);
  }

  @Test
  void isLightOrDarkAsTheReaderWants() throws Exception {
    Path file = Files.writeString(directory.resolve("page.html"), page());
    assertThat(corner(picture(file))).isEqualTo(new Color(0xFFFFFF));
    assertThat(corner(picture(file, "--force-dark-mode"))).isEqualTo(new Color(0x0D1117));
  }

  private BufferedImage picture(Path file, String... options) throws Exception {
    Path png = directory.resolve("page.png");
    List<String> all = new ArrayList<>(List.of(options));
    all.addAll(List.of("--screenshot=" + png, "--window-size=800,900"));
    String said = browse(file, all.toArray(String[]::new));
    assertThat(png).as(said).exists();
    return ImageIO.read(png.toFile());
  }

  private static Color corner(BufferedImage picture) {
    return new Color(picture.getRGB(2, 2));
  }

  private String browse(Path file, String... options) throws Exception {
    assumeTrue(Files.exists(BROWSER), "chromium is not installed");
    List<String> command =
        new ArrayList<>(
            List.of(
                BROWSER.toString(),
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--hide-scrollbars",
                "--user-data-dir=" + directory.resolve("profile")));
    command.addAll(List.of(options));
    command.add(file.toUri().toString());
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return output;
  }
}
