package org.voyageur.convert;

import java.io.InputStream;
import java.util.List;
import org.voyageur.disk.DiskImage;
import org.voyageur.disk.ImageStream;
import org.voyageur.guest.Guest;

/**
 * A conversion's result that was checked and is written nowhere: it is read from the source and the
 * changes, as a file, as often as wanted. The source must stay as it is until this is closed.
 */
public final class StreamedConversion implements AutoCloseable {
  private final DiskImage source;
  private final PlannedConversion planned;
  private final Guest result;
  private final List<String> checks;
  private final ImageStream file;

  StreamedConversion(
      DiskImage source,
      PlannedConversion planned,
      Guest result,
      List<String> checks,
      ImageStream file) {
    this.source = source;
    this.planned = planned;
    this.result = result;
    this.checks = checks;
    this.file = file;
  }

  /** What was found, and what was changed. */
  public PlannedConversion planned() {
    return planned;
  }

  /** What the result is. */
  public Guest result() {
    return result;
  }

  /** What the result was checked for. */
  public List<String> checks() {
    return checks;
  }

  /** The file's size, in bytes. */
  public long size() {
    return file.size();
  }

  /** Reads the file from its first byte on. */
  public InputStream open() {
    return file.open();
  }

  /**
   * Checks that the source is what it was.
   *
   * @throws org.voyageur.error.VoyageurException {@link org.voyageur.error.ErrorCode#IMAGE_CHANGED}
   */
  public void ensureUnchanged() {
    source.ensureUnchanged();
  }

  @Override
  public void close() {
    source.close();
  }
}
