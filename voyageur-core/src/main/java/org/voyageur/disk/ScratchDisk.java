package org.voyageur.disk;

import java.io.IOException;
import java.nio.file.Path;
import org.voyageur.error.VoyageurException;

/** A sparse raw disk in a file that other programs can open, deleted when it is closed. */
public final class ScratchDisk implements AutoCloseable {
  private final Path path;
  private final RawFile device;

  private ScratchDisk(Path path, RawFile device) {
    this.path = path;
    this.device = device;
  }

  /**
   * Creates a disk of zeros.
   *
   * @param directory an existing directory
   * @param size in bytes
   * @throws VoyageurException if it cannot be created
   */
  public static ScratchDisk create(Path directory, long size) {
    Path path;
    try {
      path = TemporaryFiles.create(directory, "scratch", TemporaryFiles.PRIVATE);
    } catch (IOException e) {
      throw IoFailure.writing(directory.resolve("scratch"), e);
    }
    RawFile device = RawFile.openWritable(path);
    device.resize(size);
    return new ScratchDisk(path, device);
  }

  /** The file. */
  public Path path() {
    return path;
  }

  /** The disk. */
  public BlockDevice device() {
    return device;
  }

  @Override
  public void close() {
    device.close();
    TemporaryFiles.delete(path);
  }
}
