package org.voyageur.cli;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.voyageur.convert.Conversion;
import org.voyageur.convert.Inspection;
import org.voyageur.convert.PlannedConversion;
import org.voyageur.disk.BootPlace;
import org.voyageur.disk.DiskLayout;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.filesystem.FileType;
import org.voyageur.filesystem.FilesystemFacts;
import org.voyageur.guest.Finding;
import org.voyageur.guest.Guest;
import org.voyageur.guest.Kernel;
import org.voyageur.guest.XenBoot;
import org.voyageur.openstack.CloudImage;
import org.voyageur.openstack.Glance.Membership;
import org.voyageur.openstack.UploadReport;
import org.voyageur.openstack.nova.LaunchReport;
import org.voyageur.plan.Change;
import org.voyageur.plan.Plan;
import org.voyageur.plan.UnifiedDiff;
import org.voyageur.progress.ProgressEvent;
import org.voyageur.verify.BootFailure;
import org.voyageur.verify.HostReport;
import org.voyageur.verify.ReachedStage;
import org.voyageur.verify.VerificationReport;
import tools.jackson.core.json.JsonWriteFeature;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * The documents that commands print with {@code --json}: docs/json.md. Built by hand from the
 * records, so that renaming something inside does not change what programs rely on.
 */
final class Json {
  private static final int SCHEMA_VERSION = 1;

  /** ASCII only: a terminal's control characters are not only those that JSON has escaped. */
  private static final JsonMapper LINE =
      JsonMapper.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

  private static final JsonMapper PRETTY =
      LINE.rebuild().enable(SerializationFeature.INDENT_OUTPUT).build();

  private Json() {}

  /** Of a command that failed. */
  static String error(VoyageurException error) {
    return document("error", errorObject(error));
  }

  /** Of {@code inspect}. */
  static String inspection(Inspection inspection) {
    return document("inspection", inspectionObject(inspection));
  }

  /** Of {@code upload}. */
  static String upload(UploadReport report, List<String> notes) {
    return document("upload", uploadObject(report, notes));
  }

  private static Map<String, Object> uploadObject(UploadReport report, List<String> notes) {
    Map<String, Object> object = imageObject(report.image());
    object.put("uploaded", !report.existed());
    object.put("sha256", report.sha256());
    report.hash().ifPresent(hash -> object.put("compared", hash));
    object.put("attempts", report.attempts());
    object.put("seconds", seconds(report.took().toNanos()));
    object.put("notes", notes);
    return object;
  }

  /** Of {@code migrate}. */
  static String migrations(List<MigrationReport> reports) {
    Map<String, Object> document =
        object("migrations", reports.stream().map(Json::migrationObject).toList());
    reports.stream()
        .flatMap(report -> report.failure().stream())
        .findFirst()
        .ifPresent(failure -> document.put("error", errorObject(failure)));
    return document(document);
  }

  private static Map<String, Object> migrationObject(MigrationReport report) {
    Map<String, Object> object =
        object("source", report.source().toString(), "name", report.name());
    report.image().ifPresent(image -> object.put("image", image));
    object.put(
        "steps",
        report.steps().stream()
            .map(step ->
                object(
                    "step",
                    word(step.step()),
                    "outcome",
                    word(step.outcome()),
                    "text",
                    step.text(),
                    "seconds",
                    seconds(step.took().toNanos())))
            .toList());
    Duration converting = report.steps().getFirst().took();
    report
        .conversion()
        .ifPresent(made ->
            object.put(
                "conversion",
                made.file()
                    .map(file -> conversionObject(file, converting.toNanos()))
                    .orElseGet(() -> streamedObject(made))));
    report.verification().ifPresent(boot -> object.put("verification", verificationObject(boot)));
    report.upload().ifPresent(upload -> object.put("upload", uploadObject(upload, List.of())));
    report.launch().ifPresent(launch -> object.put("launch", launchObject(launch)));
    report.failure().ifPresent(failure -> object.put("error", errorObject(failure)));
    object.put("next", report.next());
    return object;
  }

  private static Map<String, Object> errorObject(VoyageurException error) {
    return errorObject(error.code(), error.getMessage(), error.remedy());
  }

  /** Of {@code share}. */
  static String share(Membership membership) {
    return document(
        "share",
        object(
            "image",
            membership.image(),
            "project",
            membership.project(),
            "status",
            membership.status()));
  }

  /** Of {@code images}. */
  static String images(List<CloudImage> images) {
    return document("images", images.stream().map(Json::imageObject).toList());
  }

  private static Map<String, Object> imageObject(CloudImage image) {
    Map<String, Object> object =
        object(
            "id",
            image.id(),
            "name",
            image.name(),
            "status",
            image.status(),
            "format",
            image.diskFormat(),
            "size",
            image.size(),
            "visibility",
            image.visibility(),
            "protected",
            image.isProtected());
    image.sha256().ifPresent(sha256 -> object.put("sha256", sha256));
    object.put("properties", new TreeMap<>(image.properties()));
    return object;
  }

  /** Of {@code plan}. */
  static String plan(PlannedConversion planned) {
    Map<String, Object> document =
        object(
            "inspection",
            inspectionObject(planned.inspection()),
            "plan",
            planObject(planned.plan()));
    if (!planned.plan().feasible()) {
      document.put("error", refused(planned.plan()));
    }
    return document(document);
  }

  private static Map<String, Object> streamedObject(MigrationReport.Made made) {
    return object(
        "inspection",
        inspectionObject(made.planned().inspection()),
        "plan",
        planObject(made.planned().plan()),
        "checks",
        made.checks());
  }

  private static Map<String, Object> conversionObject(Conversion conversion, long nanos) {
    PlannedConversion planned = conversion.planned();
    Map<String, Object> document =
        object(
            "inspection",
            inspectionObject(planned.inspection()),
            "plan",
            planObject(planned.plan()));
    switch (conversion) {
      case Conversion.Refused _ -> document.put("error", refused(planned.plan()));
      case Conversion.Unchanged _ -> document.put("unchanged", true);
      case Conversion.Converted converted ->
          document.put(
              "result",
              object(
                  "output",
                  converted.output().toString(),
                  "format",
                  converted.format().label(),
                  "virtualSize",
                  converted.virtualSize(),
                  "dataWritten",
                  converted.dataWritten(),
                  "checks",
                  converted.checks(),
                  "seconds",
                  seconds(nanos)));
    }
    return document;
  }

  /** Of {@code verify}. */
  static String verification(VerificationReport report) {
    Map<String, Object> document = object("verification", verificationObject(report));
    report.failure().ifPresent(failure -> document.put("error", failed(failure)));
    return document(document);
  }

  /**
   * Of {@code convert}.
   *
   * @param sha256 of the result's file, where it was asked for
   * @param boot with {@code --verify}
   */
  static String conversion(
      Conversion conversion,
      long nanos,
      Optional<String> sha256,
      Optional<VerificationReport> boot) {
    Map<String, Object> document = conversionObject(conversion, nanos);
    sha256.ifPresent(digest -> document.put("sha256", digest));
    boot.ifPresent(report -> {
      document.put("verification", verificationObject(report));
      report.failure().ifPresent(failure -> document.put("error", failed(failure)));
    });
    return document(document);
  }

  private static Map<String, Object> failed(BootFailure failure) {
    return errorObject(failure.code(), failure.message(), failure.remedy());
  }

  private static Map<String, Object> verificationObject(VerificationReport report) {
    Map<String, Object> object =
        object(
            "image",
            report.image().toString(),
            "on",
            report.on().toString(),
            "booted",
            report.booted());
    report
        .machine()
        .ifPresent(machine ->
            object.putAll(
                object(
                    "qemu",
                    machine.qemu(),
                    "accelerator",
                    machine.accelerator(),
                    "memory",
                    machine.memory(),
                    "seconds",
                    seconds(report.took().toNanos()))));
    object.put(
        "expected",
        object(
            "last",
            report.expected().last().label(),
            "serialPrompt",
            report.expected().serialPrompt(),
            "screenPrompt",
            report.expected().screenPrompt(),
            "network",
            report.expected().network()));
    boot(object, report.stages(), report.failure());
    object.put("notes", report.notes());
    object.put("console", report.console());
    object.put("screen", report.screen());
    return object;
  }

  /** How far a boot came, and why no further. */
  private static void boot(
      Map<String, Object> object, List<ReachedStage> stages, Optional<BootFailure> failure) {
    object.put(
        "stages",
        stages.stream()
            .map(stage ->
                object(
                    "stage",
                    stage.stage().label(),
                    "seconds",
                    seconds(stage.after().toNanos()),
                    "evidence",
                    stage.evidence()))
            .toList());
    failure.ifPresent(cause ->
        object.put(
            "cause",
            object(
                "code",
                cause.code().code(),
                "message",
                cause.message(),
                "remedy",
                cause.remedy(),
                "evidence",
                cause.evidence().stream().map(Printable::decoded).toList())));
  }

  /** Of {@code launch}. */
  static String launch(LaunchReport report) {
    Map<String, Object> document = object("launch", launchObject(report));
    report.failure().ifPresent(failure -> document.put("error", failed(failure)));
    return document(document);
  }

  private static Map<String, Object> launchObject(LaunchReport report) {
    Map<String, Object> object =
        object(
            "server",
            report.server(),
            "name",
            report.name(),
            "image",
            report.image(),
            "flavor",
            object(
                "id",
                report.flavor().id(),
                "name",
                report.flavor().name(),
                "memory",
                report.flavor().memory(),
                "disk",
                report.flavor().disk()),
            "addresses",
            report.addresses(),
            "booted",
            report.booted(),
            "kept",
            report.kept(),
            "activeSeconds",
            seconds(report.active().toNanos()),
            "seconds",
            seconds(report.took().toNanos()));
    report.dashboard().ifPresent(address -> object.put("dashboard", address));
    boot(object, report.stages(), report.failure());
    object.put("notes", report.notes());
    object.put("console", report.console());
    return object;
  }

  private static double seconds(long nanos) {
    return Math.round(nanos / 1e6) / 1e3;
  }

  /** Of {@code doctor}. */
  static String host(HostReport report) {
    Map<String, Object> document =
        object(
            "ready",
            report.ready(),
            "host",
            report.items().stream().map(Json::hostItem).toList(),
            "missingPackages",
            report.missingPackages());
    if (!report.ready()) {
      document.put(
          "error",
          errorObject(
              ErrorCode.HOST_PROGRAM_MISSING,
              HostReportText.LACKING,
              HostReportText.remedy(report)));
    }
    return document(document);
  }

  private static Map<String, Object> hostItem(HostReport.Item item) {
    Map<String, Object> object =
        object(
            "name",
            item.name(),
            "need",
            word(item.need()),
            "purpose",
            item.purpose(),
            "present",
            item.found().isPresent());
    item.found().ifPresent(found -> object.put("found", found));
    item.debianPackage().ifPresent(name -> object.put("package", name));
    return object;
  }

  private static Map<String, Object> refused(Plan plan) {
    return errorObject(
        ErrorCode.PLAN_OBSTACLES,
        PlanText.refusal(plan),
        "Deal with each of the obstacles, then try again");
  }

  private static Map<String, Object> errorObject(ErrorCode code, String message, String remedy) {
    return object(
        "code",
        code.code(),
        "message",
        message,
        "remedy",
        remedy,
        "exitCode",
        code.exitStatus().code());
  }

  /** One line for each event, with {@code --progress json}. */
  static String progress(ProgressEvent event) {
    return LINE.writeValueAsString(
        switch (event) {
          case ProgressEvent.Started start ->
              object("event", "started", "step", word(start.step()), "text", start.text());
          case ProgressEvent.Advanced advanced ->
              object(
                  "event",
                  "advanced",
                  "step",
                  word(advanced.step()),
                  "done",
                  advanced.done(),
                  "total",
                  advanced.total());
          case ProgressEvent.Noted noted ->
              object("event", "noted", "step", word(noted.step()), "text", noted.text());
          case ProgressEvent.Finished end ->
              object("event", "finished", "step", word(end.step()), "text", end.text());
        });
  }

  private static Map<String, Object> inspectionObject(Inspection inspection) {
    Guest guest = inspection.guest();
    Map<String, Object> document = object("image", inspection.image().toString());
    document.put("format", inspection.format().label());
    document.put("diskSize", guest.diskSize());
    document.put("layout", layout(guest.layout()));
    document.put("operatingSystem", system(guest));
    document.put("filesystem", filesystem(guest));
    document.put("kernels", guest.kernels().stream().map(Json::kernel).toList());
    guest.xenBoot().ifPresent(boot -> document.put("pygrub", pygrub(boot)));
    document.put(
        "fstab",
        guest.fstab().stream()
            .map(entry ->
                object(
                    "line",
                    entry.line(),
                    "spec",
                    entry.spec(),
                    "mountPoint",
                    entry.mountPoint(),
                    "type",
                    entry.type(),
                    "options",
                    entry.options(),
                    "dump",
                    entry.dump(),
                    "pass",
                    entry.pass(),
                    "device",
                    word(entry.device())))
            .toList());
    document.put(
        "consoles",
        object("gettys", guest.consoles().gettys(), "securetty", guest.consoles().securetty()));
    document.put(
        "network",
        object(
            "interfaces",
            guest.network().interfaces().stream()
                .map(one -> object("name", one.name(), "method", one.method(), "file", one.file()))
                .toList(),
            "pins",
            guest.network().pins().stream()
                .map(pin -> object("file", pin.file(), "line", pin.line(), "text", pin.text()))
                .toList()));
    document.put("xenLeftovers", guest.xenLeftovers());
    document.put("findings", guest.findings().stream().map(Json::finding).toList());
    return document;
  }

  private static Map<String, Object> pygrub(XenBoot boot) {
    Map<String, Object> object =
        object("configFile", boot.configFile(), "title", boot.title(), "kernel", boot.kernel());
    boot.initrd().ifPresent(initrd -> object.put("initrd", initrd));
    object.put("arguments", boot.arguments());
    return object;
  }

  private static Map<String, Object> layout(DiskLayout layout) {
    return switch (layout) {
      case DiskLayout.WholeDisk whole ->
          object("kind", "whole-disk", "filesystem", word(whole.type()));
      case DiskLayout.Partitioned table ->
          object(
              "kind",
              "partitioned",
              "table",
              word(table.table()),
              "partitions",
              table.partitions().stream().map(Json::partition).toList());
      case DiskLayout.Unrecognised other ->
          object("kind", "unrecognised", "description", other.description());
    };
  }

  private static Map<String, Object> partition(DiskLayout.Partition partition) {
    Map<String, Object> object =
        object(
            "number",
            partition.number(),
            "offset",
            partition.extent().offset(),
            "size",
            partition.extent().length(),
            "active",
            partition.active(),
            "filesystem",
            word(partition.type()));
    for (DiskLayout.Tag tag : DiskLayout.Tag.values()) {
      Optional.ofNullable(partition.names().get(tag))
          .ifPresent(name -> object.put(word(tag), name));
    }
    return object;
  }

  private static Map<String, Object> system(Guest guest) {
    return object(
        "productName",
        guest.operatingSystem().productName(),
        "family",
        word(guest.operatingSystem().family()),
        "distribution",
        guest.operatingSystem().distribution(),
        "version",
        guest.operatingSystem().version(),
        "architecture",
        guest.operatingSystem().architecture(),
        "init",
        word(guest.operatingSystem().init()));
  }

  private static Map<String, Object> filesystem(Guest guest) {
    FilesystemFacts facts = guest.filesystem();
    return object(
        "type",
        word(facts.type()),
        "features",
        facts.features(),
        "label",
        facts.label(),
        "uuid",
        facts.uuid(),
        "blockSize",
        facts.blockSize(),
        "inodeSize",
        facts.inodeSize(),
        "size",
        facts.size(),
        "used",
        facts.used(),
        "free",
        facts.free(),
        "reserved",
        facts.reserved(),
        "freeInodes",
        facts.freeInodes(),
        "state",
        word(facts.state()));
  }

  private static Map<String, Object> kernel(Kernel kernel) {
    Map<String, Object> object = object("version", kernel.version(), "image", kernel.image());
    kernel.initrd().ifPresent(path -> object.put("initrd", path));
    kernel.config().ifPresent(path -> object.put("config", path));
    kernel.modules().ifPresent(path -> object.put("modules", path));
    object.putAll(
        object(
            "architecture",
            kernel.architecture(),
            "xenPv",
            kernel.xenPv(),
            "kvm",
            kernel.kvm(),
            "virtioBlk",
            word(kernel.virtioBlk()),
            "virtioNet",
            word(kernel.virtioNet()),
            "supplement",
            kernel.supplement(),
            "gaps",
            kernel.gaps(),
            "commandLineLimit",
            kernel.commandLineLimit()));
    return object;
  }

  private static Map<String, Object> finding(Finding finding) {
    return object(
        "severity",
        word(finding.severity()),
        "code",
        finding.code().code(),
        "message",
        finding.message(),
        "remedy",
        finding.remedy());
  }

  private static Map<String, Object> planObject(Plan plan) {
    return object(
        "target",
        word(plan.target()),
        "feasible",
        plan.feasible(),
        "obstacles",
        plan.obstacles().stream().map(Json::finding).toList(),
        "changes",
        plan.changes().stream().map(Json::change).toList(),
        "notes",
        plan.notes());
  }

  private static Map<String, Object> change(Change change) {
    Map<String, Object> object =
        switch (change) {
          case Change.ReplayJournal _ -> object("kind", "replay-journal");
          case Change.CreatePartition create ->
              object(
                  "kind",
                  "create-partition",
                  "offset",
                  create.partition().offset(),
                  "size",
                  create.partition().length(),
                  "diskSize",
                  create.diskSize());
          case Change.GrowFilesystem grow ->
              object(
                  "kind",
                  "grow-filesystem",
                  "from",
                  grow.from(),
                  "offset",
                  grow.to().offset(),
                  "size",
                  grow.to().length(),
                  "diskSize",
                  grow.diskSize());
          case Change.SetLabel label ->
              object("kind", "set-label", "from", label.from(), "to", label.to());
          case Change.EditFile edit ->
              object(
                  "kind",
                  "edit-file",
                  "path",
                  edit.path(),
                  "diff",
                  UnifiedDiff.of(edit.path(), edit.before().text(), edit.after()));
          case Change.EditSecretFile edit ->
              object("kind", "edit-secret-file", "path", edit.path());
          case Change.CreateFile create when create.file().type() == FileType.DIRECTORY ->
              object(
                  "kind",
                  "create-directory",
                  "path",
                  create.path(),
                  "mode",
                  Integer.toOctalString(create.file().mode()),
                  "uid",
                  create.file().owner().uid(),
                  "gid",
                  create.file().owner().gid());
          case Change.CreateFile create ->
              object(
                  "kind",
                  "create-file",
                  "path",
                  create.path(),
                  "mode",
                  Integer.toOctalString(create.file().mode()),
                  "uid",
                  create.file().owner().uid(),
                  "gid",
                  create.file().owner().gid(),
                  "diff",
                  UnifiedDiff.created(create.path(), create.file().text()));
          case Change.RemoveFile remove ->
              object(
                  "kind",
                  "remove-file",
                  "path",
                  remove.path(),
                  "diff",
                  UnifiedDiff.removed(remove.path(), remove.before().text()));
          case Change.InstallKernelFiles install -> {
            Map<String, Object> kernel =
                object(
                    "kind",
                    "install-kernel-files",
                    "package",
                    install.rpm().fullName(),
                    "from",
                    install.rpm().path().toString(),
                    "sha256",
                    install.rpm().sha256(),
                    "kernelVersion",
                    install.kernel().version(),
                    "files",
                    install.files(),
                    "bytes",
                    install.bytes(),
                    "copy",
                    install.copy());
            install.rpm().signature().signer().ifPresent(key -> kernel.put("signedBy", key));
            yield kernel;
          }
          case Change.WriteModuleTables write ->
              object("kind", "write-module-tables", "paths", write.paths());
          case Change.WriteInitrd initrd ->
              object(
                  "kind",
                  "write-initrd",
                  "path",
                  initrd.path(),
                  "kernelVersion",
                  initrd.kernelVersion(),
                  "architecture",
                  initrd.architecture(),
                  "modules",
                  initrd.modules());
          case Change.WriteSupplement supplement ->
              object(
                  "kind",
                  "write-supplement",
                  "path",
                  supplement.path(),
                  "kernelVersion",
                  supplement.kernelVersion(),
                  "architecture",
                  supplement.architecture(),
                  "modules",
                  supplement.modules());
          case Change.FillHoles fill -> object("kind", "fill-holes", "path", fill.path());
          case Change.InstallBootCode install ->
              switch (install.place()) {
                case BootPlace.WholeDisk _ ->
                    object("kind", "install-boot-code", "directory", install.directory());
                case BootPlace.Partition partition ->
                    object(
                        "kind",
                        "install-boot-code",
                        "directory",
                        install.directory(),
                        "partition",
                        partition.number());
              };
        };
    object.put("reason", change.reason());
    return object;
  }

  private static String word(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** A document with these members: name, value, name, value. */
  static String document(Object... members) {
    return document(object(members));
  }

  /** A document with these members, texts as they are. */
  static String document(Map<String, Object> members) {
    Map<String, Object> document = object("schemaVersion", SCHEMA_VERSION);
    document.putAll(members);
    return PRETTY.writeValueAsString(document);
  }

  /** Members in the order given. Text of the guest's is read as people would. */
  private static Map<String, Object> object(Object... members) {
    Map<String, Object> object = new LinkedHashMap<>();
    for (int i = 0; i < members.length; i += 2) {
      Object value = members[i + 1];
      object.put(
          (String) members[i], value instanceof String text ? Printable.decoded(text) : value);
    }
    return object;
  }
}
