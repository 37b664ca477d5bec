package org.voyageur.convert;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.voyageur.disk.DiskImage;
import org.voyageur.disk.DiskLayout;
import org.voyageur.disk.ImageFormat;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.ExitStatus;
import org.voyageur.error.VoyageurException;
import org.voyageur.filesystem.ExtFilesystem;
import org.voyageur.filesystem.FileType;
import org.voyageur.filesystem.GuestFilesystem;
import org.voyageur.guest.Guest;
import org.voyageur.guest.Kernel;
import org.voyageur.guest.XenBoot;
import org.voyageur.progress.ProgressListener;
import org.voyageur.verify.BootExpectation;
import org.voyageur.verify.BootFailure;
import org.voyageur.verify.BootStage;
import org.voyageur.verify.HostPyGrub;
import org.voyageur.verify.ReachedStage;

/**
 * What can be said of a boot under Xen before it: what PyGrub would start, and whether that can run
 * as a paravirtual guest. Asked is the host's own PyGrub where it is installed and can read the
 * image, else voyageur's model of it.
 *
 * @param pygrub what it takes; empty if it takes nothing
 * @param failure why the guest cannot boot; empty if nothing was found that speaks against it
 * @param architecture of the kernel; empty where it is not known
 * @param disk what the guest's disk is called
 * @param notes who was asked, and what else is worth knowing
 */
record XenOutlook(
    Optional<ReachedStage> pygrub,
    Optional<BootFailure> failure,
    Optional<String> architecture,
    String disk,
    List<String> notes) {
  /**
   * A guest's configuration says what its Xen host called the disk: xvda, or xvde where that called
   * it sda (drivers/block/xen-blkfront.c, xen_translate_vdev). A number is a partition's, or part
   * of the name by which a disk without partitions was attached.
   */
  private static final Pattern ROOT = Pattern.compile("\\broot=/dev/(xvd[a-p])(\\d{0,2})(?:\\s|$)");

  /**
   * What a guest should come to. The network is not judged: systemd calls Xen's card enX0 unless it
   * is told otherwise, so that what is written for eth0 may be of no use there.
   */
  static final BootExpectation BOOTED =
      new BootExpectation(BootStage.LOGIN_PROMPT, true, false, false);

  private static final BootFailure NOTHING =
      new BootFailure(
          ErrorCode.PYGRUB_STARTS_NOTHING,
          "PyGrub finds nothing that it would start",
          List.of(),
          "Look at the file that PyGrub reads first of grub.cfg, extlinux.conf and menu.lst, and at"
              + " what the disk's first sector says of partitions");

  /** What was found out of the guest by looking into it. */
  private record Known(Optional<XenBoot> boot, List<Kernel> kernels, DiskLayout layout) {}

  /** Looks at an image; nothing is written. */
  static XenOutlook of(DiskImage source, Path scratch, ProgressListener progress) {
    List<String> notes = new ArrayList<>();
    Optional<HostPyGrub> real =
        source.format() == ImageFormat.RAW ? HostPyGrub.find() : Optional.empty();
    Optional<Known> known;
    Optional<BootFailure> missing = Optional.empty();
    try {
      OpenedGuest opened = OpenedGuest.open(source.device(), scratch, progress);
      try (ExtFilesystem filesystem = ExtFilesystem.open(opened.root(), false)) {
        Guest guest = opened.guest();
        known = Optional.of(new Known(guest.xenBoot(), guest.kernels(), guest.layout()));
        missing = guest.xenBoot().flatMap(boot -> missing(boot, filesystem));
      }
    } catch (VoyageurException e) {
      // The real PyGrub reads filesystems that voyageur does not.
      if (e.code().exitStatus() != ExitStatus.GUEST || real.isEmpty()) {
        throw e;
      }
      notes.add("The guest was not looked into: " + e.getMessage());
      known = Optional.empty();
    }
    if (real.isPresent()) {
      return ofReal(real.get(), source.path(), scratch, known, missing, notes);
    }
    notes.add(
        "Told by voyageur's model of PyGrub 4.17: "
            + (source.format() == ImageFormat.RAW
                ? "there is no pygrub here (Debian's xen-utils-4.17)"
                : "pygrub reads raw images, and this is " + source.format().label()));
    return ofModel(known.orElseThrow(), missing, notes);
  }

  private static XenOutlook ofReal(
      HostPyGrub pygrub,
      Path image,
      Path scratch,
      Optional<Known> known,
      Optional<BootFailure> missing,
      List<String> notes) {
    notes.add("Told by " + pygrub.program());
    HostPyGrub.Answer answer = pygrub.ask(image, scratch);
    Optional<XenBoot> model = known.flatMap(Known::boot);
    boolean bothSame =
        model.isPresent()
            && model.get().configFile().equals(answer.configFile().orElse(""))
            && model.get().arguments().strip().equals(answer.arguments().strip());
    boolean bothFail = model.isEmpty() || missing.isPresent();
    if (known.isPresent() && (answer.failure().isPresent() ? !bothFail : !bothSame)) {
      notes.add(
          "voyageur's model of PyGrub finds something else: "
              + model.map(XenOutlook::described).orElse("nothing")
              + "; please report it");
    }
    if (answer.failure().isPresent()) {
      BootFailure failure =
          missing.orElseGet(() ->
              new BootFailure(
                  NOTHING.code(),
                  NOTHING.message() + ": " + answer.failure().get(),
                  List.of(),
                  NOTHING.remedy()));
      return failed(failure, notes);
    }
    if (bothSame && missing.isEmpty()) {
      return taken(model.get(), known.orElseThrow(), notes);
    }
    return new XenOutlook(
        Optional.of(stage(answer.configFile().orElse("") + ", arguments: " + answer.arguments())),
        Optional.empty(),
        Optional.empty(),
        disk(answer.arguments(), known),
        notes);
  }

  private static XenOutlook ofModel(
      Known known, Optional<BootFailure> missing, List<String> notes) {
    if (known.boot().isEmpty() || missing.isPresent()) {
      return failed(missing.orElse(NOTHING), notes);
    }
    return taken(known.boot().get(), known, notes);
  }

  private static XenOutlook failed(BootFailure failure, List<String> notes) {
    return new XenOutlook(Optional.empty(), Optional.of(failure), Optional.empty(), "xvda", notes);
  }

  private static XenOutlook taken(XenBoot boot, Known known, List<String> notes) {
    Optional<Kernel> kernel =
        known.kernels().stream().filter(one -> one.image().equals(boot.kernel())).findFirst();
    Optional<BootFailure> failure =
        kernel
            .filter(one -> !one.xenPv())
            .map(one ->
                new BootFailure(
                    ErrorCode.PYGRUB_KERNEL_NOT_PV,
                    "the kernel that PyGrub takes, "
                        + one.image()
                        + ", cannot run as a paravirtual guest of Xen's: its configuration has no"
                        + " CONFIG_XEN_PV",
                    List.of(),
                    "Make an entry for a kernel that can the default of " + boot.configFile()));
    return new XenOutlook(
        Optional.of(stage(described(boot))),
        failure,
        kernel.map(Kernel::architecture),
        disk(boot.arguments(), Optional.of(known)),
        notes);
  }

  private static ReachedStage stage(String evidence) {
    return new ReachedStage(BootStage.BOOT_LOADER, Duration.ZERO, evidence);
  }

  private static String described(XenBoot boot) {
    return "%s: %s%s, arguments: %s"
        .formatted(
            boot.configFile(),
            boot.kernel(),
            boot.initrd().map(initrd -> ", " + initrd).orElse(""),
            boot.arguments());
  }

  private static String disk(String arguments, Optional<Known> known) {
    Matcher matcher = ROOT.matcher(arguments);
    if (!matcher.find()) {
      return "xvda";
    }
    boolean whole =
        known.filter(guest -> guest.layout() instanceof DiskLayout.WholeDisk).isPresent();
    return matcher.group(1) + (whole ? matcher.group(2) : "");
  }

  private static Optional<BootFailure> missing(XenBoot boot, GuestFilesystem filesystem) {
    List<String> paths = new ArrayList<>(List.of(boot.kernel()));
    boot.initrd().ifPresent(paths::add);
    List<String> missing =
        paths.stream()
            .filter(
                path -> filesystem.stat(path).filter(s -> s.type() == FileType.REGULAR).isEmpty())
            .toList();
    return missing.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new BootFailure(
                ErrorCode.BOOT_FILE_MISSING,
                "PyGrub will not find what it is to start: "
                    + String.join(", ", missing)
                    + " is missing",
                List.of(),
                "Compare " + boot.configFile() + " with the files in /boot"));
  }
}
