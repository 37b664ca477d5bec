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
import org.voyageur.disk.ScratchDisk;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.ExitStatus;
import org.voyageur.error.VoyageurException;
import org.voyageur.filesystem.ExtFilesystem;
import org.voyageur.guest.DiskAnswer;
import org.voyageur.guest.Guest;
import org.voyageur.guest.Kernel;
import org.voyageur.guest.PyGrubAnswer;
import org.voyageur.guest.PyGrubDisk;
import org.voyageur.guest.XenBoot;
import org.voyageur.guest.XenKernel;
import org.voyageur.progress.ProgressListener;
import org.voyageur.verify.BootExpectation;
import org.voyageur.verify.BootFailure;
import org.voyageur.verify.BootStage;
import org.voyageur.verify.HostPyGrub;
import org.voyageur.verify.ReachedStage;

/**
 * What can be said of a boot under Xen before it: what PyGrub would start, and whether that can run
 * as a paravirtual guest. Asked is the host's own PyGrub where it is installed, else voyageur's
 * model of it.
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

  /**
   * What was found out by looking into the disk.
   *
   * @param pygrub what voyageur's model of PyGrub comes to
   * @param notPv why Xen cannot start that kernel; empty if it can, or if there is none
   * @param kernel what is known of it; empty where it is not the guest's
   */
  private record Known(
      DiskLayout layout, DiskAnswer pygrub, Optional<String> notPv, Optional<Kernel> kernel) {}

  /** Looks at an image; nothing is written. */
  static XenOutlook of(DiskImage source, Path scratch, ProgressListener progress) {
    List<String> notes = new ArrayList<>();
    Optional<HostPyGrub> real = HostPyGrub.find();
    Optional<Known> known;
    try {
      known = Optional.of(look(source, scratch, progress));
    } catch (VoyageurException e) {
      // The real PyGrub reads filesystems that voyageur does not.
      boolean unread = e.code().exitStatus() == ExitStatus.GUEST;
      if (!unread || real.isEmpty() || source.format() != ImageFormat.RAW) {
        throw e;
      }
      notes.add("The guest was not looked into: " + e.getMessage());
      known = Optional.empty();
    }
    if (real.isPresent()) {
      return ofReal(real.get(), source, scratch, known, notes);
    }
    notes.add(
        "Told by voyageur's model of PyGrub 4.17: there is no pygrub here (Debian's"
            + " xen-utils-4.17)");
    return ofModel(known.orElseThrow(), notes);
  }

  private static Known look(DiskImage source, Path scratch, ProgressListener progress) {
    OpenedGuest opened = OpenedGuest.open(source.device(), scratch, progress);
    long root = opened.extent().offset();
    DiskLayout layout = opened.guest().layout();
    try (ExtFilesystem filesystem = ExtFilesystem.open(opened.root(), false)) {
      DiskAnswer answer = PyGrubDisk.latest(opened.disk(), root, filesystem);
      return switch (answer.answer()) {
        case PyGrubAnswer.Fails _ -> new Known(layout, answer, Optional.empty(), Optional.empty());
        case PyGrubAnswer.Starts(XenBoot boot) when answer.offset() == root ->
            new Known(
                layout,
                answer,
                XenKernel.problem(filesystem, boot.kernel()),
                kernel(opened.guest(), filesystem, boot));
        case PyGrubAnswer.Starts(XenBoot boot) -> {
          try (ExtFilesystem other =
              ExtFilesystem.openAsFound(PyGrubDisk.at(opened.disk(), answer.offset()))) {
            yield new Known(
                layout, answer, XenKernel.problem(other, boot.kernel()), Optional.empty());
          }
        }
      };
    }
  }

  /** By the file, as menus often name a link. */
  private static Optional<Kernel> kernel(Guest guest, ExtFilesystem filesystem, XenBoot boot) {
    String image = filesystem.realPath(boot.kernel()).orElse(boot.kernel());
    return guest.kernels().stream().filter(kernel -> kernel.image().equals(image)).findFirst();
  }

  private static XenOutlook ofReal(
      HostPyGrub pygrub,
      DiskImage source,
      Path scratch,
      Optional<Known> known,
      List<String> notes) {
    notes.add("Told by " + pygrub.program());
    HostPyGrub.Answer answer = ask(pygrub, source, scratch);
    Optional<PyGrubAnswer> model = known.map(found -> found.pygrub().answer());
    boolean same =
        switch (model.orElse(null)) {
          case PyGrubAnswer.Starts(XenBoot boot) ->
              answer.failure().isEmpty()
                  && boot.configFile().equals(answer.configFile().orElse(""))
                  && boot.arguments().strip().equals(answer.arguments().strip());
          case PyGrubAnswer.Fails _ -> answer.failure().isPresent();
          case null -> false;
        };
    if (same) {
      return ofModel(known.orElseThrow(), notes);
    }
    model.ifPresent(differs ->
        notes.add(
            "voyageur's model of PyGrub would "
                + differs.describe()
                + "; please report this difference"));
    if (answer.failure().isPresent()) {
      return failed(nothing(answer.failure().get()), notes);
    }
    return new XenOutlook(
        Optional.of(stage(answer.configFile().orElse("") + ", arguments: " + answer.arguments())),
        Optional.empty(),
        Optional.empty(),
        disk(answer.arguments(), known),
        notes);
  }

  /** PyGrub reads raw images alone. */
  private static HostPyGrub.Answer ask(HostPyGrub pygrub, DiskImage source, Path scratch) {
    if (source.format() == ImageFormat.RAW) {
      return pygrub.ask(source.path(), scratch);
    }
    try (ScratchDisk copy = PyGrubDisk.copy(source.device(), scratch)) {
      return pygrub.ask(copy.path(), scratch);
    }
  }

  private static XenOutlook ofModel(Known known, List<String> notes) {
    return switch (known.pygrub().answer()) {
      case PyGrubAnswer.Fails(String reason) ->
          failed(
              known.pygrub().offset() == DiskAnswer.NOWHERE
                  ? nothing(reason)
                  : new BootFailure(
                      ErrorCode.BOOT_FILE_MISSING,
                      "PyGrub will not find what it is to start: " + reason,
                      List.of(),
                      "Put the file there, or name another in the menu"),
              notes);
      case PyGrubAnswer.Starts(XenBoot boot) ->
          new XenOutlook(
              Optional.of(stage(described(boot))),
              notPv(known)
                  .map(problem ->
                      new BootFailure(
                          ErrorCode.PYGRUB_KERNEL_NOT_PV,
                          "the kernel that PyGrub takes cannot run as a paravirtual guest of Xen's: "
                              + problem,
                          List.of(),
                          "Make an entry for a kernel that can the default of "
                              + boot.configFile())),
              known.kernel().map(Kernel::architecture),
              disk(boot.arguments(), Optional.of(known)),
              notes);
    };
  }

  private static Optional<String> notPv(Known known) {
    return known
        .notPv()
        .or(() ->
            known
                .kernel()
                .filter(kernel -> !kernel.xenPv())
                .map(kernel -> kernel.image() + " has no CONFIG_XEN_PV in its configuration"));
  }

  private static BootFailure nothing(String reason) {
    return new BootFailure(
        ErrorCode.PYGRUB_STARTS_NOTHING,
        "PyGrub finds nothing that it would start: " + reason,
        List.of(),
        "Look at the file that PyGrub reads first of grub.cfg, extlinux.conf and menu.lst, and at"
            + " what the disk's first sector says of partitions");
  }

  private static XenOutlook failed(BootFailure failure, List<String> notes) {
    return new XenOutlook(Optional.empty(), Optional.of(failure), Optional.empty(), "xvda", notes);
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
}
