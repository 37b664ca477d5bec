package org.voyageur.convert;

import java.nio.file.Path;
import org.voyageur.plan.Target;
import org.voyageur.progress.ProgressListener;

/**
 * voyageur's library: each method opens an image, does one thing, and closes it again. The image is
 * only read.
 */
@SuppressWarnings("DoNotCallSuggester")
public final class Voyageur {
  private Voyageur() {}

  /**
   * Says what an image is.
   *
   * @throws org.voyageur.error.VoyageurException if it cannot be read or understood
   */
  public static Inspection inspect(Path image, OpenOptions options, ProgressListener progress) {
    throw new UnsupportedOperationException();
  }

  /**
   * Says what a conversion would change, and what stands in its way. Writes nothing.
   *
   * @throws org.voyageur.error.VoyageurException if the image cannot be read or understood
   */
  public static PlannedConversion plan(
      Path image, OpenOptions options, Target target, ProgressListener progress) {
    throw new UnsupportedOperationException();
  }

  /**
   * Converts an image: the result is a new file, checked before it gets its name.
   *
   * @throws org.voyageur.error.VoyageurException if the image cannot be read, or the result cannot
   *     be written or is not what the plan says; no output is left then
   */
  public static Conversion convert(
      Path image, OpenOptions options, ConvertOptions convert, ProgressListener progress) {
    throw new UnsupportedOperationException();
  }
}
