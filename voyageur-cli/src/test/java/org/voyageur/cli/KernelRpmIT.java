package org.voyageur.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.voyageur.convert.Conversion;
import org.voyageur.convert.ConvertOptions;
import org.voyageur.convert.OpenOptions;
import org.voyageur.convert.Voyageur;
import org.voyageur.disk.OutputFormat;
import org.voyageur.error.ErrorCode;
import org.voyageur.guest.KernelPackage;
import org.voyageur.plan.Change;
import org.voyageur.plan.Customisation;
import org.voyageur.plan.DiskShape;
import org.voyageur.plan.Growth;
import org.voyageur.plan.KernelChoice;
import org.voyageur.plan.Target;
import org.voyageur.process.HostProgram;
import org.voyageur.progress.ProgressListener;
import org.voyageur.rpm.RpmFile;
import org.voyageur.testkit.Debugfs;
import org.voyageur.testkit.FilesystemDiff;
import org.voyageur.testkit.FilesystemDiff.Aspect;
import org.voyageur.testkit.GuestBuilder;
import org.voyageur.testkit.KernelRpm;
import org.voyageur.testkit.StandIn;
import org.voyageur.verify.QemuMachine;

/**
 * A Scientific Linux 5 that has nothing but a kernel for Xen, and a kernel's package: unpacked,
 * booted, and registered by a real rpm in the guest, which finds nothing amiss.
 */
class KernelRpmIT {
  private static final long SIZE = 512L << 20;
  private static final Duration BOOT = Duration.ofMinutes(2);
  private static final Duration ANSWER = Duration.ofSeconds(60);
  private static final Pattern LOGIN = Pattern.compile("stand-in login:");

  @TempDir private static Path images;

  private static Path source;
  private static Path output;
  private static KernelPackage kernel;
  private static Conversion.Converted conversion;

  @BeforeAll
  static void convert() {
    assumeTrue(
        new HostProgram("rpmbuild", "rpm").find().isPresent(), "skipped: there is no rpmbuild");
    kernel = KernelPackage.read(KernelRpm.debian().build(images), Optional.empty());
    source = images.resolve("sl5.img");
    GuestBuilder.build(StandIn.scientific5XenOnly().withRpm(), source, SIZE);
    output = images.resolve("sl5-kvm.img");
    Conversion made = convert(source, output, DiskShape.KEPT);
    assertThat(made)
        .as(made.planned().plan().obstacles().toString())
        .isInstanceOf(Conversion.Converted.class);
    conversion = (Conversion.Converted) made;
  }

  @Test
  void theGuestStartsOnBothConsolesAndItsOwnRpmKnowsTheKernelAndFindsNothingAmiss() {
    try (QemuMachine machine = QemuMachine.start(output, OutputFormat.RAW, List.of())) {
      assertThat(machine.awaitConsole(LOGIN, BOOT)).as(machine.console()).isTrue();
      assertThat(machine.awaitScreen(LOGIN, ANSWER)).as(machine.screen()).isTrue();
      assertThat(machine.console().replace("\r", ""))
          .contains(
              "VOYAGEUR-GUEST root=/dev/vda rw",
              "VOYAGEUR-GUEST rootfstype=ext3",
              "VOYAGEUR-GUEST kernel=" + kernel.version(),
              "VOYAGEUR-GUEST eth0=10.0.2.15")
          .doesNotContain("could not be registered", "respawning too fast");
      logIn(machine);
      machine.typeSerial(
          "/bin/rpm -q " + kernel.rpm().label() + "; /bin/rpm -V kernel; echo verified=$?\n");
      assertThat(machine.awaitConsole(Pattern.compile("verified=\\d"), ANSWER))
          .as(machine.console())
          .isTrue();
      assertThat(machine.console()).contains(kernel.rpm().fullName(), "verified=0");
      mustBeGone(machine, "/etc/rc.d/rc3.d/* /etc/voyageur");
      for (String key : List.of("r", "o", "o", "t", "ret")) {
        machine.pressKeys(key);
      }
      assertThat(machine.awaitScreen(Pattern.compile("built-in shell"), ANSWER))
          .as(machine.screen())
          .isTrue();
    }
  }

  @Test
  void kernelsForXenAreRemovedByTheGuestsOwnRpmOnRequest() {
    Path without = images.resolve("without-xen.img");
    Conversion made =
        convert(
            source, without, Target.KVM, DiskShape.KEPT, new KernelChoice(List.of(kernel), true));
    assertThat(made).isInstanceOf(Conversion.Converted.class);
    try (QemuMachine machine = QemuMachine.start(without, OutputFormat.RAW, List.of())) {
      assertThat(machine.awaitConsole(LOGIN, BOOT)).as(machine.console()).isTrue();
      logIn(machine);
      machine.typeSerial("/bin/rpm -qa; echo packages=$?\n");
      assertThat(machine.awaitConsole(Pattern.compile("packages=\\d"), ANSWER))
          .as(machine.console())
          .isTrue();
      assertThat(machine.console())
          .contains(kernel.rpm().fullName(), "packages=0")
          .doesNotContain("kernel-xen", "could not be");
      mustBeGone(machine, "/etc/rc.d/rc3.d/* /boot/vmlinuz-*xen");
    }
  }

  /** What is typed before login reads it is lost. */
  private static void logIn(QemuMachine machine) {
    machine.typeSerial("root\n");
    assertThat(machine.awaitConsole(Pattern.compile("root login on 'ttyS0'"), ANSWER))
        .as(machine.console())
        .isTrue();
  }

  private static void mustBeGone(QemuMachine machine, String files) {
    machine.typeSerial("for f in " + files + "; do [ -e $f ] && echo there: $f; done; echo l=$?\n");
    assertThat(machine.awaitConsole(Pattern.compile("l=\\d"), ANSWER)).isTrue();
    assertThat(machine.console()).doesNotContain("there: /");
  }

  @Test
  void nothingButThePackagesFilesAndThePlannedOnesDiffers() throws IOException {
    SortedMap<String, Set<Aspect>> expected = new TreeMap<>();
    for (Change change : conversion.planned().plan().changes()) {
      switch (change) {
        case Change.EditFile edit -> expected.put(edit.path(), Set.of(Aspect.CONTENT));
        case Change.EditSecretFile edit -> expected.put(edit.path(), Set.of(Aspect.CONTENT));
        case Change.RemoveFile remove -> expected.put(remove.path(), Set.of(Aspect.REMOVED));
        case Change.CreateFile create -> expected.put(create.path(), Set.of(Aspect.ADDED));
        case Change.WriteSupplement file -> expected.put(file.path(), Set.of(Aspect.ADDED));
        case Change.WriteInitrd file -> expected.put(file.path(), Set.of(Aspect.ADDED));
        case Change.WriteModuleTables write ->
            write.paths().forEach(path -> expected.put(path, Set.of(Aspect.ADDED)));
        case Change.InstallKernelFiles install -> {
          expected.put(install.copy(), Set.of(Aspect.ADDED));
          install.rpm().files().stream()
              .filter(RpmFile::inPayload)
              .forEach(file -> expected.put(file.path(), Set.of(Aspect.ADDED)));
        }
        case Change.InstallBootCode code -> {
          expected.put(code.directory() + "/ldlinux.sys", Set.of(Aspect.ADDED));
          expected.put(code.directory() + "/ldlinux.c32", Set.of(Aspect.ADDED));
        }
        case Change.ReplayJournal _,
            Change.CreatePartition _,
            Change.GrowFilesystem _,
            Change.SetLabel _,
            Change.FillHoles _ -> {}
      }
    }
    SortedMap<String, Set<Aspect>> actual = FilesystemDiff.between(source, output);
    for (String path : List.copyOf(expected.keySet())) {
      for (Path parent = Path.of(path).getParent(); parent != null; parent = parent.getParent()) {
        if (Set.of(Aspect.ADDED).equals(actual.get(parent.toString()))) {
          expected.put(parent.toString(), Set.of(Aspect.ADDED));
        }
      }
    }
    assertThat(actual).isEqualTo(expected);
    assertThat(run("e2fsck", "-fn", output.toString())).contains("Pass 5").doesNotContain("? no");
  }

  @Test
  void theFilesAreThoseThatRpm2cpioUnpacksAndTheTablesSayWhatDepmodSays() throws IOException {
    Path tree = Files.createDirectory(images.resolve("tree"));
    Path dumped = Files.createDirectories(images.resolve("dumped/lib/modules"));
    String version = kernel.version();
    run(
        "sh",
        "-c",
        "cd %s && rpm2cpio %s | cpio -idm --quiet".formatted(tree, kernel.rpm().path()));
    Debugfs.read(output, List.of("rdump %s %s".formatted(kernel.moduleDirectory(), dumped)));
    Path modules = tree.resolve("lib/modules").resolve(version);
    Path unpacked = dumped.resolve(version);
    SequencedMap<String, String> tables = new LinkedHashMap<>();
    for (String name : List.of("modules.dep", "modules.alias", "modules.symbols")) {
      Path table = unpacked.resolve(name);
      tables.put(name, Files.readString(table));
      Files.delete(table);
    }
    assertThat(run("diff", "-r", "--no-dereference", modules.toString(), unpacked.toString()))
        .isEmpty();

    run("depmod", "-b", tree.toString(), version);
    String expected = Files.readString(modules.resolve("modules.dep"));
    Map<String, List<String>> needs = needs(tables.getOrDefault("modules.dep", ""), "");
    assertThat(sets(needs)).isEqualTo(sets(needs(expected, kernel.moduleDirectory() + "/")));
    assertThat(needs).hasSizeGreaterThan(1000);
    // modprobe loads from the last to the first: what one needs stands behind it.
    needs.forEach((module, order) -> {
      for (int i = 0; i < order.size(); i++) {
        assertThat(order.subList(i + 1, order.size()))
            .as(module)
            .containsAll(needs.getOrDefault(order.get(i), List.of("missing")));
      }
    });
    assertThat(lines(tables.getOrDefault("modules.alias", "")))
        .isEqualTo(lines(Files.readString(modules.resolve("modules.alias"))));
    Set<String> symbols = new HashSet<>(lines(tables.getOrDefault("modules.symbols", "")));
    assertThat(symbols).containsAll(lines(Files.readString(modules.resolve("modules.symbols"))));
    symbols.removeAll(lines(Files.readString(modules.resolve("modules.symbols"))));
    // Since 5.4 the names of symbols' namespaces stand among the symbols.
    assertThat(symbols)
        .allMatch(line -> line.matches("alias symbol:[A-Z0-9_]+ .*"))
        .hasSizeLessThan(9);
  }

  private static Map<String, List<String>> needs(String table, String directory) {
    Map<String, List<String>> needs = new TreeMap<>();
    for (String line : table.lines().toList()) {
      List<String> files =
          Pattern.compile(":? ").splitAsStream(line.replaceFirst(":$", "")).toList();
      List<String> absolute = files.stream().map(directory::concat).toList();
      needs.put(absolute.getFirst(), absolute.subList(1, absolute.size()));
    }
    return needs;
  }

  private static Map<String, Set<String>> sets(Map<String, List<String>> lists) {
    Map<String, Set<String>> sets = new TreeMap<>();
    lists.forEach((name, list) -> sets.put(name, Set.copyOf(list)));
    return sets;
  }

  private static Set<String> lines(String text) {
    return text.lines().filter(line -> !line.startsWith("#")).collect(Collectors.toSet());
  }

  @Test
  void theRealPyGrubTakesTheXenKernelAsBefore() throws IOException {
    Path pygrub = Path.of("/usr/lib/xen-4.17/bin/pygrub");
    assumeTrue(Files.exists(pygrub), "skipped: there is no " + pygrub + " (xen-utils-4.17)");
    List<String> answers = new ArrayList<>();
    for (Path image : List.of(source, output)) {
      String said =
          run(
              pygrub.toString(),
              "-q",
              "--output-format=simple",
              "--output-directory=" + images,
              image.toString());
      // In place of the temporary files' names what they hold.
      StringBuilder answer = new StringBuilder();
      for (String line : said.lines().toList()) {
        answer.append(
            line.matches("(kernel|ramdisk) .*")
                ? run("sh", "-c", "sha256sum <" + line.substring(line.indexOf(' ') + 1))
                : line + "\n");
      }
      answers.add(answer.toString());
    }
    assertThat(answers.getFirst()).contains("args ro root=LABEL=/ console=xvc0");
    assertThat(answers.getLast()).isEqualTo(answers.getFirst());
  }

  @Test
  void theRealPyGrubStartsTheNewKernelByChoiceToo() throws IOException {
    Path pygrub = Path.of("/usr/lib/xen-4.17/bin/pygrub");
    assumeTrue(Files.exists(pygrub), "skipped: there is no " + pygrub + " (xen-utils-4.17)");
    Path files = Files.createDirectory(images.resolve("by choice"));
    String said =
        run(
            pygrub.toString(),
            "-q",
            "--entry=1",
            "--output-format=simple",
            "--output-directory=" + files,
            output.toString());
    assertThat(said).contains("args ro root=LABEL=/ console=hvc0");
    for (String line : said.lines().filter(one -> one.matches("(kernel|ramdisk) .*")).toList()) {
      String path =
          line.startsWith("kernel") ? "/boot/vmlinuz-" + kernel.version() : kernel.initrd();
      assertThat(Files.readAllBytes(Path.of(line.substring(line.indexOf(' ') + 1))))
          .isEqualTo(Debugfs.content(output, path));
    }
    assertThat(conversion.planned().plan().notes())
        .anyMatch(note -> note.startsWith(kernel.version() + " is the entry 1 of PyGrub's menu"));
  }

  @Test
  void whatLiesInTheWayIsToldBeforeAndWhatAnEarlierKernelLeftIsReplaced() throws IOException {
    Path image = images.resolve("leftovers.img");
    run("cp", "--sparse=always", source.toString(), image.toString());
    Path other = Files.writeString(images.resolve("other"), "other\n");
    String config = "/boot/config-" + kernel.version();
    String dependencies = kernel.moduleDirectory() + "/modules.dep";
    Path commands =
        Files.write(
            images.resolve("commands"),
            List.of(
                "mkdir " + kernel.moduleDirectory(),
                "write " + other + " " + dependencies,
                "write " + other + " " + kernel.initrd(),
                "write " + other + " " + config));
    run("debugfs", "-w", "-f", commands.toString(), image.toString());
    Path made = images.resolve("leftovers-kvm.img");
    assertThat(convert(image, made, DiskShape.KEPT).planned().plan().obstacles())
        .singleElement()
        .matches(finding -> finding.code() == ErrorCode.PACKAGE_PRESENT)
        .matches(finding -> finding.message().endsWith(": " + config));
    assertThat(made).doesNotExist();

    run("debugfs", "-w", "-R", "rm " + config, image.toString());
    assertThat(convert(image, made, DiskShape.KEPT)).isInstanceOf(Conversion.Converted.class);
    for (String path : List.of(dependencies, kernel.initrd())) {
      assertThat(Debugfs.content(made, path)).isEqualTo(Debugfs.content(output, path));
    }
  }

  @Test
  void anImageThatIsTooFullIsRefusedAsItIsAndGrownOnRequest() throws IOException {
    Path small = images.resolve("small.img");
    GuestBuilder.build(StandIn.scientific5XenOnly(), small, 128L << 20);
    String before = run("sha256sum", small.toString());
    Path made = images.resolve("small-kvm.img");
    assertThat(convert(small, made, DiskShape.KEPT))
        .isInstanceOfSatisfying(
            Conversion.Refused.class,
            refused ->
                assertThat(refused.planned().plan().obstacles())
                    .anyMatch(finding -> finding.code() == ErrorCode.FILESYSTEM_FULL)
                    .allMatch(finding -> finding.remedy().contains("--grow")));
    assertThat(made).doesNotExist();
    Optional<Growth> growth = Growth.parse("+256M");
    assertThat(convert(small, made, new DiskShape(DiskShape.Layout.KEEP, growth)))
        .isInstanceOf(Conversion.Converted.class);
    assertThat(run("sha256sum", small.toString())).isEqualTo(before);
  }

  @Test
  void aGuestThatHasJustTheRoomRegistersThePackage() throws IOException {
    Path full = images.resolve("full.img");
    run("cp", "--sparse=always", source.toString(), full.toString());
    fill(full, 1);
    String message =
        convert(full, images.resolve("none.img"), DiskShape.KEPT)
            .planned()
            .plan()
            .obstacles()
            .stream()
            .filter(finding -> finding.code() == ErrorCode.FILESYSTEM_FULL)
            .findFirst()
            .orElseThrow()
            .message();
    int takes = Integer.parseInt(message.replaceFirst(".*the kernel takes (\\d+) MiB.*", "$1"));
    Path tight = images.resolve("tight.img");
    run("cp", "--sparse=always", source.toString(), tight.toString());
    fill(tight, takes);
    Path made = images.resolve("tight-kvm.img");
    assertThat(convert(tight, made, DiskShape.KEPT)).isInstanceOf(Conversion.Converted.class);
    // Much less than rpm would want for the package's files, which are there.
    assertThat(freeBlocks(made) * 4096)
        .isLessThan(kernel.rpm().files().stream().mapToLong(RpmFile::size).sum() / 2);
    try (QemuMachine machine = QemuMachine.start(made, OutputFormat.RAW, List.of())) {
      assertThat(machine.awaitConsole(LOGIN, BOOT)).as(machine.console()).isTrue();
      assertThat(machine.console()).doesNotContain("could not be registered");
      logIn(machine);
      machine.typeSerial("/bin/rpm -q kernel; /bin/rpm -V kernel; echo verified=$?\n");
      assertThat(machine.awaitConsole(Pattern.compile("verified=\\d"), ANSWER))
          .as(machine.console())
          .isTrue();
      assertThat(machine.console()).contains(kernel.rpm().fullName(), "verified=0");
      mustBeGone(machine, "/etc/rc.d/rc3.d/* /etc/voyageur");
    }
  }

  /** What lay in the root filesystem's own /var is hidden by then. */
  @Test
  void aGuestWithAVarOfItsOwnRegistersThePackageAndRunsItsFirstBootScript() throws IOException {
    Path root = images.resolve("root.img");
    StandIn guest =
        StandIn.scientific5XenOnly()
            .withRpm()
            .with("/etc/fstab", "LABEL=/ / ext3 defaults 1 1\n/dev/xvda2 /var ext3 defaults 1 2\n");
    GuestBuilder.build(guest, root, SIZE);
    Path tree = Files.createDirectory(images.resolve("var-tree"));
    Debugfs.read(root, List.of("rdump /var " + tree));
    Path var = images.resolve("var.img");
    run("mke2fs", "-q", "-t", "ext3", "-d", tree + "/var", var.toString(), "64M");
    Path disk = images.resolve("two.img");
    run("truncate", "-s", "600M", disk.toString());
    run(
        "sh",
        "-c",
        "printf 'label: dos\n2048,512M,83\n,64M,83\n' | sfdisk -q %1$s; for i in '%2$s 1' '%3$s 513'; do set -- $i; dd if=$1 of=%1$s bs=1M seek=$2 conv=notrunc,sparse; done"
            .formatted(disk, root, var));
    Path made = images.resolve("two-kvm.img");
    Customisation customisation =
        new Customisation(
                Optional.empty(),
                List.of(),
                List.of(),
                List.of(new Customisation.Script("first", "echo first >/var/log/first\n")),
                false)
            .withKernels(new KernelChoice(List.of(kernel), true));
    assertThat(convert(disk, made, Target.KVM, DiskShape.KEPT, customisation))
        .isInstanceOf(Conversion.Converted.class);
    try (QemuMachine machine = QemuMachine.start(made, OutputFormat.RAW, List.of())) {
      assertThat(machine.awaitConsole(LOGIN, BOOT)).as(machine.console()).isTrue();
      assertThat(machine.console())
          .containsPattern("VOYAGEUR-GUEST mounts=.*vda2:/var")
          .contains("first-boot script 001-first ended with status 0")
          .doesNotContain("could not be");
      logIn(machine);
      machine.typeSerial(
          "cat /var/log/first; /bin/rpm -qa; /bin/rpm -V kernel; echo verified=$?\n");
      assertThat(machine.awaitConsole(Pattern.compile("verified=\\d"), ANSWER))
          .as(machine.console())
          .isTrue();
      assertThat(machine.console())
          .contains(kernel.rpm().fullName(), "verified=0")
          .containsPattern("\nfirst\\s")
          .doesNotContain("kernel-xen");
      mustBeGone(machine, "/etc/rc.d/rc3.d/* /etc/voyageur");
    }
  }

  @Test
  void aPackageThatIsGoneAtTheFirstStartIsSaidAndTheServiceStays() throws IOException {
    Path made = images.resolve("gone.img");
    run("cp", "--sparse=always", output.toString(), made.toString());
    String copy =
        conversion.planned().plan().change(Change.InstallKernelFiles.class).orElseThrow().copy();
    run("debugfs", "-w", "-R", "rm " + copy, made.toString());
    try (QemuMachine machine = QemuMachine.start(made, OutputFormat.RAW, List.of())) {
      assertThat(machine.awaitConsole(LOGIN, BOOT)).as(machine.console()).isTrue();
      assertThat(machine.console())
          .contains("there is no kernel's package in /etc/voyageur/kernels to be registered");
      logIn(machine);
      machine.typeSerial("ls /etc/rc.d/rc3.d /etc/rc.d/init.d; echo l=$?\n");
      assertThat(machine.awaitConsole(Pattern.compile("l=0"), ANSWER)).isTrue();
      assertThat(machine.console()).contains("\nvoyageur-kernel", "\nS99voyageur-kernel");
    }
  }

  @Test
  void aKernelThatTheGuestHasWithoutAnInitrdGetsOneWithOrWithoutItsPackage() throws IOException {
    Path bare = images.resolve("bare.img");
    run("cp", "--sparse=always", output.toString(), bare.toString());
    run("debugfs", "-w", "-R", "rm " + kernel.initrd(), bare.toString());
    for (List<KernelPackage> packages : List.of(List.of(kernel), List.<KernelPackage>of())) {
      Path made = images.resolve("bare-kvm-" + packages.size() + ".img");
      Conversion conversion =
          convert(bare, made, Target.DUAL_BOOT, DiskShape.KEPT, new KernelChoice(packages, false));
      assertThat(conversion).isInstanceOf(Conversion.Converted.class);
      assertThat(conversion.planned().plan().changes())
          .singleElement()
          .isInstanceOfSatisfying(
              Change.WriteInitrd.class,
              write -> assertThat(write.path()).isEqualTo(kernel.initrd()));
      assertThat(Debugfs.content(made, kernel.initrd()))
          .hasSameSizeAs(Debugfs.content(output, kernel.initrd()));
    }
  }

  private static long freeBlocks(Path image) throws IOException {
    Matcher blocks =
        Pattern.compile("Free blocks: +(\\d+)").matcher(run("dumpe2fs", "-h", image.toString()));
    assertThat(blocks.find()).isTrue();
    return Long.parseLong(blocks.group(1));
  }

  /** Leaves so many MiB free. */
  private static void fill(Path image, int free) throws IOException {
    // A block of every thousand or so holds the numbers of the others.
    long size = (freeBlocks(image) - (long) free * 256) * 4096 * 1000 / 1001;
    Path filler = images.resolve("filler");
    // debugfs leaves zeros out.
    run("sh", "-c", "yes | head -c %d >%s".formatted(size, filler));
    run("debugfs", "-w", "-R", "write " + filler + " /filler", image.toString());
    Files.delete(filler);
  }

  private static Conversion convert(Path image, Path to, DiskShape shape) {
    return convert(image, to, Target.DUAL_BOOT, shape, new KernelChoice(List.of(kernel), false));
  }

  private static Conversion convert(
      Path image, Path to, Target target, DiskShape shape, KernelChoice kernels) {
    return convert(image, to, target, shape, Customisation.NONE.withKernels(kernels));
  }

  private static Conversion convert(
      Path image, Path to, Target target, DiskShape shape, Customisation customisation) {
    return Voyageur.convert(
        image,
        OpenOptions.defaults(),
        new ConvertOptions(target, to, OutputFormat.RAW, false, shape, customisation, false, false),
        ProgressListener.none());
  }

  private static String run(String... command) throws IOException {
    List<String> words = new ArrayList<>(List.of("env", "LC_ALL=C"));
    words.addAll(List.of(command));
    ProcessBuilder builder = new ProcessBuilder(words).redirectErrorStream(true);
    builder.environment().merge("PATH", "/usr/sbin:/sbin", (path, more) -> path + ":" + more);
    Process process = builder.start();
    return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }
}
