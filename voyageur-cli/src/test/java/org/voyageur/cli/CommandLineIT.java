package org.voyageur.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.voyageur.disk.OutputFormat;
import org.voyageur.testkit.GuestBuilder;
import org.voyageur.testkit.StandIn;
import org.voyageur.verify.QemuMachine;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The launcher, and what it prints where: locales, names of files, streams, JSON beside text. */
class CommandLineIT {
  private static final long SIZE = 256L << 20;
  private static final Pattern LOGIN = Pattern.compile("stand-in login:");

  @TempDir static Path shared;
  private static Path raw;

  /** A checkout in which everything is built. */
  private static Path launcher;

  @TempDir Path directory;

  @BeforeAll
  static void build() throws Exception {
    raw = shared.resolve("guest.img");
    GuestBuilder.build(StandIn.scientific6(), raw, SIZE);
    Path checkout = shared.resolve("checkout");
    launcher = checkout.resolve("voyageur");
    ChildProcess.tool(
        Path.of("..").toRealPath(),
        "sh",
        "-c",
        """
        mkdir -p "$0/build/app" "$0/scripts" "$0/voyageur-cli/src/main"
        cp voyageur "$0"
        cp scripts/java25.sh scripts/install.sh "$0/scripts"
        touch "$0/pom.xml" "$0/voyageur-cli/pom.xml"
        cp voyageur-cli/target/voyageur-cli.jar voyageur-cli/target/lib/*.jar "$0/build/app"
        touch "$0/build/app/stamp"
        """,
        checkout.toString());
  }

  /** What a shell does with a script; {@code $V} is the launcher. */
  private ChildProcess.Result shell(String script) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of("env", "JAVA_HOME=" + System.getProperty("java.home"), "V=" + launcher));
    command.addAll(List.of("sh", "-c", script, "sh", raw.toString()));
    return ChildProcess.run(directory, command);
  }

  private JsonNode json(String... arguments) throws Exception {
    ChildProcess.Result result = ChildProcess.run(directory, ChildProcess.voyageur(arguments));
    return JsonMapper.shared().readTree(result.out());
  }

  private String text(String... arguments) throws Exception {
    return ChildProcess.run(directory, ChildProcess.voyageur(arguments)).out();
  }

  /** The launcher makes UTF-8 of the locale C, and of one that is not installed. */
  @ParameterizedTest
  @ValueSource(strings = {"C", "POSIX", "C.UTF-8", "xx_YY.UTF-8"})
  void takesNamesOfAnyLettersInAnyLocale(String locale) throws Exception {
    ChildProcess.Result result =
        shell(
            """
            mkdir 'tmp ö' && ln -s "$1" 'größe 図.img' || exit 99
            export LC_ALL=%s TMPDIR="$PWD/tmp ö"
            "$V" convert 'größe 図.img' && "$V" inspect --json 'größe 図-kvm.qcow2'
            """
                .formatted(locale));
    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(ChildProcess.names(directory)).hasSize(3).anyMatch(name -> name.endsWith(".qcow2"));
    assertThat(ChildProcess.names(directory.resolve("tmp ö"))).isEmpty();
  }

  @Test
  void whatIsInstalledWorksByItselfAndIsGoneAgainAsItSays() throws Exception {
    ChildProcess.Result result =
        shell(
            """
            mkdir prefix && "${V%/*}/scripts/install.sh" "$PWD/prefix" >said || exit 99
            mv "${V%/*}" "${V%/*}.away"
            prefix/bin/voyageur inspect --json "$1" >inspection
            status=$?
            mv "${V%/*}.away" "${V%/*}"
            [ $status = 0 ] || exit 98
            bash -c '. prefix/share/bash-completion/completions/voyageur; complete -p voyageur' &&
              ls prefix/share/man/man1
            eval "$(sed -n 's/^To remove it: //p' said)"
            find prefix ! -type d >left
            """);
    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(Files.readString(directory.resolve("inspection"))).contains("Scientific Linux");
    assertThat(result.out()).contains("voyageur.1\n", "voyageur-convert.1\n", "voyageur-rm.1\n");
    assertThat(directory.resolve("left")).isEmptyFile();
  }

  @Test
  void aNameThatIsNoTextIsToldOf() throws Exception {
    ChildProcess.Result result = shell("LC_ALL=C.UTF-8 \"$V\" inspect \"$(printf 'a\\377.img')\"");
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.err()).contains("rename the file").doesNotContain("Exception");
    // Without the launcher, in the locale C.
    List<String> command = new ArrayList<>(List.of("env", "LC_ALL=C"));
    command.addAll(ChildProcess.voyageur("inspect", "ä.img"));
    ChildProcess.Result inC = ChildProcess.run(directory, command);
    assertThat(inC.exitCode()).isEqualTo(2);
    assertThat(inC.err()).contains("LC_ALL=C.UTF-8").doesNotContain("Exception");
  }

  /** An unset variable in a script, most often. */
  @Test
  void anEmptyNameIsToldOf() throws Exception {
    ChildProcess.Result result = shell("\"$V\" convert \"$unset\"");
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.err()).contains("the name of a file is empty");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      value = {
        "inspect \"$1\" # 0",
        "plan \"$1\" # 0",
        "inspect none.img # 1",
        "plan none.img # 1",
        "inspect # 2",
        "convert \"$1\" -o \"$1\" # 2",
        "convert \"$1\" -o none/out.raw # 3",
        "inspect \"$1\" >/dev/full # 3",
        "inspect --json \"$1\" >/dev/full # 3",
        "convert --json \"$1\" -o out.raw # 0"
      })
  void theLauncherExitsAsDocumented(String words, int exitCode) throws Exception {
    ChildProcess.Result result = shell("\"$V\" --progress none " + words);
    assertThat(result.exitCode()).as(result.toString()).isEqualTo(exitCode);
    assertThat(result.err().isEmpty()).as(result.err()).isEqualTo(exitCode == 0);
  }

  /** However the bytes come into the file. */
  @Test
  void theDigestOfAResultIsThatOfSha256sum() throws Exception {
    ChildProcess.Result result =
        shell(
            """
            digest() { "$V" convert --sha256 --json "$@" | sed -n 's/.*"sha256" : "\\(.*\\)".*/\\1/p' >>said; }
            "$V" convert --sha256 -o 1.raw "$1" | sed -n 's/^ *sha256 *//p' >said
            gzip -1 <"$1" >packed.img.gz
            cp --sparse=always "$1" 5.img
            digest --to dual-boot --layout partition --grow +7M -o 2.raw "$1"
            digest --layout partition -o 3.raw packed.img.gz
            digest -o 4.qcow2 "$1"
            digest --in-place 5.img
            sha256sum 1.raw 2.raw 3.raw 4.qcow2 5.img | cut -d ' ' -f 1 | diff - said
            """);
    assertThat(result.exitCode()).as(result.out() + result.err()).isZero();
    assertThat(directory.resolve("said")).content().hasLineCount(5);
  }

  @Test
  void aDiskOfTwoTebibytesTakesLittleMemory() throws Exception {
    Path image = directory.resolve("large.img");
    GuestBuilder.build(StandIn.scientific6(), image, 2L << 40);
    ChildProcess.Result result =
        shell(
            """
            /usr/bin/time -f %M -o copied "$V" convert --to dual-boot -o large.raw large.img &&
              /usr/bin/time -f %M -o changed "$V" convert --to dual-boot --in-place large.img
            """);
    assertThat(result.exitCode()).as(result.out() + result.err()).isZero();
    for (String measured : List.of("copied", "changed")) {
      // KiB
      assertThat(Integer.parseInt(Files.readString(directory.resolve(measured)).strip()))
          .as(measured)
          .isLessThan(200 << 10);
    }
    try (QemuMachine machine =
        QemuMachine.start(directory.resolve("large.raw"), OutputFormat.RAW, List.of())) {
      assertThat(machine.awaitConsole(LOGIN, Duration.ofMinutes(2))).as(machine.console()).isTrue();
    }
  }

  @Test
  void whoeverReadsNoFurtherIsNoError() throws Exception {
    ChildProcess.Result result =
        shell("{ \"$V\" --progress none plan \"$1\"; echo $? >&2; } | head -n 1");
    assertThat(result.out()).startsWith("To boot ").hasLineCount(1);
    assertThat(result.err()).isEqualTo("0\n");
  }

  @Test
  void theTextOfInspectHasTheFactsOfItsDocument() throws Exception {
    JsonNode inspection = json("inspect", "--json", raw.toString()).get("inspection");
    String text = text("inspect", raw.toString());
    assertThat(text)
        .contains(inspection.at("/operatingSystem/productName").stringValue())
        .contains(inspection.at("/operatingSystem/architecture").stringValue())
        .contains(inspection.at("/filesystem/uuid").stringValue())
        .contains(inspection.at("/filesystem/type").stringValue())
        .contains(inspection.at("/pygrub/kernel").stringValue())
        .contains(inspection.at("/pygrub/arguments").stringValue());
    everyIn(text, inspection, "/kernels", "version", "image", "initrd");
    everyIn(text, inspection, "/fstab", "spec", "mountPoint");
    everyIn(text, inspection, "/findings", "code", "message", "remedy");
    everyIn(text, inspection, "/network/pins", "file");
  }

  @Test
  void theTextsOfPlanAndConvertHaveTheFactsOfTheirDocuments() throws Exception {
    JsonNode planned = json("plan", "--json", raw.toString()).get("plan");
    String text = text("plan", raw.toString());
    everyIn(text, planned, "/changes", "path", "reason");
    for (JsonNode change : planned.get("changes")) {
      if (change.has("diff")) {
        // Two files with the same text are shown once.
        assertThat(text)
            .contains(
                change
                    .get("diff")
                    .stringValue()
                    .lines()
                    .filter(line -> !line.startsWith("+++"))
                    .toList());
      }
    }
    for (JsonNode note : planned.get("notes")) {
      assertThat(text).contains(note.stringValue());
    }
    JsonNode made = json("convert", "--json", raw.toString(), "-o", "a.raw");
    assertThat(made.get("plan")).isEqualTo(planned);
    assertThat(made.at("/result/virtualSize").longValue()).isEqualTo(SIZE);
    assertThat(Files.size(directory.resolve("a.raw"))).isEqualTo(SIZE);
    assertThat(text("convert", raw.toString(), "-o", "b.raw"))
        .contains("Converted: b.raw")
        .containsPattern("changes +" + planned.get("changes").size() + ",");
  }

  /** Every element's members, where it has them, are somewhere in the text. */
  private static void everyIn(String text, JsonNode document, String path, String... members) {
    assertThat(document.at(path).size()).as(path).isPositive();
    for (JsonNode element : document.at(path)) {
      for (String member : members) {
        if (element.has(member)) {
          assertThat(text).contains(element.get(member).stringValue());
        }
      }
    }
  }

  @Test
  void progressGoesToStandardErrorInTheStyleThatWasAskedFor() throws Exception {
    for (String style : List.of("none", "json", "plain")) {
      ChildProcess.Result result =
          ChildProcess.run(
              directory,
              ChildProcess.voyageur(
                  "convert", "-v", "--progress", style, raw.toString(), "-o", style + ".qcow2"));
      assertThat(result.exitCode()).as(result.err()).isZero();
      assertThat(result.out()).startsWith("Converted: " + style + ".qcow2");
      switch (style) {
        case "none" -> assertThat(result.err()).isEmpty();
        case "json" -> {
          List<String> finished = new ArrayList<>();
          for (String line : result.err().lines().toList()) {
            JsonNode event = JsonMapper.shared().readTree(line);
            if (event.get("event").stringValue().equals("finished")) {
              finished.add(event.get("step").stringValue());
            }
          }
          // The result is checked while it is copied.
          assertThat(finished)
              .containsExactlyInAnyOrder("inspect", "apply", "check", "copy", "publish")
              .startsWith("inspect", "apply")
              .endsWith("publish");
        }
        default ->
            assertThat(result.err())
                .contains("Inspecting the guest: ")
                .doesNotContain("\u001b")
                .doesNotContain("\r");
      }
    }
  }
}
