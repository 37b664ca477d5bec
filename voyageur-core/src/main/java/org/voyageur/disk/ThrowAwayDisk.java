package org.voyageur.disk;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.voyageur.process.HostProgram;
import org.voyageur.progress.ProgressListener;

/**
 * A disk that others may write to without changing the image that it shows: a qcow2 overlay over
 * it, or the inflated copy of a {@code raw.gz}. Deleted when it is closed.
 */
public final class ThrowAwayDisk implements AutoCloseable {
  private static final HostProgram MKE2FS = new HostProgram("mke2fs", "e2fsprogs");
  private static final int BLOCK = 4096;

  /** What one that {@link #holding} makes has besides, in bytes; the file is sparse. */
  public static final long ROOM = 64 << 20;

  /** For a directory of many GiB. */
  private static final Duration MAKING = Duration.ofMinutes(30);

  private final Path path;
  private final ImageFormat format;

  private ThrowAwayDisk(Path path, ImageFormat format) {
    this.path = path;
    this.format = format;
  }

  /**
   * Makes one.
   *
   * @param image is only read, and must stay as it is
   * @param scratch the directory where it is
   * @throws org.voyageur.error.VoyageurException as {@link DiskImage#open}
   */
  public static ThrowAwayDisk over(
      Path image, ImageFormat format, Path scratch, ProgressListener progress) {
    // That the image names no other file is seen to here; QEMU would open those.
    if (format != ImageFormat.RAW_GZIP) {
      DiskImage.open(image, Optional.of(format), scratch, progress).close();
    }
    Path path;
    try {
      path = TemporaryFiles.create(scratch, "guest", TemporaryFiles.PRIVATE);
    } catch (IOException e) {
      throw IoFailure.writing(scratch.resolve("guest"), e);
    }
    ThrowAwayDisk disk =
        new ThrowAwayDisk(
            path, format == ImageFormat.RAW_GZIP ? ImageFormat.RAW : ImageFormat.QCOW2);
    try {
      if (format == ImageFormat.RAW_GZIP) {
        try (RawFile file = RawFile.openWritable(path)) {
          file.unbound();
          file.resize(GzipImage.inflate(image, file, progress));
        }
      } else {
        QemuImg.createOverlay(path, image, format);
      }
      return disk;
    } catch (RuntimeException e) {
      disk.close();
      throw e;
    }
  }

  /**
   * Makes one with an ext2 filesystem that holds what a directory holds, if there is one, and has
   * 64 MiB of room.
   *
   * @throws org.voyageur.error.VoyageurException HOST_FILE if the directory cannot be read;
   *     HOST_PROGRAM_MISSING, HOST_PROGRAM_FAILED if mke2fs lacks or fails
   */
  public static ThrowAwayDisk holding(Optional<Path> directory, Path scratch) {
    Path path;
    try {
      path = TemporaryFiles.create(scratch, "packages", TemporaryFiles.PRIVATE);
    } catch (IOException e) {
      throw IoFailure.writing(scratch.resolve("packages"), e);
    }
    ThrowAwayDisk disk = new ThrowAwayDisk(path, ImageFormat.RAW);
    try {
      Room room = directory.isPresent() ? Room.of(directory.get()) : new Room(0, 0);
      List<String> arguments =
          new ArrayList<>(List.of("-q", "-t", "ext2", "-b", Integer.toString(BLOCK), "-m", "0"));
      arguments.addAll(List.of("-N", Long.toString(room.files() + 64), "-E", "root_owner=0:0"));
      if (directory.isPresent()) {
        arguments.addAll(List.of("-d", directory.get().toRealPath().toString()));
      }
      arguments.add(path.toAbsolutePath().toString());
      arguments.add((room.blocks() * BLOCK + ROOM) / 1024 + "k");
      HostProgram.Result result = MKE2FS.run(MAKING, arguments);
      if (result.exitCode() != 0) {
        throw MKE2FS.failed("could not make a disk for the guest's programs", result.said());
      }
      return disk;
    } catch (IOException e) {
      disk.close();
      throw IoFailure.reading(directory.orElse(scratch), e);
    } catch (RuntimeException e) {
      disk.close();
      throw e;
    }
  }

  /** What a directory takes on an ext2 filesystem, generously. */
  private record Room(long files, long blocks) {
    static Room of(Path directory) throws IOException {
      long files = 0;
      long blocks = 0;
      try (Stream<Path> walk = Files.walk(directory)) {
        for (Path file : (Iterable<Path>) walk::iterator) {
          files++;
          // Its own, those that map them, its name, and its inode.
          long own = Files.isRegularFile(file) ? (Files.size(file) + BLOCK - 1) / BLOCK : 1;
          blocks += own + own / 500 + 2;
        }
      } catch (UncheckedIOException e) {
        throw e.getCause();
      }
      // One block in some 250 is a bitmap or an inode table of a large one.
      return new Room(files, blocks + blocks / 50);
    }
  }

  /** The file. */
  public Path path() {
    return path;
  }

  /** Its format, by QEMU's name. */
  public String driver() {
    return QemuImg.driver(format);
  }

  /** The disk as it is now, to be read; closed by the caller. */
  public BlockDevice open() {
    return format == ImageFormat.RAW
        ? RawFile.open(path)
        : new ReadAhead(NbdDevice.open(path, format, false));
  }

  /**
   * Makes it larger and changes it. No device that {@link #open} gave may be open.
   *
   * @param changes an overlay as large as the disk is to be
   */
  public void enlarge(Overlay changes) {
    if (format == ImageFormat.RAW) {
      try (RawFile file = RawFile.openWritable(path)) {
        file.resize(changes.size());
        changes.writeTo(file);
      }
    } else {
      QemuImg.resize(path, changes.size());
      try (BlockDevice device = NbdDevice.open(path, format, true)) {
        changes.writeTo(device);
        device.flush();
      }
    }
  }

  @Override
  public void close() {
    TemporaryFiles.delete(path);
  }
}
