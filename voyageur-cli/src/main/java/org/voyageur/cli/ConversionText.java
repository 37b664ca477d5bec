package org.voyageur.cli;

import org.voyageur.convert.Conversion;
import org.voyageur.plan.Plan;

/** What came of a conversion, for people. */
final class ConversionText {
  private ConversionText() {}

  static String of(Conversion conversion) {
    Plan plan = conversion.planned().plan();
    return Printable.text(
        switch (conversion) {
          case Conversion.Refused _ ->
              "Nothing was written: this guest cannot be converted yet.\n\n"
                  + PlanText.obstacles(plan);
          case Conversion.Converted converted -> converted(converted);
        });
  }

  private static String converted(Conversion.Converted converted) {
    String product = converted.planned().inspection().guest().operatingSystem().productName();
    StringBuilder text = new StringBuilder();
    text.append(product).append(" now boots under KVM, from ").append(converted.output());
    text.append("\n  ")
        .append(converted.format().label())
        .append(", ")
        .append(Printable.size(converted.virtualSize()))
        .append(", of which ")
        .append(Printable.size(converted.dataWritten()))
        .append(" hold data; ")
        .append(converted.planned().plan().changes().size())
        .append(" changes, checked\n");
    converted.planned().plan().notes().forEach(note -> text.append("  ").append(note).append('\n'));
    text.append("Try it: qemu-system-x86_64 -m 1024 -nic user,model=virtio-net-pci -drive file=")
        .append(converted.output())
        .append(",format=")
        .append(converted.format().label())
        .append(",if=virtio\n");
    return text.toString();
  }
}
