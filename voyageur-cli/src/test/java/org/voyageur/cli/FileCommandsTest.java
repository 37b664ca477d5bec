package org.voyageur.cli;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.voyageur.process.HostProgram;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * ls, cat, get, put, edit, rm and script, as they are typed; debugfs and e2fsck look after them.
 */
class FileCommandsTest {
  private static final String ESCAPE = "\u001b";

  @TempDir Path directory;
  private Path image;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  @BeforeEach
  void aGuest() throws Exception {
    Assumptions.assumeTrue(
        new HostProgram("mke2fs", "e2fsprogs").find().isPresent(), "this host has no mke2fs");
    Path tree = directory.resolve("tree");
    Files.createDirectories(tree.resolve("etc"));
    Files.createDirectories(tree.resolve("boot"));
    Path fstab = tree.resolve("etc/fstab");
    Files.writeString(
        fstab, "/dev/xvde / ext3 defaults 1 1\n/dev/sdb /staging ext3 defaults 0 0\n");
    Files.setLastModifiedTime(fstab, FileTime.from(Instant.parse("2013-06-07T08:09:10Z")));
    Files.writeString(tree.resolve("etc/red\u001b[31m\nfile"), "colour\u001b[31m\n");
    Files.writeString(tree.resolve("boot/vmlinuz-1"), "one");
    Files.writeString(tree.resolve("boot/vmlinuz-2"), "two");
    Files.createSymbolicLink(tree.resolve("boot/latest"), Path.of("vmlinuz-2"));
    image = directory.resolve("guest.img");
    tool(
        "mke2fs",
        "-q",
        "-F",
        "-t",
        "ext3",
        "-I",
        "128",
        "-d",
        tree.toString(),
        image.toString(),
        "8M");
  }

  private static String tool(String name, String... arguments) {
    HostProgram.Result result =
        new HostProgram(name, "e2fsprogs").run(Duration.ofMinutes(1), List.of(arguments));
    assertThat(result.exitCode()).as(result.output()).isZero();
    return result.output();
  }

  private int run(String... arguments) {
    return run(false, "", Map.of(), arguments);
  }

  private int run(
      boolean terminal, String input, Map<String, String> environment, String... arguments) {
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    bytes.reset();
    return Cli.run(
        new Console(
            new PrintWriter(out),
            new PrintWriter(err),
            new ByteArrayInputStream(input.getBytes(UTF_8)),
            bytes,
            terminal,
            terminal,
            environment),
        arguments);
  }

  private String guest(String path) {
    // debugfs says its version on standard error, wherever that comes.
    return tool("debugfs", "-R", "cat " + path, image.toString())
        .replaceFirst("debugfs \\d.*\n", "");
  }

  private JsonNode document() {
    return JsonMapper.shared().readTree(out.toString());
  }

  @Test
  void listsNamesAndDetails() {
    assertThat(run("ls", image.toString())).isZero();
    assertThat(out).hasToString("boot\netc\nlost+found\n");
    assertThat(run("ls", "-l", image.toString(), "/boot")).isZero();
    assertThat(out.toString())
        .contains("lrwxrwxrwx 1 ")
        .contains(" latest -> vmlinuz-2\n")
        .containsPattern(
            "-rw-r--r-- 1 +\\d+ +\\d+ +3 \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d vmlinuz-1\n");
    run("ls", "-ld", image.toString(), "/etc/fst?b");
    assertThat(out.toString()).endsWith(" 66 2013-06-07 08:09 /etc/fstab\n");
    run("ls", "-R", image.toString(), "/");
    assertThat(out.toString()).contains("/boot:\nlatest\n").contains("/etc:\nfstab\n");
  }

  @Test
  void printsNothingThatControlsATerminal() {
    run(true, "", Map.of(), "ls", "-l", image.toString(), "/etc");
    assertThat(out.toString()).contains("red\\x1b[31m\\x0afile").doesNotContain(ESCAPE);
    run(true, "", Map.of(), "cat", image.toString(), "/etc/red*");
    assertThat(out).hasToString("colour\\x1b[31m\n");
    assertThat(bytes.size()).isZero();
    run("cat", image.toString(), "/etc/red*");
    assertThat(bytes.toString(ISO_8859_1)).as("not a terminal").isEqualTo("colour\u001b[31m\n");
  }

  @Test
  void listsForProgramsWithNamesAsTheyAre() {
    run("ls", "--json", image.toString(), "/etc");
    JsonNode file = document().get("files").get(1);
    assertThat(file.get("path").stringValue()).isEqualTo("/etc/red\u001b[31m\nfile");
    assertThat(file.get("type").stringValue()).isEqualTo("regular");
    JsonNode fstab = document().get("files").get(0);
    assertThat(fstab.get("modified").stringValue()).isEqualTo("2013-06-07T08:09:10Z");
    assertThat(fstab.get("size").longValue()).isEqualTo(66);
    run("cat", "--json", image.toString(), "/boot/latest");
    assertThat(document().get("contents").get(0).get("base64").stringValue()).isEqualTo("dHdv");
  }

  @Test
  void getsAndPutsABinaryFile() throws Exception {
    byte[] content = new byte[100_000];
    new java.util.Random(3).nextBytes(content);
    Path local = Files.write(directory.resolve("local"), content);
    assertThat(run("put", image.toString(), local.toString(), "/boot")).isZero();
    assertThat(out.toString() + err).isEmpty();
    assertThat(run("get", image.toString(), "/boot/local", directory.resolve("back").toString()))
        .isZero();
    assertThat(directory.resolve("back")).hasBinaryContent(content);
    assertThat(run("get", image.toString(), "/boot/local", "-")).isZero();
    assertThat(bytes.toByteArray()).isEqualTo(content);
    assertThat(run("get", image.toString(), "/boot/local", directory.resolve("back").toString()))
        .isEqualTo(2);
    assertThat(err.toString()).contains("VOY-OUTPUT-001");
    tool("e2fsck", "-fn", image.toString());
  }

  @Test
  void putsStandardInputWithTheModeAndOwnerThatAreNamed() {
    assertThat(
            run(
                false,
                "#!/bin/sh\n",
                Map.of(),
                "put",
                "--mode",
                "755",
                "--owner",
                "3:4",
                image.toString(),
                "-",
                "etc/run"))
        .isZero();
    assertThat(guest("/etc/run")).isEqualTo("#!/bin/sh\n");
    assertThat(tool("debugfs", "-R", "stat /etc/run", image.toString()))
        .contains("Mode:  0755", "User:     3", "Group:     4");
    assertThat(run("put", "--mode", "rwx", image.toString(), "-", "/x")).isEqualTo(2);
  }

  @Test
  void keepsWhatWasWrittenInTheEditorIfTheGuestHasNoRoomForIt() throws Exception {
    byte[] before = Files.readAllBytes(image);
    Path editor =
        Files.writeString(
            directory.resolve("editor"), "head -c 40000000 /dev/zero | tr '\\0' x > \"$1\"\n");
    Map<String, String> environment = Map.of("EDITOR", "sh '" + editor + "'");
    assertThat(run(false, "", environment, "edit", image.toString(), "/etc/fstab")).isEqualTo(1);
    Matcher kept = Pattern.compile("what you wrote is kept in (\\S+)").matcher(err.toString());
    assertThat(kept.find()).as(err.toString()).isTrue();
    Path text = Path.of(kept.group(1), "fstab");
    assertThat(text).hasSize(40_000_000);
    assertThat(Files.getPosixFilePermissions(text.getParent())).hasSize(3);
    Files.delete(text);
    Files.delete(text.getParent());
    assertThat(Files.readAllBytes(image)).isEqualTo(before);
  }

  /**
   * The JVM of this test would end. It takes a moment until Java has looked at a signal. Perl, as a
   * shell in the background never hears of a Ctrl-C (POSIX, "trap").
   */
  @Test
  void leavesCtrlCToTheEditor() throws Exception {
    Path editor =
        Files.writeString(
            directory.resolve("editor"),
            """
            $SIG{INT} = sub { sleep 2; exec 'sed', '-i', 's/xvde/vda/', $ARGV[0] };
            kill 'INT', %d, $$;
            exit 9;
            """
                .formatted(ProcessHandle.current().pid()));
    Map<String, String> environment = Map.of("EDITOR", "perl '" + editor + "'");
    assertThat(run(false, "", environment, "edit", image.toString(), "/etc/fstab")).isZero();
    assertThat(guest("/etc/fstab")).startsWith("/dev/vda / ");
  }

  @Test
  void editsWithTheEditorOfTheEnvironment() throws Exception {
    Path editor = Files.writeString(directory.resolve("my editor"), "sed -i s/xvde/vda/ \"$2\"\n");
    Map<String, String> environment = Map.of("EDITOR", "sh '" + editor + "' -w", "VISUAL", "");
    assertThat(run(false, "", environment, "edit", image.toString(), "/etc/fstab")).isZero();
    assertThat(guest("/etc/fstab")).startsWith("/dev/vda / ext3 defaults 1 1\n/dev/sdb");

    byte[] before = Files.readAllBytes(image);
    assertThat(run(false, "", Map.of("VISUAL", "true"), "edit", image.toString(), "/etc/fstab"))
        .isZero();
    assertThat(err.toString()).contains("nothing was written");
    assertThat(run(false, "", Map.of("VISUAL", "false"), "edit", image.toString(), "/etc/fstab"))
        .isEqualTo(3);
    assertThat(err.toString()).contains("VOY-HOST-003", "exit code 1");
    assertThat(Files.readAllBytes(image)).isEqualTo(before);
  }

  @Test
  void editsWithExpressions() {
    assertThat(
            run(
                "edit",
                image.toString(),
                "/etc/fst*",
                "-e",
                "s|^/dev/xvde |LABEL=/ |",
                "-e",
                "s/^(.dev.sdb .*)$/#$1/"))
        .isZero();
    assertThat(guest("/etc/fstab"))
        .isEqualTo("LABEL=/ / ext3 defaults 1 1\n#/dev/sdb /staging ext3 defaults 0 0\n");
    assertThat(run("edit", image.toString(), "/etc/fstab", "-e", "s/(/x/")).isEqualTo(2);
    assertThat(run("edit", image.toString(), "/etc/fstab", "-e", "s/a/$9/")).isEqualTo(2);
  }

  @Test
  void aScriptIsCarriedOutAsAWhole() throws Exception {
    Path saved = directory.resolve("saved");
    Path script =
        Files.writeString(
            directory.resolve("script"),
            """
            # A comment, and an empty line.

            get /etc/fstab '%s'
            edit /etc/fstab -e 's|^/dev/xvde |LABEL=/ |'
            rm /boot/vmlinuz-*
            cat /etc/fstab
            ls /boot
            """
                .formatted(saved));
    assertThat(run("script", image.toString(), script.toString())).isZero();
    assertThat(bytes.toString(UTF_8)).startsWith("LABEL=/ / ext3");
    assertThat(out).hasToString("latest\n");
    assertThat(saved).content().startsWith("/dev/xvde");
    assertThat(guest("/etc/fstab")).startsWith("LABEL=/ / ext3");
    tool("e2fsck", "-fn", image.toString());
  }

  @Test
  void aScriptThatFailsWritesNothing() throws Exception {
    byte[] before = Files.readAllBytes(image);
    String input = "rm /boot/latest\ncat /none\n";
    assertThat(run(false, input, Map.of(), "script", image.toString())).isEqualTo(1);
    assertThat(err.toString()).contains("line 2 (cat): there is no /none");
    assertThat(Files.readAllBytes(image)).isEqualTo(before);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "rm /boot/latest\nfrobnicate /x",
        "rm /boot/latest\nedit /etc/fstab",
        "rm /boot/latest\nput - /x",
        "rm /boot/latest\nrm 'x",
        "rm /boot/latest\nls --frob /",
        "rm /boot/latest\nget"
      })
  void aScriptIsUnderstoodBeforeItIsBegun(String input) throws Exception {
    byte[] before = Files.readAllBytes(image);
    assertThat(run(false, input, Map.of(), "script", image.toString())).isEqualTo(2);
    assertThat(err.toString()).contains("VOY-USAGE-001: line 2 of the script: ");
    assertThat(Files.readAllBytes(image)).isEqualTo(before);
  }

  @Test
  void everyMemberOfTheDocumentsIsExplained() throws Exception {
    String input =
        "ls /boot\ncat /boot/latest\nrm /boot/latest\nedit /etc/fstab -e s/xvde/vda/\n"
            + "get -r /boot "
            + directory.resolve("got")
            + "\n";
    assertThat(run(false, input, Map.of(), "script", "--json", image.toString())).isZero();
    String page = Files.readString(Path.of("../docs/json.md"));
    JsonNode document = document();
    document.propertyNames().forEach(name -> assertThat(page).contains("`" + name + "`"));
    for (JsonNode operation : document.get("operations")) {
      operation.propertyNames().forEach(name -> assertThat(page).contains("`" + name + "`"));
    }
    assertThat(document.get("operations").get(2).get("removed").get(0).stringValue())
        .isEqualTo("/boot/latest");
    assertThat(document.get("image").get("bytesWritten").longValue()).isPositive();
    assertThat(document.get("image").get("journalReplayed").booleanValue()).isFalse();
  }

  @Test
  void aCompressedImageIsReadAndNotWritten() {
    new HostProgram("gzip", "gzip").run(Duration.ofMinutes(1), List.of(image.toString()));
    String compressed = image + ".gz";
    assertThat(run("cat", compressed, "/boot/latest")).isZero();
    assertThat(bytes.toString(UTF_8)).isEqualTo("two");
    assertThat(run("rm", compressed, "/boot/latest")).isEqualTo(3);
    assertThat(err.toString()).contains("VOY-IMAGE-010").contains("gunzip");
  }

  @Test
  void whatIsMissingIsNamed() {
    assertThat(run("cat", image.toString(), "/etc/none")).isEqualTo(1);
    assertThat(err.toString()).contains("VOY-FS-007: there is no /etc/none in the guest");
    assertThat(run("ls", image.toString(), "/etc/*.none")).isEqualTo(1);
    assertThat(err.toString()).contains("nothing in the guest matches /etc/*.none");
    assertThat(run("put", image.toString(), directory + "/none", "/x")).isEqualTo(3);
    assertThat(err.toString()).contains("VOY-HOST-005");
    assertThat(run("rm", image.toString())).isEqualTo(2);
    assertThat(run("recover", image.toString())).isZero();
    assertThat(out).hasToString("There is nothing to put back\n");
  }
}
