package org.voyageur.convert;

import java.nio.file.Path;
import org.voyageur.disk.OutputFormat;

/** What came of a conversion. */
public sealed interface Conversion {
  /** What was found and decided. */
  PlannedConversion planned();

  /** The plan has obstacles; nothing was written. */
  record Refused(PlannedConversion planned) implements Conversion {}

  /**
   * The result is complete and on disk.
   *
   * @param virtualSize the size that the guest sees, in bytes
   * @param dataWritten how many bytes of it were written; the rest reads as zeros
   */
  record Converted(
      PlannedConversion planned,
      Path output,
      OutputFormat format,
      long virtualSize,
      long dataWritten)
      implements Conversion {}
}
