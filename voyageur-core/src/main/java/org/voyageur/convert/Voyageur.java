package org.voyageur.convert;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.voyageur.disk.BlockDevice;
import org.voyageur.disk.DiskImage;
import org.voyageur.disk.Extent;
import org.voyageur.disk.FileStamp;
import org.voyageur.disk.ImageFormat;
import org.voyageur.disk.ImageStream;
import org.voyageur.disk.ImageWriter;
import org.voyageur.disk.InPlaceImage;
import org.voyageur.disk.OutputFormat;
import org.voyageur.disk.Overlay;
import org.voyageur.disk.ThrowAwayDisk;
import org.voyageur.disk.Window;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.filesystem.ExtFilesystem;
import org.voyageur.guest.Finding;
import org.voyageur.guest.Kernel;
import org.voyageur.guest.RootFilesystem;
import org.voyageur.plan.Change;
import org.voyageur.plan.Customisation;
import org.voyageur.plan.DiskShape;
import org.voyageur.plan.GuestCommands;
import org.voyageur.plan.Plan;
import org.voyageur.plan.Planner;
import org.voyageur.plan.Target;
import org.voyageur.process.Futures;
import org.voyageur.progress.ProgressEvent.Finished;
import org.voyageur.progress.ProgressEvent.Started;
import org.voyageur.progress.ProgressEvent.Step;
import org.voyageur.progress.ProgressListener;
import org.voyageur.verify.BootExpectation;
import org.voyageur.verify.BootStage;
import org.voyageur.verify.GuestBoot;
import org.voyageur.verify.Hypervisor;
import org.voyageur.verify.VerificationReport;
import org.voyageur.verify.VerifyOptions;
import org.voyageur.verify.XenLab;

/**
 * voyageur's library: each method opens an image, does one thing, and closes it again. The image is
 * only read, but by {@link #convertInPlace} and {@link #undo}.
 */
public final class Voyageur {
  /** What no command in the guest can mend, as none can run. */
  private static final Set<ErrorCode> PREVENTING =
      EnumSet.of(
          ErrorCode.FILESYSTEM_NOT_CLEAN,
          ErrorCode.FILESYSTEM_SYSLINUX,
          ErrorCode.GUEST_PARTITIONED,
          ErrorCode.DISK_SHRINK,
          ErrorCode.DISK_GROW_LIMIT,
          ErrorCode.DISK_GROW_PARTITION,
          ErrorCode.DISK_TOO_LARGE,
          ErrorCode.DISK_PARTITIONED,
          ErrorCode.CUSTOM_INSTALL);

  private Voyageur() {}

  /**
   * Says what an image is.
   *
   * @throws VoyageurException if it cannot be read or understood
   */
  public static Inspection inspect(Path image, OpenOptions options, ProgressListener progress) {
    try (DiskImage source = DiskImage.open(image, options.format(), options.scratch(), progress)) {
      OpenedGuest opened = OpenedGuest.open(source.device(), options.scratch(), progress);
      source.ensureUnchanged();
      return new Inspection(image, source.format(), opened.guest());
    }
  }

  /**
   * Says what a conversion would change, and what stands in its way. Writes nothing.
   *
   * @throws VoyageurException if the image cannot be read or understood
   */
  public static PlannedConversion plan(
      Path image, OpenOptions options, Target target, ProgressListener progress) {
    return plan(image, options, target, DiskShape.KEPT, Customisation.NONE, progress);
  }

  /** The same on a disk of another shape, with what the guest's owner wants changed besides. */
  public static PlannedConversion plan(
      Path image,
      OpenOptions options,
      Target target,
      DiskShape shape,
      Customisation customisation,
      ProgressListener progress) {
    try (DiskImage source = DiskImage.open(image, options.format(), options.scratch(), progress)) {
      OpenedGuest opened = OpenedGuest.open(source.device(), options.scratch(), progress);
      Plan plan = opened.plan(target, shape, customisation);
      if (!customisation.commands().isEmpty()) {
        plan = plan.withNotes(Appliance.missing().stream().toList());
      }
      source.ensureUnchanged();
      return new PlannedConversion(new Inspection(image, source.format(), opened.guest()), plan);
    }
  }

  /**
   * Converts an image: the result is a new file, checked before it gets its name.
   *
   * @throws VoyageurException if the image cannot be read, or the result cannot be written or is
   *     not what the plan says; no output is left then
   */
  public static Conversion convert(
      Path image, OpenOptions options, ConvertOptions convert, ProgressListener progress) {
    FileStamp stamp = FileStamp.of(image);
    ImageFormat format = DiskImage.identify(image, options.format(), progress);
    mustNotBeTheSource(image, convert.output());
    try (ImageWriter writer =
        ImageWriter.create(convert.output(), convert.format(), convert.replaceExisting())) {
      if (!convert.customisation().commands().isEmpty()) {
        return convertAfterCommands(
            new Source(image, format, stamp, false, List.of()), writer, options, convert, progress);
      }
      boolean inflate = format == ImageFormat.RAW_GZIP && !convert.compress();
      Source source = new Source(image, format, stamp, inflate, List.of());
      if (!inflate) {
        try (DiskImage disk =
            DiskImage.open(image, Optional.of(format), options.scratch(), progress)) {
          return convert(source, disk.device(), writer, options, convert, progress);
        }
      }
      // Inflated straight to where it is to be: a compressed image is read once and written once.
      // Compressed clusters cannot be changed any more, so that such a result is written last.
      progress.on(new Started(Step.OPEN, "Inflating " + image.getFileName()));
      long place = convert.shape().lead();
      BlockDevice output = writer.inflate(image, place, progress);
      BlockDevice inflated = new Window(output, new Extent(place, output.size() - place));
      progress.on(new Finished(Step.OPEN, "Inflated to " + inflated.size() + " bytes"));
      return convert(source, inflated, writer, options, convert, progress);
    }
  }

  /**
   * Converts an image without writing the result anywhere: for whoever sends it on.
   *
   * @param format of the file that the result is read as
   * @throws VoyageurException {@link ErrorCode#PLAN_OBSTACLES} if something stands in the way; as
   *     {@link #convert} does for the source and the result
   */
  public static StreamedConversion convertToStream(
      Path image,
      OpenOptions options,
      Target target,
      OutputFormat format,
      ProgressListener progress) {
    DiskImage source = DiskImage.open(image, options.format(), options.scratch(), progress);
    try {
      OpenedGuest opened = OpenedGuest.open(source.device(), options.scratch(), progress);
      Plan plan = opened.plan(target, DiskShape.KEPT, Customisation.NONE);
      if (!plan.feasible()) {
        throw new VoyageurException(
            ErrorCode.PLAN_OBSTACLES,
            plan.obstacles().stream()
                .map(Finding::message)
                .collect(Collectors.joining("; ", image + " cannot be converted: ", "")),
            "See them with 'voyageur plan', and deal with each");
      }
      progress.on(new Started(Step.APPLY, "Carrying the plan out"));
      carryOut(plan, opened, progress);
      List<String> checks = check(opened, plan, options, progress);
      OpenedGuest result =
          OpenedGuest.open(opened.disk(), options.scratch(), ProgressListener.none());
      source.ensureUnchanged();
      return new StreamedConversion(
          source,
          new PlannedConversion(new Inspection(image, source.format(), opened.guest()), plan),
          result.guest(),
          checks,
          ImageStream.of(opened.disk(), used(opened), format));
    } catch (RuntimeException | Error e) {
      source.close();
      throw e;
    }
  }

  /**
   * Converts an image where it is. All changes are gathered and checked first; killed at any
   * moment, the image is as it was, or converted, when it is next opened. {@link #undo} puts it
   * back.
   *
   * @throws VoyageurException if the image cannot be read, understood or written, or the result
   *     would not be what the plan says; the image is as it was then
   */
  public static Conversion convertInPlace(
      Path image, OpenOptions options, Target target, ProgressListener progress) {
    return convertInPlace(image, options, target, Customisation.NONE, progress);
  }

  /**
   * The same with what the guest's owner wants changed besides.
   *
   * @param customisation without commands
   */
  public static Conversion convertInPlace(
      Path image,
      OpenOptions options,
      Target target,
      Customisation customisation,
      ProgressListener progress) {
    if (!customisation.commands().isEmpty()) {
      throw new IllegalArgumentException("commands run on a throw-away disk only");
    }
    try (InPlaceImage inPlace = open(image, options, progress)) {
      OpenedGuest opened = OpenedGuest.open(inPlace.device(), options.scratch(), progress);
      Plan plan = opened.plan(target, DiskShape.KEPT, customisation);
      PlannedConversion planned =
          new PlannedConversion(new Inspection(image, inPlace.format(), opened.guest()), plan);
      if (!plan.feasible()) {
        return new Conversion.Refused(planned);
      }
      if (plan.changes().isEmpty()) {
        return new Conversion.Unchanged(planned);
      }
      inPlace.demandUndoable();
      progress.on(new Started(Step.APPLY, "Carrying the plan out"));
      carryOut(plan, opened, progress);
      List<String> checks = check(opened, plan, options, progress);
      progress.on(new Started(Step.PUBLISH, "Writing to the image"));
      inPlace.commitUndoably(opened.disk());
      progress.on(new Finished(Step.PUBLISH, "Written"));
      return new Conversion.Converted(
          planned,
          image,
          inPlace.format() == ImageFormat.QCOW2 ? OutputFormat.QCOW2 : OutputFormat.RAW,
          opened.disk().size(),
          size(opened.disk().changedExtents()),
          checks,
          Optional.empty());
    }
  }

  /**
   * Puts an image back as it was before {@link #convertInPlace}.
   *
   * @throws VoyageurException {@link ErrorCode#IMAGE_NO_UNDO}; {@link
   *     ErrorCode#IMAGE_CHANGED_SINCE}; as opening and writing do
   */
  public static void undo(Path image, OpenOptions options, ProgressListener progress) {
    try (InPlaceImage inPlace = open(image, options, progress)) {
      inPlace.undo();
    }
  }

  private static InPlaceImage open(Path image, OpenOptions options, ProgressListener progress) {
    return InPlaceImage.open(image, options.format(), options.scratch(), progress);
  }

  private static long size(List<Extent> extents) {
    return extents.stream().mapToLong(Extent::length).sum();
  }

  /**
   * Boots an image on a throw-away overlay and says how far it comes, and why no further. What
   * cannot boot is told without booting it, where the image shows that.
   *
   * @throws VoyageurException if the image cannot be read, or the host lacks QEMU
   */
  public static VerificationReport verify(
      Path image, OpenOptions options, VerifyOptions verify, ProgressListener progress) {
    FileStamp stamp = FileStamp.of(image);
    ImageFormat format;
    BootOutlook outlook;
    try (DiskImage source = DiskImage.open(image, options.format(), options.scratch(), progress)) {
      format = source.format();
      outlook = BootOutlook.of(source.device(), options.scratch(), progress);
    }
    if (outlook.failure().isPresent()) {
      return VerificationReport.notBooted(
          image, Hypervisor.KVM, outlook.expected(), outlook.failure().get(), outlook.notes());
    }
    VerificationReport report = GuestBoot.run(image, format, outlook.expected(), verify, progress);
    stamp.ensureUnchanged();
    return report.withNotes(outlook.notes());
  }

  /**
   * Says what Xen's PyGrub would start from an image, and whether that is a kernel that can run as
   * a paravirtual guest. The host's own PyGrub is asked if it is installed, else voyageur's model
   * of it.
   *
   * @return a report without a machine; one that booted has come to {@link BootStage#BOOT_LOADER}
   * @throws VoyageurException if the image cannot be read
   */
  public static VerificationReport verifyPyGrub(
      Path image, OpenOptions options, ProgressListener progress) {
    try (DiskImage source = DiskImage.open(image, options.format(), options.scratch(), progress)) {
      XenOutlook outlook = XenOutlook.of(source, options.scratch(), progress);
      source.ensureUnchanged();
      return told(image, new BootExpectation(BootStage.BOOT_LOADER, false, false, false), outlook);
    }
  }

  /**
   * Boots an image under a real Xen as a paravirtual guest, as {@link #verify} does under KVM.
   *
   * @throws VoyageurException as {@link #verify}; {@link ErrorCode#HOST_XEN_LAB} if the Xen lab is
   *     not prepared, or has no Xen for the guest's kernel
   */
  public static VerificationReport verifyOnXen(
      Path image, OpenOptions options, VerifyOptions verify, ProgressListener progress) {
    XenLab.require();
    FileStamp stamp = FileStamp.of(image);
    ImageFormat format;
    XenOutlook outlook;
    try (DiskImage source = DiskImage.open(image, options.format(), options.scratch(), progress)) {
      format = source.format();
      outlook = XenOutlook.of(source, options.scratch(), progress);
    }
    if (outlook.failure().isPresent()) {
      return told(image, XenOutlook.BOOTED, outlook);
    }
    if (outlook.architecture().filter(one -> !one.equals("x86_64")).isPresent()) {
      throw new VoyageurException(
          ErrorCode.HOST_XEN_LAB,
          "the guest's kernel is for 32 bits, and the Xen lab's hypervisor has paravirtual guests"
              + " of 64 bits only",
          "Leave out --full, and PyGrub's part is checked");
    }
    VerificationReport report =
        GuestBoot.runOnXen(image, format, outlook.disk(), XenOutlook.BOOTED, verify, progress);
    stamp.ensureUnchanged();
    return report.withNotes(outlook.notes());
  }

  private static VerificationReport told(Path image, BootExpectation expected, XenOutlook outlook) {
    return VerificationReport.told(
        image,
        Hypervisor.XEN,
        expected,
        outlook.pygrub().stream().toList(),
        outlook.failure(),
        outlook.notes());
  }

  /**
   * The image that is converted, and what tells whether it changed meanwhile.
   *
   * @param isInflated whether it was inflated to where the result is to be, so that only what is
   *     changed remains to be written
   * @param ran what the guest's own programs did before
   */
  private record Source(
      Path image, ImageFormat format, FileStamp stamp, boolean isInflated, List<String> ran) {
    Source after(Optional<Overlay> grown, List<GuestCommands.Command> commands) {
      Stream<String> growing =
          grown.stream()
              .map(disk ->
                  "Before all changes, disk and filesystem were grown: the disk to %d MiB"
                      .formatted(disk.size() >> 20));
      Stream<String> running =
          commands.stream()
              .map(command ->
                  "Before all changes, the guest's own programs ran in libguestfs's appliance: "
                      + command.title());
      return new Source(image, format, stamp, isInflated, Stream.concat(growing, running).toList());
    }
  }

  /**
   * Lets the guest's own programs run on a throw-away disk, and converts what they made of it. What
   * stood in the way before may be gone then, but not what keeps them from running at all.
   */
  private static Conversion convertAfterCommands(
      Source source,
      ImageWriter writer,
      OpenOptions options,
      ConvertOptions convert,
      ProgressListener progress) {
    GuestCommands commands = convert.customisation().commands();
    // Before an image is inflated for it.
    Appliance.require();
    try (ThrowAwayDisk disk =
        ThrowAwayDisk.over(source.image(), source.format(), options.scratch(), progress)) {
      String device;
      List<GuestCommands.Command> toRun;
      DiskShape remaining;
      Set<String> kernels;
      Optional<Overlay> grown;
      try (BlockDevice before = disk.open()) {
        OpenedGuest opened = OpenedGuest.open(before, options.scratch(), progress);
        Plan plan = opened.plan(convert.target(), convert.shape(), convert.customisation());
        if (plan.obstacles().stream().anyMatch(finding -> prevents(finding.code(), commands))) {
          return new Conversion.Refused(
              new PlannedConversion(
                  new Inspection(source.image(), source.format(), opened.guest()), plan));
        }
        device = GuestRun.device(RootFilesystem.find(new Overlay(before), options.scratch()));
        toRun = commands.of(opened.guest().operatingSystem()).orElseThrow();
        remaining = convert.shape().afterGrowing(before.size());
        kernels =
            opened.guest().kernels().stream().map(Kernel::version).collect(Collectors.toSet());
        grown = grownWhereItIs(opened, before, convert, options);
      }
      // What the commands write may need the room.
      grown.ifPresent(disk::enlarge);
      GuestRun.run(toRun, commands, disk, device, options.scratch(), progress);
      source.stamp().ensureUnchanged();
      try (BlockDevice after = disk.open()) {
        return convert(
            source.after(grown, toRun),
            after,
            writer,
            options,
            convert.afterCommands(remaining, kernels),
            progress);
      }
    }
  }

  /** A kernel is installed first of all, so that no command can make room for it. */
  private static boolean prevents(ErrorCode code, GuestCommands commands) {
    return PREVENTING.contains(code)
        || (code == ErrorCode.FILESYSTEM_FULL && commands.kernel().isPresent());
  }

  /** The disk as it is where the filesystem has grown and has not moved. */
  private static Optional<Overlay> grownWhereItIs(
      OpenedGuest opened, BlockDevice before, ConvertOptions convert, OpenOptions options) {
    DiskShape shape = convert.shape().beforeMoving(before.size());
    Plan plan = Planner.plan(opened.guest(), convert.target(), shape);
    return plan.change(Change.GrowFilesystem.class)
        .map(_ -> NewDisk.of(opened, before, Optional.empty(), plan, options.scratch()).disk());
  }

  /** The steps of a conversion. Nothing is published before the result has been checked. */
  private static Conversion convert(
      Source source,
      BlockDevice device,
      ImageWriter writer,
      OpenOptions options,
      ConvertOptions convert,
      ProgressListener progress) {
    boolean early = !source.isInflated() && !convert.compress();
    try (EarlyCopy copy = new EarlyCopy(source.image(), device, convert.shape().lead(), writer)) {
      OpenedGuest opened =
          OpenedGuest.open(
              device,
              options.scratch(),
              progress,
              (filesystem, extent) -> {
                if (early) {
                  copy.start(used(filesystem, extent, device.size()));
                }
              });
      Plan plan =
          opened
              .plan(convert.target(), convert.shape(), convert.customisation())
              .withNotes(source.ran());
      PlannedConversion planned =
          new PlannedConversion(
              new Inspection(source.image(), source.format(), opened.guest()), plan);
      if (!plan.feasible()) {
        return new Conversion.Refused(planned);
      }
      OpenedGuest result = apply(opened, plan, device, source, writer, options, progress);
      List<Extent> used =
          source.isInflated()
              ? List.of(new Extent(0, result.disk().size()))
              : union(used(result), copy.begun());
      try (ResultDigest digest =
          new ResultDigest(convert, result.disk(), union(used, result.disk().changedExtents()))) {
        Written written =
            source.isInflated()
                ? checkAndCopy(result, plan, options, progress)
                : copyWhileChecking(
                    result,
                    plan,
                    used,
                    early ? Optional.of(copy) : Optional.empty(),
                    writer,
                    options,
                    progress);
        Optional<String> whileWritten = digest.beforePublishing(progress);
        source.stamp().ensureUnchanged();
        progress.on(new Started(Step.PUBLISH, "Making the result durable"));
        writer.publish();
        progress.on(new Finished(Step.PUBLISH, convert.output().toString()));
        return new Conversion.Converted(
            planned,
            convert.output(),
            convert.format(),
            result.disk().size(),
            written.bytes(),
            written.checks(),
            whileWritten.or(() -> digest.ofPublished(progress)));
      }
    }
  }

  private static OpenedGuest apply(
      OpenedGuest opened,
      Plan plan,
      BlockDevice device,
      Source source,
      ImageWriter writer,
      OpenOptions options,
      ProgressListener progress) {
    progress.on(new Started(Step.APPLY, "Carrying the plan out"));
    OpenedGuest result =
        NewDisk.of(
            opened,
            device,
            source.isInflated() ? Optional.of(writer::enlarge) : Optional.empty(),
            plan,
            options.scratch());
    carryOut(plan, result, progress);
    return result;
  }

  private static void carryOut(Plan plan, OpenedGuest guest, ProgressListener progress) {
    // What is not changed is not opened for writing: that alone sets the superblock's time.
    if (!plan.changes().isEmpty()) {
      try (ExtFilesystem filesystem = ExtFilesystem.open(guest.root(), true)) {
        new PlanApplier(filesystem, guest.disk()).apply(plan);
      }
    }
    progress.on(new Finished(Step.APPLY, plan.changes().size() + " changes"));
  }

  private static List<String> check(
      OpenedGuest guest, Plan plan, OpenOptions options, ProgressListener progress) {
    progress.on(new Started(Step.CHECK, "Checking the result"));
    List<String> checks = ResultCheck.run(guest, plan, options.scratch());
    progress.on(new Finished(Step.CHECK, "The result is as planned"));
    return checks;
  }

  /**
   * A result that passed.
   *
   * @param checks what it was checked for
   */
  private record Written(List<String> checks, long bytes) {}

  /** Where the source was inflated to where the result is to be, so that only changes remain. */
  private static Written checkAndCopy(
      OpenedGuest guest, Plan plan, OpenOptions options, ProgressListener progress) {
    List<String> checks = check(guest, plan, options, progress);
    progress.on(new Started(Step.COPY, "Writing the result"));
    long changed = copyChanges(guest.disk(), guest.disk().base());
    progress.on(new Finished(Step.COPY, "Written"));
    return new Written(checks, changed);
  }

  /** The check waits for e2fsck and the copy for the kernel, so that one need not wait for both. */
  private static Written copyWhileChecking(
      OpenedGuest guest,
      Plan plan,
      List<Extent> used,
      Optional<EarlyCopy> early,
      ImageWriter writer,
      OpenOptions options,
      ProgressListener progress) {
    try (ExecutorService beside = Executors.newSingleThreadExecutor()) {
      Future<List<String>> check =
          beside.submit(() -> ResultCheck.run(guest, plan, options.scratch()));
      progress.on(new Started(Step.COPY, "Writing the result"));
      long bytes = copy(guest, used, early, writer, progress);
      progress.on(new Finished(Step.COPY, "Written"));
      progress.on(new Started(Step.CHECK, "Checking the result"));
      List<String> checks = Futures.await(check);
      progress.on(new Finished(Step.CHECK, "The result is as planned"));
      return new Written(checks, bytes);
    }
  }

  /** The parts of a disk that hold something. */
  private static List<Extent> used(ExtFilesystem filesystem, Extent place, long diskSize) {
    long start = place.offset();
    long end = start + filesystem.facts().size();
    List<Extent> used = new ArrayList<>();
    used.add(new Extent(0, start));
    filesystem.copiedExtents().stream()
        .map(extent -> new Extent(start + extent.offset(), extent.length()))
        .forEach(used::add);
    used.add(new Extent(end, diskSize - end));
    return used;
  }

  private static List<Extent> union(List<Extent> one, List<Extent> other) {
    return Stream.concat(one.stream(), other.stream()).toList();
  }

  private static List<Extent> used(OpenedGuest guest) {
    try (ExtFilesystem filesystem = ExtFilesystem.open(guest.root(), false)) {
      return used(filesystem, guest.extent(), guest.disk().size());
    }
  }

  /**
   * Writes the whole result; how many bytes of the disk were written.
   *
   * @param used the parts that hold something
   * @param early what was begun of it; empty if the result is to be compressed
   */
  private static long copy(
      OpenedGuest guest,
      List<Extent> used,
      Optional<EarlyCopy> early,
      ImageWriter writer,
      ProgressListener progress) {
    if (early.isEmpty()) {
      BlockDevice output = writer.compress(guest.disk(), used, progress);
      mustReadBack(guest.disk(), output);
      return size(output.dataExtents(new Extent(0, output.size())));
    }
    long unchanged = early.get().await(progress);
    BlockDevice output = writer.enlarge(guest.disk().size());
    unchanged += early.get().copyRest(used, output);
    return unchanged + copyChanges(guest.disk(), output);
  }

  private static long copyChanges(Overlay disk, BlockDevice output) {
    disk.writeTo(output);
    mustReadBack(disk, output);
    return size(disk.changedExtents());
  }

  private static void mustReadBack(Overlay disk, BlockDevice output) {
    for (Extent extent : disk.changedExtents()) {
      byte[] expected = disk.read(extent.offset(), (int) extent.length());
      if (!Arrays.equals(expected, output.read(extent.offset(), (int) extent.length()))) {
        throw new VoyageurException(
            ErrorCode.CHECK_FAILED,
            "byte " + extent.offset() + " of the output reads otherwise than it was written",
            "Check the disk that the output lies on; no output was left");
      }
    }
  }

  private static void mustNotBeTheSource(Path source, Path output) {
    try {
      if (Files.exists(output) && Files.isSameFile(source, output)) {
        throw new VoyageurException(
            ErrorCode.OUTPUT_IS_SOURCE,
            "the output " + output + " is the source itself",
            "Choose another output with -o");
      }
    } catch (IOException e) {
      // What cannot be compared cannot be opened either, and says so then.
    }
  }
}
