package org.voyageur.cli;

import java.util.List;
import org.voyageur.openstack.CloudImage;
import org.voyageur.openstack.Glance.Membership;
import org.voyageur.openstack.UploadReport;

/** What {@code upload}, {@code share} and {@code images} print for people. */
final class CloudText {
  private CloudText() {}

  static String upload(UploadReport report, List<String> notes, Paint paint) {
    Report text = new Report(paint);
    CloudImage image = report.image();
    text.heading(
        paint.green(report.existed() ? "Was uploaded before: " : "Uploaded: ")
            + Printable.line(image.name()));
    text.field("image", image.id());
    text.field("size", Quantity.bytes(image.size()) + " of " + image.diskFormat());
    text.field("visibility", image.visibility());
    text.field("sha256", report.sha256());
    report.hash().ifPresent(hash -> text.field("compared", hash));
    if (!report.existed()) {
      double seconds = Math.max(report.took().toNanos() / 1e9, 0.001);
      text.field(
          "time",
          Quantity.time(report.took().toNanos())
              + ", "
              + Quantity.bytes((long) (image.size() / seconds))
              + "/s"
              + (report.attempts() > 1 ? ", at attempt " + report.attempts() : ""));
    }
    text.raw(PlanText.notes(notes, paint));
    return text.toString();
  }

  static String share(Membership membership, Paint paint) {
    Report text = new Report(paint);
    text.heading(paint.green("Shared: ") + Printable.line(membership.image()));
    text.field("project", membership.project());
    text.field("status", membership.status());
    return text.toString();
  }

  static String images(List<CloudImage> images) {
    if (images.isEmpty()) {
      return "There is no image in this project that voyageur uploaded";
    }
    Table table = new Table().row("ID", "NAME", "STATUS", "FORMAT", "SIZE", "VISIBILITY");
    for (CloudImage image : images) {
      table.row(
          Printable.line(image.id()),
          Printable.line(image.name()),
          Printable.line(image.status()),
          Printable.line(image.diskFormat()),
          Quantity.bytes(image.size()),
          Printable.line(image.visibility()));
    }
    return table.text("");
  }
}
