package org.voyageur.cli;

import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import org.voyageur.convert.Conversion;
import org.voyageur.convert.PlannedConversion;
import org.voyageur.guest.Finding;
import org.voyageur.guest.FstabEntry;
import org.voyageur.guest.Guest;
import org.voyageur.guest.Kernel;
import org.voyageur.openstack.nova.LaunchReport;
import org.voyageur.plan.Change;
import org.voyageur.plan.Plan;
import org.voyageur.verify.BootFailure;
import org.voyageur.verify.ReachedStage;
import org.voyageur.verify.VerificationReport;

/**
 * {@code --report}: everything about one conversion on one page that needs nothing besides itself,
 * for an operator's records and for the guest's owner. A guest's text is hostile: it is escaped,
 * and a policy forbids the page to run or load anything even so.
 */
final class HtmlReport {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss z", Locale.ROOT);

  private final StringBuilder html = new StringBuilder();
  private String prefix = "";
  private int migrated;

  private HtmlReport() {}

  /**
   * What the page tells besides the conversion itself.
   *
   * @param sourceDigest SHA-256 of the source's file, in hexadecimal
   * @param resultDigest the same of the result's
   * @param finished when
   * @param nanos how long it took
   * @param versions of voyageur and of what it worked with, a line each
   */
  record Circumstances(
      String sourceDigest,
      String resultDigest,
      ZonedDateTime finished,
      long nanos,
      List<String> versions) {}

  /** The page of a conversion. */
  static String of(
      Conversion.Converted converted,
      Optional<VerificationReport> verification,
      Circumstances circumstances) {
    PlannedConversion planned = converted.planned();
    Guest guest = planned.inspection().guest();
    HtmlReport page = new HtmlReport();
    page.start(planned.inspection().image().getFileName().toString());
    page.verdict(converted, verification, circumstances);
    page.image(planned, converted, circumstances);
    page.kernels(guest.kernels());
    page.fstab(guest.fstab());
    page.findings(guest.findings());
    page.changes(planned.plan());
    page.checks(converted.checks());
    verification.ifPresent(page::boot);
    page.notes(planned.plan().notes());
    page.list("versions", "Versions", circumstances.versions());
    return page.html.append("</main>\n</body>\n</html>\n").toString();
  }

  /** The page of a {@code migrate}: each image with its steps, its changes and its boots. */
  static String ofMigrations(List<MigrationReport> migrations, ZonedDateTime finished) {
    HtmlReport page = new HtmlReport();
    page.start(migrations.getFirst().name());
    boolean good = migrations.stream().allMatch(each -> each.failure().isEmpty());
    page.html.append(
        """
        <header>
        <h1>Migration</h1>
        <p class="verdict %s">%s</p>
        <p>%s, voyageur %s.</p>
        </header>
        """
            .formatted(
                good ? "good" : "bad",
                text(MigrationText.summary(migrations)),
                text(TIME.format(finished)),
                text(Version.NAME)));
    migrations.forEach(page::migration);
    return page.html.append("</main>\n</body>\n</html>\n").toString();
  }

  private void migration(MigrationReport migration) {
    // Sections of several images must not have one ID.
    prefix = "image-" + ++migrated + "-";
    section("migration", migration.source().toString());
    migration
        .image()
        .ifPresent(image ->
            html.append("<p>").append(text(migration.name() + ": " + image)).append("</p>\n"));
    table(
        List.of("Step", "Outcome", "", "Time"),
        migration.steps().stream()
            .map(step ->
                List.of(
                    step.step().name().toLowerCase(Locale.ROOT),
                    step.outcome().name().toLowerCase(Locale.ROOT).replace('_', ' '),
                    step.text(),
                    Quantity.time(step.took().toNanos())))
            .toList());
    migration
        .failure()
        .ifPresent(failure ->
            html.append("<p class=\"verdict bad\">")
                .append(text(failure.code().code()))
                .append("</p>\n<p>")
                .append(text(failure.remedy()))
                .append(".</p>\n"));
    html.append("</section>\n");
    list("next", "To go on", migration.next());
    migration
        .conversion()
        .ifPresent(converted -> {
          kernels(converted.planned().inspection().guest().kernels());
          findings(converted.planned().inspection().guest().findings());
          changes(converted.planned().plan());
          checks(converted.checks());
          notes(converted.planned().plan().notes());
        });
    migration.verification().ifPresent(this::boot);
    migration.launch().ifPresent(this::server);
  }

  private void server(LaunchReport launch) {
    section("server", "On the cloud");
    html.append("<p>")
        .append(text("Server " + launch.server() + (launch.kept() ? "" : ", deleted") + ", "))
        .append(text(launch.flavor().toString()))
        .append("</p>\n");
    stages(launch.stages());
    launch.failure().ifPresent(this::failure);
    launch.notes().forEach(note -> html.append("<p>").append(text(note)).append("</p>\n"));
    console(launch.console());
    html.append("</section>\n");
  }

  private void start(String name) {
    html.append(
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
        <title>%s: conversion report</title>
        <style>
        %s</style>
        </head>
        <body>
        <main>
        """
            .formatted(text(name), Resource.text("report.css")));
  }

  private void verdict(
      Conversion.Converted converted,
      Optional<VerificationReport> verification,
      Circumstances circumstances) {
    boolean booted = verification.map(VerificationReport::booted).orElse(true);
    String verdict =
        booted
            ? verification.isPresent() ? "Converted, checked and booted" : "Converted and checked"
            : "Converted, but it does not boot";
    html.append(
        """
        <header>
        <h1>%s</h1>
        <p class="verdict %s">%s</p>
        <p>%s. Finished on %s, after %s.</p>
        </header>
        """
            .formatted(
                text(converted.output().getFileName().toString()),
                booted ? "good" : "bad",
                verdict,
                text(
                    converted.planned().inspection().guest().operatingSystem().productName()
                        + ", to boot on "
                        + converted.planned().plan().target()),
                text(TIME.format(circumstances.finished())),
                Quantity.time(circumstances.nanos())));
  }

  private void image(
      PlannedConversion planned, Conversion.Converted converted, Circumstances circumstances) {
    Guest guest = planned.inspection().guest();
    section("image", "The image");
    html.append("<dl>\n");
    field(
        "Source",
        planned.inspection().image() + " (" + planned.inspection().format().label() + ")");
    field("its SHA-256", circumstances.sourceDigest());
    field("Result", converted.output() + " (" + converted.format().label() + ")");
    field("its SHA-256", circumstances.resultDigest());
    field(
        "Disk",
        Quantity.bytes(converted.virtualSize())
            + ", of which "
            + Quantity.bytes(converted.dataWritten())
            + " were written");
    field(
        "System",
        guest.operatingSystem().productName() + ", " + guest.operatingSystem().architecture());
    field(
        "Filesystem",
        guest.filesystem().type()
            + ", label "
            + (guest.filesystem().label().isEmpty() ? "none" : guest.filesystem().label())
            + ", UUID "
            + guest.filesystem().uuid());
    guest
        .xenBoot()
        .ifPresent(boot ->
            field("Under Xen", boot.title() + ": " + boot.kernel() + " " + boot.arguments()));
    html.append("</dl>\n</section>\n");
  }

  private void kernels(List<Kernel> kernels) {
    section("kernels", "Kernels");
    table(
        List.of("Version", "Xen PV", "KVM", "virtio_blk", "virtio_net"),
        kernels.stream()
            .map(kernel ->
                List.of(
                    kernel.version(),
                    kernel.xenPv() ? "yes" : "no",
                    kernel.kvm() ? "yes" : "no",
                    InspectionText.driver(kernel.virtioBlk()),
                    InspectionText.driver(kernel.virtioNet())))
            .toList());
    html.append("</section>\n");
  }

  private void fstab(List<FstabEntry> entries) {
    section("fstab", "fstab, as it was");
    table(
        List.of("Device", "Mount point", "Type", "Will it exist?"),
        entries.stream()
            .map(entry ->
                List.of(
                    entry.spec(),
                    entry.mountPoint(),
                    entry.type(),
                    InspectionText.existence(entry.device())))
            .toList());
    html.append("</section>\n");
  }

  private void findings(List<Finding> findings) {
    section("findings", "Findings");
    table(
        List.of("", "Code", "Finding", "What was done"),
        findings.stream()
            .map(finding ->
                List.of(
                    finding.severity().toString().toLowerCase(Locale.ROOT),
                    finding.code().code(),
                    finding.message(),
                    finding.remedy()))
            .toList());
    html.append("</section>\n");
  }

  private void changes(Plan plan) {
    section("changes", "Changes");
    html.append("<ol>\n");
    for (Change change : plan.changes()) {
      html.append("<li><h3>")
          .append(text(PlanText.title(change)))
          .append("</h3>\n<p>")
          .append(text(change.reason()))
          .append("</p>\n");
      String detail = PlanText.detail(change, null, Paint.OFF);
      if (!detail.isEmpty()) {
        html.append("<pre>").append(diff(detail)).append("</pre>\n");
      }
      html.append("</li>\n");
    }
    html.append("</ol>\n</section>\n");
  }

  private void checks(List<String> checks) {
    list("checks", "Checks, all passed", checks);
  }

  private void notes(List<String> notes) {
    list("notes", "Good to know", notes);
  }

  private void boot(VerificationReport boot) {
    section("boot", "Boot");
    boot.machine()
        .ifPresent(machine ->
            html.append("<p>On ")
                .append(text(machine.qemu() + ", " + machine.accelerator()))
                .append(", with ")
                .append(machine.memory())
                .append(" MiB of memory.</p>\n"));
    stages(boot.stages());
    boot.failure().ifPresent(this::failure);
    boot.notes().forEach(note -> html.append("<p>").append(text(note)).append("</p>\n"));
    boot.screenshot()
        .ifPresent(picture ->
            html.append("<h3>The screen at the end</h3>\n<img alt=\"")
                .append(text(boot.screen()))
                .append("\" src=\"data:image/png;base64,")
                .append(Base64.getEncoder().encodeToString(picture.png()))
                .append("\">\n"));
    console(boot.console());
    html.append("</section>\n");
  }

  private void stages(List<ReachedStage> stages) {
    table(
        List.of("Stage", "After", "Seen by"),
        stages.stream()
            .map(stage ->
                List.of(
                    stage.stage().label(),
                    Quantity.time(stage.after().toNanos()),
                    stage.evidence().strip()))
            .toList());
  }

  private void console(String console) {
    if (!console.isBlank()) {
      html.append("<h3>The serial console</h3>\n<pre class=\"console\" tabindex=\"0\">")
          .append(escape(Printable.lines(console)))
          .append("</pre>\n");
    }
  }

  private void failure(BootFailure failure) {
    html.append("<p class=\"verdict bad\">")
        .append(text(failure.code().code()))
        .append("</p>\n<p>")
        .append(text(failure.message()))
        .append(".</p>\n<p>")
        .append(text(failure.remedy()))
        .append(".</p>\n");
    if (!failure.evidence().isEmpty()) {
      html.append("<pre>")
          .append(escape(Printable.lines(String.join("\n", failure.evidence()))))
          .append("</pre>\n");
    }
  }

  private void list(String id, String heading, List<String> items) {
    if (items.isEmpty()) {
      return;
    }
    section(id, heading);
    html.append("<ul>\n");
    items.forEach(item -> html.append("<li>").append(text(item)).append("</li>\n"));
    html.append("</ul>\n</section>\n");
  }

  private void section(String id, String heading) {
    html.append("<section id=\"")
        .append(prefix)
        .append(id)
        .append("\">\n<h2>")
        .append(text(heading))
        .append("</h2>\n");
  }

  private void field(String name, String value) {
    html.append("<dt>")
        .append(text(name))
        .append("</dt><dd>")
        .append(text(value))
        .append("</dd>\n");
  }

  /** Every cell says which column it is in: on a narrow screen rows become lists. */
  private void table(List<String> head, List<List<String>> rows) {
    if (rows.isEmpty()) {
      html.append("<p>None.</p>\n");
      return;
    }
    html.append("<table>\n<thead><tr>");
    head.forEach(cell -> html.append("<th>").append(text(cell)).append("</th>"));
    html.append("</tr></thead>\n<tbody>\n");
    for (List<String> row : rows) {
      html.append("<tr>");
      for (int column = 0; column < row.size(); column++) {
        html.append("<td data-head=\"")
            .append(text(head.get(column)))
            .append("\">")
            .append(text(row.get(column)))
            .append("</td>");
      }
      html.append("</tr>\n");
    }
    html.append("</tbody>\n</table>\n");
  }

  private static String diff(String lines) {
    return lines
        .lines()
        .map(line -> {
          String escaped = escape(line);
          if (line.startsWith("+++") || line.startsWith("---")) {
            return "<b>" + escaped + "</b>";
          } else if (line.startsWith("+")) {
            return "<ins>" + escaped + "</ins>";
          } else if (line.startsWith("-")) {
            return "<del>" + escaped + "</del>";
          }
          return escaped;
        })
        .collect(Collectors.joining("\n"));
  }

  /** Text on one line. */
  private static String text(String text) {
    return escape(Printable.line(text));
  }

  /** As content and as a quoted attribute's value (HTML, 13.3, "Serializing"). */
  private static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;")
        .replace("'", "&#39;");
  }
}
