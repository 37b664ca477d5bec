package org.voyageur.disk;

import java.io.IOException;
import java.nio.file.Path;
import org.voyageur.disk.posix.Posix;
import org.voyageur.error.VoyageurException;

/** A sparse raw disk in a file that other programs can open, deleted when it is closed. */
public final class ScratchDisk implements AutoCloseable {
  /** As much may be in memory at once beside voyageur itself. */
  private static final long MOST_IN_MEMORY = 128 << 20;

  private final Path path;
  private final RawFile device;
  private final Runnable delete;

  private ScratchDisk(Path path, long size, Runnable delete) {
    this.path = path;
    this.device = RawFile.openWritable(path);
    this.delete = delete;
    device.resize(size);
  }

  /**
   * Creates a disk of zeros.
   *
   * @param directory an existing directory
   * @param size in bytes
   * @throws VoyageurException if it cannot be created
   */
  public static ScratchDisk create(Path directory, long size) {
    try {
      Path path = TemporaryFiles.create(directory, "scratch", TemporaryFiles.PRIVATE);
      return new ScratchDisk(path, size, () -> TemporaryFiles.delete(path));
    } catch (IOException e) {
      throw IoFailure.writing(directory.resolve("scratch"), e);
    }
  }

  /**
   * The same for little content, which is held in memory if it is little enough: e2fsck syncs what
   * it has only read, and on a disk writing and freeing that takes longer than the check (measured:
   * 0.2 of 0.4 s).
   *
   * @param content how many bytes will be written
   */
  public static ScratchDisk create(Path directory, long size, long content) {
    int descriptor = content > MOST_IN_MEMORY ? -1 : Posix.createInMemory("voyageur-scratch");
    if (descriptor < 0) {
      return create(directory, size);
    }
    Path path = Path.of("/proc/%d/fd/%d".formatted(ProcessHandle.current().pid(), descriptor));
    return new ScratchDisk(
        path,
        size,
        () -> {
          int ignored = Posix.close(descriptor);
        });
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
    delete.run();
  }
}
