package org.voyageur.cli;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.voyageur.convert.PlannedConversion;
import org.voyageur.disk.BootPlace;
import org.voyageur.disk.DiskLayout.TableType;
import org.voyageur.disk.Extent;
import org.voyageur.filesystem.FileType;
import org.voyageur.guest.GuestFile;
import org.voyageur.plan.Change;
import org.voyageur.plan.Plan;
import org.voyageur.plan.UnifiedDiff;
import org.voyageur.rpm.RpmSignature;

/**
 * What {@code plan} prints for people. The diffs stand at the line's start, so that {@code patch}
 * finds them.
 */
final class PlanText {
  private static final int SECTOR = 512;

  private PlanText() {}

  static String of(PlannedConversion planned, Paint paint) {
    Plan plan = planned.plan();
    String image = planned.inspection().image().toString();
    if (!plan.feasible()) {
      return refused(image, plan, paint);
    }
    Report report = new Report(paint);
    report
        .heading("To boot " + Printable.line(image) + " on " + plan.target() + ":")
        .line(planned.inspection().guest().operatingSystem().productName())
        .line(count(plan.changes().size(), "change"));
    Map<String, Integer> createdTexts = new HashMap<>();
    int number = 0;
    for (Change change : plan.changes()) {
      number++;
      Integer sameAs =
          change instanceof Change.CreateFile create
              ? createdTexts.putIfAbsent(create.file().type() + create.file().text(), number)
              : null;
      report
          .heading(number + ". " + Printable.line(title(change)))
          .line(change.reason())
          .raw(detail(change, sameAs, paint));
    }
    return report + notes(plan.notes(), paint);
  }

  /** Every obstacle, for whoever asked for a conversion that cannot be done. */
  static String refused(String image, Plan plan, Paint paint) {
    return new Report(paint)
        .heading(Printable.line(image) + ": " + refusal(plan))
        .findings(plan.obstacles())
        .toString();
  }

  /** The same in one sentence. */
  static String refusal(Plan plan) {
    return "cannot be converted: " + count(plan.obstacles().size(), "obstacle");
  }

  /** What the operator should know of the result. */
  static String notes(List<String> notes, Paint paint) {
    if (notes.isEmpty()) {
      return "";
    }
    Report report = new Report(paint).heading("Notes");
    notes.forEach(note -> report.line("- " + note));
    return "\n" + report;
  }

  private static String count(int number, String noun) {
    return number + " " + noun + (number == 1 ? "" : "s");
  }

  static String title(Change change) {
    return switch (change) {
      case Change.ReplayJournal _ -> "Replay the journal";
      case Change.CreatePartition _ -> "Move the filesystem into a partition";
      case Change.GrowFilesystem grow ->
          "Grow the filesystem to " + Quantity.bytes(grow.to().length());
      case Change.SetLabel label -> "Label the filesystem " + label.to();
      case Change.EditFile edit -> "Edit " + edit.path();
      case Change.EditSecretFile edit -> "Edit " + edit.path();
      case Change.CreateFile create -> "Create " + create.path();
      case Change.RemoveFile remove -> "Remove " + remove.path();
      case Change.InstallKernelFiles install -> "Unpack " + install.rpm().fullName();
      case Change.WriteModuleTables write -> "Write the tables of " + write.directory();
      case Change.WriteInitrd initrd -> "Write an initrd, " + initrd.path();
      case Change.WriteSupplement supplement -> "Write a second initrd, " + supplement.path();
      case Change.FillHoles fill -> "Fill the holes of " + fill.path();
      case Change.InstallBootCode install ->
          "Install SYSLINUX on the disk and in " + install.directory();
    };
  }

  /**
   * @param sameAs the number of an earlier change that created a file with the same text
   */
  static String detail(Change change, @Nullable Integer sameAs, Paint paint) {
    return switch (change) {
      case Change.ReplayJournal _, Change.FillHoles _ -> "";
      case Change.SetLabel label ->
          lines("from: " + (label.from().isEmpty() ? "none" : label.from()), "to: " + label.to());
      case Change.EditFile edit ->
          diff(UnifiedDiff.of(edit.path(), edit.before().text(), edit.after()), paint);
      case Change.EditSecretFile _ -> lines("not shown, as it holds secrets");
      case Change.CreateFile create -> created(create.file(), sameAs, paint);
      case Change.RemoveFile remove ->
          remove.before().type() == FileType.SYMBOLIC_LINK
              ? lines("a link to " + remove.before().text())
              : diff(UnifiedDiff.removed(remove.path(), remove.before().text()), paint);
      case Change.InstallKernelFiles install ->
          lines(
              "from: " + install.rpm().path(),
              "files: %d, %s".formatted(install.files(), Quantity.bytes(install.bytes())),
              "the package itself: %s, %s"
                  .formatted(install.copy(), Quantity.bytes(install.rpm().fileSize())),
              "sha256: " + install.rpm().sha256(),
              switch (install.rpm().signature()) {
                case RpmSignature.Good(String key, String owner) ->
                    "signed by: %s, %s".formatted(key, owner);
                case RpmSignature.Unchecked(String key) ->
                    "signed by: %s, not checked".formatted(key);
                case RpmSignature.Missing _ -> "not signed";
              });
      case Change.WriteModuleTables write -> lines(String.join(", ", write.texts().keySet()));
      case Change.WriteInitrd initrd ->
          lines("for kernel " + initrd.kernelVersion() + ", " + initrd.architecture())
              + initrd.modules().stream()
                  .map(module -> lines("loads " + module))
                  .collect(Collectors.joining());
      case Change.WriteSupplement supplement ->
          lines("for kernel " + supplement.kernelVersion() + ", " + supplement.architecture())
              + supplement.modules().stream()
                  .map(module -> lines("loads " + module))
                  .collect(Collectors.joining());
      case Change.CreatePartition create ->
          lines(
              "sector 0: a master boot record with partition 1, type 83, active",
              "the partition: " + place(create.partition()),
              "the disk: " + Quantity.bytes(create.diskSize()));
      case Change.GrowFilesystem grow ->
          lines(
              "from: " + Quantity.bytes(grow.from()),
              "to: " + place(grow.to()),
              "the disk: " + Quantity.bytes(grow.diskSize()));
      case Change.InstallBootCode install ->
          bootCode(install.place()) + lines(install.directory() + "/ldlinux.sys and ldlinux.c32");
    };
  }

  private static String bootCode(BootPlace place) {
    return switch (place) {
      case BootPlace.WholeDisk _ ->
          lines(
              "sector 0: a loader of 440 bytes; sector 1: SYSLINUX's boot record of 512 bytes",
              "the first partition entry marked invalid, so that the disk still counts as one"
                  + " filesystem");
      case BootPlace.Partition(TableType table, int number, Extent extent) ->
          lines(
              "sector 0: "
                  + switch (table) {
                    case MBR -> "mbr.bin";
                    case GPT -> "gptmbr.bin";
                  }
                  + ", 440 bytes in front of the partition table",
              "sector %d: SYSLINUX's boot record of 512 bytes".formatted(extent.offset() / SECTOR),
              "partition " + number + " marked as the one to boot");
    };
  }

  private static String place(Extent extent) {
    return "%s from sector %d on"
        .formatted(Quantity.bytes(extent.length()), extent.offset() / SECTOR);
  }

  private static String created(GuestFile file, @Nullable Integer sameAs, Paint paint) {
    if (file.type() == FileType.SYMBOLIC_LINK) {
      return lines("a link to " + file.text());
    }
    String about =
        String.format(
            "mode %04o, owner %d:%d", file.mode(), file.owner().uid(), file.owner().gid());
    if (file.type() == FileType.DIRECTORY) {
      return lines("a directory, " + about);
    }
    if (sameAs != null) {
      return lines(about, "the same text as in " + sameAs);
    }
    return lines(about) + diff(UnifiedDiff.created(file.path(), file.text()), paint);
  }

  private static String lines(String... lines) {
    StringBuilder text = new StringBuilder();
    for (String line : lines) {
      text.append(Report.INDENT).append(Printable.line(line)).append('\n');
    }
    return text.toString();
  }

  private static String diff(String diff, Paint paint) {
    return Printable.lines(diff)
        .lines()
        .map(line -> {
          if (line.startsWith("---") || line.startsWith("+++")) {
            return paint.bold(line);
          } else if (line.startsWith("-")) {
            return paint.red(line);
          } else if (line.startsWith("+")) {
            return paint.green(line);
          }
          return line.startsWith("@@") ? paint.cyan(line) : line;
        })
        .map(line -> line + "\n")
        .collect(Collectors.joining());
  }
}
