package org.voyageur.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.voyageur.cli.FaultyProxy.Fault;
import org.voyageur.disk.OutputFormat;
import org.voyageur.disk.Sha256;
import org.voyageur.testkit.GuestBuilder;
import org.voyageur.testkit.StandIn;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Uploads to a real Glance, whose own client is the oracle, through a proxy that fails. */
class GlanceIT {
  private static final int SIZE = 8 << 20;

  @TempDir private static Path directory;

  private static OpenStackLab lab;
  private static Map<String, String> alpha;
  private static FaultyProxy proxy;
  private static Path image;

  @BeforeAll
  static void start() throws Exception {
    lab = OpenStackLab.withGlance();
    alpha = lab.environment("alpha");
    URI glance =
        URI.create(
            lab.openstack(
                "admin",
                "endpoint",
                "list",
                "--service",
                "image",
                "--interface",
                "public",
                "-f",
                "value",
                "-c",
                "URL"));
    proxy = new FaultyProxy(glance);
    byte[] bytes = new byte[SIZE];
    new Random(6).nextBytes(bytes);
    image = Files.write(directory.resolve("disk.raw"), bytes);
  }

  @AfterAll
  static void end() throws Exception {
    if (proxy != null) {
      proxy.close();
      lab.clean();
    }
  }

  @AfterEach
  void everyFaultWasMet() {
    proxy.reset();
  }

  private record Run(int exitCode, JsonNode json, String text) {
    String error() {
      return json.path("error").path("code").asString("");
    }
  }

  /** With the variables of a user, and some that differ. */
  private static Run run(Map<String, String> user, Map<String, String> others, String... words) {
    Map<String, String> environment = new TreeMap<>(user);
    environment.put("OS_IMAGE_ENDPOINT_OVERRIDE", proxy.address().toString());
    environment.putAll(others);
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int exitCode =
        Cli.run(
            new Console(new PrintWriter(out), new PrintWriter(err), false, false, environment),
            Stream.concat(Arrays.stream(words), Stream.of("--json", "-v", "--stacktrace"))
                .toArray(String[]::new));
    String text = out + "\n" + err;
    return new Run(exitCode, JsonMapper.shared().readTree(out.toString()), text);
  }

  private static Run upload(String name, String... more) {
    return run(
        alpha,
        Map.of(),
        Stream.concat(
                Stream.of("upload", image.toString(), "--source-format", "raw", "--name", name),
                Arrays.stream(more))
            .toArray(String[]::new));
  }

  /** How many images of this name there are, in whatever state. */
  private static long count(String name) throws Exception {
    return lab.openstack("alpha", "image", "list", "-f", "value", "-c", "Name")
        .lines()
        .filter(name::equals)
        .count();
  }

  private static JsonNode uploaded(Run run) {
    assertThat(run.exitCode()).as(run.text()).isZero();
    return run.json().path("upload");
  }

  private static void bytesComeBack(JsonNode upload) throws Exception {
    Path back = directory.resolve("back");
    lab.openstack("alpha", "image", "save", "--file", back + "", upload.path("id").asString(""));
    assertThat(Files.mismatch(image, back)).isEqualTo(-1);
  }

  @Test
  void theBytesThatComeBackAreTheBytesUploadedAndItsPropertiesAreSet() throws Exception {
    JsonNode upload =
        uploaded(
            upload(
                "first",
                "--tag",
                "one",
                "--property",
                "color=blue",
                "--visibility",
                "private",
                "--min-ram",
                "128",
                "--protected"));
    bytesComeBack(upload);
    String id = upload.path("id").asString("");
    JsonNode shown =
        JsonMapper.shared().readTree(lab.openstack("alpha", "image", "show", "-f", "json", id));
    assertThat(shown.path("status").asString("")).isEqualTo("active");
    assertThat(shown.path("size").asLong(0)).isEqualTo(SIZE);
    assertThat(shown.path("min_ram").asLong(0)).isEqualTo(128);
    assertThat(shown.path("protected").asBoolean()).isTrue();
    assertThat(shown.path("visibility").asString("")).isEqualTo("private");
    assertThat(shown.path("tags").path(0).asString("")).isEqualTo("one");
    assertThat(shown.path("properties").path("color").asString("")).isEqualTo("blue");
    assertThat(shown.path("properties").path("voyageur_sha256").asString(""))
        .isEqualTo(Sha256.of(image, event -> {}));
    assertThat(upload.path("compared").asString(""))
        .isEqualTo("sha512:" + shown.path("properties").path("os_hash_value").asString(""));
  }

  @Test
  void aSecondRunFindsTheImageAndOnlyForceSendsItAgain() throws Exception {
    String id = uploaded(upload("twice")).path("id").asString("");
    proxy.reset();

    JsonNode again = uploaded(upload("twice"));
    assertThat(again.path("id").asString("")).isEqualTo(id);
    assertThat(again.path("uploaded").asBoolean()).isFalse();
    assertThat(proxy.requests("PUT ")).isEmpty();

    uploaded(upload("twice", "--force"));
    assertThat(count("twice")).isEqualTo(2);
  }

  @Test
  void aServiceThatFailsIsTriedAgain() throws Exception {
    proxy.plan("PUT ", new Fault.Status(503, ""));
    proxy.plan("GET /v2/images?", new Fault.Status(502, ""));
    JsonNode upload = uploaded(upload("fails"));
    assertThat(upload.path("attempts").asInt(0)).isEqualTo(2);
    assertThat(count("fails")).isEqualTo(1);
    bytesComeBack(upload);
  }

  @Test
  void aConnectionThatBreaksHalfWayLeavesNoHalfImage() throws Exception {
    proxy.plan("PUT ", new Fault.Cut(SIZE / 2));
    JsonNode upload = uploaded(upload("breaks"));
    assertThat(upload.path("attempts").asInt(0)).isEqualTo(2);
    assertThat(count("breaks")).isEqualTo(1);
    bytesComeBack(upload);
  }

  @Test
  void ctrlCDuringAnUploadLeavesNoHalfImage() throws Exception {
    proxy.plan("PUT ", new Fault.Stall(SIZE / 2));
    // A shell in the background has its children ignore Ctrl-C.
    List<String> command = new ArrayList<>(List.of("env", "--default-signal=INT"));
    command.addAll(
        ChildProcess.voyageur(
            "upload", image.toString(), "--source-format", "raw", "--name", "interrupted"));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("said").toFile());
    builder.environment().putAll(alpha);
    builder.environment().put("OS_IMAGE_ENDPOINT_OVERRIDE", proxy.address().toString());
    Process process = builder.start();
    try {
      for (int i = 0; i < 600 && proxy.requests("PUT ").isEmpty(); i++) {
        Thread.sleep(100);
      }
      assertThat(proxy.requests("PUT ")).as("uploads that began").hasSize(1);
      new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).start().waitFor();
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    } finally {
      process.destroyForcibly();
    }
    assertThat(process.exitValue()).as(Files.readString(directory.resolve("said"))).isEqualTo(130);
    assertThat(count("interrupted")).isZero();
  }

  @Test
  void lostAnswersLeaveNoSecondImage() throws Exception {
    proxy.plan("POST /v2/images", new Fault.NoAnswer());
    proxy.plan("PUT ", new Fault.NoAnswer());
    assertThat(uploaded(upload("lost")).path("attempts").asInt(0)).isEqualTo(3);
    assertThat(count("lost")).isEqualTo(1);
  }

  @Test
  void aTokenThatExpiresIsRenewed() throws Exception {
    proxy.plan("PUT ", new Fault.Status(401, ""));
    proxy.plan("PATCH ", new Fault.Status(401, ""));
    JsonNode upload = uploaded(upload("expires"));
    assertThat(upload.path("attempts").asInt(0)).isEqualTo(1);
    bytesComeBack(upload);
  }

  @Test
  void bytesThatChangeOnTheWayAreFoundAndTheImageIsDeleted() throws Exception {
    proxy.plan("PUT ", new Fault.Flip());
    Run run = upload("flipped");
    assertThat(run.error()).as(run.text()).isEqualTo("VOY-CLOUD-011");
    assertThat(run.exitCode()).isEqualTo(4);
    assertThat(count("flipped")).isZero();
  }

  @Test
  void aServiceThatGoesOnFailingIsGivenUp() throws Exception {
    for (int i = 0; i < 4; i++) {
      proxy.plan("PUT ", new Fault.Status(500, "X-Openstack-Request-Id: req-1234\r\n"));
    }
    Run run = upload("never");
    assertThat(run.error()).as(run.text()).isEqualTo("VOY-CLOUD-013");
    assertThat(run.text()).contains("req-1234");
    assertThat(count("never")).isZero();
  }

  @Test
  void aFullQuotaAndAMissingRoleAreTold() throws Exception {
    proxy.plan("PUT ", new Fault.Status(413, ""));
    assertThat(upload("full").error()).isEqualTo("VOY-CLOUD-010");
    assertThat(upload("full", "--visibility", "public").error()).isEqualTo("VOY-CLOUD-008");
    assertThat(count("full")).isZero();
  }

  @Test
  void noRedirectIsFollowed() throws Exception {
    try (FaultyProxy elsewhere = new FaultyProxy(proxy.address())) {
      proxy.plan(
          "GET /v2/images?",
          new Fault.Status(302, "Location: " + elsewhere.address() + "/v2/images\r\n"));
      assertThat(run(alpha, Map.of(), "images").error()).isEqualTo("VOY-CLOUD-012");
      assertThat(elsewhere.requests("")).isEmpty();
    }
  }

  @Test
  void theImportApiDoesTheSame() throws Exception {
    JsonNode upload = uploaded(upload("imported", "--import"));
    assertThat(proxy.requests("PUT ").getFirst()).contains("/stage");
    bytesComeBack(upload);
  }

  /** Migrates with a boot here and without one in the cloud. */
  private static Run migrate(String... more) {
    return run(
        alpha,
        Map.of(),
        Stream.concat(Stream.of("migrate", "--no-launch"), Arrays.stream(more))
            .toArray(String[]::new));
  }

  private static Path guest(String name) throws Exception {
    Path source = directory.resolve(name);
    GuestBuilder.build(StandIn.scientific6(), source, 256L << 20);
    return source;
  }

  private static Map<String, String> outcomes(JsonNode migration) {
    Map<String, String> outcomes = new TreeMap<>();
    migration
        .path("steps")
        .forEach(step ->
            outcomes.put(step.path("step").asString(""), step.path("outcome").asString("")));
    return outcomes;
  }

  @Test
  void aMigrationThatFailsAtItsUploadGoesOnWithItAndThenHasNothingToDo() throws Exception {
    String source = guest("sl6.img").toString();
    Path result = directory.resolve("sl6-kvm.qcow2");
    proxy.plan("PUT ", new Fault.Status(413, ""));
    Run first = migrate(source, "--keep-file");
    assertThat(first.exitCode()).as(first.text()).isEqualTo(4);
    JsonNode stopped = first.json().path("migrations").path(0);
    assertThat(outcomes(stopped))
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "convert", "done", "verify", "done", "upload", "failed", "launch", "not-reached"));
    assertThat(stopped.path("error").path("code").asString("")).isEqualTo("VOY-CLOUD-010");
    assertThat(stopped.path("next").path(0).asString("")).contains(result.toString());
    assertThat(count("sl6")).isZero();

    Run second = migrate(source, "--keep-file");
    assertThat(second.exitCode()).as(second.text()).isZero();
    JsonNode arrived = second.json().path("migrations").path(0);
    assertThat(outcomes(arrived))
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "convert", "earlier", "verify", "earlier", "upload", "done", "launch", "left-out"));
    String id = arrived.path("image").asString("");
    Path back = directory.resolve("sl6-back");
    lab.openstack("alpha", "image", "save", "--file", back.toString(), id);
    assertThat(Files.mismatch(result, back)).isEqualTo(-1);
    JsonNode properties = arrived.path("upload").path("properties");
    assertThat(properties.path("voyageur_source_sha256").asString(""))
        .isEqualTo(Sha256.of(Path.of(source), event -> {}));
    assertThat(properties.path("os_distro").asString("")).isEqualTo("scientificlinux");

    proxy.reset();
    Files.delete(result);
    Run third = migrate(source);
    JsonNode there = third.json().path("migrations").path(0);
    assertThat(outcomes(there).get("convert")).as(third.text()).isEqualTo("earlier");
    assertThat(there.path("image").asString("")).isEqualTo(id);
    assertThat(proxy.requests("PUT ")).isEmpty();
    assertThat(result).doesNotExist();
  }

  @Test
  void anImageThatCannotBeMigratedDoesNotStopTheNext() throws Exception {
    Path good = guest("next.img");
    Path page = directory.resolve("page.html");
    Run run =
        migrate(
            "--no-verify",
            "--source-format",
            "raw",
            "--report",
            page.toString(),
            image.toString(),
            good.toString());
    assertThat(run.exitCode()).as(run.text()).isEqualTo(1);
    JsonNode migrations = run.json().path("migrations");
    assertThat(outcomes(migrations.path(0)).get("convert")).isEqualTo("failed");
    assertThat(outcomes(migrations.path(1)).get("upload")).isEqualTo("done");
    assertThat(count("next")).isEqualTo(1);
    assertThat(directory).isDirectoryNotContaining("glob:**next-kvm*");
    assertThat(page).content().contains("1 of 2 images migrated", "next.img", "id=\"image-2-");
  }

  @Test
  void aFileOfSomebodyElsesIsNotReplacedByAMigration() throws Exception {
    Path source = guest("taken.img");
    Path result = Files.writeString(directory.resolve("taken-kvm.qcow2"), "mine");
    Run run = migrate("--no-verify", "--keep-file", source.toString());
    assertThat(run.error()).as(run.text()).isEqualTo("VOY-OUTPUT-001");
    assertThat(result).hasContent("mine");
  }

  @ParameterizedTest
  @EnumSource
  void aMigrationWithoutABootNeedsNoFile(OutputFormat format) throws Exception {
    String label = format.label();
    Path source = guest("streamed-" + label + ".img");
    // Somebody else's: a file of this name could not be made.
    Path result =
        Files.writeString(source.resolveSibling("streamed-" + label + "-kvm." + label), "");
    proxy.plan("PUT ", new Fault.Status(503, ""));
    Run run = migrate("--no-verify", "--format", label, source.toString());
    assertThat(run.exitCode()).as(run.text()).isZero();
    JsonNode arrived = run.json().path("migrations").path(0);
    assertThat(outcomes(arrived))
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "convert", "done", "verify", "left-out", "upload", "done", "launch", "left-out"));
    assertThat(arrived.path("conversion").path("checks").isEmpty()).isFalse();
    assertThat(arrived.path("upload").path("attempts").asInt()).isEqualTo(2);
    assertThat(result).isEmptyFile();

    Path back = directory.resolve("streamed-back");
    String id = arrived.path("image").asString("");
    lab.openstack("alpha", "image", "save", "--file", back.toString(), id);
    assertThat(Sha256.of(back, event -> {}))
        .isEqualTo(arrived.path("upload").path("sha256").asString(""));
    // What was never a file boots, and is a sound filesystem.
    switch (format) {
      case QCOW2 -> {
        ChildProcess.tool(directory, "qemu-img", "check", "-f", "qcow2", "streamed-back");
        Run boot = run(alpha, Map.of(), "verify", back.toString());
        assertThat(boot.exitCode()).as(boot.text()).isZero();
      }
      case RAW -> ChildProcess.tool(directory, "e2fsck", "-fn", "streamed-back");
    }
    Files.delete(back);

    proxy.reset();
    Run again = migrate("--no-verify", "--format", label, source.toString());
    assertThat(outcomes(again.json().path("migrations").path(0)).get("upload"))
        .isEqualTo("earlier");
    assertThat(proxy.requests("PUT ")).isEmpty();
  }

  @Test
  void anImageIsSharedAndAccepted() throws Exception {
    String id = uploaded(upload("ours", "--visibility", "shared")).path("id").asString("");
    String beta = lab.openstack("admin", "project", "show", "beta", "-f", "value", "-c", "id");

    Run shared = run(alpha, Map.of(), "share", id, "--with", beta);
    assertThat(shared.json().path("share").path("status").asString("")).isEqualTo("pending");
    Run accepted = run(lab.environment("beta"), Map.of(), "share", id, "--accept");
    assertThat(accepted.json().path("share").path("status").asString("")).isEqualTo("accepted");
    assertThat(lab.openstack("beta", "image", "list", "-f", "value", "-c", "ID")).contains(id);
    assertThat(run(alpha, Map.of(), "images").text()).contains(id);
    assertThat(run(lab.environment("beta"), Map.of(), "images").text()).doesNotContain(id);
  }

  @Test
  void aWrongPasswordIsToldAndNeverPrinted() {
    Run run = run(alpha, Map.of("OS_PASSWORD", "hunter-2-hunter"), "images");
    assertThat(run.error()).isEqualTo("VOY-CLOUD-002");
    assertThat(run.exitCode()).isEqualTo(4);
    assertThat(run.text()).doesNotContain("hunter");
  }

  @Test
  void tokensAndApplicationCredentialsSignIn() throws Exception {
    String token = lab.openstack("alpha", "token", "issue", "-f", "value", "-c", "id");
    Map<String, String> byToken =
        Map.of("OS_AUTH_TYPE", "token", "OS_TOKEN", token, "OS_PASSWORD", "");
    Run run = run(alpha, byToken, "images");
    assertThat(run.exitCode()).as(run.text()).isZero();
    assertThat(run.text()).doesNotContain(token);

    proxy.plan("GET /v2/images?", new Fault.Status(401, ""));
    assertThat(run(alpha, byToken, "images").error()).isEqualTo("VOY-CLOUD-003");

    JsonNode made =
        JsonMapper.shared()
            .readTree(
                lab.openstack("alpha", "application", "credential", "create", "t", "-f", "json"));
    assertThat(
            run(
                    Map.of(
                        "OS_AUTH_URL", alpha.getOrDefault("OS_AUTH_URL", ""),
                        "OS_AUTH_TYPE", "v3applicationcredential",
                        "OS_APPLICATION_CREDENTIAL_ID", made.path("id").asString(""),
                        "OS_APPLICATION_CREDENTIAL_SECRET", made.path("secret").asString("")),
                    Map.of(),
                    "images")
                .exitCode())
        .isZero();
  }

  @Test
  void aServiceThatIsNotThereIsTold() {
    assertThat(run(alpha, Map.of("OS_AUTH_URL", "http://127.0.0.1:1/v3"), "images").error())
        .isEqualTo("VOY-CLOUD-005");
    assertThat(
            run(
                    alpha,
                    Map.of("OS_IMAGE_ENDPOINT_OVERRIDE", "", "OS_REGION_NAME", "Nowhere"),
                    "images")
                .error())
        .isEqualTo("VOY-CLOUD-007");
  }
}
