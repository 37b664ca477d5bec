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
 */
public record ConvertOptions(
    Target target,
    Path output,
    OutputFormat format,
    boolean replaceExisting,
    DiskShape shape,
    List<KernelPackage> kernels) {
  /** Keeps an unmodifiable copy. */
  public ConvertOptions {
    kernels = List.copyOf(kernels);
  }

  /** With the kernels that the guest has. */
  public ConvertOptions(
      Target target, Path output, OutputFormat format, boolean replaceExisting, DiskShape shape) {
    this(target, output, format, replaceExisting, shape, List.of());
  }

  /** On a disk like the source's. */
  public ConvertOptions(Target target, Path output, OutputFormat format, boolean replaceExisting) {
    this(target, output, format, replaceExisting, DiskShape.KEPT);
  }
}
