package org.voyageur.cli;

import java.nio.file.Path;
import java.util.Locale;
import org.voyageur.disk.OutputFormat;
import org.voyageur.plan.Target;

/** What a result is called when nobody says. */
final class DefaultOutput {
  private DefaultOutput() {}

  /** {@code megapipe.img.gz} becomes {@code megapipe-kvm.qcow2}. */
  static Path beside(Path image, Target target, OutputFormat format) {
    String name =
        image
            .getFileName()
            .toString()
            .replaceFirst("\\.gz$", "")
            .replaceFirst("\\.(img|raw|qcow2|vmdk|vhd|vhdx|vdi)$", "");
    return image.resolveSibling(
        name + "-" + target.name().toLowerCase(Locale.ROOT) + "." + format.label());
  }
}
