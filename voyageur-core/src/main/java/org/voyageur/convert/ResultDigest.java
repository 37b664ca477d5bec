package org.voyageur.convert;

import java.util.List;
import java.util.Optional;
import org.voyageur.disk.BlockDevice;
import org.voyageur.disk.Extent;
import org.voyageur.disk.OutputFormat;
import org.voyageur.disk.Sha256;
import org.voyageur.progress.ProgressListener;

/**
 * The SHA-256 of a result's file, where it is asked for. A raw file's is computed while it is
 * written, from the same bytes. A qcow2's begins when it is complete: its first cluster says where
 * tables lie that are written last.
 */
final class ResultDigest implements AutoCloseable {
  private final ConvertOptions convert;
  private final Optional<Sha256> whileWritten;

  /**
   * Begins, where that is possible.
   *
   * @param result which nobody changes any more
   * @param written the parts of it that the file gets; the others are zeros there
   */
  ResultDigest(ConvertOptions convert, BlockDevice result, List<Extent> written) {
    this.convert = convert;
    this.whileWritten =
        convert.sha256() && convert.format() == OutputFormat.RAW
            ? Optional.of(Sha256.start(convert.output(), result, written))
            : Optional.empty();
  }

  /** Waits for what reads the result's disk. */
  Optional<String> beforePublishing(ProgressListener progress) {
    return whileWritten.map(digest -> digest.await(progress));
  }

  /** What is still to be computed when the file is there. */
  Optional<String> ofPublished(ProgressListener progress) {
    return convert.sha256() ? Optional.of(Sha256.of(convert.output(), progress)) : Optional.empty();
  }

  @Override
  public void close() {
    whileWritten.ifPresent(Sha256::close);
  }
}
