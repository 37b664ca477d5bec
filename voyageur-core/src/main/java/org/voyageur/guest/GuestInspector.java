package org.voyageur.guest;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.voyageur.boot.SyslinuxReadable;
import org.voyageur.disk.DiskLayout;
import org.voyageur.error.ErrorCode;
import org.voyageur.filesystem.FilesystemFacts;
import org.voyageur.filesystem.FilesystemFacts.State;
import org.voyageur.filesystem.GuestFilesystem;
import org.voyageur.guest.Finding.Severity;
import org.voyageur.guest.FstabEntry.Device;
import org.voyageur.guest.Kernel.DriverLocation;
import org.voyageur.guest.OperatingSystem.Family;

/** Reads everything that a conversion must know about a guest, and judges it. */
public final class GuestInspector {
  /** Such as 2.6.18-348.16.1.el5xen. */
  private static final Pattern EL5_XEN =
      Pattern.compile("(2\\.6\\.18-(\\d{1,4})(?:\\.\\d{1,4}){0,4}\\.el5)xen");

  /** 5.3's (Red Hat's Virtualization Guide for release 5). */
  private static final int FIRST_WITH_VIRTIO = 128;

  private final List<Finding> findings = new ArrayList<>();

  private GuestInspector() {}

  /** Whether a filesystem looks like a system's root, and not like one of its other parts. */
  public static boolean looksLikeRoot(GuestFilesystem filesystem) {
    return Stream.of("/etc/fstab", "/etc/passwd")
            .anyMatch(path -> filesystem.stat(path).isPresent())
        && Stream.of("/sbin/init", "/bin/sh").anyMatch(path -> filesystem.lstat(path).isPresent());
  }

  /**
   * Inspects a guest.
   *
   * @param asFound the filesystem's state before its journal was replayed
   * @param pygrub what PyGrub of each release makes of the disk
   * @throws org.voyageur.error.VoyageurException GUEST_NOT_LINUX
   */
  public static Guest inspect(
      DiskLayout layout,
      long diskSize,
      State asFound,
      GuestFilesystem filesystem,
      Supplier<Map<XenRelease, DiskAnswer>> pygrub) {
    return new GuestInspector().run(layout, diskSize, asFound, filesystem, pygrub);
  }

  private Guest run(
      DiskLayout layout,
      long diskSize,
      State asFound,
      GuestFilesystem filesystem,
      Supplier<Map<XenRelease, DiskAnswer>> pygrub) {
    // What takes longest first, and what needs it last.
    try (KernelFinder finder = new KernelFinder(filesystem, findings)) {
      FilesystemFacts facts = filesystem.facts().withState(asFound);
      OperatingSystem system = OperatingSystemReader.read(filesystem);
      GuestFiles files = GuestFileReader.read(filesystem, findings);
      Optional<XenBoot> xenBoot = PyGrub.find(filesystem);
      String arguments = xenBoot.map(XenBoot::arguments).orElse("");
      List<FstabEntry> fstab =
          FstabReader.read(files, layout, facts, arguments, filesystem, findings);
      Consoles consoles = ConsoleReader.read(files, system.init(), arguments);
      Network network = NetworkReader.read(files);
      List<String> leftovers = XenLeftovers.find(files, xenBoot, consoles, filesystem);
      judgeBoot(PyGrub.answer(filesystem, XenRelease.LATEST), rootOffset(layout), pygrub.get());
      List<Kernel> kernels = finder.find(system);

      judgeFilesystem(facts);
      judgeKernels(kernels, system);
      judgeFstab(fstab);
      judgeConsoles(consoles);
      judgeNetwork(network);
      findings.sort(Comparator.comparing(Finding::severity).reversed());
      return new Guest(
          layout,
          InstalledBootCode.NONE,
          diskSize,
          system,
          facts,
          kernels,
          xenBoot,
          fstab,
          consoles,
          network,
          files,
          leftovers,
          findings);
    }
  }

  private void add(Severity severity, ErrorCode code, String message, String remedy) {
    findings.add(new Finding(severity, code, message, remedy));
  }

  private void judgeFilesystem(FilesystemFacts facts) {
    switch (facts.state()) {
      case JOURNAL_DIRTY ->
          add(
              Severity.INFO,
              ErrorCode.FILESYSTEM_JOURNAL_DIRTY,
              "the guest was not shut down: its journal holds changes that are not in place yet",
              "The journal is replayed on the result; the source stays as it is");
      case ORPHANS ->
          add(
              Severity.INFO,
              ErrorCode.FILESYSTEM_JOURNAL_DIRTY,
              "the guest was not shut down: deleted files wait to be released",
              "They are released on the result; the source stays as it is");
      case NOT_CLEAN, ERRORS ->
          add(
              Severity.OBSTACLE,
              ErrorCode.FILESYSTEM_NOT_CLEAN,
              facts.state() == State.ERRORS
                  ? "the guest's kernel recorded errors in the filesystem"
                  : "the filesystem was not unmounted and has no journal to repair it from",
              "Repair a copy with 'e2fsck -f COPY', and convert that");
      case CLEAN -> {}
    }
    for (String problem : SyslinuxReadable.problems(facts)) {
      add(
          Severity.OBSTACLE,
          ErrorCode.FILESYSTEM_SYSLINUX,
          "SYSLINUX cannot boot from this filesystem: " + problem,
          "Copy the guest's files into a filesystem without that feature");
    }
  }

  private void judgeKernels(List<Kernel> kernels, OperatingSystem system) {
    if (kernels.isEmpty()) {
      add(
          Severity.OBSTACLE,
          ErrorCode.GUEST_NO_KERNEL,
          "there is no kernel in the guest's /boot",
          ways(system, Optional.empty()));
      return;
    }
    boolean anyKvm = kernels.stream().anyMatch(Kernel::kvm);
    for (Kernel kernel : kernels) {
      if (!kernel.kvm()) {
        add(
            anyKvm ? Severity.INFO : Severity.OBSTACLE,
            ErrorCode.GUEST_XEN_ONLY_KERNEL,
            "kernel " + kernel.version() + " runs only under Xen",
            anyKvm
                ? "Another kernel is used under KVM"
                : kernel.equals(kernels.getFirst())
                    ? ways(system, sister(kernel))
                    : "As for " + kernels.getFirst().version());
      } else {
        judgeDrivers(kernel, kernels, system);
        kernel.gaps().forEach(this::judgeGap);
      }
    }
  }

  private void judgeDrivers(Kernel kernel, List<Kernel> kernels, OperatingSystem system) {
    boolean another =
        kernels.stream().anyMatch(other -> !other.equals(kernel) && other.kvm() && bootable(other));
    Severity severity = another ? Severity.WARNING : Severity.OBSTACLE;
    switch (kernel.virtioBlk()) {
      case NOWHERE ->
          add(
              severity,
              ErrorCode.GUEST_NO_VIRTIO,
              "kernel " + kernel.version() + " has no driver for virtio disks",
              another || !system.isEl5()
                  ? "Install a newer kernel inside the guest"
                  : ways(system, Optional.empty()));
      case ON_DISK -> {
        if (kernel.initrd().isPresent()) {
          add(
              Severity.WARNING,
              ErrorCode.GUEST_INITRD_WITHOUT_VIRTIO,
              "the initrd of kernel " + kernel.version() + " lacks the drivers for virtio disks",
              "A second initrd that loads them is written beside it");
        }
      }
      case BUILT_IN, INITRD -> {}
    }
    if (kernel.initrd().isEmpty()
        && (kernel.virtioBlk() != DriverLocation.BUILT_IN || !kernel.supplement().isEmpty())) {
      boolean written = Kernel.lackingInitrd(kernels).filter(kernel::equals).isPresent();
      add(
          written ? Severity.WARNING : severity,
          ErrorCode.GUEST_NO_INITRD,
          "kernel " + kernel.version() + " has no initrd, and its drivers are modules",
          written
              ? "An initrd that loads them and mounts the root filesystem is written for it"
              : "Make one inside the guest: update-initramfs, dracut or mkinitrd");
    }
  }

  private void judgeGap(String path) {
    add(
        Severity.INFO,
        ErrorCode.GUEST_FILE_NOT_BOOTABLE,
        path + " has holes, which SYSLINUX cannot read",
        "They are filled on the result, its content unchanged");
  }

  private static boolean bootable(Kernel kernel) {
    return kernel.virtioBlk() != DriverLocation.NOWHERE
        && (kernel.initrd().isPresent()
            || kernel.virtioBlk() == DriverLocation.BUILT_IN
            || !kernel.supplement().isEmpty());
  }

  /** The ways to a kernel that runs on hardware, a line each. */
  private static String ways(OperatingSystem system, Optional<String> sister) {
    String inTheGuest =
        "start the guest under Xen, run '"
            + installKernel(system)
            + "' in it, shut it down, and convert it again";
    if (!system.isEl5()) {
      return "To install one that runs on hardware, " + inTheGuest;
    }
    String file = "kernel-" + sister.orElse("VERSION") + "." + system.architecture() + ".rpm";
    return String.join(
        "\n",
        "With a package: voyageur convert IMAGE --kernel-rpm %s (%sfrom the distribution's archive, or by 'yumdownloader %s' in the guest or another of its release)"
            .formatted(
                file,
                sister.isPresent()
                    ? ""
                    : "2.6.18-128 or later, such as the newest, as those before have no virtio; ",
                "kernel" + sister.map(build -> "-" + build).orElse("")),
        "With packages in a directory: voyageur convert IMAGE --kernel-repo DIR",
        "By the guest's own yum: voyageur convert IMAGE --kernel-package kernel --network",
        "In the guest: " + inTheGuest);
  }

  /** In el5 both kinds of kernel are packages of the same build. */
  private static Optional<String> sister(Kernel kernel) {
    Matcher build = EL5_XEN.matcher(kernel.version());
    return build.matches() && Integer.parseInt(build.group(2)) >= FIRST_WITH_VIRTIO
        ? Optional.of(build.group(1))
        : Optional.empty();
  }

  /** What brings a kernel that runs on hardware, by the family's own means. */
  private static String installKernel(OperatingSystem system) {
    if (system.family() == Family.DEBIAN) {
      return "apt-get install linux-image-"
          + (system.distribution().equals("ubuntu") ? "virtual" : "amd64");
    }
    return "yum install kernel";
  }

  private static long rootOffset(DiskLayout layout) {
    return switch (layout) {
      case DiskLayout.WholeDisk _, DiskLayout.Unrecognised _ -> 0;
      case DiskLayout.Partitioned table ->
          table.root().map(partition -> partition.extent().offset()).orElse(0L);
    };
  }

  /**
   * Judges what PyGrub would do.
   *
   * @param ofRoot what the latest one would start if it came to the root filesystem
   */
  private void judgeBoot(PyGrubAnswer ofRoot, long rootOffset, Map<XenRelease, DiskAnswer> pygrub) {
    DiskAnswer latest = Objects.requireNonNull(pygrub.get(XenRelease.LATEST));
    if (latest.offset() != DiskAnswer.NOWHERE && latest.offset() != rootOffset) {
      add(
          Severity.WARNING,
          ErrorCode.PYGRUB_OTHER_FILESYSTEM,
          "PyGrub would take another filesystem of this disk, that at byte %d: it would %s"
              .formatted(latest.offset(), latest.answer().describe()),
          "Under KVM this guest is started; for Xen, remove the menu in that filesystem");
    } else if (ofRoot instanceof PyGrubAnswer.Fails(String reason)) {
      add(
          Severity.WARNING,
          ErrorCode.GUEST_BOOT_CONFIGURATION,
          "PyGrub would start nothing: " + reason,
          "Under Xen this guest would not start either; under KVM the newest kernel is used");
    } else if (latest.answer() instanceof PyGrubAnswer.Fails(String reason)) {
      add(
          Severity.WARNING,
          ErrorCode.PYGRUB_PASSES_BY,
          "PyGrub does not come to the guest's filesystem: " + reason,
          "Under Xen this guest does not start as it is; the boot code that a conversion writes lets"
              + " PyGrub pass");
    }
    Map<PyGrubAnswer, List<String>> others = new LinkedHashMap<>();
    pygrub.forEach((release, answer) -> {
      if (!answer.equals(latest)) {
        others.computeIfAbsent(answer.answer(), _ -> new ArrayList<>()).add(release.version());
      }
    });
    others.forEach((answer, versions) ->
        add(
            Severity.INFO,
            ErrorCode.PYGRUB_RELEASES_DIFFER,
            "PyGrub of Xen %s would %s".formatted(String.join(", ", versions), answer.describe()),
            "Nothing is done about it: which Xen this guest ran on is not known"));
  }

  private void judgeFstab(List<FstabEntry> fstab) {
    for (FstabEntry entry : fstab) {
      boolean matters =
          entry.device() == Device.MISSING
              && !List.of(entry.options().split(",")).contains("noauto");
      if (matters) {
        add(
            Severity.WARNING,
            ErrorCode.GUEST_FSTAB_DEVICE,
            (entry.type().equals("swap")
                    ? "/etc/fstab swaps to " + entry.spec()
                    : "/etc/fstab mounts " + entry.spec() + " on " + entry.mountPoint())
                + ", which this disk does not hold",
            "The line is changed so that the guest starts without it");
      }
    }
    if (fstab.stream().noneMatch(entry -> entry.mountPoint().equals("/"))) {
      add(
          Severity.WARNING,
          ErrorCode.GUEST_FSTAB_SYNTAX,
          "/etc/fstab has no line for /",
          "One is added");
    }
  }

  private void judgeConsoles(Consoles consoles) {
    if (consoles.gettys().isEmpty()) {
      add(
          Severity.WARNING,
          ErrorCode.GUEST_NO_CONSOLE,
          "no terminal has a login prompt",
          "The screen (tty1) and the serial line (ttyS0) get one where the init system is known");
    }
  }

  private void judgeNetwork(Network network) {
    for (Network.Pin pin : network.pins()) {
      add(
          Severity.INFO,
          ErrorCode.GUEST_NETWORK_PINNED,
          pin.file() + " line " + pin.line() + " names hardware that will not exist",
          "The line is removed");
    }
  }
}
