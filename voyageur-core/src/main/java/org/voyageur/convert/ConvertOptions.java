package org.voyageur.convert;

import java.nio.file.Path;
import org.voyageur.disk.OutputFormat;
import org.voyageur.plan.DiskShape;
import org.voyageur.plan.Target;

/**
 * What a conversion is to make.
 *
 * @param output the file to write; it appears complete or not at all
 * @param replaceExisting whether an existing output may be replaced
 * @param shape how the result's disk is to be laid out
 */
public record ConvertOptions(
    Target target, Path output, OutputFormat format, boolean replaceExisting, DiskShape shape) {
  /** On a disk like the source's. */
  public ConvertOptions(Target target, Path output, OutputFormat format, boolean replaceExisting) {
    this(target, output, format, replaceExisting, DiskShape.KEPT);
  }
}
