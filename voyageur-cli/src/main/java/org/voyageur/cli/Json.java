package org.voyageur.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.voyageur.convert.Conversion;
import org.voyageur.convert.Inspection;
import org.voyageur.convert.PlannedConversion;
import org.voyageur.disk.DiskLayout;
import org.voyageur.error.VoyageurException;
import org.voyageur.guest.Finding;
import org.voyageur.guest.Guest;
import org.voyageur.guest.Kernel;
import org.voyageur.plan.Change;
import org.voyageur.plan.Plan;
import org.voyageur.plan.UnifiedDiff;
import org.voyageur.progress.ProgressEvent;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * The documents that commands print with {@code --json}: docs/json.md. Built by hand from the
 * records, so that renaming something inside does not change what programs rely on.
 */
final class Json {
  private static final int SCHEMA_VERSION = 1;
  private static final JsonMapper PRETTY =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();
  private static final JsonMapper LINE = JsonMapper.builder().build();

  private Json() {}

  static String error(VoyageurException error) {
    return document(
        "error",
        object(
            "code", error.code().code(), "message", error.getMessage(), "remedy", error.remedy()));
  }

  static String inspection(Inspection inspection) {
    return document("inspection", inspectionObject(inspection));
  }

  static String plan(PlannedConversion planned) {
    return document(
        "inspection", inspectionObject(planned.inspection()), "plan", planObject(planned.plan()));
  }

  static String conversion(Conversion conversion) {
    PlannedConversion planned = conversion.planned();
    Map<String, Object> result =
        switch (conversion) {
          case Conversion.Refused _ -> object("converted", false);
          case Conversion.Converted converted ->
              object(
                  "converted",
                  true,
                  "output",
                  converted.output().toString(),
                  "format",
                  converted.format().label(),
                  "virtualSize",
                  converted.virtualSize(),
                  "dataWritten",
                  converted.dataWritten());
        };
    return document("result", result, "plan", planObject(planned.plan()));
  }

  static String doctor(List<DoctorCommand.Item> items) {
    return document(
        "host",
        items.stream()
            .map(item ->
                object(
                    "name",
                    item.name(),
                    "needed",
                    item.needed(),
                    "present",
                    item.found().isPresent(),
                    "found",
                    item.found().orElse(""),
                    "package",
                    item.debianPackage()))
            .toList());
  }

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
    guest
        .xenBoot()
        .ifPresent(boot ->
            document.put(
                "pygrub",
                object(
                    "configFile",
                    boot.configFile(),
                    "title",
                    boot.title(),
                    "kernel",
                    boot.kernel(),
                    "initrd",
                    boot.initrd().orElse(""),
                    "arguments",
                    boot.arguments())));
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

  private static Map<String, Object> layout(DiskLayout layout) {
    return switch (layout) {
      case DiskLayout.WholeDisk whole -> object("kind", "whole-disk", "type", word(whole.type()));
      case DiskLayout.Partitioned table ->
          object(
              "kind",
              word(table.table()),
              "partitions",
              table.partitions().stream()
                  .map(one ->
                      object(
                          "number",
                          one.number(),
                          "offset",
                          one.extent().offset(),
                          "size",
                          one.extent().length(),
                          "type",
                          word(one.type())))
                  .toList());
      case DiskLayout.Unrecognised other ->
          object("kind", "unrecognised", "description", other.description());
    };
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
    var facts = guest.filesystem();
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
        "state",
        word(facts.state()));
  }

  private static Map<String, Object> kernel(Kernel kernel) {
    return object(
        "version",
        kernel.version(),
        "image",
        kernel.image(),
        "initrd",
        kernel.initrd().orElse(""),
        "config",
        kernel.config().orElse(""),
        "xenPv",
        kernel.xenPv(),
        "kvm",
        kernel.kvm(),
        "virtioBlk",
        word(kernel.virtioBlk()),
        "virtioNet",
        word(kernel.virtioNet()),
        "architecture",
        kernel.architecture());
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
          case Change.ReplayJournal _ -> object("change", "replay-journal");
          case Change.SetLabel label ->
              object("change", "set-label", "from", label.from(), "to", label.to());
          case Change.EditFile edit ->
              object(
                  "change",
                  "edit-file",
                  "path",
                  edit.path(),
                  "diff",
                  UnifiedDiff.of(edit.path(), edit.before().text(), edit.after()));
          case Change.CreateFile create ->
              object(
                  "change",
                  "create-file",
                  "path",
                  create.path(),
                  "diff",
                  UnifiedDiff.created(create.path(), create.file().text()));
          case Change.RemoveFile remove ->
              object(
                  "change",
                  "remove-file",
                  "path",
                  remove.path(),
                  "diff",
                  UnifiedDiff.removed(remove.path(), remove.before().text()));
          case Change.WriteSupplement supplement ->
              object(
                  "change",
                  "write-supplement",
                  "path",
                  supplement.path(),
                  "kernel",
                  supplement.kernelVersion(),
                  "modules",
                  supplement.modules());
          case Change.FillHoles fill -> object("change", "fill-holes", "path", fill.path());
          case Change.InstallBootCode install ->
              object("change", "install-boot-code", "directory", install.directory());
        };
    object.put("reason", change.reason());
    return object;
  }

  private static String word(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static String document(Object... members) {
    Map<String, Object> document = object("schemaVersion", SCHEMA_VERSION);
    document.putAll(object(members));
    return PRETTY.writeValueAsString(document);
  }

  /** Members in the order given: name, value, name, value. */
  private static Map<String, Object> object(Object... members) {
    Map<String, Object> object = new LinkedHashMap<>();
    for (int i = 0; i < members.length; i += 2) {
      object.put((String) members[i], members[i + 1]);
    }
    return object;
  }
}
