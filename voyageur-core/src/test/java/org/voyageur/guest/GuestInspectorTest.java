package org.voyageur.guest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.tuple;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.voyageur.archive.CpioWriter;
import org.voyageur.disk.DiskLayout;
import org.voyageur.disk.DiskLayout.FilesystemType;
import org.voyageur.disk.DiskLayout.Partition;
import org.voyageur.disk.DiskLayout.TableType;
import org.voyageur.disk.DiskLayout.Tag;
import org.voyageur.disk.Extent;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.filesystem.BlockRun;
import org.voyageur.filesystem.FileType;
import org.voyageur.filesystem.FilesystemFacts;
import org.voyageur.filesystem.FilesystemFacts.State;
import org.voyageur.guest.Finding.Severity;
import org.voyageur.guest.FstabEntry.Device;
import org.voyageur.guest.Kernel.DriverLocation;
import org.voyageur.guest.OperatingSystem.Family;
import org.voyageur.guest.OperatingSystem.InitSystem;

class GuestInspectorTest {
  private static final DiskLayout WHOLE_DISK = new DiskLayout.WholeDisk(FilesystemType.EXT3);

  private static Guest inspect(MemoryFilesystem filesystem) {
    return inspect(WHOLE_DISK, State.CLEAN, filesystem);
  }

  private static Guest inspect(DiskLayout layout, State asFound, MemoryFilesystem filesystem) {
    return GuestInspector.inspect(
        layout, 10L << 30, asFound, filesystem, () -> comesToIt(filesystem));
  }

  /** On a disk on which PyGrub comes to the filesystem, and to no other. */
  private static Map<XenRelease, DiskAnswer> comesToIt(MemoryFilesystem filesystem) {
    Map<XenRelease, DiskAnswer> answers = new EnumMap<>(XenRelease.class);
    PyGrub.answers(filesystem)
        .forEach((release, answer) -> answers.put(release, new DiskAnswer(0, answer)));
    return answers;
  }

  @Test
  void findsWhereKeysOfAccountsAndDataSourcesOfCloudInitAre() {
    GuestFiles files =
        inspect(
                GuestTrees.scientific6()
                    .file(
                        "/etc/passwd", "root:x:0:0::/root:/bin/sh\na:x:9:9::/home/a:/bin/sh\nbad\n")
                    .link("/home", "data/home")
                    .file("/data/home/a/.ssh/authorized_keys", "key\n")
                    .file("/usr/lib/python2.6/site-packages/cloudinit/DataSourceEc2.py", "")
                    .link("/lib64/libcrypt.so.1", "libcrypt-2.12.so"))
            .files();
    assertThat(files.get("/home/a").orElseThrow().text()).isEqualTo("/data/home/a");
    assertThat(files.get("/data/home/a/.ssh").orElseThrow().type()).isEqualTo(FileType.DIRECTORY);
    assertThat(files.get("/data/home/a/.ssh/authorized_keys").orElseThrow().text())
        .isEqualTo("key\n");
    assertThat(files.has("/root")).isFalse();
    assertThat(files.has("/usr/lib/python2.6/site-packages/cloudinit/DataSourceEc2.py")).isTrue();
    assertThat(files.get("/lib64/libcrypt.so.1").orElseThrow().text())
        .isEqualTo("libcrypt-2.12.so");
  }

  static Stream<Arguments> systems() {
    return Stream.of(
        system(
            GuestTrees::scientific5XenOnly,
            new OperatingSystem(
                "Scientific Linux SL release 5.9 (Boron)",
                Family.RED_HAT,
                "scientific",
                "5.9",
                "x86_64",
                InitSystem.SYSV)),
        system(
            GuestTrees::scientific6,
            new OperatingSystem(
                "Scientific Linux release 6.5 (Carbon)",
                Family.RED_HAT,
                "scientific",
                "6.5",
                "x86_64",
                InitSystem.UPSTART)),
        system(
            GuestTrees::centos6,
            new OperatingSystem(
                "CentOS release 6.5 (Final)",
                Family.RED_HAT,
                "centos",
                "6.5",
                "x86_64",
                InitSystem.UPSTART)),
        system(
            GuestTrees::centos7,
            new OperatingSystem(
                "CentOS Linux release 7.9.2009 (Core)",
                Family.RED_HAT,
                "centos",
                "7.9.2009",
                "x86_64",
                InitSystem.SYSTEMD)),
        system(
            GuestTrees::ubuntu1204,
            new OperatingSystem(
                "Ubuntu 12.04.4 LTS",
                Family.DEBIAN,
                "ubuntu",
                "12.04",
                "x86_64",
                InitSystem.UPSTART)),
        system(
            GuestTrees::ubuntu1310,
            new OperatingSystem(
                "Ubuntu 13.10", Family.DEBIAN, "ubuntu", "13.10", "x86_64", InitSystem.UPSTART)),
        system(
            GuestTrees::debian6,
            new OperatingSystem(
                "Debian GNU/Linux 6.0.10",
                Family.DEBIAN,
                "debian",
                "6.0.10",
                "x86_64",
                InitSystem.SYSV)),
        system(
            GuestTrees::debian7,
            new OperatingSystem(
                "Debian GNU/Linux 7 (wheezy)",
                Family.DEBIAN,
                "debian",
                "7",
                "x86_64",
                InitSystem.SYSV)),
        system(
            GuestTrees::debian12,
            new OperatingSystem(
                "Debian GNU/Linux 12 (bookworm)",
                Family.DEBIAN,
                "debian",
                "12",
                "x86_64",
                InitSystem.SYSTEMD)));
  }

  private static Arguments system(Supplier<MemoryFilesystem> tree, OperatingSystem expected) {
    return Arguments.of(expected, tree);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("systems")
  void saysWhichSystemItIs(OperatingSystem expected, Supplier<MemoryFilesystem> tree) {
    assertThat(inspect(tree.get()).operatingSystem()).isEqualTo(expected);
    assertThat(GuestInspector.looksLikeRoot(tree.get())).isTrue();
  }

  @Test
  void tellsThirtyTwoBitSystemsByTheirPrograms() {
    MemoryFilesystem tree = GuestTrees.debian6().file("/sbin/init", GuestTrees.elf(3));
    assertThat(inspect(tree).operatingSystem().architecture()).isEqualTo("i686");
  }

  @Test
  void refusesWhatIsNotLinux() {
    assertRefused(new MemoryFilesystem().file("/bootmgr", "x"), "Windows");
    assertRefused(new MemoryFilesystem().directory("/lost+found").file("/data", ""), "data");
    assertThat(GuestInspector.looksLikeRoot(new MemoryFilesystem().file("/data", ""))).isFalse();
  }

  private static void assertRefused(MemoryFilesystem tree, String word) {
    assertThatExceptionOfType(VoyageurException.class)
        .isThrownBy(() -> inspect(tree))
        .withMessageContaining(word)
        .extracting(VoyageurException::code)
        .isEqualTo(ErrorCode.GUEST_NOT_LINUX);
  }

  @Test
  void aGuestWithXensKernelAloneIsAnObstacleWithTheRemedyOfItsFamily() {
    Guest guest = inspect(GuestTrees.scientific5XenOnly());
    assertThat(guest.kernels())
        .singleElement()
        .satisfies(kernel -> {
          assertThat(kernel.version()).isEqualTo("2.6.18-398.el5xen");
          assertThat(kernel.initrd()).contains("/boot/initrd-2.6.18-398.el5xen.img");
          assertThat(kernel.xenPv()).isTrue();
          assertThat(kernel.kvm()).isFalse();
          assertThat(kernel.virtioBlk()).isEqualTo(DriverLocation.NOWHERE);
        });
    assertThat(obstacles(guest))
        .singleElement()
        .satisfies(finding -> {
          assertThat(finding.code()).isEqualTo(ErrorCode.GUEST_XEN_ONLY_KERNEL);
          assertThat(finding.remedy().lines())
              .containsExactly(
                  "With a package: voyageur convert IMAGE --kernel-rpm"
                      + " kernel-2.6.18-398.el5.x86_64.rpm (from the distribution's archive, or by"
                      + " 'yumdownloader kernel-2.6.18-398.el5' in the guest or another of its"
                      + " release)",
                  "With packages in a directory: voyageur convert IMAGE --kernel-repo DIR",
                  "By the guest's own yum: voyageur convert IMAGE --kernel-package kernel"
                      + " --network",
                  "In the guest: start the guest under Xen, run 'yum install kernel' in it, shut"
                      + " it down, and convert it again");
        });
  }

  /** Of builds before 5.3 the sister has no virtio, and of others its name is not known. */
  @ParameterizedTest
  @ValueSource(strings = {"2.6.18-92.1.22.el5xen", "2.6.18-8.el5xen", "2.6.20-1.xen", "$(id)xen"})
  void whereTheSisterIsOfNoUseANewerPackageIsNamed(String version) {
    MemoryFilesystem tree =
        GuestTrees.scientific5XenOnly()
            .file("/boot/vmlinuz-" + version, GuestTrees.gzip(GuestTrees.elf(62)))
            .file("/boot/config-" + version, "CONFIG_X86_64_XEN=y\n")
            .without("/boot/vmlinuz-2.6.18-398.el5xen");
    assertThat(obstacles(inspect(tree)))
        .singleElement()
        .extracting(Finding::remedy)
        .asString()
        .contains(
            "--kernel-rpm kernel-VERSION.x86_64.rpm (2.6.18-128 or later, such as the newest, as"
                + " those before have no virtio;",
            "'yumdownloader kernel' in the guest or another of its release",
            "--kernel-repo DIR")
        .doesNotContain(version.replace("xen", ""));
  }

  @Test
  void severalKernelsForXenHaveTheRemedyOnce() {
    MemoryFilesystem tree =
        GuestTrees.scientific5XenOnly()
            .file("/boot/vmlinuz-2.6.18-128.el5xen", GuestTrees.gzip(GuestTrees.elf(62)))
            .file("/boot/config-2.6.18-128.el5xen", "CONFIG_X86_64_XEN=y\n");
    assertThat(obstacles(inspect(tree)))
        .extracting(Finding::remedy)
        .hasSize(2)
        .element(1)
        .isEqualTo("As for 2.6.18-398.el5xen");
    assertThat(
            obstacles(inspect(tree.without("/boot/vmlinuz-2.6.18-398.el5xen"))).getFirst().remedy())
        .contains("kernel-2.6.18-128.el5.x86_64.rpm");
  }

  @Test
  void aGenericEl5KernelGetsASupplementInLoadOrder() {
    Guest guest = inspect(GuestTrees.scientific5());
    String drivers = "/lib/modules/2.6.18-398.el5/kernel/drivers/";
    assertThat(guest.kernels())
        .extracting(Kernel::version)
        .containsExactly("2.6.18-398.el5xen", "2.6.18-398.el5");
    Kernel generic = kernel(guest, "2.6.18-398.el5");
    assertThat(generic.xenPv()).as("XEN_ options are those of drivers here").isFalse();
    assertThat(generic.kvm()).isTrue();
    assertThat(generic.commandLineLimit()).isEqualTo(255);
    assertThat(generic.virtioBlk()).isEqualTo(DriverLocation.ON_DISK);
    assertThat(generic.virtioNet()).isEqualTo(DriverLocation.ON_DISK);
    assertThat(generic.supplement())
        .as("jbd and ext3 are in the initrd")
        .containsExactly(
            drivers + "virtio/virtio.ko",
            drivers + "virtio/virtio_ring.ko",
            drivers + "virtio/virtio_pci.ko",
            drivers + "block/virtio_blk.ko");
    assertThat(obstacles(guest)).isEmpty();
    assertThat(codes(guest)).contains(ErrorCode.GUEST_INITRD_WITHOUT_VIRTIO);
  }

  @Test
  void aGenericEl5KernelWithoutAnInitrdIsGivenWhatOneMustLoad() {
    String initrd = "/boot/initrd-2.6.18-398.el5.img";
    Guest guest = inspect(GuestTrees.scientific5().without(initrd));
    Kernel generic = kernel(guest, "2.6.18-398.el5");
    assertThat(generic.initrd()).isEmpty();
    assertThat(generic.supplement())
        .extracting(path -> path.substring(path.lastIndexOf('/') + 1))
        .containsExactly(
            "virtio.ko",
            "virtio_ring.ko",
            "virtio_pci.ko",
            "virtio_blk.ko",
            "virtio_net.ko",
            "jbd.ko",
            "ext3.ko");
    assertThat(guest.findings())
        .filteredOn(finding -> finding.code() == ErrorCode.GUEST_NO_INITRD)
        .singleElement()
        .matches(finding -> finding.severity() == Severity.WARNING)
        .matches(finding -> finding.remedy().contains("is written for it"));
    Guest noExt3 =
        inspect(
            GuestTrees.scientific5()
                .without(initrd)
                .without("/lib/modules/2.6.18-398.el5/kernel/fs/ext3/ext3.ko"));
    assertThat(kernel(noExt3, "2.6.18-398.el5").supplement()).as("cannot mount its root").isEmpty();
    assertThat(noExt3.findings())
        .filteredOn(finding -> finding.code() == ErrorCode.GUEST_NO_INITRD)
        .extracting(Finding::severity)
        .containsExactly(Severity.OBSTACLE);
    Guest el6 =
        inspect(GuestTrees.scientific6().without("/boot/initramfs-2.6.32-431.el6.x86_64.img"));
    assertThat(el6.kernels().getFirst().supplement()).as("its initrd loads the policy").isEmpty();
    assertThat(el6.findings())
        .extracting(Finding::code, Finding::severity)
        .contains(tuple(ErrorCode.GUEST_NO_INITRD, Severity.OBSTACLE));
  }

  @Test
  void theSupplementBringsTheFilesystemWhereTheInitrdLacksIt() {
    MemoryFilesystem tree =
        GuestTrees.scientific5()
            .file("/boot/initrd-2.6.18-398.el5.img", GuestTrees.initrd("init", "lib/jbd.ko"));
    String fs = "/lib/modules/2.6.18-398.el5/kernel/fs/";
    assertThat(kernel(inspect(tree), "2.6.18-398.el5").supplement())
        .hasSize(6)
        .endsWith(fs + "jbd/jbd.ko", fs + "ext3/ext3.ko");
  }

  @Test
  void oneKernelForXenAndHardwareWithVirtioInItsInitrdNeedsNothing() {
    Guest guest = inspect(GuestTrees.scientific6());
    Kernel kernel = kernel(guest, "2.6.32-431.el6.x86_64");
    assertThat(kernel.xenPv()).isTrue();
    assertThat(kernel.kvm()).isTrue();
    assertThat(kernel.virtioBlk()).isEqualTo(DriverLocation.INITRD);
    assertThat(kernel.virtioNet()).isEqualTo(DriverLocation.ON_DISK);
    assertThat(kernel.supplement()).isEmpty();
    assertThat(kernel.commandLineLimit()).isEqualTo(2047);
    assertThat(obstacles(guest)).isEmpty();
  }

  /** virtio.ko is in the initrd, but not loaded yet when the supplement's modules need it. */
  @Test
  void theSupplementBringsAlsoWhatTheInitrdHasButLoadsLater() {
    Guest guest = inspect(GuestTrees.scientific6WithoutVirtio());
    Kernel kernel = kernel(guest, "2.6.32-431.el6.x86_64");
    assertThat(kernel.virtioBlk()).as("another kernel's driver").isEqualTo(DriverLocation.ON_DISK);
    assertThat(kernel.supplement())
        .extracting(path -> path.replaceFirst(".*/", ""))
        .containsExactly("virtio.ko", "virtio_ring.ko", "virtio_pci.ko", "virtio_blk.ko");
  }

  @Test
  void rescueKernelsComeLastAndUseTheModulesOfTheKernelThatTheyAre() {
    Guest guest = inspect(GuestTrees.centos7());
    assertThat(guest.kernels())
        .extracting(Kernel::version, Kernel::virtioBlk)
        .containsExactly(
            tuple("3.10.0-1160.el7.x86_64", DriverLocation.ON_DISK),
            tuple("0-rescue-abc", DriverLocation.INITRD));
  }

  @Test
  void debugKernelsComeLastThoughTheirNamesSortFirst() {
    MemoryFilesystem tree =
        GuestTrees.scientific5()
            .file("/boot/vmlinuz-2.6.18-398.el5debug", GuestTrees.kernel("x", 0x204, 0));
    assertThat(inspect(tree).kernels())
        .extracting(Kernel::version)
        .containsExactly("2.6.18-398.el5xen", "2.6.18-398.el5", "2.6.18-398.el5debug");
  }

  @Test
  void aKernelThatSomebodyBuiltIsNamedByItsOwnWord() {
    String drivers = "/lib/modules/4.4.1-mine/kernel/drivers/";
    MemoryFilesystem tree =
        GuestTrees.debian7()
            .without("/boot")
            .file("/boot/vmlinuz", GuestTrees.kernel("4.4.1-mine (me@here) #1", 0x20D, 1 << 20))
            .file("/boot/initrd.img", GuestTrees.initrd("init"))
            .link("/boot/vmlinuz-current", "vmlinuz")
            .file(drivers + "block/virtio_blk.ko", GuestTrees.elf(3));
    assertThat(inspect(tree).kernels())
        .singleElement()
        .satisfies(kernel -> {
          assertThat(kernel.version()).isEqualTo("4.4.1-mine");
          assertThat(kernel.modules()).contains("/lib/modules/4.4.1-mine");
          assertThat(kernel.architecture()).isEqualTo("i686");
          assertThat(kernel.commandLineLimit()).isEqualTo(65535);
        });
  }

  @Test
  void builtInDriversAreFoundInTheConfiguration() {
    Guest guest = inspect(GuestTrees.ubuntu1204());
    assertThat(guest.kernels())
        .extracting(Kernel::version)
        .as("by number, and without what dpkg left behind")
        .containsExactly("3.2.0-61-virtual", "3.2.0-9-virtual");
    assertThat(guest.kernels().getFirst().virtioBlk()).isEqualTo(DriverLocation.BUILT_IN);
    assertThat(guest.files().get("/vmlinuz").orElseThrow().text())
        .isEqualTo("boot/vmlinuz-3.2.0-61-virtual");
    assertThat(guest.xenBoot().orElseThrow().kernel()).isEqualTo("/vmlinuz");
  }

  @Test
  void builtInDriversAreFoundInModulesBuiltinOfDiskOrInitrdToo() {
    String builtIn =
        "kernel/drivers/virtio/virtio_pci.ko\nkernel/drivers/block/virtio_blk.ko\n"
            + "kernel/drivers/virtio/virtio.ko\nkernel/drivers/virtio/virtio_ring.ko\n";
    MemoryFilesystem onDisk =
        GuestTrees.ubuntu1204()
            .without("/boot/config-3.2.0-61-virtual")
            .file("/lib/modules/3.2.0-61-virtual/modules.builtin", builtIn);
    Guest guest = inspect(onDisk);
    assertThat(guest.kernels().getFirst().virtioBlk()).isEqualTo(DriverLocation.BUILT_IN);
    assertThat(codes(guest)).contains(ErrorCode.GUEST_KERNEL_CONFIG_MISSING);

    byte[] initrd =
        new CpioWriter()
            .file("lib/modules/3.2.0-61-virtual/modules.builtin", 0644, builtIn.getBytes(UTF_8))
            .finish();
    MemoryFilesystem inInitrd =
        GuestTrees.ubuntu1204()
            .without("/boot/config-3.2.0-61-virtual")
            .file("/boot/initrd.img-3.2.0-61-virtual", initrd);
    assertThat(inspect(inInitrd).kernels().getFirst().virtioBlk())
        .isEqualTo(DriverLocation.BUILT_IN);
  }

  @Test
  void aModuleThatIsListedButMissingIsNowhere() {
    MemoryFilesystem tree =
        GuestTrees.scientific5()
            .without("/lib/modules/2.6.18-398.el5/kernel/drivers/virtio/virtio_ring.ko");
    Guest guest = inspect(tree);
    assertThat(kernel(guest, "2.6.18-398.el5").virtioBlk()).isEqualTo(DriverLocation.NOWHERE);
    assertThat(kernel(guest, "2.6.18-398.el5").supplement()).isEmpty();
    assertThat(obstacles(guest)).extracting(Finding::code).contains(ErrorCode.GUEST_NO_VIRTIO);
  }

  @Test
  void whereDepmodNeverRanTheModulesThemselvesSayWhatTheyNeed() {
    String modules = "/lib/modules/2.6.18-398.el5/";
    String drivers = modules + "kernel/drivers/";
    MemoryFilesystem tree =
        GuestTrees.scientific5()
            .without(modules + "modules.dep")
            .file(drivers + "virtio/virtio_ring.ko", GuestTrees.elf(62, "virtio"))
            .file(drivers + "virtio/virtio_pci.ko", GuestTrees.elf(62, "virtio_ring", "virtio"))
            .without(drivers + "block/virtio_blk.ko")
            .file(
                drivers + "block/virtio-blk.ko.gz",
                GuestTrees.gzip(GuestTrees.elf(62, "virtio_ring")))
            .link(modules + "build", "/");
    assertThat(kernel(inspect(tree), "2.6.18-398.el5").supplement())
        .containsExactly(
            drivers + "virtio/virtio.ko",
            drivers + "virtio/virtio_ring.ko",
            drivers + "virtio/virtio_pci.ko",
            drivers + "block/virtio-blk.ko.gz");
  }

  @Test
  void anInitrdThatCannotBeReadIsAFindingAndGetsASupplement() {
    byte[] whole = GuestTrees.initrd("init", "lib/virtio_blk.ko");
    MemoryFilesystem tree =
        GuestTrees.scientific6()
            .file(
                "/boot/initramfs-2.6.32-431.el6.x86_64.img",
                Arrays.copyOf(whole, whole.length / 2));
    Guest guest = inspect(tree);
    assertThat(codes(guest)).contains(ErrorCode.GUEST_INITRD_UNREADABLE);
    assertThat(guest.kernels().getFirst().supplement()).isNotEmpty();
  }

  @Test
  void withoutAnyKernelOrInitrdThereIsAnObstacleForEach() {
    assertThat(obstacles(inspect(GuestTrees.ubuntu1204().without("/boot"))))
        .extracting(Finding::code)
        .containsExactly(ErrorCode.GUEST_NO_KERNEL);
    Guest withoutInitrd =
        inspect(GuestTrees.scientific6().without("/boot/initramfs-2.6.32-431.el6.x86_64.img"));
    assertThat(obstacles(withoutInitrd))
        .extracting(Finding::code)
        .containsExactly(ErrorCode.GUEST_NO_INITRD);
  }

  @Test
  void whatPyGrubMakesOfTheDiskIsToldToo() {
    MemoryFilesystem tree = GuestTrees.scientific6();
    Map<XenRelease, DiskAnswer> nowhere = comesToIt(tree);
    nowhere.replaceAll(
        (_, _) -> new DiskAnswer(DiskAnswer.NOWHERE, new PyGrubAnswer.Fails("the table is empty")));
    assertThat(findings(tree, nowhere))
        .singleElement()
        .matches(finding -> finding.code() == ErrorCode.PYGRUB_PASSES_BY)
        .matches(finding -> finding.message().endsWith("the table is empty"));
    Map<XenRelease, DiskAnswer> other = comesToIt(tree);
    other.replaceAll((_, answer) -> new DiskAnswer(1 << 20, answer.answer()));
    assertThat(findings(tree, other))
        .singleElement()
        .matches(finding -> finding.code() == ErrorCode.PYGRUB_OTHER_FILESYSTEM)
        .matches(finding -> finding.message().contains("at byte 1048576: it would start /boot/"));
    assertThat(findings(tree, comesToIt(tree))).isEmpty();
  }

  private static List<Finding> findings(MemoryFilesystem tree, Map<XenRelease, DiskAnswer> pygrub) {
    return GuestInspector.inspect(WHOLE_DISK, 10L << 30, State.CLEAN, tree, () -> pygrub)
        .findings()
        .stream()
        .filter(finding -> finding.code().code().startsWith("VOY-PYGRUB"))
        .toList();
  }

  @Test
  void everyObstacleIsToldAtOnceAndTheGravestFirst() {
    MemoryFilesystem tree = GuestTrees.scientific5XenOnly();
    Guest guest =
        inspect(new DiskLayout.Partitioned(TableType.MBR, List.of()), State.NOT_CLEAN, tree);
    assertThat(obstacles(guest))
        .extracting(Finding::code)
        .containsExactlyInAnyOrder(ErrorCode.FILESYSTEM_NOT_CLEAN, ErrorCode.GUEST_XEN_ONLY_KERNEL);
    assertThat(guest.findings())
        .extracting(Finding::severity)
        .isSortedAccordingTo((a, b) -> b.compareTo(a));
  }

  @Test
  void aKernelWithHolesIsAnObstacleWithOrWithoutAMenu() {
    String kernel = "/boot/vmlinuz-3.2.0-61-virtual";
    FilesystemFacts ext3 = new MemoryFilesystem().facts();
    FilesystemFacts ext4 =
        new FilesystemFacts(
            FilesystemType.EXT4,
            List.of("extent"),
            ext3.label(),
            ext3.uuid(),
            4096,
            256,
            ext3.size(),
            ext3.free(),
            0,
            ext3.freeInodes(),
            State.CLEAN);
    MemoryFilesystem tree = GuestTrees.ubuntu1204().facts(ext4).without("/boot/grub");
    tree.file(
        kernel,
        tree.read(kernel, 1 << 20),
        new BlockRun(0, 1 << 20, 2048, true),
        new BlockRun(2048, -1, 2048, true));
    Guest guest = inspect(tree);
    assertThat(obstacles(guest)).isEmpty();
    assertThat(guest.kernels().getFirst().gaps()).containsExactly(kernel);
    assertThat(codes(guest))
        .contains(ErrorCode.GUEST_FILE_NOT_BOOTABLE, ErrorCode.GUEST_BOOT_CONFIGURATION);
  }

  @Test
  void saysWhichFstabLinesWillHaveTheirDevice() {
    Guest sl5 = inspect(GuestTrees.scientific5());
    assertThat(sl5.fstab())
        .extracting(FstabEntry::line, FstabEntry::spec, FstabEntry::device, FstabEntry::pass)
        .containsExactly(
            tuple(1, "LABEL=/", Device.ROOT, 1),
            tuple(2, "tmpfs", Device.VIRTUAL, 0),
            tuple(3, "proc", Device.VIRTUAL, 0),
            tuple(4, "LABEL=SWAP-xvda2", Device.MISSING, 0),
            tuple(5, "/dev/sdb", Device.MISSING, 2),
            tuple(6, "/dev/fd0", Device.MISSING, 0));
    assertThat(sl5.findings().stream().filter(f -> f.code() == ErrorCode.GUEST_FSTAB_DEVICE))
        .as("nobody waits for a floppy that is mounted by hand")
        .hasSize(2);
  }

  @Test
  void knowsTheRootByWhateverNameItHas() {
    String uuid = new MemoryFilesystem().facts().uuid();
    MemoryFilesystem tree =
        GuestTrees.debian7()
            .file("/swapfile", "x")
            .file(
                "/etc/fstab",
                "# comment\n\n/dev/xvde\t/\text3\n"
                    + ("UUID=" + uuid.toUpperCase(Locale.ROOT) + " /a ext3 ro 0 0\n")
                    + ("/dev/disk/by-uuid/" + uuid + " /b ext3 ro 0 0\n")
                    + "/dev/disk/by-label/\\x2f /c ext3 ro 0 0\nLABEL=\"/\" /d ext3 ro 0 0\n"
                    + "LABEL=other /e ext3 ro 0 0\n/swapfile none swap sw 0 0\n"
                    + "/home /srv none bind 0 0\nserver:/x /nfs nfs defaults 0 0\r\nbroken\n");
    Guest guest = inspect(tree);
    assertThat(guest.fstab())
        .extracting(FstabEntry::mountPoint, FstabEntry::device)
        .containsExactly(
            tuple("/", Device.ROOT),
            tuple("/a", Device.ROOT),
            tuple("/b", Device.ROOT),
            tuple("/c", Device.ROOT),
            tuple("/d", Device.ROOT),
            tuple("/e", Device.MISSING),
            tuple("none", Device.VIRTUAL),
            tuple("/srv", Device.VIRTUAL),
            tuple("/nfs", Device.VIRTUAL));
    assertThat(guest.fstab().getFirst().options()).isEqualTo("defaults");
    assertThat(guest.findings())
        .filteredOn(finding -> finding.code() == ErrorCode.GUEST_FSTAB_SYNTAX)
        .singleElement()
        .satisfies(finding -> assertThat(finding.message()).contains("line 12"));
  }

  @Test
  void knowsTheDisksOtherPartitionsByWhateverNamesTheyHave() {
    Extent extent = new Extent(1 << 20, 1 << 30);
    DiskLayout layout =
        new DiskLayout.Partitioned(
                TableType.GPT,
                List.of(
                    new Partition(
                        1,
                        extent,
                        false,
                        FilesystemType.EXT3,
                        Map.of(Tag.PARTUUID, "aa", Tag.PARTLABEL, "root")),
                    new Partition(
                        2,
                        new Extent(2L << 30, 1 << 20),
                        false,
                        FilesystemType.XFS,
                        Map.of(
                            Tag.LABEL, "my home",
                            Tag.UUID, "0b2c3d4e-0000-4000-8000-00000000000a",
                            Tag.PARTLABEL, "Home",
                            Tag.PARTUUID, "0123abcd-02")),
                    new Partition(3, new Extent(3L << 30, 1 << 20), false, FilesystemType.UNKNOWN)))
            .withRoot(extent);
    String here =
        """
        LABEL=my\\040home
        LABEL="my\\040home"
        UUID=0B2C3D4E-0000-4000-8000-00000000000A
        PARTLABEL=Home
        PARTUUID=0123ABCD-02
        /dev/disk/by-label/my\\x20home
        /dev/disk/by-uuid/0b2c3d4e-0000-4000-8000-00000000000a
        /dev/disk/by-partlabel/Home
        /dev/disk/by-partuuid/0123abcd-02
        /dev/xvdb2
        """;
    String elsewhere =
        "LABEL=home\nLABEL=\nUUID=\nUUID=0b2c3d4e\nPARTLABEL=home\nPARTUUID=0123abcd-03\n"
            + "/dev/xvda2\n/dev/xvdb4\n/dev/disk/by-path/xen-vbd-51712-part2\n";
    String root = "PARTUUID=AA\n/dev/disk/by-partlabel/root\n";
    Guest guest =
        inspect(
            layout,
            State.CLEAN,
            GuestTrees.debian7()
                .file(
                    "/etc/fstab",
                    "/dev/xvdb1 / ext3 defaults 0 1\n"
                        + (here + elsewhere + root).replace("\n", " /var xfs defaults 0 2\n")));
    assertThat(specs(guest, Device.PARTITION)).containsExactlyElementsOf(here.lines().toList());
    assertThat(specs(guest, Device.MISSING)).containsExactlyElementsOf(elsewhere.lines().toList());
    assertThat(specs(guest, Device.ROOT)).containsSubsequence(root.lines().toList()).hasSize(3);
    assertThat(guest.findings())
        .filteredOn(finding -> finding.code() == ErrorCode.GUEST_FSTAB_DEVICE)
        .hasSize((int) elsewhere.lines().count());
  }

  private static List<String> specs(Guest guest, Device device) {
    return guest.fstab().stream()
        .filter(entry -> entry.device() == device)
        .map(FstabEntry::spec)
        .toList();
  }

  @Test
  void readsOctalBlanksInFstab() {
    assertThat(inspect(GuestTrees.ubuntu1204()).fstab().getLast())
        .satisfies(entry -> {
          assertThat(entry.mountPoint()).isEqualTo("/vm store");
          assertThat(entry.spec()).isEqualTo("/dev/sdb\\040x");
        });
  }

  static Stream<Arguments> consoles() {
    return Stream.of(
        Arguments.of("el5: only what runlevel 3 starts", GuestTrees.scientific5(), List.of("xvc0")),
        Arguments.of(
            "el6: the script's, and udev's for the last console",
            GuestTrees.scientific6(),
            List.of("tty1", "tty2", "tty3", "tty4", "tty5", "tty6", "hvc0")),
        Arguments.of(
            "el6: what the script's list names one by one",
            GuestTrees.scientific6()
                .without("/etc/init/serial.conf")
                .file("/etc/sysconfig/init", "ACTIVE_CONSOLES=\"/dev/tty[1-2] /dev/hvc0\"\n"),
            List.of("tty1", "tty2", "hvc0")),
        Arguments.of(
            "Ubuntu: jobs, but for those that are overridden",
            GuestTrees.ubuntu1204(),
            List.of("hvc0", "tty1")),
        Arguments.of("Debian 6", GuestTrees.debian6(), List.of("tty1", "hvc0")),
        Arguments.of("systemd", GuestTrees.centos7(), List.of("tty1", "hvc0")));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("consoles")
  void findsTheTerminalsWithAPrompt(String name, MemoryFilesystem tree, List<String> expected) {
    assertThat(inspect(tree).consoles().gettys()).as(name).containsExactlyElementsOf(expected);
  }

  @Test
  void noTerminalWithAPromptIsAFinding() {
    MemoryFilesystem tree = GuestTrees.debian6().file("/etc/inittab", "id:2:initdefault:\n");
    assertThat(codes(inspect(tree))).contains(ErrorCode.GUEST_NO_CONSOLE);
  }

  @Test
  void findsWhatPinsTheNetworkToHardware() {
    Network el5 = inspect(GuestTrees.scientific5()).network();
    assertThat(el5.interfaces())
        .containsExactly(
            new Network.Interface("eth0", "dhcp", "/etc/sysconfig/network-scripts/ifcfg-eth0"));
    assertThat(el5.pins())
        .as("a backup is not read by anything")
        .containsExactly(
            new Network.Pin(
                "/etc/sysconfig/network-scripts/ifcfg-eth0", 3, "HWADDR=00:16:3E:01:02:03"));
    assertThat(inspect(GuestTrees.scientific6()).network().pins())
        .extracting(pin -> pin.file().replaceFirst(".*/", ""), Network.Pin::line)
        .containsExactly(
            tuple("ifcfg-eth0", 3), tuple("ifcfg-eth0", 4), tuple("70-persistent-net.rules", 2));
    assertThat(inspect(GuestTrees.ubuntu1204()).network().interfaces())
        .containsExactly(new Network.Interface("eth0", "dhcp", "/etc/network/interfaces"));
  }

  @Test
  void findsWhatXenLeft() {
    assertThat(inspect(GuestTrees.scientific5()).xenLeftovers())
        .anyMatch(sentence -> sentence.contains("xvc0"))
        .anyMatch(sentence -> sentence.contains("xennet"))
        .anyMatch(sentence -> sentence.contains("xenblk"))
        .anyMatch(sentence -> sentence.contains("console=xvc0"));
  }

  @Test
  void aFileWithTwoNamesIsLoadedOnceUnderItsRealOne() {
    GuestFiles files = inspect(GuestTrees.scientific5()).files();
    assertThat(files.has("/boot/grub/grub.conf")).isTrue();
    assertThat(files.has("/boot/grub/menu.lst")).isFalse();
  }

  @Test
  void everyMenuOfPyGrubIsLoaded() {
    for (String path : PyGrub.MENUS) {
      MemoryFilesystem tree = GuestTrees.debian7().without("/boot/grub").file(path, "a menu");
      assertThat(inspect(tree).files().get(path).map(GuestFile::text)).contains("a menu");
    }
    assertThat(PyGrub.MENUS).contains("/grub/menu.lst", "/boot/isolinux/isolinux.cfg").hasSize(13);
  }

  @Test
  void aMaskIsKeptAsTheLinkThatItIs() {
    String mask = "/etc/udev/rules.d/75-persistent-net-generator.rules";
    assertThat(inspect(GuestTrees.scientific6()).files().get(mask).map(GuestFile::text))
        .isEqualTo(Optional.of("/dev/null"));
  }

  @Test
  void whatCannotBeReadIsAFinding() {
    MemoryFilesystem tree =
        GuestTrees.debian7()
            .link("/etc/securetty", "nowhere")
            .directory("/etc/modprobe.conf")
            .file("/etc/sysctl.conf", new byte[(1 << 20) + 1]);
    assertThat(inspect(tree).findings())
        .filteredOn(finding -> finding.code() == ErrorCode.GUEST_FILE_UNUSABLE)
        .extracting(finding -> finding.message().split(" ", 2)[0])
        .containsExactlyInAnyOrder("/etc/securetty", "/etc/modprobe.conf", "/etc/sysctl.conf");
  }

  /** Configuration files are what anybody wrote: they are read, or something is said of them. */
  @Property(tries = 300)
  void arbitraryTextIsNeverTooMuch(@ForAll @StringLength(max = 200) String text) {
    byte[] bytes = text.getBytes(UTF_8);
    for (Supplier<MemoryFilesystem> tree :
        List.<Supplier<MemoryFilesystem>>of(
            GuestTrees::scientific5, GuestTrees::scientific6, GuestTrees::ubuntu1204)) {
      MemoryFilesystem filesystem = tree.get();
      for (String path :
          List.of(
              "/etc/fstab",
              "/etc/inittab",
              "/etc/init/tty1.conf",
              "/etc/securetty",
              "/etc/sysconfig/init",
              "/etc/network/interfaces",
              "/etc/sysconfig/network-scripts/ifcfg-eth1",
              "/etc/udev/rules.d/70-persistent-net.rules",
              "/etc/modprobe.conf",
              "/etc/lsb-release",
              "/boot/grub/grub.conf",
              "/boot/grub/menu.lst",
              "/boot/config-2.6.32-431.el6.x86_64",
              "/boot/initramfs-2.6.32-431.el6.x86_64.img",
              "/lib/modules/2.6.32-431.el6.x86_64/modules.dep",
              "/lib/modules/2.6.32-431.el6.x86_64/modules.builtin")) {
        filesystem.file(path, bytes);
      }
      assertThat(inspect(filesystem).operatingSystem().productName()).isNotBlank();
    }
  }

  /** Lines that are nearly right get further into a parser than arbitrary text does. */
  @Property(tries = 200)
  void fragmentsOfRealFilesAreNeverTooMuch(@ForAll List<@StringLength(max = 3) String> glue) {
    Map<String, String> fragments =
        Map.of(
            "/etc/fstab", "LABEL=%s / ext3 %s\n\\04%s /\\777 x\n",
            "/etc/inittab", "id:%s:initdefault:\n1:%s:respawn:/sbin/getty %s\n",
            "/boot/grub/menu.lst", "default=%s\ntitle %s\nkernel (hd0%s)/k ro\n",
            "/etc/lsb-release", "DISTRIB_ID=%s\nDISTRIB_RELEASE=%s\nDISTRIB_DESCRIPTION=%s\n");
    String[] words = new String[3];
    for (int i = 0; i < 3; i++) {
      words[i] = i < glue.size() ? glue.get(i) : "";
    }
    MemoryFilesystem tree = GuestTrees.debian6();
    fragments.forEach((path, format) -> tree.file(path, format.formatted((Object[]) words)));
    assertThat(inspect(tree).kernels()).isNotEmpty();
  }

  private static Kernel kernel(Guest guest, String version) {
    return guest.kernels().stream()
        .filter(kernel -> kernel.version().equals(version))
        .findFirst()
        .orElseThrow();
  }

  private static List<Finding> obstacles(Guest guest) {
    return guest.findings().stream()
        .filter(finding -> finding.severity() == Severity.OBSTACLE)
        .toList();
  }

  private static List<ErrorCode> codes(Guest guest) {
    return guest.findings().stream().map(Finding::code).toList();
  }
}
