package org.voyageur.cli;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.voyageur.cli.MigrationReport.Outcome;
import org.voyageur.cli.MigrationReport.Step;
import org.voyageur.cli.MigrationReport.StepRun;
import org.voyageur.convert.Conversion;
import org.voyageur.convert.Inspection;
import org.voyageur.convert.PlannedConversion;
import org.voyageur.disk.DiskLayout;
import org.voyageur.disk.DiskLayout.FilesystemType;
import org.voyageur.disk.ImageFormat;
import org.voyageur.disk.OutputFormat;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.filesystem.FileOwner;
import org.voyageur.filesystem.FileType;
import org.voyageur.filesystem.FilesystemFacts;
import org.voyageur.guest.Consoles;
import org.voyageur.guest.Finding;
import org.voyageur.guest.Finding.Severity;
import org.voyageur.guest.FstabEntry;
import org.voyageur.guest.Guest;
import org.voyageur.guest.GuestFile;
import org.voyageur.guest.GuestFiles;
import org.voyageur.guest.InstalledBootCode;
import org.voyageur.guest.Kernel;
import org.voyageur.guest.Kernel.DriverLocation;
import org.voyageur.guest.Network;
import org.voyageur.guest.OperatingSystem;
import org.voyageur.guest.XenBoot;
import org.voyageur.openstack.CloudImage;
import org.voyageur.openstack.UploadReport;
import org.voyageur.openstack.nova.Flavor;
import org.voyageur.openstack.nova.LaunchReport;
import org.voyageur.plan.Change;
import org.voyageur.plan.Plan;
import org.voyageur.plan.Target;
import org.voyageur.rpm.RpmFile;
import org.voyageur.rpm.RpmPackage;
import org.voyageur.rpm.RpmSignature;
import org.voyageur.verify.BootFailure;
import org.voyageur.verify.BootStage;
import org.voyageur.verify.ReachedStage;

/** Small hand-made results of each operation, with something in every part of them. */
final class Samples {
  static final Finding OBSTACLE =
      new Finding(
          Severity.OBSTACLE,
          ErrorCode.GUEST_XEN_ONLY_KERNEL,
          "kernel 2.6.18-348.el5xen runs only under Xen",
          "Install another\nOr give its package");

  static final GuestFile FSTAB = file("/etc/fstab", "/dev/xvde / ext3 defaults 1 1\n");

  private Samples() {}

  static GuestFile file(String path, String text) {
    return new GuestFile(path, FileType.REGULAR, FileOwner.ROOT, 0644, text);
  }

  static Inspection inspection() {
    return new Inspection(Path.of("megapipe.img.gz"), ImageFormat.RAW_GZIP, guest("Boron"));
  }

  static Guest guest(String codeName) {
    return new Guest(
        new DiskLayout.WholeDisk(FilesystemType.EXT3),
        InstalledBootCode.NONE,
        10L << 30,
        new OperatingSystem(
            "Scientific Linux release 5.9 (" + codeName + ")",
            OperatingSystem.Family.RED_HAT,
            "scientific",
            "5.9",
            "x86_64",
            OperatingSystem.InitSystem.SYSV),
        new FilesystemFacts(
            FilesystemType.EXT3,
            List.of("has_journal", "filetype"),
            "/",
            "0b09f67c-856d-4123-a032-84cb7c46c1e7",
            4096,
            128,
            10L << 30,
            9L << 30,
            512L << 20,
            600_000,
            FilesystemFacts.State.CLEAN),
        List.of(
            new Kernel(
                "2.6.18-398.el5",
                "/boot/vmlinuz-2.6.18-398.el5",
                Optional.of("/boot/initrd-2.6.18-398.el5.img"),
                Optional.empty(),
                Optional.of("/lib/modules/2.6.18-398.el5"),
                false,
                true,
                DriverLocation.ON_DISK,
                DriverLocation.NOWHERE,
                DriverLocation.NOWHERE,
                List.of("/lib/modules/2.6.18-398.el5/kernel/drivers/virtio/virtio.ko"),
                false,
                List.of(),
                255,
                "x86_64"),
            new Kernel(
                "2.6.18-348.el5xen",
                "/boot/vmlinuz-2.6.18-348.el5xen",
                Optional.empty(),
                Optional.of("/boot/config-2.6.18-348.el5xen"),
                Optional.empty(),
                true,
                false,
                DriverLocation.BUILT_IN,
                DriverLocation.INITRD,
                DriverLocation.NOWHERE,
                List.of(),
                false,
                List.of(),
                255,
                "x86_64")),
        Optional.of(
            new XenBoot(
                "/boot/grub/menu.lst",
                "SL",
                "/boot/vmlinuz-2.6.18-348.el5xen",
                Optional.of("/boot/initrd.img"),
                "ro root=LABEL=/ console=xvc0")),
        List.of(
            new FstabEntry(1, "/dev/xvde", "/", "ext3", "defaults", 1, 1, FstabEntry.Device.ROOT),
            new FstabEntry(
                2, "/dev/sdb", "/staging", "ext3", "defaults", 1, 2, FstabEntry.Device.MISSING),
            new FstabEntry(
                3, "proc", "/proc", "proc", "defaults", 0, 0, FstabEntry.Device.VIRTUAL)),
        new Consoles(List.of("xvc0"), List.of()),
        new Network(
            List.of(
                new Network.Interface("eth0", "dhcp", "/etc/sysconfig/network-scripts/ifcfg-eth0")),
            List.of(
                new Network.Pin(
                    "/etc/sysconfig/network-scripts/ifcfg-eth0", 3, "HWADDR=00:16:3E:00:00:01"))),
        new GuestFiles(new TreeMap<>()),
        List.of("a getty runs on Xen's console xvc0"),
        List.of(
            OBSTACLE,
            new Finding(
                Severity.WARNING,
                ErrorCode.GUEST_FSTAB_DEVICE,
                "/etc/fstab mounts /dev/sdb",
                "The line is changed"),
            new Finding(
                Severity.INFO, ErrorCode.GUEST_NETWORK_PINNED, "ifcfg-eth0 line 3", "Removed")));
  }

  /** One change of each kind, and a file that is created twice with the same text. */
  static PlannedConversion planned() {
    List<Change> changes =
        List.of(
            new Change.ReplayJournal("It was not shut down"),
            new Change.SetLabel("", "/", "Nothing else names it"),
            new Change.EditFile(
                FSTAB, "LABEL=/ / ext3 defaults 1 1\n", "Does not depend on the hypervisor"),
            new Change.RemoveFile(file("/etc/pinned.rules", "mac\n"), "Other hardware"),
            new Change.CreateFile(file("/etc/one", "hook\n"), "Updates are followed"),
            new Change.CreateFile(file("/etc/two", "hook\n"), "Updates are followed"),
            new Change.CreateFile(
                new GuestFile(
                    "/etc/link", FileType.SYMBOLIC_LINK, FileOwner.ROOT, 0777, "/etc/one"),
                "By another name"),
            new Change.InstallKernelFiles(
                rpm(),
                inspection().guest().kernels().getFirst(),
                "/etc/voyageur/kernels/kernel.rpm",
                "There is no kernel for KVM"),
            new Change.WriteModuleTables(
                "/lib/modules/2.6.18-400.el5",
                new LinkedHashMap<>(Map.of("modules.dep", "a.ko:\n")),
                "As depmod does"),
            new Change.WriteInitrd(
                "/boot/initrd-2.6.18-400.el5.img",
                "2.6.18-400.el5",
                "x86_64",
                List.of("/lib/modules/virtio.ko"),
                "As mkinitrd does"),
            new Change.WriteSupplement(
                "/boot/voyageur.cpio",
                "2.6.18-398.el5",
                "x86_64",
                List.of("/lib/modules/virtio.ko"),
                "The initrd lacks the drivers"),
            new Change.FillHoles("/boot/vmlinuz", "SYSLINUX reads no holes"),
            new Change.InstallBootCode("/boot", "There is no boot loader"));
    return new PlannedConversion(
        inspection(), new Plan(Target.KVM, changes, List.of(), List.of("Keeps booting")));
  }

  private static RpmPackage rpm() {
    RpmFile image =
        new RpmFile(
            "/boot/vmlinuz-2.6.18-400.el5",
            FileType.REGULAR,
            0644,
            Instant.EPOCH,
            2 << 20,
            "",
            "",
            true);
    return new RpmPackage(
        Path.of("kernel.rpm"),
        "0123",
        1 << 20,
        "kernel",
        "2.6.18",
        "400.el5",
        "x86_64",
        new RpmSignature.Good("0123456789abcdef", "the key in sl.key"),
        List.of(image));
  }

  static PlannedConversion impossible() {
    return new PlannedConversion(
        inspection(), new Plan(Target.KVM, List.of(), List.of(OBSTACLE), List.of()));
  }

  static Conversion.Converted converted(String output) {
    return new Conversion.Converted(
        planned(),
        Path.of(output),
        OutputFormat.QCOW2,
        10L << 30,
        812L << 20,
        List.of("e2fsck -fn finds nothing to mend"),
        Optional.empty());
  }

  /** A server that stopped in its initrd, and was kept. */
  static LaunchReport launched() {
    return new LaunchReport(
        "92677ae8",
        "mega\u001bpipe",
        "3f0a5a0c",
        new Flavor("7", "m1.small", 2048, 20, 1),
        List.of("10.0.0.5"),
        Duration.ofMillis(4200),
        List.of(
            new ReachedStage(
                BootStage.KERNEL, Duration.ofMillis(6400), "Linux version 2.6.32-431.el6")),
        Optional.of(
            new BootFailure(
                ErrorCode.BOOT_ROOT_DEVICE,
                "the initrd waits for a root device that does not come",
                List.of("dracut Warning: No root device found"),
                "Look with 'voyageur inspect'")),
        List.of("Worth knowing"),
        "Linux version 2.6.32-431.el6\n",
        Optional.of("https://cloud.example.org/horizon/project/instances/92677ae8/"),
        true,
        Duration.ofMillis(52_300));
  }

  /** One that arrived at the second attempt. */
  static UploadReport uploaded() {
    return new UploadReport(
        new CloudImage(
            "3f0a5a0c",
            "megapipe",
            "active",
            "qcow2",
            812L << 20,
            "private",
            "92677ae8",
            false,
            Map.of("os_distro", "scientificlinux", "voyageur_sha256", "0".repeat(64))),
        false,
        "0".repeat(64),
        Optional.of("sha512:" + "0".repeat(128)),
        2,
        Duration.ofSeconds(7));
  }

  /** An image that came to the cloud, and whose server did not come up. */
  static MigrationReport migrated() {
    BootFailure failure = launched().failure().orElseThrow();
    return new MigrationReport(
        Path.of("megapipe.img.gz"),
        "megapipe",
        List.of(
            new StepRun(Step.CONVERT, Outcome.DONE, "7 changes", Duration.ofSeconds(9)),
            StepRun.skipped(Step.VERIFY, Outcome.LEFT_OUT),
            new StepRun(Step.UPLOAD, Outcome.DONE, "3f0a5a0c", Duration.ofSeconds(7)),
            new StepRun(Step.LAUNCH, Outcome.FAILED, failure.message(), Duration.ofSeconds(52))),
        Optional.of(MigrationReport.Made.of(converted("megapipe-kvm.qcow2"))),
        Optional.empty(),
        Optional.of(uploaded()),
        Optional.of(launched()),
        Optional.of("3f0a5a0c"),
        Optional.of(new VoyageurException(failure.code(), failure.message(), failure.remedy())),
        List.of("voyageur launch 3f0a5a0c --flavor m1.small"));
  }
}
