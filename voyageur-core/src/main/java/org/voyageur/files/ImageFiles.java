package org.voyageur.files;

import java.nio.file.Path;
import java.util.function.Function;
import org.voyageur.convert.OpenOptions;
import org.voyageur.disk.BlockDevice;
import org.voyageur.disk.DiskImage;
import org.voyageur.disk.Extent;
import org.voyageur.disk.InPlaceImage;
import org.voyageur.disk.Overlay;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.filesystem.ExtFilesystem;
import org.voyageur.filesystem.FilesystemCheck;
import org.voyageur.filesystem.GuestFilesystem;
import org.voyageur.guest.RootFilesystem;
import org.voyageur.progress.ProgressEvent.Finished;
import org.voyageur.progress.ProgressEvent.Started;
import org.voyageur.progress.ProgressEvent.Step;
import org.voyageur.progress.ProgressListener;

/** Opens a guest's root filesystem for a piece of work, and closes it again. */
public final class ImageFiles {
  private ImageFiles() {}

  /**
   * What came of a change.
   *
   * @param value what the work returned
   * @param bytesWritten to the image; 0 if there was nothing to change, and nothing was written
   * @param journalReplayed whether the filesystem had not been unmounted cleanly, so that its
   *     journal was replayed, which is part of what was written
   * @param putBack whether an earlier change was found cut off, and was undone first
   */
  public record Changed<T>(T value, long bytesWritten, boolean journalReplayed, boolean putBack) {}

  /**
   * Lets {@code work} read a guest's files. The image is only read.
   *
   * @return what the work returned
   * @throws VoyageurException if the image cannot be read or understood, or what the work throws
   */
  public static <T> T read(
      Path image,
      OpenOptions options,
      ProgressListener progress,
      Function<GuestFilesystem, T> work) {
    try (DiskImage source = DiskImage.open(image, options.format(), options.scratch(), progress);
        Overlay disk = new Overlay(source.device())) {
      RootFilesystem root = RootFilesystem.find(disk, options.scratch());
      T value;
      try (ExtFilesystem filesystem = ExtFilesystem.open(root.device(), false)) {
        value = work.apply(filesystem);
      }
      source.ensureUnchanged();
      return value;
    }
  }

  /**
   * Lets {@code work} read and change a guest's files; once it has returned, the filesystem is
   * checked, and everything is written to the image at once. If anything fails, or the program ends
   * before that, the image is as it was.
   *
   * @throws VoyageurException if the image cannot be read, understood or written, if the filesystem
   *     is not sound afterwards, or what the work throws
   */
  public static <T> Changed<T> change(
      Path image,
      OpenOptions options,
      ProgressListener progress,
      Function<GuestFilesystem, T> work) {
    try (InPlaceImage target =
            InPlaceImage.open(image, options.format(), options.scratch(), progress);
        Overlay disk = new Overlay(target.device())) {
      RootFilesystem root = RootFilesystem.find(disk, options.scratch());
      T value;
      try (ExtFilesystem filesystem = ExtFilesystem.open(root.device(), true)) {
        value = work.apply(filesystem);
        if (disk.changedExtents().isEmpty()) {
          return new Changed<>(value, 0, false, target.wasPutBack());
        }
        filesystem.flush();
      }
      progress.on(new Started(Step.CHECK, "Checking the filesystem"));
      demandSound(root, target.device(), options.scratch());
      progress.on(new Finished(Step.CHECK, "The filesystem is sound"));
      progress.on(new Started(Step.PUBLISH, "Writing to the image"));
      target.commit(disk);
      progress.on(new Finished(Step.PUBLISH, "Written"));
      return new Changed<>(
          value,
          disk.changedExtents().stream().mapToLong(Extent::length).sum(),
          root.wasReplayed(),
          target.wasPutBack());
    }
  }

  private static void demandSound(RootFilesystem root, BlockDevice before, Path scratch) {
    FilesystemCheck.Result result = FilesystemCheck.check(root.device(), scratch);
    if (result.clean()) {
      return;
    }
    Overlay again = new Overlay(before);
    if (!FilesystemCheck.check(RootFilesystem.find(again, scratch).device(), scratch).clean()) {
      throw new VoyageurException(
          ErrorCode.FILESYSTEM_DAMAGED,
          "the filesystem is damaged, and nothing was changed: e2fsck -fn says: "
              + result.output().strip(),
          "Repair a copy of the image with 'e2fsck -f', and change that");
    }
    throw new VoyageurException(
        ErrorCode.CHECK_FAILED,
        "the filesystem would not be sound, and nothing was changed: e2fsck -fn says: "
            + result.output().strip(),
        "This is a fault in voyageur or in the host's memory; please report it");
  }
}
