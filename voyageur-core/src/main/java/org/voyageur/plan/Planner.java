package org.voyageur.plan;

import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.voyageur.disk.DiskLayout;
import org.voyageur.disk.DiskLayout.FilesystemType;
import org.voyageur.disk.DiskLayout.Partition;
import org.voyageur.disk.DiskLayout.TableType;
import org.voyageur.disk.Extent;
import org.voyageur.error.ErrorCode;
import org.voyageur.filesystem.FileOwner;
import org.voyageur.filesystem.FileType;
import org.voyageur.filesystem.FilesystemFacts;
import org.voyageur.guest.Finding;
import org.voyageur.guest.Finding.Severity;
import org.voyageur.guest.Guest;
import org.voyageur.guest.GuestFile;
import org.voyageur.guest.InstalledBootCode;
import org.voyageur.guest.Kernel;

/** Decides what a conversion does. Pure: nothing is read and nothing is written. */
public final class Planner {
  static final List<ConversionRule> RULES = rules(DiskShape.KEPT, Customisation.NONE);

  /** What another kernel puts right. */
  private static final Set<ErrorCode> KERNEL_LACKING =
      EnumSet.of(
          ErrorCode.GUEST_NO_KERNEL,
          ErrorCode.GUEST_XEN_ONLY_KERNEL,
          ErrorCode.GUEST_NO_VIRTIO,
          ErrorCode.GUEST_NO_INITRD);

  private Planner() {}

  /**
   * Every rule, in the order in which their changes are made: the filesystem before anything is
   * written to it, an initrd before the configuration that names it, the owner's wishes when the
   * guest is as it must be to boot, the boot code last.
   */
  private static List<ConversionRule> rules(DiskShape shape, Customisation customisation) {
    List<ConversionRule> rules = new ArrayList<>();
    Collections.addAll(
        rules,
        new FilesystemRule(),
        new LayoutRule(shape),
        new KernelPackageRule(customisation.kernels()),
        new RoomRule(),
        new XenRule(),
        new XenEntryRule(customisation.kernels()),
        new FstabRule(),
        new ModprobeRule(),
        new NetworkRule(),
        new KudzuRule(),
        new ClockRule(),
        new ConsoleRule(),
        new InitrdRule(),
        new HolesRule(),
        new SupplementRule(),
        new SyslinuxRule(),
        new XenKernelRemovalRule(customisation.kernels().withoutXen()),
        new KernelUpdateRule());
    rules.addAll(customisation.rules());
    rules.add(new BootCodeRule());
    return List.copyOf(rules);
  }

  /** What it takes to boot this guest on the target, and what stands in the way. */
  public static Plan plan(Guest guest, Target target) {
    return plan(guest, target, DiskShape.KEPT);
  }

  /** The same on a disk of another shape. */
  public static Plan plan(Guest guest, Target target, DiskShape shape) {
    return plan(guest, target, shape, Customisation.NONE);
  }

  /** The same, and what its owner wants changed besides. */
  public static Plan plan(
      Guest guest, Target target, DiskShape shape, Customisation customisation) {
    List<Change> changes = new ArrayList<>();
    List<Finding> obstacles =
        new ArrayList<>(
            guest.findings().stream()
                .filter(finding -> finding.severity() == Severity.OBSTACLE)
                .filter(finding ->
                    customisation.kernels().packages().isEmpty()
                        || !KERNEL_LACKING.contains(finding.code()))
                .toList());
    List<ErrorCode> known = obstacles.stream().map(Finding::code).toList();
    List<String> notes = new ArrayList<>();
    Guest current = customisation.kernels().inFront(guest);
    for (ConversionRule rule : rules(shape, customisation)) {
      // Inspection's finding says the same with more detail.
      rule.obstacles(current, target).stream()
          .filter(obstacle -> !known.contains(obstacle.code()))
          .forEach(obstacles::add);
      notes.addAll(rule.notes(current, target));
      List<Change> more = rule.changes(current, target);
      changes.addAll(more);
      current = customisation.kernels().inFront(after(current, more));
    }
    if (customisation.commands().kernel().isPresent()) {
      obstacles.removeIf(obstacle -> KERNEL_LACKING.contains(obstacle.code()));
    }
    return new Plan(target, merged(changes), obstacles, notes);
  }

  /** One edit for each file: several rules may edit the same, each as the one before left it. */
  private static List<Change> merged(List<Change> changes) {
    SequencedMap<Object, Change> merged = new LinkedHashMap<>();
    for (Change change : changes) {
      Optional<Edit> edit = Edit.of(change);
      Object key = edit.<Object>map(one -> one.before().path()).orElse(change);
      Optional<Edit> earlier = Optional.ofNullable(merged.get(key)).flatMap(Edit::of);
      merged.put(
          key,
          edit.isPresent() && earlier.isPresent()
              ? earlier.get().then(edit.get()).change()
              : change);
    }
    return List.copyOf(merged.values());
  }

  private record Edit(GuestFile before, String after, boolean secret, String reason) {
    static Optional<Edit> of(Change change) {
      return switch (change) {
        case Change.EditFile edit ->
            Optional.of(new Edit(edit.before(), edit.after(), false, edit.reason()));
        case Change.EditSecretFile edit ->
            Optional.of(new Edit(edit.before(), edit.after(), true, edit.reason()));
        case Change.ReplayJournal _,
            Change.SetLabel _,
            Change.CreateFile _,
            Change.RemoveFile _,
            Change.WriteSupplement _,
            Change.FillHoles _,
            Change.CreatePartition _,
            Change.GrowFilesystem _,
            Change.InstallKernelFiles _,
            Change.WriteModuleTables _,
            Change.WriteInitrd _,
            Change.InstallBootCode _ ->
            Optional.empty();
      };
    }

    Edit then(Edit second) {
      return new Edit(before, second.after, secret || second.secret, reason + "; " + second.reason);
    }

    Change change() {
      return secret
          ? new Change.EditSecretFile(before, after, reason)
          : new Change.EditFile(before, after, reason);
    }
  }

  /** The guest as it is after some changes, as far as rules can see it. */
  static Guest after(Guest guest, List<Change> changes) {
    Guest current = guest;
    for (Change change : changes) {
      current =
          switch (change) {
            case Change.EditFile edit ->
                current.withFiles(current.files().with(edit.before().withText(edit.after())));
            case Change.EditSecretFile edit ->
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
              kernels.removeIf(kernel -> kernel.version().equals(install.kernel().version()));
              kernels.addFirst(install.kernel());
              yield current
                  .withKernels(kernels)
                  .withFiles(
                      current
                          .files()
                          .with(
                              new GuestFile(
                                  install.copy(), FileType.REGULAR, FileOwner.ROOT, 0600, "")));
            }
            case Change.WriteSupplement write ->
                withKernels(
                    current,
                    kernel ->
                        kernel.version().equals(write.kernelVersion())
                            ? kernel.withSupplement()
                            : kernel);
            case Change.FillHoles fill ->
                withKernels(current, kernel -> kernel.withoutGap(fill.path()));
            case Change.InstallBootCode _ -> current.withBootCode(InstalledBootCode.CURRENT);
            case Change.WriteInitrd write ->
                withKernels(
                    current,
                    kernel ->
                        kernel.version().equals(write.kernelVersion())
                            ? kernel.withInitrd(write.path())
                            : kernel);
            case Change.WriteModuleTables _ -> current;
          };
    }
    return current;
  }

  private static Guest withKernels(Guest guest, UnaryOperator<Kernel> change) {
    return guest.withKernels(guest.kernels().stream().map(change).toList());
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
