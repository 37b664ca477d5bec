package org.voyageur.convert;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.voyageur.disk.OutputFormat;

/** What came of a conversion. */
public sealed interface Conversion {
  /** What was found and decided. */
  PlannedConversion planned();

  /** The plan has obstacles; nothing was written. */
  record Refused(PlannedConversion planned) implements Conversion {}

  /** The image was converted before, and is as a conversion would make it; nothing was written. */
  record Unchanged(PlannedConversion planned) implements Conversion {}

  /**
   * The result is complete and on disk.
   *
   * @param virtualSize the size that the guest sees, in bytes
   * @param dataWritten how many bytes of it were written; the rest reads as zeros
   * @param checks what the result was checked for, a sentence each
   * @param sha256 of the file, where it was asked for
   */
  record Converted(
      PlannedConversion planned,
      Path output,
      OutputFormat format,
      long virtualSize,
      long dataWritten,
      List<String> checks,
      Optional<String> sha256)
      implements Conversion {
    /** Keeps an unmodifiable copy. */
    public Converted {
      checks = List.copyOf(checks);
    }
  }
}
