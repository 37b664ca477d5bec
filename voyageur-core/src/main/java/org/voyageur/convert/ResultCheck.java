package org.voyageur.convert;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.voyageur.boot.InitrdSupplement;
import org.voyageur.boot.InstalledSyslinux;
import org.voyageur.boot.Syslinux;
import org.voyageur.boot.SyslinuxConfig;
import org.voyageur.boot.SyslinuxReadable;
import org.voyageur.disk.BlockDevice;
import org.voyageur.disk.DiskLayout;
import org.voyageur.disk.DiskLayoutReader;
import org.voyageur.disk.Extent;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.filesystem.ExtFilesystem;
import org.voyageur.filesystem.FileStat;
import org.voyageur.filesystem.FilesystemCheck;
import org.voyageur.filesystem.FilesystemFacts;
import org.voyageur.filesystem.Superblock;
import org.voyageur.guest.DiskAnswer;
import org.voyageur.guest.GuestFile;
import org.voyageur.guest.PyGrub;
import org.voyageur.guest.PyGrubAnswer;
import org.voyageur.guest.PyGrubDisk;
import org.voyageur.guest.XenBoot;
import org.voyageur.guest.XenRelease;
import org.voyageur.plan.Change;
import org.voyageur.plan.PartitionNames;
import org.voyageur.plan.Plan;

/**
 * Reads a result back and compares it with the plan, before anything is published: nothing is
 * called done that was not checked.
 */
final class ResultCheck {
  private static final String CONFIG = "/boot/syslinux.cfg";
  private static final int CONFIG_LIMIT = 1 << 20;
  private static final int SMALL_GROUP = 16 << 20;

  private final List<String> problems = new ArrayList<>();
  private final List<String> passed = new ArrayList<>();
  private final ExtFilesystem filesystem;
  private final BlockDevice disk;
  private final BlockDevice root;

  private ResultCheck(ExtFilesystem filesystem, BlockDevice disk, BlockDevice root) {
    this.filesystem = filesystem;
    this.disk = disk;
    this.root = root;
  }

  /**
   * Checks the whole result. It only reads, so that others may read the same devices meanwhile.
   *
   * @param opened the guest as it was before, on a disk that is as it will be
   * @return what was checked, a sentence each
   * @throws VoyageurException CHECK_FAILED with every problem, if there is any; FILESYSTEM_DAMAGED
   *     if the source's filesystem was damaged already
   */
  static List<String> run(OpenedGuest opened, Plan plan, Path scratch) {
    try (ExtFilesystem filesystem = ExtFilesystem.open(opened.root(), false)) {
      ResultCheck check = new ResultCheck(filesystem, opened.disk(), opened.root());
      check.run(plan, opened, scratch);
      return check.passed;
    }
  }

  private void run(Plan plan, OpenedGuest opened, Path scratch) {
    filesystemIsSound(opened.source(), scratch);
    filesAreAsPlanned(plan);
    bootPathIsComplete(plan);
    switch (plan.target()) {
      case KVM -> pyGrubTakesTheSame(opened, plan);
      case DUAL_BOOT -> xenStartsTheSame(opened, plan);
    }
    if (!problems.isEmpty()) {
      throw new VoyageurException(
          ErrorCode.CHECK_FAILED,
          "the result is not what the plan says: " + String.join("; ", problems),
          "No output was written. This is a fault in voyageur or in the host's disk or memory;"
              + " please report it with the plan");
    }
  }

  private void filesystemIsSound(BlockDevice source, Path scratch) {
    FilesystemCheck.Result result = FilesystemCheck.check(root, scratch);
    if (!result.clean()) {
      mustHaveBeenSound(source, scratch);
      problems.add("e2fsck -fn says: " + result.summary());
    }
    passed.add("e2fsck -fn finds nothing to mend");
  }

  /** Whoever converts a damaged guest is told that it was damaged, and not that we failed. */
  private static void mustHaveBeenSound(BlockDevice source, Path scratch) {
    if (Superblock.read(source).facts().state() == FilesystemFacts.State.JOURNAL_DIRTY) {
      return; // What the replay made of it was checked then.
    }
    FilesystemCheck.Result result = FilesystemCheck.check(source, scratch);
    if (!result.clean()) {
      throw new VoyageurException(
          ErrorCode.FILESYSTEM_DAMAGED,
          "the guest's filesystem is damaged: e2fsck -fn says: " + result.summary(),
          "Repair a copy of the image with 'e2fsck -f', and convert that");
    }
  }

  private void filesAreAsPlanned(Plan plan) {
    Set<String> created =
        plan.changes().stream()
            .filter(Change.CreateFile.class::isInstance)
            .map(change -> ((Change.CreateFile) change).path())
            .collect(Collectors.toSet());
    for (Change change : plan.changes()) {
      switch (change) {
        case Change.EditFile edit -> sameFile(edit.before().withText(edit.after()));
        case Change.EditSecretFile edit -> sameFile(edit.before().withText(edit.after()));
        case Change.CreateFile create -> sameFile(create.file());
        case Change.RemoveFile remove -> {
          if (!created.contains(remove.path()) && filesystem.lstat(remove.path()).isPresent()) {
            problems.add(remove.path() + " is still there");
          }
        }
        case Change.SetLabel label -> {
          if (!filesystem.facts().label().equals(label.to())) {
            problems.add("the label is '" + filesystem.facts().label() + "'");
          }
        }
        case Change.InstallKernelFiles install -> {
          install
              .rpm()
              .visit((file, content) -> {
                if (!PackageCheck.isSame(filesystem, file, content)) {
                  problems.add(file.path() + " is not as in the package");
                }
              });
          mustBeOfSize(install.copy(), install.rpm().fileSize());
        }
        case Change.WriteModuleTables write ->
            write
                .texts()
                .forEach(
                    (name, text) -> mustBeOfSize(write.directory() + "/" + name, text.length()));
        case Change.WriteInitrd initrd -> mustBeReadable(initrd.path());
        case Change.WriteSupplement supplement -> {
          mustBeReadable(supplement.path());
          if (!InitrdSupplement.isIn(
              filesystem,
              supplement.kernelVersion(),
              supplement.architecture(),
              supplement.modules())) {
            problems.add(supplement.path() + " is not as planned");
          }
        }
        case Change.FillHoles fill -> mustBeReadable(fill.path());
        case Change.InstallBootCode install ->
            problems.addAll(
                InstalledSyslinux.problems(
                    filesystem, disk, install.place(), install.directory(), Syslinux.fromHost()));
        case Change.CreatePartition create -> mustBeFoundAt(create.partition());
        case Change.GrowFilesystem grow -> {
          mustBeFoundAt(grow.to());
          long missing = grow.to().length() - filesystem.facts().size();
          // resize2fs leaves out a last group that would hold little but its own tables.
          if (missing < 0 || missing > SMALL_GROUP) {
            problems.add("the filesystem has " + filesystem.facts().size() + " bytes");
          }
        }
        case Change.ReplayJournal _ -> {
          // e2fsck above demands it.
        }
      }
    }
    passed.add("Every change reads back as planned");
  }

  private void mustBeFoundAt(Extent place) {
    Optional<Extent> found =
        switch (DiskLayoutReader.read(disk)) {
          case DiskLayout.WholeDisk _ -> Optional.of(new Extent(0, disk.size()));
          case DiskLayout.Partitioned table ->
              table.withRoot(place).root().map(DiskLayout.Partition::extent);
          case DiskLayout.Unrecognised _ -> Optional.empty();
        };
    if (!found.equals(Optional.of(place))) {
      problems.add("the filesystem is not at " + place + " by the partition table");
    }
  }

  private void sameFile(GuestFile expected) {
    Optional<FileStat> found = filesystem.lstat(expected.path());
    if (found.isEmpty()) {
      problems.add(expected.path() + " is missing");
      return;
    }
    FileStat stat = found.get();
    if (stat.type() != expected.type()) {
      problems.add(expected.path() + " is a " + stat.type());
      return;
    }
    boolean same =
        switch (stat.type()) {
          case REGULAR ->
              stat.mode() == expected.mode()
                  && stat.owner().equals(expected.owner())
                  && Arrays.equals(
                      filesystem.read(expected.path(), expected.bytes().length + 1),
                      expected.bytes());
          case SYMBOLIC_LINK -> filesystem.readLink(expected.path()).equals(expected.text());
          case DIRECTORY -> stat.mode() == expected.mode() && stat.owner().equals(expected.owner());
          case CHARACTER_DEVICE, BLOCK_DEVICE, FIFO, SOCKET, UNKNOWN -> false;
        };
    if (!same) {
      problems.add(expected.path() + " is not as planned");
    }
  }

  /** Follows the boot as SYSLINUX will: its configuration, then each label's kernel and initrds. */
  private void bootPathIsComplete(Plan plan) {
    boolean installs =
        plan.changes().stream().anyMatch(change -> change instanceof Change.InstallBootCode);
    if (!installs) {
      return;
    }
    if (filesystem.stat(CONFIG).isEmpty()) {
      problems.add(CONFIG + " is missing");
      return;
    }
    mustBeReadable(CONFIG);
    SyslinuxConfig config =
        SyslinuxConfig.parse(new String(filesystem.read(CONFIG, CONFIG_LIMIT), ISO_8859_1));
    if (config.defaultLabel().flatMap(config::entry).isEmpty()) {
      problems.add(CONFIG + " has no entry for its default");
    }
    for (SyslinuxConfig.Entry entry : config.entries()) {
      mustBeReadable(entry.linux());
      entry.initrds().forEach(this::mustBeReadable);
    }
    passed.add(
        "SYSLINUX's way is complete: the boot code, its configuration, and the kernel and initrds"
            + " of each entry");
  }

  private void mustBeOfSize(String path, long size) {
    if (filesystem.lstat(path).map(FileStat::size).orElse(-1L) != size) {
      problems.add(path + " is missing or has another size than planned");
    }
  }

  private void mustBeReadable(String path) {
    if (filesystem.stat(path).isEmpty()) {
      problems.add(path + " is missing");
      return;
    }
    SyslinuxReadable.problems(filesystem, path).forEach(problems::add);
  }

  /** What is expected of PyGrub after a move into a partition: the same by another name. */
  private static XenBoot named(XenBoot boot, Plan plan) {
    return plan.change(Change.CreatePartition.class).isPresent()
        ? new XenBoot(
            boot.configFile(),
            boot.title(),
            boot.kernel(),
            boot.initrd(),
            PartitionNames.text(boot.arguments()))
        : boot;
  }

  private void pyGrubTakesTheSame(OpenedGuest opened, Plan plan) {
    Optional<XenBoot> before = opened.guest().xenBoot();
    Optional<XenBoot> after = PyGrub.find(filesystem);
    Optional<XenBoot> expected = before.map(boot -> named(boot, plan));
    if (!after.equals(expected)) {
      problems.add(
          "PyGrub would start %s instead of %s"
              .formatted(
                  after.map(XenBoot::describe).orElse("nothing"),
                  expected.map(XenBoot::describe).orElse("nothing")));
    }
    DiskAnswer found = PyGrubDisk.latest(disk, opened.extent().offset(), filesystem);
    passed.add(
        before.isEmpty()
            ? "Under Xen, PyGrub finds nothing to start, as before"
            : found.offset() == opened.extent().offset()
                ? "Under Xen, PyGrub takes the same kernel, initrd and arguments as before"
                : "PyGrub's menu is as before; on this disk PyGrub does not come to it");
  }

  /**
   * PyGrub of every release takes from the menu what it took before, and none takes anything else
   * of this disk. The latest comes to the menu; those of 4.1 to 4.6 do not look behind boot code.
   */
  private void xenStartsTheSame(OpenedGuest opened, Plan plan) {
    Map<XenRelease, DiskAnswer> onDisk =
        PyGrubDisk.answers(disk, opened.extent().offset(), filesystem);
    List<String> finding = new ArrayList<>();
    for (XenRelease release : XenRelease.values()) {
      PyGrubAnswer expected = named(Objects.requireNonNull(opened.pygrub().get(release)), plan);
      PyGrubAnswer inMenu = PyGrub.answer(filesystem, release);
      DiskAnswer found = Objects.requireNonNull(onDisk.get(release));
      if (!inMenu.equals(expected)) {
        problems.add(
            "PyGrub of Xen %s would %s, and not %s"
                .formatted(release.version(), inMenu.describe(), expected.describe()));
      } else if (found.equals(new DiskAnswer(opened.extent().offset(), expected))) {
        finding.add(release.version());
      } else if (found.answer() instanceof PyGrubAnswer.Starts) {
        problems.add(
            "PyGrub of Xen %s would take the filesystem at byte %d and %s"
                .formatted(release.version(), found.offset(), found.answer().describe()));
      }
    }
    DiskAnswer latest = Objects.requireNonNull(onDisk.get(XenRelease.LATEST));
    if (latest.answer() instanceof PyGrubAnswer.Fails) {
      problems.add("PyGrub would " + latest.answer().describe());
    }
    passed.add(
        "Under Xen, PyGrub of every release takes the same kernel, initrd and arguments as before,"
            + " and comes to them on this disk from these releases on: "
            + String.join(", ", finding));
    passed.add("The kernel that PyGrub takes can run as a paravirtual guest");
  }

  private static PyGrubAnswer named(PyGrubAnswer answer, Plan plan) {
    return switch (answer) {
      case PyGrubAnswer.Starts(XenBoot boot) -> new PyGrubAnswer.Starts(named(boot, plan));
      case PyGrubAnswer.Fails fails -> fails;
    };
  }
}
