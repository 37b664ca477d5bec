package org.voyageur.cli;

import java.util.List;
import org.voyageur.verify.BootFailure;
import org.voyageur.verify.Hypervisor;
import org.voyageur.verify.ReachedStage;
import org.voyageur.verify.VerificationReport;

/** What {@code verify} prints for people. */
final class VerificationText {
  private VerificationText() {}

  static String of(VerificationReport report, Paint paint) {
    Report text = new Report(paint);
    String image = Printable.line(report.image().toString());
    text.heading(verdict(report, paint) + image);
    report
        .machine()
        .ifPresent(machine ->
            text.field(
                "machine",
                "%s%s, %s, %d MiB"
                    .formatted(
                        report.on() == Hypervisor.XEN ? "Xen in " : "",
                        machine.qemu(),
                        machine.accelerator(),
                        machine.memory())));
    text.field("expected", expected(report));
    if (report.machine().isPresent()) {
      text.field("time", Quantity.time(report.took().toNanos()));
    } else {
      text.field("time", "told from the image, without booting it");
    }
    stages(text, report.stages());
    report.failure().ifPresent(failure -> failure(text, failure, paint));
    text.raw(PlanText.notes(report.notes(), paint));
    return text.toString();
  }

  /** What was only looked at, and not booted, is not said to boot. */
  private static String verdict(VerificationReport report, Paint paint) {
    if (!report.booted()) {
      return paint.red("Does not boot: ");
    }
    return paint.green(report.machine().isPresent() ? "Boots: " : "PyGrub starts: ");
  }

  static void stages(Report text, List<ReachedStage> stages) {
    if (stages.isEmpty()) {
      return;
    }
    text.heading("Stages");
    Table table = new Table();
    for (ReachedStage stage : stages) {
      table.row(
          stage.stage().label(),
          Quantity.time(stage.after().toNanos()),
          Printable.line(shortened(stage.evidence())));
    }
    text.table(table);
  }

  static void failure(Report text, BootFailure failure, Paint paint) {
    text.heading("Cause")
        .line(paint.red(failure.code().code()) + "  " + Printable.line(failure.message()))
        .line("-> " + failure.remedy());
    List<String> evidence = failure.evidence();
    if (!evidence.isEmpty()) {
      text.heading("What the guest said");
      evidence.forEach(line -> text.line("| " + line));
    }
  }

  private static String expected(VerificationReport report) {
    String text = report.expected().last().label();
    if (report.expected().serialPrompt()) {
      text += ", a prompt on the serial console and on a screen in text mode";
    }
    return report.expected().network() ? text + ", the network by DHCP" : text;
  }

  private static String shortened(String line) {
    String stripped = line.strip();
    return stripped.length() <= 80 ? stripped : stripped.substring(0, 79) + "~";
  }
}
