package org.voyageur.cli;

import org.voyageur.verify.HostReport;

/** What {@code doctor} prints for people. */
final class HostReportText {
  static final String LACKING = "this host lacks what no conversion can do without";

  private HostReportText() {}

  static String of(HostReport report, Paint paint) {
    Table table = new Table().row("", "NAME", "FOUND", "WHAT FOR");
    for (HostReport.Item item : report.items()) {
      table.row(mark(item), item.name(), Printable.line(item.found().orElse("-")), item.purpose());
    }
    String text = new Report(paint).heading("This host").table(table).toString();
    if (!report.missingPackages().isEmpty()) {
      text += "\n" + remedy(report) + "\n";
    }
    return text + "\n" + verdict(report, paint) + "\n";
  }

  /** The one command that installs all that is missing. */
  static String remedy(HostReport report) {
    return "Install what is missing, as root: apt-get install --no-install-recommends "
        + String.join(" ", report.missingPackages());
  }

  private static String mark(HostReport.Item item) {
    if (item.found().isPresent()) {
      return "ok";
    }
    return switch (item.need()) {
      case REQUIRED -> "MISSING";
      case OPTIONAL -> "missing";
      case FASTER -> "slower";
    };
  }

  private static String verdict(HostReport report, Paint paint) {
    return report.ready()
        ? paint.green("Ready to convert images")
        : paint.red("Not ready: " + LACKING);
  }
}
