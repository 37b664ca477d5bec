package org.voyageur.convert;

import java.nio.file.Path;
import org.voyageur.disk.OutputFormat;
import org.voyageur.plan.DiskShape;
import org.voyageur.plan.KernelChoice;
import org.voyageur.plan.Target;

/**
 * What a conversion is to make.
 *
 * @param output the file to write; it appears complete or not at all
 * @param replaceExisting whether an existing output may be replaced
 * @param shape how the result's disk is to be laid out
 * @param kernels what is to become of the guest's kernels
 * @param compress whether the result's clusters are to be compressed; qcow2 only
 */
public record ConvertOptions(
    Target target,
    Path output,
    OutputFormat format,
    boolean replaceExisting,
    DiskShape shape,
    KernelChoice kernels,
    boolean compress) {
  /** Checks that the format can do it. */
  public ConvertOptions {
    if (compress && format != OutputFormat.QCOW2) {
      throw new IllegalArgumentException(format + " cannot be compressed");
    }
  }

  /** With the kernels that the guest has, not compressed. */
  public ConvertOptions(
      Target target, Path output, OutputFormat format, boolean replaceExisting, DiskShape shape) {
    this(target, output, format, replaceExisting, shape, KernelChoice.KEPT, false);
  }

  /** On a disk like the source's. */
  public ConvertOptions(Target target, Path output, OutputFormat format, boolean replaceExisting) {
    this(target, output, format, replaceExisting, DiskShape.KEPT);
  }
}
