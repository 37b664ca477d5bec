package org.voyageur.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.awt.Color;
import java.awt.image.BufferedImage;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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

  @TempDir Path directory;

  private static String page() {
    return HtmlReport.of(Samples.converted("megapipe-kvm.qcow2"), CIRCUMSTANCES);
  }

  @Test
  void holdsWhatAnOperatorWantsToKnow() {
    assertThat(page())
        .contains("Converted and checked")
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
  void aGuestCannotWriteIntoThePage() {
    String hostile = "</title><script>alert(1)</script>'\"&\u001b[2J";
    assertThat(HtmlReport.of(Samples.converted(hostile.replace("/", "")), CIRCUMSTANCES))
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
