package org.voyageur.cli;

import java.util.Optional;
import org.voyageur.convert.Conversion;

/** What {@code convert} prints for people. */
final class ConversionText {
  private ConversionText() {}

  /**
   * The text.
   *
   * @param sha256 of the result's file, where it was asked for
   */
  static String of(Conversion conversion, long nanos, Optional<String> sha256, Paint paint) {
    return switch (conversion) {
      case Conversion.Refused refused ->
          PlanText.refused(
              refused.planned().inspection().image().toString(), refused.planned().plan(), paint);
      case Conversion.Unchanged unchanged ->
          new Report(paint)
              .heading(
                  "Was converted before: "
                      + Printable.line(unchanged.planned().inspection().image().toString()))
              .line("It is as a conversion would make it, and was left as it is")
              .toString();
      case Conversion.Converted converted -> converted(converted, nanos, sha256, paint);
    };
  }

  private static String converted(
      Conversion.Converted converted, long nanos, Optional<String> sha256, Paint paint) {
    String output = converted.output().toString();
    boolean inPlace = converted.output().equals(converted.planned().inspection().image());
    int changes = converted.planned().plan().changes().size();
    Report report = new Report(paint);
    report
        .heading((inPlace ? "Converted in place: " : "Converted: ") + Printable.line(output))
        .field("system", converted.planned().inspection().guest().operatingSystem().productName())
        .field("format", converted.format().label())
        .field(
            "size",
            Quantity.bytes(converted.virtualSize())
                + ", of which "
                + Quantity.bytes(converted.dataWritten())
                + " were written")
        .field(
            "changes",
            changes == 0
                ? "none: the source was converted before"
                : changes + ", read back and checked")
        .field("time", Quantity.time(nanos));
    sha256.ifPresent(digest -> report.field("sha256", digest));
    report.raw(PlanText.notes(converted.planned().plan().notes(), paint));
    if (inPlace) {
      report.heading("Undo it").line("voyageur undo " + quoted(output));
    }
    report
        .heading("Boot it")
        .line(
            "qemu-system-x86_64 -m 1024 -nographic -nic user,model=virtio-net-pci"
                + " -drive if=virtio,format="
                + converted.format().label()
                + ",file="
                // A comma in a value is written twice: qemu-options, "-drive".
                + quoted(output.replace(",", ",,")));
    return report.toString();
  }

  /** As a POSIX shell reads it. */
  static String quoted(String path) {
    return path.matches("[A-Za-z0-9_./+:@%,=-]+") ? path : "'" + path.replace("'", "'\\''") + "'";
  }
}
