package org.voyageur.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.voyageur.plan.DiskShape.Layout;
import org.voyageur.plan.Target;
import org.voyageur.process.HostProgram;
import org.voyageur.testkit.Debugfs;
import org.voyageur.testkit.FilesystemDiff;
import org.voyageur.testkit.GuestBuilder;
import org.voyageur.testkit.KernelRpm;
import org.voyageur.testkit.StandIn;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What was converted is left alone, and with an option that changes something, only that is. */
@Execution(ExecutionMode.CONCURRENT)
class ConvertedAgainIT {
  private static final long SIZE = 512L << 20;
  private static final String KEY = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC7vbqajDhA me@here";
  private static final String SUPPLEMENT = "/boot/voyageur-2.6.18-371.8.1.el5.cpio";

  @TempDir private Path directory;

  /** What takes long to make and is only read. */
  @TempDir private static Path shared;

  private static final Map<String, Path> MADE = new ConcurrentHashMap<>();

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  /** A guest, what it is converted for, and to what disk. */
  record Case(StandIn standIn, Target target, Layout layout) {
    @Override
    public String toString() {
      return standIn.name() + "-" + target.label() + "-" + layout;
    }
  }

  static Stream<Case> conversions() {
    return StandIn.all().stream()
        .flatMap(standIn ->
            Stream.of(Target.values())
                .flatMap(target ->
                    Stream.of(Layout.values()).map(layout -> new Case(standIn, target, layout))));
  }

  @ParameterizedTest
  @MethodSource("conversions")
  void everyByteOfAConvertedGuestStays(Case conversion) throws Exception {
    StandIn standIn = conversion.standIn();
    Path source =
        MADE.computeIfAbsent(standIn.name(), name -> build(standIn, shared.resolve(name + ".img")));
    Path once = directory.resolve("once.raw");
    List<String> options = new ArrayList<>(List.of("--to=" + conversion.target().label()));
    if (standIn.equals(StandIn.scientific5XenOnly())) {
      options.add("--kernel-rpm=" + kernel());
    }
    List<String> shaped = new ArrayList<>(options);
    if (conversion.layout() == Layout.PARTITION) {
      shaped.add("--layout=partition");
    }
    convert(source, once, shaped);
    assertThat(planned(once, options)).isEmpty();
    assertThat(planned(once, List.of("--to=" + conversion.target().label()))).isEmpty();
    Path twice = directory.resolve("twice.raw");
    convert(once, twice, options);
    assertThat(out.toString()).contains("none: the source was converted before");
    assertThat(Files.mismatch(once, twice)).isEqualTo(-1);
    assertThat(run("convert", "--in-place", once.toString(), options)).as(err + "").isZero();
    assertThat(out.toString()).contains("Was converted before");
    assertThat(Files.mismatch(once, twice)).isEqualTo(-1);
  }

  @Test
  void onlyWhatAnOptionChangesIsPlannedAndTheSameOptionAgainChangesNothing() throws Exception {
    Path source =
        build(
            StandIn.scientific5()
                .with(
                    "/etc/passwd",
                    "root:x:0:0:root:/root:/bin/sh\nastro:x:500:500::/home/astro:/bin/sh\n")
                .with("/etc/shadow", "root:*:15000:0:99999:7:::\nastro:!!:15000:0:99999:7:::\n")
                .with("/home/astro/.profile", "")
                .with("/etc/cloud/cloud.cfg", "user: ubuntu\ndisable_root: 1\n")
                .with("/etc/gshadow", "root:::\n")
                .with("/etc/sudoers", "root ALL=(ALL) ALL\n"));
    Path before = directory.resolve("before.raw");
    convert(source, before, List.of());
    Path password = Files.writeString(directory.resolve("password"), "correct horse\n");
    Path key = Files.writeString(directory.resolve("key.pub"), KEY + "\n");
    Path script = Files.writeString(directory.resolve("first.sh"), "#!/bin/sh\necho first\n");
    String rc = "/etc/rc.d/";
    Map<String, List<String>> expected =
        Map.of(
            "--hostname=pipe1",
            List.of("/etc/sysconfig/network"),
            "--password=root:file:" + password,
            List.of("/etc/shadow"),
            "--ssh-inject=astro:file:" + key,
            List.of("/home/astro/.ssh", "/home/astro/.ssh/authorized_keys"),
            "--firstboot=" + script,
            service(
                "firstboot",
                List.of(
                    "/etc/voyageur/firstboot.d",
                    "/etc/voyageur/firstboot.d/001-first.sh",
                    "/etc/voyageur/firstboot")),
            "--cloud-init",
            List.of(
                "/etc/cloud/cloud.cfg",
                "/etc/passwd",
                "/etc/group",
                "/etc/shadow",
                "/etc/gshadow",
                "/home/ec2-user",
                "/etc/sudoers"),
            "--remove-xen-kernels",
            service("remove-xen", List.of()),
            "--kernel-rpm=" + kernel(),
            List.of());
    for (Map.Entry<String, List<String>> option : expected.entrySet()) {
      List<String> paths = planned(before, List.of(option.getKey()));
      if (option.getKey().startsWith("--kernel-rpm")) {
        assertThat(paths)
            .contains("/boot/syslinux.cfg", rc + "init.d/voyageur-kernel")
            .doesNotContain(SUPPLEMENT, "/etc/inittab", "/etc/fstab");
      } else {
        assertThat(paths).containsExactlyInAnyOrderElementsOf(option.getValue());
      }
      Path after = directory.resolve("after.raw");
      convert(before, after, List.of(option.getKey()));
      assertThat(planned(after, List.of(option.getKey()))).as(option.getKey()).isEmpty();
      Path again = directory.resolve("again.raw");
      convert(after, again, List.of(option.getKey()));
      assertThat(Files.mismatch(after, again)).isEqualTo(-1);
    }
    // All of them one after the other, in place.
    for (String option : expected.keySet()) {
      assertThat(run("convert", "--in-place", before.toString(), List.of(option)))
          .as(err + "" + out)
          .isZero();
      Files.delete(directory.resolve("before.raw.voyageur-undo"));
    }
    List<String> all = List.copyOf(expected.keySet());
    assertThat(planned(before, all)).isEmpty();
  }

  private static List<String> service(String name, List<String> files) {
    List<String> paths = new ArrayList<>(files);
    paths.add("/etc/rc.d/init.d/voyageur-" + name);
    for (int level = 2; level <= 5; level++) {
      paths.add("/etc/rc.d/rc" + level + ".d/S99voyageur-" + name);
    }
    return paths;
  }

  @Test
  void whatIsThereAndDiffersIsReplacedAndThePlanSaysSo() throws Exception {
    Path source = build(StandIn.scientific5());
    Path converted = directory.resolve("converted.raw");
    convert(source, converted, List.of("--remove-xen-kernels"));
    byte[] right = Debugfs.content(converted, SUPPLEMENT);
    Path damaged = directory.resolve("damaged.raw");
    List<byte[]> wrong = new ArrayList<>(List.of("no cpio".getBytes(StandardCharsets.UTF_8)));
    byte[] flipped = right.clone();
    flipped[flipped.length / 2] ^= 1;
    wrong.add(flipped);
    for (byte[] content : wrong) {
      Files.copy(converted, damaged);
      Path file = Files.write(directory.resolve("file"), content);
      edit(damaged, "rm " + SUPPLEMENT, "write " + file + " " + SUPPLEMENT);
      assertThat(planned(damaged, List.of("--remove-xen-kernels"))).containsExactly(SUPPLEMENT);
      assertThat(out.toString()).contains("does not hold the kernel's drivers as they are");
      mends(damaged, converted);
    }
    String script = "/etc/rc.d/init.d/voyageur-remove-xen";
    String link = "/etc/rc.d/rc3.d/S99voyageur-remove-xen";
    Files.copy(converted, damaged);
    edit(
        damaged,
        "set_inode_field " + script + " mode 0100644",
        "rm " + link,
        "symlink " + link + " ../init.d/other");
    assertThat(planned(damaged, List.of("--remove-xen-kernels")))
        .containsExactly(script, script, link, link);
    mends(damaged, converted);
  }

  private void mends(Path damaged, Path expected) throws Exception {
    Path mended = directory.resolve("mended.raw");
    convert(damaged, mended, List.of("--remove-xen-kernels"));
    assertThat(FilesystemDiff.between(expected, mended).values())
        .allSatisfy(aspects -> assertThat(aspects).containsExactly(FilesystemDiff.Aspect.INODE));
    Files.delete(damaged);
    Files.delete(mended);
  }

  private static void edit(Path image, String... commands) throws Exception {
    Path file = Files.createTempFile("debugfs", "");
    Files.write(file, List.of(commands));
    Process process =
        new ProcessBuilder("debugfs", "-w", "-f", file.toString(), image.toString())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    assertThat(process.waitFor()).isZero();
    Files.delete(file);
  }

  private Path build(StandIn standIn) {
    return build(standIn, directory.resolve("source.img"));
  }

  private static Path build(StandIn standIn, Path image) {
    GuestBuilder.build(standIn, image, SIZE);
    return image;
  }

  private static Path kernel() {
    assumeTrue(
        new HostProgram("rpmbuild", "rpm").find().isPresent(), "skipped: there is no rpmbuild");
    return MADE.computeIfAbsent("kernel", _ -> KernelRpm.debian().build(shared));
  }

  /** Where changes are planned, in order; boot code is named by its directory. */
  private List<String> planned(Path image, List<String> options) {
    assertThat(run("plan", "--json", image.toString(), options)).as(err + "" + out).isZero();
    JsonNode plan = new JsonMapper().readTree(out.toString()).path("plan");
    return plan.path("changes")
        .valueStream()
        .map(change -> change.path("path").asString(change.path("kind").asString()))
        .toList();
  }

  private void convert(Path image, Path to, List<String> options) {
    List<String> all = new ArrayList<>(options);
    all.addAll(List.of("--force", "-o", to.toString()));
    assertThat(run("convert", image.toString(), all)).as(err + "" + out).isZero();
  }

  private int run(String command, String argument, List<String> options) {
    return run(command, argument, "", options);
  }

  private int run(String command, String option, String argument, List<String> options) {
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    List<String> arguments = new ArrayList<>(List.of(command, option));
    if (!argument.isEmpty()) {
      arguments.add(argument);
    }
    arguments.addAll(options);
    Console console =
        new Console(new PrintWriter(out), new PrintWriter(err), false, false, Map.of());
    return Cli.run(console, arguments.toArray(String[]::new));
  }
}
