package org.voyageur.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;

/**
 * What a change to the disk in a qcow2 changes in the file: QEMU makes it on a layer over the file,
 * which shows what it would have written. So the file itself can be changed all or nothing, and be
 * put back byte for byte, which nobody could say of the writes of a QEMU.
 */
final class Qcow2Change {
  /**
   * Room behind the file's end, which is not taken but where it is written to: QEMU finds a place
   * for clusters of up to 2 MiB (docs/interop/qcow2.txt) for each page of 4 KiB, and for tables.
   */
  private static final long ROOM_PER_BYTE = (2L << 20) / Overlay.PAGE + 1;

  private static final long ROOM = 1L << 30;
  private static final int BUFFER = 1 << 20;

  private Qcow2Change() {}

  /**
   * Finds what is changed in the file.
   *
   * @param file the qcow2, open as a raw file; it is only read
   * @param changes to the disk in it
   * @param scratch a directory for the layer
   * @return a change to the file, larger than that if the qcow2 grows
   */
  static Overlay of(Path image, RawFile file, Overlay changes, Path scratch) {
    Path layer;
    try {
      layer = TemporaryFiles.create(scratch, "layer", TemporaryFiles.PRIVATE);
    } catch (IOException e) {
      throw IoFailure.writing(scratch.resolve("layer"), e);
    }
    try {
      long changed = changes.changedExtents().stream().mapToLong(Extent::length).sum();
      QemuImg.createOverlay(layer, image, ImageFormat.RAW);
      QemuImg.resize(layer, file.size() + changed * ROOM_PER_BYTE + ROOM);
      try (BlockDevice disk = NbdDevice.openOver(layer)) {
        changes.writeTo(disk);
        disk.flush();
        mustReadBack(image, changes, disk);
      }
      return changesOf(file, layer);
    } finally {
      TemporaryFiles.delete(layer);
    }
  }

  private static void mustReadBack(Path image, Overlay changes, BlockDevice disk) {
    for (Extent extent : changes.changedExtents()) {
      for (long at = extent.offset(); at < extent.end(); at += BUFFER) {
        int length = (int) Math.min(BUFFER, extent.end() - at);
        if (!Arrays.equals(changes.read(at, length), disk.read(at, length))) {
          throw new VoyageurException(
              ErrorCode.CHECK_FAILED,
              "byte " + at + " of the disk in " + image + " reads otherwise than QEMU was told",
              "Check the host's memory and disk; the image is as it was");
        }
      }
    }
  }

  private static Overlay changesOf(RawFile file, Path layer) {
    List<Extent> own = QemuImg.ownData(layer);
    long end = own.stream().mapToLong(Extent::end).max().orElse(0);
    Overlay inFile = new Overlay(new RelocatedDisk(file, 0, Math.max(file.size(), end)));
    try (BlockDevice shown = NbdDevice.open(layer, ImageFormat.QCOW2, false)) {
      for (Extent extent : own) {
        for (long at = extent.offset(); at < extent.end(); at += BUFFER) {
          int length = (int) Math.min(BUFFER, extent.end() - at);
          inFile.write(at, ByteBuffer.wrap(shown.read(at, length)));
        }
      }
    }
    return inFile;
  }
}
