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
import org.voyageur.error.VoyageurException;
import org.voyageur.filesystem.ExtFilesystem;
import org.voyageur.guest.Guest;
import org.voyageur.guest.GuestInspector;
import org.voyageur.guest.InstalledBootCode;
import org.voyageur.guest.PyGrub;
import org.voyageur.guest.PyGrubAnswer;
import org.voyageur.guest.RootFilesystem;
import org.voyageur.guest.RpmKeys;
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
 * @param pygrub what PyGrub of each release would start before anything is changed
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
      Guest guest = GuestInspector.inspect(root.layout(), disk.size(), root.asFound(), filesystem);
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
    KernelChoice kernels = customisation.kernels();
    if (kernels.packages().isEmpty()) {
      return Planner.plan(guest, target, shape, customisation);
    }
    try (ExtFilesystem filesystem = ExtFilesystem.open(root, false)) {
      KernelChoice known =
          kernels
              .checkedWith(RpmKeys.read(filesystem))
              .withTaken(PackageCheck.taken(filesystem, kernels.packages()));
      return Planner.plan(guest, target, shape, customisation.withKernels(known));
    }
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
