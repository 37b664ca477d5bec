package org.voyageur.cli;

import java.util.List;
import java.util.Locale;
import org.voyageur.cli.MigrationReport.Outcome;

/** What {@code migrate} prints for people. */
final class MigrationText {
  private MigrationText() {}

  static String of(MigrationReport report, Paint paint) {
    Report text = new Report(paint);
    String source = Printable.line(report.source().toString());
    text.heading(
        report.failure().isEmpty()
            ? paint.green("Migrated: ") + source
            : paint.red("Not migrated: ") + source);
    report.image().ifPresent(image -> text.field("image", image + ", " + report.name()));
    for (MigrationReport.StepRun step : report.steps()) {
      boolean ran = step.outcome() == Outcome.DONE || step.outcome() == Outcome.FAILED;
      text.field(
          step.step().name().toLowerCase(Locale.ROOT),
          (step.outcome() == Outcome.FAILED ? "FAILED: " : "")
              + step.text()
              + (ran ? " (" + Quantity.time(step.took().toNanos()) + ")" : ""));
    }
    report
        .failure()
        .ifPresent(failure -> {
          text.heading(paint.red(failure.code().code())).line(failure.remedy());
          text.heading("To go on");
          report.next().forEach(text::line);
        });
    return text.toString();
  }

  static String summary(List<MigrationReport> reports) {
    long failed = reports.stream().filter(report -> report.failure().isPresent()).count();
    return (reports.size() - failed) + " of " + reports.size() + " images migrated";
  }
}
