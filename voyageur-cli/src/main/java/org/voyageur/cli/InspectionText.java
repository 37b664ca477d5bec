package org.voyageur.cli;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import org.voyageur.convert.Inspection;
import org.voyageur.disk.DiskLayout;
import org.voyageur.filesystem.FilesystemFacts;
import org.voyageur.guest.FstabEntry;
import org.voyageur.guest.Guest;
import org.voyageur.guest.Kernel;
import org.voyageur.guest.Network;
import org.voyageur.guest.OperatingSystem;
import org.voyageur.guest.XenBoot;

/** What {@code inspect} prints for people. */
final class InspectionText {
  private InspectionText() {}

  static String of(Inspection inspection, Paint paint) {
    Guest guest = inspection.guest();
    Report report = new Report(paint);
    report
        .heading("Image")
        .field("file", inspection.image() + " (" + inspection.format().label() + ")")
        .field("disk", Quantity.bytes(guest.diskSize()) + ", " + layout(guest.layout()));
    system(report, guest.operatingSystem());
    filesystem(report, guest.filesystem());
    kernels(report, guest.kernels());
    pygrub(report, guest.xenBoot());
    fstab(report, guest.fstab());
    report
        .heading("Consoles")
        .field("login on", listed(guest.consoles().gettys()))
        .field("root on", listed(guest.consoles().securetty()));
    network(report, guest.network());
    report.heading("Xen leftovers");
    lines(report, guest.xenLeftovers());
    report.heading("Findings");
    if (guest.findings().isEmpty()) {
      report.line("none");
    }
    return report.findings(guest.findings()).toString();
  }

  private static String layout(DiskLayout layout) {
    return switch (layout) {
      case DiskLayout.WholeDisk whole ->
          "one " + word(whole.type()) + " filesystem on the whole of it, no partition table";
      case DiskLayout.Partitioned table ->
          table.table()
              + " partition table: "
              + table.partitions().stream()
                  .map(one ->
                      one.number()
                          + " ("
                          + word(one.type())
                          + ", "
                          + Quantity.bytes(one.extent().length())
                          + ")")
                  .collect(Collectors.joining(", "));
      case DiskLayout.Unrecognised other -> other.description();
    };
  }

  private static void system(Report report, OperatingSystem system) {
    report
        .heading("System")
        .field("product", system.productName())
        .field(
            "distribution",
            system.distribution() + " " + system.version() + ", " + system.architecture())
        .field("init", word(system.init()));
  }

  private static void filesystem(Report report, FilesystemFacts facts) {
    String label = facts.label().isEmpty() ? "no label" : "label " + facts.label();
    report
        .heading("Filesystem")
        .field("type", word(facts.type()) + ", " + label + ", UUID " + facts.uuid())
        .field(
            "size",
            Quantity.bytes(facts.size())
                + ": "
                + Quantity.bytes(facts.used())
                + " used, "
                + Quantity.bytes(facts.free())
                + " free")
        .field(
            "state",
            switch (facts.state()) {
              case CLEAN -> "clean";
              case JOURNAL_DIRTY -> "not shut down: its journal is to be replayed";
              case ORPHANS -> "not shut down: deleted files are to be released";
              case NOT_CLEAN -> "not clean";
              case ERRORS -> "errors were recorded";
            })
        .field("features", String.join(" ", facts.features()));
  }

  private static void kernels(Report report, List<Kernel> kernels) {
    report.heading("Kernels");
    if (kernels.isEmpty()) {
      report.line("none");
      return;
    }
    Table table = new Table().row("VERSION", "XEN PV", "KVM", "VIRTIO_BLK", "VIRTIO_NET", "FILES");
    for (Kernel kernel : kernels) {
      table.row(
          Printable.line(kernel.version()),
          kernel.xenPv() ? "yes" : "no",
          kernel.kvm() ? "yes" : "no",
          driver(kernel.virtioBlk()),
          driver(kernel.virtioNet()),
          Printable.line(
              kernel.image() + kernel.initrd().map(initrd -> " " + initrd).orElse(", no initrd")));
    }
    report.table(table);
  }

  static String driver(Kernel.DriverLocation location) {
    return switch (location) {
      case BUILT_IN -> "built in";
      case INITRD -> "in the initrd";
      case ON_DISK -> "only on disk";
      case NOWHERE -> "nowhere";
    };
  }

  private static void pygrub(Report report, Optional<XenBoot> boot) {
    report.heading("PyGrub starts");
    boot.ifPresentOrElse(
        entry ->
            report
                .field("entry", entry.title() + ", in " + entry.configFile())
                .field("kernel", entry.kernel())
                .field("initrd", entry.initrd().orElse("none"))
                .field("arguments", entry.arguments()),
        () -> report.line("nothing"));
  }

  private static void fstab(Report report, List<FstabEntry> entries) {
    report.heading("fstab");
    if (entries.isEmpty()) {
      report.line("no entries");
      return;
    }
    Table table = new Table().row("LINE", "DEVICE", "MOUNT POINT", "TYPE", "WILL IT EXIST?");
    for (FstabEntry entry : entries) {
      table.row(
          Integer.toString(entry.line()),
          Printable.line(entry.spec()),
          Printable.line(entry.mountPoint()),
          Printable.line(entry.type()),
          existence(entry.device()));
    }
    report.table(table);
  }

  static String existence(FstabEntry.Device device) {
    return switch (device) {
      case ROOT -> "yes, the root filesystem";
      case VIRTUAL -> "yes, not a disk";
      case PARTITION -> "another partition of this disk";
      case MISSING -> "no";
    };
  }

  private static void network(Report report, Network network) {
    report.heading("Network");
    if (network.interfaces().isEmpty()) {
      report.line("no interface is configured");
    }
    for (Network.Interface one : network.interfaces()) {
      report.field(one.name(), one.method() + ", in " + one.file());
    }
    for (Network.Pin pin : network.pins()) {
      report.field("pinned", pin.file() + ":" + pin.line() + ": " + pin.text());
    }
  }

  private static void lines(Report report, List<String> lines) {
    (lines.isEmpty() ? List.of("none") : lines).forEach(report::line);
  }

  private static String listed(List<String> names) {
    return names.isEmpty() ? "none" : String.join(" ", names);
  }

  private static String word(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
