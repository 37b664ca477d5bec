package org.voyageur.cli;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.voyageur.convert.Conversion;
import org.voyageur.convert.ConvertOptions;
import org.voyageur.convert.OpenOptions;
import org.voyageur.convert.Voyageur;
import org.voyageur.disk.OutputFormat;
import org.voyageur.disk.RawFile;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.filesystem.ExtFilesystem;
import org.voyageur.filesystem.FileOwner;
import org.voyageur.openstack.Cloud;
import org.voyageur.openstack.CloudConfigReader;
import org.voyageur.openstack.nova.Launch;
import org.voyageur.openstack.nova.LaunchReport;
import org.voyageur.openstack.nova.LaunchRequest;
import org.voyageur.openstack.nova.LaunchRequest.Network;
import org.voyageur.plan.Target;
import org.voyageur.progress.ProgressListener;
import org.voyageur.testkit.GuestBuilder;
import org.voyageur.testkit.StandIn;
import org.voyageur.verify.BootStage;
import org.voyageur.verify.ReachedStage;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A converted guest as a server of a real Nova, which runs QEMU without KVM; and what Nova refuses.
 * Slow: {@code ./check --all}.
 */
class NovaIT {
  private static final String USER = "alpha";

  @TempDir static Path directory;

  private static OpenStackLab lab;
  private static Cloud cloud;
  private static Path converted;
  private static String good;

  @BeforeAll
  static void uploadAConvertedGuest() throws Exception {
    assumeTrue(Boolean.getBoolean("voyageur.slow"), "only by ./check --all: takes minutes");
    lab = OpenStackLab.withNova();
    cloud = Cloud.signIn(new CloudConfigReader(lab.environment(USER), directory).read(Map.of()));
    Path source = directory.resolve("source.img");
    GuestBuilder.build(StandIn.scientific6(), source, 512L << 20);
    converted = directory.resolve("good.raw");
    assertThat(
            Voyageur.convert(
                source,
                OpenOptions.defaults(),
                new ConvertOptions(Target.KVM, converted, OutputFormat.RAW, false),
                ProgressListener.none()))
        .isInstanceOf(Conversion.Converted.class);
    good = upload("good", qcow2(converted, "good"), "qcow2");
  }

  private static Path qcow2(Path raw, String name) throws Exception {
    Path file = directory.resolve(name + ".qcow2");
    ChildProcess.tool(
        directory, "qemu-img", "convert", "-O", "qcow2", raw.toString(), file.toString());
    return file;
  }

  /** The ID of the converted guest in which a text of a file was changed. */
  private static String changed(String name, String path, String what, String by) throws Exception {
    Path copy = directory.resolve(name + ".raw");
    ChildProcess.tool(directory, "cp", "--sparse=always", converted.toString(), copy.toString());
    try (RawFile disk = RawFile.openWritable(copy);
        ExtFilesystem filesystem = ExtFilesystem.open(disk, true)) {
      String text = new String(filesystem.read(path, 1 << 20), ISO_8859_1);
      assertThat(text).containsPattern(what);
      filesystem.overwrite(path, text.replaceAll(what, by).getBytes(ISO_8859_1));
      filesystem.create(
          "/sshd", "#!/bin/sh\necho SSH-2.0-StandIn\n".getBytes(ISO_8859_1), FileOwner.ROOT, 0755);
      filesystem.flush();
    }
    return upload(name, qcow2(copy, name), "qcow2");
  }

  @AfterAll
  static void end() {
    if (lab != null) {
      lab.clean();
    }
  }

  private static String upload(String name, Path file, String format, String... more)
      throws Exception {
    List<String> words =
        new ArrayList<>(
            List.of("image", "create", "--file", file.toString(), "--disk-format", format));
    words.addAll(List.of(more));
    words.addAll(List.of("-f", "value", "-c", "id", name));
    return lab.openstack(USER, words.toArray(String[]::new));
  }

  private static LaunchRequest request(String image, String flavor) {
    return new LaunchRequest(
        image,
        flavor,
        new Network.None(),
        Optional.empty(),
        List.of(),
        "voyageur-it",
        false,
        Duration.ofMinutes(4),
        text -> {},
        display -> {});
  }

  private static LaunchReport launch(LaunchRequest request) {
    return Launch.run(cloud, request, ProgressListener.none());
  }

  private static void assertFails(LaunchRequest request, ErrorCode code, String... words)
      throws Exception {
    assertThatExceptionOfType(VoyageurException.class)
        .isThrownBy(() -> launch(request))
        .satisfies(failure -> {
          assertThat(failure.code()).as(failure.getMessage()).isEqualTo(code);
          assertThat(failure.getMessage()).contains(words);
        });
    assertThat(lab.openstack(USER, "server", "list", "-f", "value")).isEmpty();
  }

  @Test
  void aConvertedGuestComesToItsLoginPromptAndIsDeleted() throws Exception {
    StringBuilder live = new StringBuilder();
    List<String> displays = new ArrayList<>();
    LaunchRequest request =
        new LaunchRequest(
            good,
            "lab.small",
            new Network.None(),
            Optional.empty(),
            List.of(),
            "voyageur-it",
            false,
            Duration.ofMinutes(4),
            live::append,
            displays::add);

    LaunchReport report = launch(request);

    System.out.printf(
        "Nova: ACTIVE after %d ms, login prompt and verdict after %d ms%n",
        report.active().toMillis(), report.took().toMillis());
    assertThat(report.failure()).as(report.console()).isEmpty();
    assertThat(report.stages())
        .extracting(ReachedStage::stage)
        .contains(BootStage.KERNEL, BootStage.INIT)
        .endsWith(BootStage.LOGIN_PROMPT);
    assertThat(report.console()).contains("SYSLINUX", "login:").isEqualTo(live.toString());
    assertThat(displays).singleElement().asString().startsWith("http");
    assertThat(report.kept()).isFalse();
    assertThat(report.notes()).isEmpty();
    assertThat(lab.openstack(USER, "server", "list", "-f", "value")).isEmpty();
  }

  @Test
  void aFlavorThatIsTooSmallIsRefusedBeforeAnythingIsStarted() throws Exception {
    Path large = directory.resolve("large.qcow2");
    ChildProcess.tool(directory, "qemu-img", "create", "-qf", "qcow2", large.toString(), "3G");
    String image = upload("large", large, "qcow2", "--min-disk", "3");

    assertFails(
        request(image, "lab.tiny"),
        ErrorCode.SERVER_FLAVOR,
        "the flavor lab.tiny has a disk of 1 GiB, and the image needs 3 GiB");
  }

  @Test
  void whatIsNotThereIsSaidToBe() throws Exception {
    assertFails(request(good, "nosuch"), ErrorCode.SERVER_CHOICE, "there is no flavor nosuch");
    assertFails(
        request("62a5d1b5-7d9e-4e5f-a5a5-0123456789ab", "lab.tiny"),
        ErrorCode.SERVER_CHOICE,
        "no image with the ID 62a5d1b5");
    LaunchRequest asked = request(good, "lab.small");
    assertFails(
        with(asked, new Network.Named("nosuch"), Optional.empty(), List.of()),
        ErrorCode.SERVER_CHOICE,
        "there is no network nosuch");
    assertFails(
        with(asked, new Network.None(), Optional.of("nosuch"), List.of()),
        ErrorCode.SERVER_CHOICE,
        "Invalid key_name");
  }

  @Test
  void anImageThatIsNotWhatItsFormatSaysIsTheFault() throws Exception {
    String image = upload("mislabelled", qcow2(converted, "mislabelled"), "raw");
    assertFails(request(image, "lab.small"), ErrorCode.SERVER_IMAGE, "format");
  }

  @Test
  void noHostIsLargeEnough() throws Exception {
    lab.openstack(
        "admin", "flavor", "create", "--ram", "40960000", "--disk", "1", "it.huge", "-f", "value");
    lab.openstack("admin", "quota", "set", "--ram", "-1", USER);
    try {
      assertFails(request(good, "it.huge"), ErrorCode.SERVER_NO_HOST, "No valid host was found");
    } finally {
      lab.openstack("admin", "flavor", "delete", "it.huge");
    }
  }

  @Test
  void aQuotaThatIsUsedUpIsNamed() throws Exception {
    lab.openstack("admin", "quota", "set", "--instances", "0", USER);
    try {
      assertFails(
          request(good, "lab.small"), ErrorCode.SERVER_QUOTA, "Quota exceeded for instances");
    } finally {
      lab.openstack("admin", "quota", "set", "--instances", "10", USER);
    }
  }

  @Test
  void aServerOnANetworkIsReachedThroughSsh() throws Exception {
    // A server as far as its first line goes.
    String image =
        changed(
            "ssh",
            "/sbin/init",
            "mount -t tmpfs tmpfs /tmp",
            "/bin/busybox nc -ll -p 22 -e /sshd & mount -t tmpfs tmpfs /tmp");

    LaunchReport report =
        launch(
            with(
                request(image, "lab.small"),
                new Network.Named("lab"),
                Optional.empty(),
                List.of("default")));

    assertThat(report.failure()).as(report.console()).isEmpty();
    assertThat(report.addresses()).singleElement().asString().startsWith("10.77.");
    assertThat(report.stages().getLast())
        .as(report.console())
        .extracting(ReachedStage::stage, ReachedStage::evidence)
        .containsExactly(BootStage.SSH, "SSH-2.0-StandIn");
  }

  @Test
  void aRootThatIsNotThereIsTheCause() throws Exception {
    String image = changed("root", "/boot/syslinux.cfg", "root=\\S+", "root=/dev/xvde");
    LaunchReport report = launch(request(image, "lab.small"));
    assertThat(report.failure())
        .hasValueSatisfying(failure ->
            assertThat(failure.code())
                .as(failure.message() + report.console())
                .isEqualTo(ErrorCode.BOOT_WRONG_ROOT));
    assertThat(lab.openstack(USER, "server", "list", "-f", "value")).isEmpty();
  }

  @Test
  void aDiskWithNothingToBootSaysNothing() throws Exception {
    Path empty = directory.resolve("empty.qcow2");
    ChildProcess.tool(directory, "qemu-img", "create", "-qf", "qcow2", empty.toString(), "1M");
    LaunchRequest asked = request(upload("empty", empty, "qcow2"), "lab.tiny");
    LaunchReport report =
        launch(
            new LaunchRequest(
                asked.image(),
                asked.flavor(),
                asked.network(),
                asked.keyName(),
                asked.securityGroups(),
                asked.name(),
                false,
                Duration.ofSeconds(30),
                asked.console(),
                asked.display()));
    assertThat(report.failure())
        .hasValueSatisfying(failure -> {
          assertThat(failure.code()).isEqualTo(ErrorCode.BOOT_SILENT);
          assertThat(failure.message()).endsWith("its serial console is empty");
        });
    assertThat(report.console()).isEmpty();
  }

  private record Run(int exitCode, String out, String err) {
    JsonNode json() {
      return JsonMapper.shared().readTree(out);
    }
  }

  private static Run run(String... words) throws Exception {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    Console console =
        new Console(
            new PrintWriter(out), new PrintWriter(err), false, false, lab.environment(USER));
    int exitCode =
        Cli.run(
            console,
            Stream.concat(Arrays.stream(words), Stream.of("--json")).toArray(String[]::new));
    return new Run(exitCode, out.toString(), err.toString());
  }

  /** From a Xen image to a server that runs, in one command. */
  @Test
  void aMigratedGuestRunsHereAndThere() throws Exception {
    Path source = directory.resolve("whole-way.img");
    GuestBuilder.build(StandIn.ubuntu1310(), source, 256L << 20);
    String[] words = {"migrate", source.toString(), "--flavor", "lab.small", "--no-network"};
    Run first = run(words);
    JsonNode migration = first.json().path("migrations").path(0);
    assertThat(first.exitCode()).as(first.out() + first.err()).isZero();
    assertThat(migration.path("steps").values())
        .extracting(step -> step.path("outcome").asString(""))
        .containsExactly("done", "done", "done", "done");
    assertThat(migration.path("steps").path(3).path("text").asString("")).contains("login-prompt");

    Run second = run(words);
    assertThat(second.json().path("migrations").path(0).path("steps").values())
        .as(second.out() + second.err())
        .extracting(step -> step.path("outcome").asString(""))
        .containsExactly("earlier", "earlier", "earlier", "done");
  }

  @Test
  void theCommandTellsInJsonAndKeepsTheServerOnRequest() throws Exception {
    Run run =
        run(
            "launch",
            good,
            "--flavor",
            "lab.small",
            "--no-network",
            "--keep",
            "--console",
            "--name",
            "kept");

    JsonNode launch = run.json().path("launch");
    String server = launch.path("server").asString("");
    assertThat(lab.openstack(USER, "server", "list", "-f", "value", "-c", "ID")).isEqualTo(server);
    lab.openstack(USER, "server", "delete", "--wait", server);
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(launch.path("kept").booleanValue()).isTrue();
    assertThat(launch.path("flavor").path("memory").intValue()).isEqualTo(512);
    assertThat(launch.path("stages").values())
        .last()
        .satisfies(stage -> assertThat(stage.path("stage").asString("")).isEqualTo("login-prompt"));
    // The screen's address opens it: told, and written nowhere.
    assertThat(run.err()).containsPattern("screen: http\\S+token").contains("login:");
    assertThat(run.out()).doesNotContain("vnc");
  }

  private static LaunchRequest with(
      LaunchRequest request, Network network, Optional<String> key, List<String> groups) {
    return new LaunchRequest(
        request.image(),
        request.flavor(),
        network,
        key,
        groups,
        request.name(),
        request.keep(),
        request.timeout(),
        request.console(),
        request.display());
  }
}
