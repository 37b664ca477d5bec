package org.voyageur.cli;

import org.voyageur.openstack.nova.LaunchReport;

/** What {@code launch} prints for people. */
final class LaunchText {
  private LaunchText() {}

  static String of(LaunchReport report, Paint paint) {
    Report text = new Report(paint);
    String name = Printable.line(report.name());
    text.heading(
        report.booted() ? paint.green("Runs: ") + name : paint.red("Does not come up: ") + name);
    text.field("server", report.server() + (report.kept() ? "" : ", deleted"));
    text.field("image", report.image());
    text.field("flavor", report.flavor().toString());
    text.field(
        "addresses", report.addresses().isEmpty() ? "none" : String.join(", ", report.addresses()));
    text.field(
        "time",
        "%s, of which %s until the server was ACTIVE"
            .formatted(
                Quantity.time(report.took().toNanos()), Quantity.time(report.active().toNanos())));
    report.dashboard().ifPresent(address -> text.field("dashboard", address));
    VerificationText.stages(text, report.stages());
    report.failure().ifPresent(failure -> VerificationText.failure(text, failure, paint));
    text.raw(PlanText.notes(report.notes(), paint));
    if (report.kept()) {
      text.heading("To delete the server").line("openstack server delete " + report.server());
    }
    return text.toString();
  }
}
