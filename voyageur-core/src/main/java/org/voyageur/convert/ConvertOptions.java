package org.voyageur.convert;

import java.nio.file.Path;
import java.util.Set;
import org.voyageur.disk.OutputFormat;
import org.voyageur.plan.Customisation;
import org.voyageur.plan.DiskShape;
import org.voyageur.plan.Target;

/**
 * What a conversion is to make.
 *
 * @param output the file to write; it appears complete or not at all
 * @param replaceExisting whether an existing output may be replaced
 * @param shape how the result's disk is to be laid out
 * @param customisation what the owner wants changed besides
 * @param compress whether the result's clusters are to be compressed; qcow2 only
 * @param sha256 whether the SHA-256 of the result's file is wanted
 */
public record ConvertOptions(
    Target target,
    Path output,
    OutputFormat format,
    boolean replaceExisting,
    DiskShape shape,
    Customisation customisation,
    boolean compress,
    boolean sha256) {
  /** Checks that the format can do it. */
  public ConvertOptions {
    if (compress && format != OutputFormat.QCOW2) {
      throw new IllegalArgumentException(format + " cannot be compressed");
    }
  }

  /** On a disk of a shape, with what the move takes and nothing else, not compressed. */
  public ConvertOptions(
      Target target, Path output, OutputFormat format, boolean replaceExisting, DiskShape shape) {
    this(target, output, format, replaceExisting, shape, Customisation.NONE, false, false);
  }

  /** On a disk like the source's. */
  public ConvertOptions(Target target, Path output, OutputFormat format, boolean replaceExisting) {
    this(target, output, format, replaceExisting, DiskShape.KEPT);
  }

  /**
   * What remains to be done when the guest's own programs have run.
   *
   * @param remaining of the shape
   * @param versions of the kernels that the guest had before
   */
  ConvertOptions afterCommands(DiskShape remaining, Set<String> versions) {
    return new ConvertOptions(
        target,
        output,
        format,
        replaceExisting,
        remaining,
        customisation.afterCommands(versions),
        compress,
        sha256);
  }
}
