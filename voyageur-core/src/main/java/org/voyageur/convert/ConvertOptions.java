package org.voyageur.convert;

import java.nio.file.Path;
import java.util.List;
import org.voyageur.disk.OutputFormat;
import org.voyageur.guest.KernelPackage;
import org.voyageur.plan.DiskShape;
import org.voyageur.plan.Target;

/**
 * What a conversion is to make.
 *
 * @param output the file to write; it appears complete or not at all
 * @param replaceExisting whether an existing output may be replaced
 * @param shape how the result's disk is to be laid out
 * @param kernels to unpack into the guest, the one to start first
 * @param compress whether the result's clusters are to be compressed; qcow2 only
 */
public record ConvertOptions(
    Target target,
    Path output,
    OutputFormat format,
    boolean replaceExisting,
    DiskShape shape,
    List<KernelPackage> kernels,
    boolean compress) {
  /** Checks that the format can do it, and keeps an unmodifiable copy. */
  public ConvertOptions {
    if (compress && format != OutputFormat.QCOW2) {
      throw new IllegalArgumentException(format + " cannot be compressed");
    }
    kernels = List.copyOf(kernels);
  }

  /** With the kernels that the guest has, not compressed. */
  public ConvertOptions(
      Target target, Path output, OutputFormat format, boolean replaceExisting, DiskShape shape) {
    this(target, output, format, replaceExisting, shape, List.of(), false);
  }

  /** On a disk like the source's. */
  public ConvertOptions(Target target, Path output, OutputFormat format, boolean replaceExisting) {
    this(target, output, format, replaceExisting, DiskShape.KEPT);
  }
}
