package org.voyageur.convert;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.voyageur.boot.InstalledSyslinux;
import org.voyageur.boot.Syslinux;
import org.voyageur.disk.BlockDevice;
import org.voyageur.disk.BootPlace;
import org.voyageur.disk.DiskLayout;
import org.voyageur.disk.Extent;
import org.voyageur.disk.Overlay;
import org.voyageur.disk.Window;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.filesystem.ExtFilesystem;
import org.voyageur.guest.Finding;
import org.voyageur.guest.Finding.Severity;
import org.voyageur.guest.Guest;
import org.voyageur.guest.GuestInspector;
import org.voyageur.guest.InstalledBootCode;
import org.voyageur.guest.PyGrub;
import org.voyageur.guest.PyGrubAnswer;
import org.voyageur.guest.PyGrubDisk;
import org.voyageur.guest.RootFilesystem;
import org.voyageur.guest.RpmKeys;
import org.voyageur.guest.XenBoot;
import org.voyageur.guest.XenKernel;
import org.voyageur.guest.XenRelease;
import org.voyageur.plan.Customisation;
import org.voyageur.plan.DiskShape;
import org.voyageur.plan.KernelChoice;
import org.voyageur.plan.Plan;
import org.voyageur.plan.Planner;
import org.voyageur.plan.Target;
import org.voyageur.progress.ProgressEvent.Finished;
import org.voyageur.progress.ProgressEvent.Started;
import org.voyageur.progress.ProgressEvent.Step;
import org.voyageur.progress.ProgressListener;

/**
 * A guest on an overlay: whatever is done to it, the disk below is only read.
 *
 * @param disk the whole disk
 * @param extent the part of it that holds the root filesystem; the whole of it without partitions
 * @param root that part as a device
 * @param source the same part of the disk below the overlay
 * @param guest what was found
 * @param pygrub what PyGrub of each release would start, before anything is changed, if it came to
 *     the root filesystem
 */
record OpenedGuest(
    Overlay disk,
    Extent extent,
    BlockDevice root,
    BlockDevice source,
    Guest guest,
    Map<XenRelease, PyGrubAnswer> pygrub) {
  private static final String BOOT = "/boot";

  /**
   * Finds the root filesystem by its content, replays its journal on the overlay where that is due,
   * and inspects it.
   */
  static OpenedGuest open(BlockDevice source, Path scratch, ProgressListener progress) {
    return open(source, scratch, progress, (_, _) -> {});
  }

  /** Is told of the root filesystem before the guest is inspected. */
  interface RootListener {
    /**
     * Told of it.
     *
     * @param extent where it is on the disk
     */
    void found(ExtFilesystem filesystem, Extent extent);
  }

  static OpenedGuest open(
      BlockDevice source, Path scratch, ProgressListener progress, RootListener listener) {
    progress.on(new Started(Step.INSPECT, "Inspecting the guest"));
    Overlay disk = new Overlay(source);
    RootFilesystem root = RootFilesystem.find(disk, scratch);
    try (ExtFilesystem filesystem = ExtFilesystem.open(root.device(), false)) {
      listener.found(filesystem, root.extent());
      Guest guest =
          GuestInspector.inspect(
              root.layout(),
              disk.size(),
              root.asFound(),
              filesystem,
              () -> PyGrubDisk.answers(disk, root.extent().offset(), filesystem));
      progress.on(new Finished(Step.INSPECT, guest.operatingSystem().productName()));
      return new OpenedGuest(
          disk,
          root.extent(),
          root.device(),
          new Window(source, root.extent()),
          guest.withBootCode(bootCode(filesystem, disk, guest.layout())),
          PyGrub.answers(filesystem));
    }
  }

  private static InstalledBootCode bootCode(
      ExtFilesystem filesystem, BlockDevice disk, DiskLayout layout) {
    Optional<BootPlace> place = BootPlace.of(layout);
    try {
      if (place.isEmpty() || !InstalledSyslinux.isOn(disk, place.get())) {
        return InstalledBootCode.NONE;
      }
      return InstalledSyslinux.problems(filesystem, disk, place.get(), BOOT, Syslinux.fromHost())
              .isEmpty()
          ? InstalledBootCode.CURRENT
          : InstalledBootCode.OUTDATED;
    } catch (VoyageurException noSyslinuxHere) {
      // Whoever only looks needs none; a conversion says that it does.
      return InstalledBootCode.OUTDATED;
    }
  }

  /** What it takes to boot this guest on the target, and what stands in the way. */
  Plan plan(Target target, DiskShape shape, Customisation customisation) {
    try (ExtFilesystem filesystem = ExtFilesystem.open(root, false)) {
      KernelChoice known = lookedAt(customisation.kernels(), filesystem);
      Optional<Finding> noXenKernel =
          switch (target) {
            case KVM -> Optional.empty();
            case DUAL_BOOT -> noXenKernel(filesystem);
          };
      return Planner.plan(
          noXenKernel.map(guest::withFinding).orElse(guest),
          target,
          shape,
          customisation.withKernels(known));
    }
  }

  /** With what the guest has of the packages, and what its keys say of them. */
  private static KernelChoice lookedAt(KernelChoice kernels, ExtFilesystem filesystem) {
    if (kernels.packages().isEmpty()) {
      return kernels;
    }
    PackageCheck.Found found = PackageCheck.find(filesystem, kernels.packages());
    return kernels.checkedWith(RpmKeys.read(filesystem)).withFound(found.taken(), found.present());
  }

  /** Unpacking a kernel takes longer than all else that is read of a guest: only who asks waits. */
  private Optional<Finding> noXenKernel(ExtFilesystem filesystem) {
    return switch (PyGrub.answer(filesystem, XenRelease.LATEST)) {
      case PyGrubAnswer.Fails _ -> Optional.empty();
      case PyGrubAnswer.Starts(XenBoot boot) ->
          XenKernel.problem(filesystem, boot.kernel())
              .map(problem ->
                  new Finding(
                      Severity.OBSTACLE,
                      ErrorCode.PYGRUB_KERNEL_NOT_PV,
                      "PyGrub takes a kernel that cannot run as a paravirtual guest: " + problem,
                      "Make a kernel for Xen the default of "
                          + boot.configFile()
                          + ", or convert it with --to kvm"));
    };
  }

  /**
   * The same guest on another disk, with what was changed already.
   *
   * @param larger holds this guest's disk at {@code offset}
   * @param place where its root filesystem will lie there
   */
  OpenedGuest on(BlockDevice larger, long offset, Extent place) {
    Overlay overlay = new Overlay(larger);
    disk.writeTo(new Window(overlay, new Extent(offset, disk.size())));
    return new OpenedGuest(
        overlay, place, new Window(overlay, place), new Window(larger, place), guest, pygrub);
  }
}
