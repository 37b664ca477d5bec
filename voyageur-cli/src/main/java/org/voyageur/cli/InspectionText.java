package org.voyageur.cli;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.voyageur.convert.Inspection;
import org.voyageur.disk.DiskLayout;
import org.voyageur.filesystem.FilesystemFacts;
import org.voyageur.guest.Finding;
import org.voyageur.guest.FstabEntry;
import org.voyageur.guest.Guest;
import org.voyageur.guest.Kernel;

/** An inspection for people. */
final class InspectionText {
  private final StringBuilder text = new StringBuilder();

  private InspectionText() {}

  static String of(Inspection inspection) {
    InspectionText page = new InspectionText();
    Guest guest = inspection.guest();
    page.image(inspection);
    page.system(guest);
    page.filesystem(guest.filesystem());
    page.kernels(guest.kernels());
    page.pygrub(guest);
    page.fstab(guest.fstab());
    page.consoles(guest);
    page.network(guest);
    page.list("Xen leftovers", guest.xenLeftovers());
    page.text.append('\n').append(findings(guest.findings()));
    return Printable.text(page.text.toString());
  }

  /** Findings, each with what is done about it. */
  static String findings(List<Finding> findings) {
    if (findings.isEmpty()) {
      return "Nothing stands in the way.\n";
    }
    return findings.stream()
        .map(finding ->
            String.format(
                "%-8s  %s\n          %s [%s]\n",
                word(finding.severity()),
                Printable.file(finding.message()),
                finding.remedy(),
                finding.code().code()))
        .collect(Collectors.joining());
  }

  private void row(String name, String value) {
    text.append(String.format("%-14s %s\n", name, value));
  }

  private void image(Inspection inspection) {
    row(
        "Image",
        inspection.image()
            + " ("
            + inspection.format().label()
            + ", "
            + Printable.size(inspection.guest().diskSize())
            + ")");
    row(
        "Layout",
        switch (inspection.guest().layout()) {
          case DiskLayout.WholeDisk _ -> "one filesystem on the whole disk, no partition table";
          case DiskLayout.Partitioned table ->
              table.table() + " with " + table.partitions().size() + " partitions";
          case DiskLayout.Unrecognised other -> other.description();
        });
  }

  private void system(Guest guest) {
    row("System", guest.operatingSystem().productName());
    row(
        "",
        guest.operatingSystem().distribution()
            + " "
            + guest.operatingSystem().version()
            + ", "
            + guest.operatingSystem().architecture()
            + ", init: "
            + word(guest.operatingSystem().init()));
  }

  private void filesystem(FilesystemFacts facts) {
    row(
        "Filesystem",
        word(facts.type())
            + ", label "
            + (facts.label().isEmpty() ? "(none)" : facts.label())
            + ", "
            + word(facts.state()));
    row("", "UUID " + facts.uuid());
    row(
        "",
        Printable.size(facts.size())
            + ", used "
            + Printable.size(facts.used())
            + ", free "
            + Printable.size(facts.free()));
    row("", "features: " + String.join(" ", facts.features()));
  }

  private void kernels(List<Kernel> kernels) {
    text.append('\n');
    text.append(
        String.format(
            "%-32s %-7s %-5s %-12s %-12s\n",
            "Kernel", "Xen PV", "KVM", "virtio_blk", "virtio_net"));
    for (Kernel kernel : kernels) {
      text.append(
          String.format(
              "%-32s %-7s %-5s %-12s %-12s\n",
              kernel.version(),
              yes(kernel.xenPv()),
              yes(kernel.kvm()),
              word(kernel.virtioBlk()),
              word(kernel.virtioNet())));
      text.append("  ").append(kernel.image());
      kernel.initrd().ifPresent(initrd -> text.append("  ").append(initrd));
      text.append('\n');
    }
    if (kernels.isEmpty()) {
      text.append("(none)\n");
    }
    text.append('\n');
  }

  private void pygrub(Guest guest) {
    guest
        .xenBoot()
        .ifPresentOrElse(
            boot -> {
              row("PyGrub takes", boot.title() + "  (" + boot.configFile() + ")");
              row("", boot.kernel() + "  " + boot.initrd().orElse("(no initrd)"));
              row("", boot.arguments());
            },
            () -> row("PyGrub takes", "nothing"));
  }

  private void fstab(List<FstabEntry> entries) {
    String name = "fstab";
    for (FstabEntry entry : entries) {
      row(
          name,
          String.format(
              "%-24s %-14s %-8s %s",
              entry.spec(),
              entry.mountPoint(),
              entry.type(),
              switch (entry.device()) {
                case ROOT -> "the root filesystem";
                case VIRTUAL -> "";
                case MISSING -> "will not exist";
              }));
      name = "";
    }
  }

  private void consoles(Guest guest) {
    row("Login prompts", String.join(" ", guest.consoles().gettys()));
  }

  private void network(Guest guest) {
    list(
        "Network",
        guest.network().interfaces().stream()
            .map(one -> one.name() + " (" + one.method() + ")  " + one.file())
            .toList());
    list(
        "Pinned to",
        guest.network().pins().stream()
            .map(pin -> pin.file() + ":" + pin.line() + ": " + pin.text())
            .toList());
  }

  private void list(String name, List<String> values) {
    String label = name;
    for (String value : values) {
      row(label, value);
      label = "";
    }
  }

  private static String yes(boolean value) {
    return value ? "yes" : "no";
  }

  private static String word(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }
}
