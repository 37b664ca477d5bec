package org.voyageur.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.voyageur.convert.Conversion;
import org.voyageur.convert.ConvertOptions;
import org.voyageur.convert.OpenOptions;
import org.voyageur.convert.Voyageur;
import org.voyageur.disk.OutputFormat;
import org.voyageur.disk.RawFile;
import org.voyageur.error.ErrorCode;
import org.voyageur.filesystem.ExtFilesystem;
import org.voyageur.plan.DiskShape;
import org.voyageur.plan.DiskShape.Layout;
import org.voyageur.plan.Growth;
import org.voyageur.plan.Target;
import org.voyageur.progress.ProgressListener;
import org.voyageur.testkit.GuestBuilder;
import org.voyageur.testkit.KernelRpm;
import org.voyageur.testkit.StandIn;
import org.voyageur.verify.BootStage;
import org.voyageur.verify.ReachedStage;
import org.voyageur.verify.VerificationReport;
import org.voyageur.verify.VerifyOptions;
import org.voyageur.verify.XenLab;

/**
 * One image under a real Xen, through PyGrub, and under KVM. Slow: {@code ./check --all}; needs
 * what scripts/xen-lab.sh prepares.
 */
class XenIT {
  private static final String IFCFG = "/etc/sysconfig/network-scripts/ifcfg-eth0";
  private static final String MENU = "/boot/grub/menu.lst";
  private static final String GRUB_CONF = "/boot/grub/grub.conf";

  @TempDir Path directory;

  /**
   * A guest, and the way in which it is converted.
   *
   * @param standIn without one, a real Debian
   */
  record Subject(Optional<StandIn> standIn, Target target, DiskShape shape) {
    @Override
    public String toString() {
      return standIn.map(StandIn::name).orElse("debian")
          + " for "
          + target.label()
          + switch (shape.layout()) {
            case KEEP -> "";
            case PARTITION -> " in a partition";
          };
    }
  }

  static Stream<Subject> subjects() {
    DiskShape partition = new DiskShape(Layout.PARTITION, Growth.parse("+256M"));
    Optional<StandIn> scientific6 = Optional.of(StandIn.scientific6());
    Optional<StandIn> withoutVirtio = Optional.of(StandIn.scientific6WithoutVirtio());
    Optional<StandIn> ubuntu1204 = Optional.of(StandIn.ubuntu1204());
    return Stream.of(
        new Subject(scientific6, Target.KVM, DiskShape.KEPT),
        new Subject(scientific6, Target.DUAL_BOOT, DiskShape.KEPT),
        new Subject(scientific6, Target.DUAL_BOOT, partition),
        new Subject(withoutVirtio, Target.DUAL_BOOT, DiskShape.KEPT),
        new Subject(withoutVirtio, Target.DUAL_BOOT, partition),
        new Subject(ubuntu1204, Target.KVM, DiskShape.KEPT),
        new Subject(ubuntu1204, Target.DUAL_BOOT, partition),
        new Subject(Optional.of(StandIn.ubuntu1310()), Target.DUAL_BOOT, DiskShape.KEPT),
        new Subject(Optional.of(StandIn.ubuntu1310()), Target.DUAL_BOOT, partition),
        new Subject(Optional.empty(), Target.KVM, DiskShape.KEPT),
        new Subject(Optional.empty(), Target.DUAL_BOOT, partition));
  }

  @BeforeAll
  static void onlyWhenSlowTestsAreWanted() {
    assumeTrue(Boolean.getBoolean("voyageur.slow"), "only by ./check --all: takes minutes");
    assumeTrue(XenLab.find().isPresent(), "skipped: prepare the lab: " + XenLab.command());
  }

  @ParameterizedTest
  @MethodSource("subjects")
  void theSameImageComesToItsPromptUnderXenAndUnderKvm(Subject subject) throws Exception {
    Path source = directory.resolve("source.img");
    if (subject.standIn().isPresent()) {
      GuestBuilder.build(subject.standIn().get(), source, 512L << 20);
    } else {
      run("../bench/debian-guest.sh", source.toString(), "2G");
    }
    Path image = convert(source, subject);
    String before = run("sha256sum", image.toString());

    VerificationReport xen = onXen(image);
    System.out.printf("%s under Xen: %s%n", subject, times(xen));
    assertThat(xen.failure()).as(xen.console()).isEmpty();
    assertThat(xen.stages())
        .extracting(ReachedStage::stage)
        .contains(BootStage.BOOT_LOADER, BootStage.KERNEL, BootStage.LOGIN_PROMPT);
    assertThat(xen.console()).contains("Booting kernel on Xen").doesNotContain("SYSLINUX");

    VerificationReport kvm =
        Voyageur.verify(image, OpenOptions.defaults(), patient(), ProgressListener.none());
    System.out.printf("%s under KVM: %s%n", subject, times(kvm));
    assertThat(kvm.failure()).as(kvm.console()).isEmpty();
    assertThat(run("sha256sum", image.toString())).isEqualTo(before);
  }

  /** As with xl's {@code disk=['file:img,xvda1,w']}. */
  @Test
  void aDiskWithoutPartitionsThatIsCalledXvda1Boots() throws Exception {
    Path image = directory.resolve("source.img");
    GuestBuilder.build(StandIn.ubuntu1310(), image, 512L << 20);
    edit(image, MENU, "root=/dev/xvda ", "root=/dev/xvda1 ");
    edit(image, "/etc/fstab", "/dev/xvda\t", "/dev/xvda1\t");
    // mountall would wait for them.
    edit(image, "/etc/fstab", "(?m)^/dev/sd", "#/dev/sd");
    VerificationReport report = onXen(image);
    System.out.printf("root=/dev/xvda1 under Xen: %s %s%n", times(report), report.failure());
    assertThat(report.failure()).as(report.console()).isEmpty();
    assertThat(report.console()).contains("VOYAGEUR-GUEST root=/dev/xvda1 rw");
  }

  @Test
  void theDisksOtherPartitionsAreMountedByTheirUuidsUnderXenToo() throws Exception {
    StandIn guest =
        StandIn.scientific6()
            .with("/home/here", "below the mount point\n")
            .with(
                "/etc/fstab",
                """
                /dev/xvde1 / ext3 defaults 1 1
                /dev/xvde2 /home ext3 defaults 1 2
                /dev/xvde3 swap swap defaults 0 0
                """);
    GuestBuilder.build(guest, directory.resolve("root.img"), 512L << 20);
    edit(
        directory.resolve("root.img"),
        "/boot/grub/grub.conf",
        "root=/dev/xvde ",
        "root=/dev/xvde1 ");
    Path source = directory.resolve("source.img");
    run(
        "sh",
        "-ec",
        """
        cd "$0"
        PATH=$PATH:/usr/sbin:/sbin
        truncate -s 16M home && mke2fs -q -t ext3 home
        truncate -s 8M swap && mkswap -q swap
        truncate -s 540M source.img
        printf 'label: dos\\n2048,512M\\n1050624,16M\\n1083392,8M\\n' | sfdisk -q source.img
        dd if=root.img of=source.img bs=1M seek=1 conv=notrunc,sparse status=none
        dd if=home of=source.img bs=1M seek=513 conv=notrunc,sparse status=none
        dd if=swap of=source.img bs=1M seek=529 conv=notrunc,sparse status=none
        """,
        directory.toString());
    VerificationReport report =
        onXen(convert(source, new Subject(Optional.empty(), Target.KVM, DiskShape.KEPT)));
    System.out.printf("partitions under Xen: %s %s%n", times(report), report.failure());
    assertThat(report.failure()).as(report.console()).isEmpty();
    assertThat(report.console())
        .contains("VOYAGEUR-GUEST mounts=xvde1:/ xvde2:/home", "VOYAGEUR-GUEST swaps=xvde3");
  }

  private static void edit(Path image, String path, String regex, String replacement) {
    try (RawFile disk = RawFile.openWritable(image);
        ExtFilesystem filesystem = ExtFilesystem.open(disk, true)) {
      String text = new String(filesystem.read(path, 1 << 20), StandardCharsets.ISO_8859_1);
      String edited = text.replaceAll(regex, replacement);
      assertThat(edited).isNotEqualTo(text);
      filesystem.overwrite(path, edited.getBytes(StandardCharsets.ISO_8859_1));
      filesystem.flush();
    }
  }

  /** Its modprobe.conf has virtio's drivers beside Xen's, and Xen's behind a command. */
  @Test
  void el5HasItsNetworkUnderXenAsBefore() throws Exception {
    StandIn el5 = StandIn.scientific5();
    // The console of el5's own kernel for Xen is xvc0, that of Debian's hvc0.
    for (String path : List.of("/boot/grub/grub.conf", "/etc/inittab", "/etc/securetty")) {
      el5 = el5.with(path, el5.files().getOrDefault(path, "").replace("xvc0", "hvc0"));
    }
    el5 = el5.with(IFCFG, "DEVICE=eth0\nBOOTPROTO=static\nIPADDR=10.0.2.77\nONBOOT=yes\n");
    Path source = directory.resolve("source.img");
    GuestBuilder.build(el5, source, 512L << 20);
    Subject subject = new Subject(Optional.of(el5), Target.DUAL_BOOT, DiskShape.KEPT);
    VerificationReport report = onXen(convert(source, subject));
    System.out.printf("el5 under Xen: %s%n", times(report));
    assertThat(report.failure()).as(report.console()).isEmpty();
    assertThat(report.console().replace("\r", ""))
        .contains("Booting kernel on Xen", "VOYAGEUR-GUEST hypervisor=xen")
        .contains("VOYAGEUR-GUEST eth0=10.0.2.77");
  }

  /** What docs/kernels.md says of ELRepo's kernel-lt, with Debian's kernel under its version. */
  @ParameterizedTest
  @ValueSource(strings = {"--kernel-rpm", "--kernel-repo"})
  void oneKernelOnRequestStartsUnderXenByChoiceAndUnderKvm(String way) throws Exception {
    assumeTrue(Files.exists(Path.of("/usr/bin/rpmbuild")), "skipped: there is no rpmbuild (rpm)");
    assumeTrue(
        way.equals("--kernel-rpm") || Files.exists(Path.of("/usr/bin/guestfish")),
        "skipped: there is no guestfish (libguestfs-tools)");
    Path source = directory.resolve("source.img");
    YumGuest.build(source, 512L << 20, Map.of());
    Path packages = Files.createDirectory(directory.resolve("packages"));
    Path rpm = KernelRpm.longTerm(directory).build(packages);
    Path image = directory.resolve("converted.raw");
    List<String> options =
        way.equals("--kernel-rpm")
            ? List.of("--kernel-rpm=" + rpm)
            : List.of("--kernel-repo=" + packages, "--kernel-package=kernel-lt");
    String said = cli("convert", options, source, "--to=dual-boot", "-o", image.toString());
    assertThat(said).contains("is the entry 1 of PyGrub's menu", "default=1 in " + GRUB_CONF);

    VerificationReport kvm =
        Voyageur.verify(image, OpenOptions.defaults(), patient(), ProgressListener.none());
    System.out.printf("kernel-lt by %s under KVM: %s%n", way, times(kvm));
    assertThat(kvm.failure()).as(kvm.console()).isEmpty();
    assertThat(kvm.console())
        .contains("kernel=3.2.58-1.el5.elrepo", "eth0=10.0.2.15")
        // A driver without its devices is passed over without a word.
        .doesNotContain("voyageur: ");

    cli("edit", List.of("-e", "s/^default=.*/default=1/"), image, GRUB_CONF);
    VerificationReport xen = onXen(image);
    System.out.printf("kernel-lt by %s under Xen: %s%n", way, times(xen));
    assertThat(xen.failure()).as(xen.console()).isEmpty();
    assertThat(xen.console())
        .contains(
            "Booting kernel on Xen",
            "hypervisor=xen",
            "kernel=3.2.58-1.el5.elrepo",
            "root=/dev/xvda rw",
            "consoles=tty0 hvc0",
            "eth0=10.0.2.15")
        .doesNotContain("voyageur: ");
  }

  private String cli(String command, List<String> options, Path image, String... more) {
    StringWriter out = new StringWriter();
    List<String> words = new ArrayList<>(List.of(command));
    words.addAll(options);
    words.add(image.toString());
    words.addAll(List.of(more));
    PrintWriter both = new PrintWriter(out, true);
    Map<String, String> environment = Map.of("TMPDIR", directory.toString());
    Console console = new Console(both, both, false, false, environment);
    assertThat(Cli.run(console, words.toArray(String[]::new))).as(out.toString()).isZero();
    return out.toString();
  }

  @Test
  void aRootThatIsNotThereIsToldUnderXen() throws Exception {
    Path image = directory.resolve("source.img");
    GuestBuilder.build(StandIn.ubuntu1310(), image, 512L << 20);
    edit(image, MENU, "root=\\S+", "root=LABEL=nowhere");
    VerificationReport report = onXen(image);
    System.out.printf("wrong root= under Xen: %s %s%n", times(report), report.failure());
    assertThat(report.failure().map(failure -> failure.code()))
        .as(report.console())
        .contains(ErrorCode.BOOT_WRONG_ROOT);
  }

  private Path convert(Path source, Subject subject) {
    Path output = directory.resolve("converted.raw");
    assertThat(
            Voyageur.convert(
                source,
                OpenOptions.defaults(),
                new ConvertOptions(
                    subject.target(), output, OutputFormat.RAW, false, subject.shape()),
                ProgressListener.none()))
        .isInstanceOf(Conversion.Converted.class);
    return output;
  }

  private static VerificationReport onXen(Path image) {
    return Voyageur.verifyOnXen(image, OpenOptions.defaults(), patient(), ProgressListener.none());
  }

  private static VerifyOptions patient() {
    VerifyOptions defaults = VerifyOptions.defaults();
    return new VerifyOptions(
        Duration.ofMinutes(12), Duration.ofMinutes(3), 512, defaults.console());
  }

  private static String times(VerificationReport report) {
    StringBuilder times = new StringBuilder();
    report
        .stages()
        .forEach(stage ->
            times.append(stage.stage().label() + " " + stage.after().toSeconds() + " s, "));
    return times + "took " + report.took().toSeconds() + " s";
  }

  private String run(String... command) throws Exception {
    File said = directory.resolve("said").toFile();
    int exitCode =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(said)
            .start()
            .waitFor();
    String text = Files.readString(said.toPath());
    assertThat(exitCode).as(text).isZero();
    return text;
  }
}
