package org.voyageur.plan;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.voyageur.disk.DiskLayout;
import org.voyageur.disk.DiskLayout.FilesystemType;
import org.voyageur.disk.DiskLayout.Partition;
import org.voyageur.disk.DiskLayout.TableType;
import org.voyageur.disk.Extent;
import org.voyageur.error.ErrorCode;
import org.voyageur.filesystem.FilesystemFacts;
import org.voyageur.guest.Finding;
import org.voyageur.guest.Finding.Severity;
import org.voyageur.guest.Guest;
import org.voyageur.guest.Kernel;

/** Decides what a conversion does. Pure: nothing is read and nothing is written. */
public final class Planner {
  static final List<ConversionRule> RULES = rules(DiskShape.KEPT, KernelChoice.KEPT);

  /** What a kernel's package puts right. */
  private static final Set<ErrorCode> KERNEL_LACKING =
      EnumSet.of(
          ErrorCode.GUEST_NO_KERNEL,
          ErrorCode.GUEST_XEN_ONLY_KERNEL,
          ErrorCode.GUEST_NO_VIRTIO,
          ErrorCode.GUEST_NO_INITRD);

  private Planner() {}

  /**
   * Every rule, in the order in which their changes are made: the filesystem before anything is
   * written to it, the supplement before the configuration that names it, the boot code last.
   */
  private static List<ConversionRule> rules(DiskShape shape, KernelChoice choice) {
    return List.of(
        new FilesystemRule(),
        new LayoutRule(shape),
        new KernelPackageRule(choice.packages()),
        new RoomRule(),
        new XenRule(),
        new FstabRule(),
        new ModprobeRule(),
        new NetworkRule(),
        new ConsoleRule(),
        new HolesRule(),
        new SupplementRule(),
        new SyslinuxRule(),
        new XenKernelRemovalRule(choice.withoutXen()),
        new KernelUpdateRule(),
        new BootCodeRule());
  }

  /** What it takes to boot this guest on the target, and what stands in the way. */
  public static Plan plan(Guest guest, Target target) {
    return plan(guest, target, DiskShape.KEPT, KernelChoice.KEPT);
  }

  /** The same on a disk of another shape. */
  public static Plan plan(Guest guest, Target target, DiskShape shape) {
    return plan(guest, target, shape, KernelChoice.KEPT);
  }

  /** The same with other kernels. */
  public static Plan plan(Guest guest, Target target, DiskShape shape, KernelChoice choice) {
    List<Change> changes = new ArrayList<>();
    List<Finding> obstacles =
        new ArrayList<>(
            guest.findings().stream()
                .filter(finding -> finding.severity() == Severity.OBSTACLE)
                .filter(finding ->
                    choice.packages().isEmpty() || !KERNEL_LACKING.contains(finding.code()))
                .toList());
    List<ErrorCode> known = obstacles.stream().map(Finding::code).toList();
    List<String> notes = new ArrayList<>();
    Guest current = guest;
    for (ConversionRule rule : rules(shape, choice)) {
      // Inspection's finding says the same with more detail.
      rule.obstacles(current, target).stream()
          .filter(obstacle -> !known.contains(obstacle.code()))
          .forEach(obstacles::add);
      notes.addAll(rule.notes(current, target));
      List<Change> more = rule.changes(current, target);
      changes.addAll(more);
      current = after(current, more);
    }
    return new Plan(target, changes, obstacles, notes);
  }

  /** The guest as it is after some changes, as far as rules can see it. */
  static Guest after(Guest guest, List<Change> changes) {
    Guest current = guest;
    for (Change change : changes) {
      current =
          switch (change) {
            case Change.EditFile edit ->
                current.withFiles(current.files().with(edit.before().withText(edit.after())));
            case Change.CreateFile create -> current.withFiles(current.files().with(create.file()));
            case Change.RemoveFile remove ->
                current.withFiles(current.files().without(remove.path()));
            case Change.SetLabel label ->
                current.withFilesystem(current.filesystem().withLabel(label.to()));
            case Change.ReplayJournal _ ->
                current.withFilesystem(current.filesystem().withState(FilesystemFacts.State.CLEAN));
            case Change.CreatePartition create ->
                current.withDisk(
                    partitioned(create, current.filesystem().type()), create.diskSize());
            case Change.GrowFilesystem grow ->
                current
                    .withDisk(grown(current.layout(), grow.to()), grow.diskSize())
                    .withFilesystem(current.filesystem().grownTo(grow.to().length()));
            case Change.InstallKernelFiles install -> {
              List<Kernel> kernels = new ArrayList<>(current.kernels());
              // What somebody hands over is to be started, whatever its version.
              kernels.addFirst(install.kernel());
              yield current.withKernels(kernels);
            }
            case Change.WriteModuleTables _,
                Change.WriteInitrd _,
                Change.WriteSupplement _,
                Change.FillHoles _,
                Change.InstallBootCode _ ->
                current;
          };
    }
    return current;
  }

  private static DiskLayout partitioned(Change.CreatePartition create, FilesystemType type) {
    Partition only = new Partition(1, create.partition(), true, type);
    return new DiskLayout.Partitioned(TableType.MBR, List.of(only)).withRoot(create.partition());
  }

  private static DiskLayout grown(DiskLayout layout, Extent to) {
    return switch (layout) {
      case DiskLayout.Partitioned table ->
          new DiskLayout.Partitioned(
                  table.table(),
                  table.partitions().stream()
                      .map(p -> p.extent().offset() == to.offset() ? p.withExtent(to) : p)
                      .toList())
              .withRoot(to);
      case DiskLayout.WholeDisk _, DiskLayout.Unrecognised _ -> layout;
    };
  }
}
