package org.voyageur.disk;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.zip.CRC32C;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.process.AtExit;

/**
 * What an image's file held where it is about to be changed in place, in a file beside the image.
 * As long as that file is there, the change counts as not made, and whoever finds it puts the old
 * bytes back: so a crash or power cut at any moment leaves the old image or the new one.
 *
 * <p>When the change is made, the file is removed, or kept under another name: then the change can
 * be undone later, as long as nobody has written to what it changed.
 *
 * <p>The file: {@value #MAGIC}, the image's size before and after, and the number of pages; for
 * each page its offset, its old bytes, and of its new ones the CRC-32C of each sector, by which an
 * image that something else has written to meanwhile is told; SHA-256 of all that. Of an image that
 * becomes smaller, what lies behind its new end is among the pages.
 */
final class UndoJournal {
  private static final String MAGIC = "VOYUNDO2";
  private static final String SUFFIX = ".voyageur-journal";
  private static final String KEPT = ".voyageur-undo";
  private static final int DIGEST = 32;

  /** What a disk writes wholly or not at all. */
  private static final int SECTOR = 512;

  /** A signal must not wait for a disk that hangs; the journal serves then. */
  private static final long PATIENCE_SECONDS = 60;

  private final Path image;
  private final Path file;
  private final long sizeBefore;
  private final long sizeAfter;
  private final int pages;
  private volatile boolean begun;

  private UndoJournal(Path image, Path file, long sizeBefore, long sizeAfter, int pages) {
    this.image = image;
    this.file = file;
    this.sizeBefore = sizeBefore;
    this.sizeAfter = sizeAfter;
    this.pages = pages;
  }

  /**
   * A part of the image.
   *
   * @param before what it held, up to the old end
   * @param after the check sums of the sectors that it is to hold
   * @param lengthAfter how many bytes those are, up to the new end
   */
  private record Page(long offset, byte[] before, int[] after, int lengthAfter) {
    /**
     * Whether each sector is the old one or the new one. Where there was none before, or is to be
     * none, anything will do.
     */
    boolean isBetween(BlockDevice disk) {
      int length = Math.min(before.length, lengthAfter);
      if (length == 0) {
        return true;
      }
      byte[] now = disk.read(offset, lengthAfter);
      for (int start = 0; start < length; start += SECTOR) {
        int end = Math.min(start + SECTOR, length);
        boolean old = Arrays.equals(now, start, end, before, start, end);
        if (!old && checkSum(now, start / SECTOR) != after[start / SECTOR]) {
          return false;
        }
      }
      return true;
    }

    boolean isBefore(BlockDevice disk) {
      return before.length == 0 || Arrays.equals(disk.read(offset, before.length), before);
    }

    boolean isAfter(BlockDevice disk) {
      return lengthAfter == 0 || Arrays.equals(checkSums(disk.read(offset, lengthAfter)), after);
    }

    static int[] checkSums(byte[] bytes) {
      int[] sums = new int[Math.ceilDiv(bytes.length, SECTOR)];
      Arrays.setAll(sums, i -> checkSum(bytes, i));
      return sums;
    }

    private static int checkSum(byte[] bytes, int sector) {
      CRC32C crc = new CRC32C();
      int start = sector * SECTOR;
      crc.update(bytes, start, Math.min(SECTOR, bytes.length - start));
      return (int) crc.getValue();
    }
  }

  /**
   * Makes a change.
   *
   * @param image its real path
   * @param before the image as it is; closed before it is opened to be written
   * @param after the change, which may make it larger or smaller
   * @param keep whether the change is to be undone later, by {@link #undo}
   * @param open opens the image to be written
   * @throws VoyageurException if the change could not be made; the image is as it was, or {@link
   *     ErrorCode#IMAGE_HALF_CHANGED}
   */
  static void commit(
      Path image, BlockDevice before, Overlay after, boolean keep, Supplier<BlockDevice> open) {
    UndoJournal journal = write(image, before, after);
    before.close();
    try (BlockDevice disk = journal.openWhole(open)) {
      // Made last, so that at a signal it comes before the end of what serves the disk.
      CountDownLatch done = AtExit.make(() -> new CountDownLatch(1), UndoJournal::await);
      try {
        journal.change(disk, after, keep);
      } finally {
        done.countDown();
        AtExit.forget(done);
      }
    } catch (RuntimeException e) {
      journal.putBackAfter(e, open);
      throw e;
    } finally {
      AtExit.forget(journal);
    }
  }

  /** Opens the image to be written, as large as both the old one and the new one. */
  private BlockDevice openWhole(Supplier<BlockDevice> open) {
    begun = true;
    resize(Math.max(sizeBefore, sizeAfter));
    return open.get();
  }

  private void resize(long size) {
    if (sizeBefore == sizeAfter) {
      return;
    }
    try (RawFile resized = RawFile.openWritable(image)) {
      if (resized.size() != sizeBefore && resized.size() != sizeAfter) {
        throw unusable(file, "it is about an image of " + sizeBefore + " bytes");
      }
      resized.resize(size);
      resized.flush();
    }
  }

  /** Nothing in here asks for anything of {@link AtExit}, which may be waiting for its end. */
  private void change(BlockDevice disk, Overlay after, boolean keep) {
    try {
      after.writeTo(disk);
      disk.flush();
      forEachPage(page -> {
        if (!page.isAfter(disk)) {
          throw new VoyageurException(
              ErrorCode.CHECK_FAILED,
              "byte " + page.offset() + " of " + image + " reads otherwise than it was written",
              "Check the disk that the image lies on");
        }
      });
      resize(sizeAfter);
    } catch (RuntimeException e) {
      try {
        putBack(disk);
      } catch (RuntimeException again) {
        e.addSuppressed(again);
      }
      throw e;
    }
    if (keep) {
      rename(kept(image));
    } else {
      remove();
    }
  }

  /** Where the disk would not even take its old bytes back, a new start may help. */
  private void putBackAfter(RuntimeException failure, Supplier<BlockDevice> open) {
    if (!isThere(image)) {
      return;
    }
    try (BlockDevice disk = openWhole(open)) {
      putBack(disk);
    } catch (RuntimeException again) {
      failure.addSuppressed(again);
      throw halfChanged(image, failure);
    }
  }

  /**
   * Puts an image back whose change was cut off.
   *
   * @param image its real path
   * @param open opens the image to be written
   * @return whether there was anything to put back
   */
  static boolean rollBack(Path image, Supplier<BlockDevice> open) {
    if (!isThere(image)) {
      return false;
    }
    UndoJournal journal = read(image, beside(image));
    try (BlockDevice disk = journal.openWhole(open)) {
      journal.putBack(disk);
    }
    return true;
  }

  /**
   * Undoes a change that was kept.
   *
   * @param image its real path
   * @param disk the image as it is; closed before it is opened to be written
   * @param open opens the image to be written
   * @throws VoyageurException {@link ErrorCode#IMAGE_NO_UNDO}, {@link
   *     ErrorCode#IMAGE_CHANGED_SINCE}, or as {@link #commit}
   */
  static void undo(Path image, BlockDevice disk, Supplier<BlockDevice> open) {
    if (!Files.exists(kept(image), LinkOption.NOFOLLOW_LINKS)) {
      throw new VoyageurException(
          ErrorCode.IMAGE_NO_UNDO,
          "there is no " + kept(image) + ", so nothing is known of how the image was before",
          "Only a conversion in place is undone: 'voyageur convert --in-place'; the file must lie"
              + " beside the image");
    }
    UndoJournal kept = read(image, kept(image));
    // If an earlier undoing was cut off at its very end, only the file is left to be removed.
    if (!kept.isPutBack(disk)) {
      if (disk.size() != kept.sizeAfter) {
        throw changedSince(image, "it has " + disk.size() + " bytes");
      }
      BlockDevice remaining =
          new Window(disk, new Extent(0, Math.min(kept.sizeBefore, kept.sizeAfter)));
      try (Overlay original = new Overlay(new RelocatedDisk(remaining, 0, kept.sizeBefore))) {
        kept.forEachPage(page -> {
          if (!page.isAfter(disk)) {
            throw changedSince(image, "the " + Overlay.PAGE + " bytes at " + page.offset());
          }
          if (page.before().length > 0) {
            original.write(page.offset(), ByteBuffer.wrap(page.before()));
          }
        });
        commit(image, disk, original, false, open);
      }
    }
    kept.remove();
  }

  private boolean isPutBack(BlockDevice disk) {
    if (disk.size() != sizeBefore) {
      return false;
    }
    boolean[] all = {true};
    forEachPage(page -> all[0] &= page.isBefore(disk));
    return all[0];
  }

  private static VoyageurException changedSince(Path image, String what) {
    return new VoyageurException(
        ErrorCode.IMAGE_CHANGED_SINCE,
        image + " was written to since it was converted, and is left as it is: " + what,
        "A guest that was started, or a file that was put, changes the image; get the image from"
            + " before the conversion from where it came from");
  }

  /**
   * Refuses an image with a change that can still be undone.
   *
   * @throws VoyageurException {@link ErrorCode#IMAGE_UNDO_EXISTS}
   */
  static void demandNoneKept(Path image) {
    if (Files.exists(kept(image), LinkOption.NOFOLLOW_LINKS)) {
      throw new VoyageurException(
          ErrorCode.IMAGE_UNDO_EXISTS,
          kept(image) + " is there from an earlier conversion, which could not be undone any more",
          "Undo that first with 'voyageur undo', or delete the file if it is never to be undone");
    }
  }

  /**
   * Refuses the name of a new image if the files of an earlier one of that name are there: they
   * would be taken for the new one's.
   *
   * @param replaced whether there is such an image, which is to be replaced
   * @throws VoyageurException {@link ErrorCode#IMAGE_HALF_CHANGED}, {@link
   *     ErrorCode#IMAGE_UNDO_EXISTS}
   */
  static void demandNoneOf(Path image, boolean replaced) {
    if (isThere(image)) {
      throw new VoyageurException(
          ErrorCode.IMAGE_HALF_CHANGED,
          beside(image) + " is there: a change to an image of this name was cut off",
          "Put that image back with 'voyageur recover'; if it is not to be kept, delete that file");
    }
    if (!replaced && Files.exists(kept(image), LinkOption.NOFOLLOW_LINKS)) {
      throw new VoyageurException(
          ErrorCode.IMAGE_UNDO_EXISTS,
          kept(image) + " is there, of a conversion in place of an image of this name",
          "Move that file to where its image is now, or delete it");
    }
  }

  /** Forgets what is known of an image that was replaced by another. */
  static void forget(Path image) {
    TemporaryFiles.delete(kept(image));
  }

  /** Whether a change was cut off, or is being made. */
  static boolean isThere(Path image) {
    return Files.exists(beside(image), LinkOption.NOFOLLOW_LINKS);
  }

  private static Path beside(Path image) {
    return image.resolveSibling(image.getFileName() + SUFFIX);
  }

  private static Path kept(Path image) {
    return image.resolveSibling(image.getFileName() + KEPT);
  }

  static VoyageurException halfChanged(Path image, Exception cause) {
    return new VoyageurException(
        ErrorCode.IMAGE_HALF_CHANGED,
        "a change to " + image + " was cut off, or is being made right now: " + cause.getMessage(),
        "Wait for the voyageur that makes it; if none is running, put the image back with"
            + " 'voyageur recover'",
        cause);
  }

  private static UndoJournal write(Path image, BlockDevice before, Overlay after) {
    int pages = 0;
    for (Extent extent : pages(before, after)) {
      pages += Math.toIntExact(Math.ceilDiv(extent.length(), Overlay.PAGE));
    }
    UndoJournal journal = new UndoJournal(image, beside(image), before.size(), after.size(), pages);
    Path file = journal.file;
    try {
      Path temporary =
          AtExit.make(
              () ->
                  TemporaryFiles.create(
                      image.resolveSibling(""),
                      String.valueOf(image.getFileName()),
                      TemporaryFiles.PRIVATE),
              TemporaryFiles::delete);
      try {
        try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
          journal.write(channel, before, after);
          channel.force(true);
        }
        AtExit.make(
            () -> {
              Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
              return journal;
            },
            UndoJournal::removeUnlessBegun);
      } finally {
        TemporaryFiles.delete(temporary);
        AtExit.forget(temporary);
      }
      journal.syncDirectory();
      return journal;
    } catch (IOException e) {
      journal.removeUnlessBegun();
      throw IoFailure.writing(file, e);
    }
  }

  /** Everything that will not be as it was, in whole pages. */
  private static List<Extent> pages(BlockDevice before, Overlay after) {
    long end = after.size() / Overlay.PAGE * Overlay.PAGE;
    return before.size() <= after.size()
        ? after.changedExtents()
        : Extents.union(after.changedExtents(), List.of(new Extent(end, before.size() - end)));
  }

  /** Before the first byte of the image is written, there is nothing to undo. */
  private void removeUnlessBegun() {
    if (!begun) {
      TemporaryFiles.delete(file);
    }
  }

  private void write(FileChannel channel, BlockDevice before, Overlay after) throws IOException {
    DigestOutputStream digest = new DigestOutputStream(Channels.newOutputStream(channel), sha256());
    DataOutputStream out = new DataOutputStream(new BufferedOutputStream(digest));
    out.writeBytes(MAGIC);
    out.writeLong(sizeBefore);
    out.writeLong(sizeAfter);
    out.writeInt(pages);
    for (Extent extent : pages(before, after)) {
      for (long at = extent.offset(); at < extent.end(); at += Overlay.PAGE) {
        out.writeLong(at);
        out.write(before.read(Math.min(at, sizeBefore), lengthAt(at, sizeBefore)));
        byte[] page = after.read(Math.min(at, sizeAfter), lengthAt(at, sizeAfter));
        for (int sum : Page.checkSums(page)) {
          out.writeInt(sum);
        }
      }
    }
    out.flush();
    out.write(digest.getMessageDigest().digest());
    out.flush();
  }

  /** How many bytes a page has that begins there: the last of an image may be short. */
  private static int lengthAt(long offset, long size) {
    return Math.clamp(size - offset, 0, Overlay.PAGE);
  }

  private static UndoJournal read(Path image, Path file) {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      DataInputStream in =
          new DataInputStream(new BufferedInputStream(Channels.newInputStream(channel)));
      UndoJournal journal = header(in, image, file);
      if (!Arrays.equals(journal.digest(channel), journal.digestAtEnd(channel))) {
        throw new IOException("it is damaged");
      }
      return journal;
    } catch (IOException e) {
      throw unusable(file, String.valueOf(e.getMessage()));
    }
  }

  private static UndoJournal header(DataInputStream in, Path image, Path file) throws IOException {
    String magic = new String(in.readNBytes(MAGIC.length()), US_ASCII);
    if (!magic.equals(MAGIC)) {
      throw new IOException("it begins with " + magic);
    }
    return new UndoJournal(image, file, in.readLong(), in.readLong(), in.readInt());
  }

  private byte[] digest(FileChannel channel) throws IOException {
    MessageDigest digest = sha256();
    ByteBuffer buffer = ByteBuffer.allocate(1 << 16);
    long left = channel.size() - DIGEST;
    channel.position(0);
    while (left > 0 && channel.read(buffer.clear().limit((int) Math.min(left, 1 << 16))) >= 0) {
      left -= buffer.position();
      digest.update(buffer.flip());
    }
    return digest.digest();
  }

  private byte[] digestAtEnd(FileChannel channel) throws IOException {
    ByteBuffer end = ByteBuffer.allocate(DIGEST);
    if (channel.size() < DIGEST || channel.read(end, channel.size() - DIGEST) < DIGEST) {
      throw new EOFException("it is cut off");
    }
    return end.array();
  }

  private void forEachPage(Consumer<Page> use) {
    try (DataInputStream in =
        new DataInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
      header(in, image, file);
      for (int i = 0; i < pages; i++) {
        long offset = in.readLong();
        Extents.check(offset, 1, Math.max(sizeBefore, sizeAfter));
        byte[] before = new byte[lengthAt(offset, sizeBefore)];
        in.readFully(before);
        int lengthAfter = lengthAt(offset, sizeAfter);
        int[] after = new int[Math.ceilDiv(lengthAfter, SECTOR)];
        for (int sector = 0; sector < after.length; sector++) {
          after[sector] = in.readInt();
        }
        use.accept(new Page(offset, before, after, lengthAfter));
      }
    } catch (IOException | IndexOutOfBoundsException e) {
      throw unusable(file, String.valueOf(e.getMessage()));
    }
  }

  /** First looks whether the image is the one that was being changed, then writes. */
  private void putBack(BlockDevice disk) {
    if (disk.size() != Math.max(sizeBefore, sizeAfter)) {
      throw unusable(file, "it is about an image of " + sizeBefore + " bytes");
    }
    forEachPage(page -> {
      if (!page.isBetween(disk)) {
        throw unusable(file, "the image was written to since, at byte " + page.offset());
      }
    });
    forEachPage(page -> {
      // Where a hole was there still is one, and writing zeros into it could need space.
      if (!page.isBefore(disk)) {
        disk.write(page.offset(), ByteBuffer.wrap(page.before()));
      }
    });
    disk.flush();
    resize(sizeBefore);
    remove();
  }

  private static VoyageurException unusable(Path journal, String why) {
    return new VoyageurException(
        ErrorCode.IMAGE_HALF_CHANGED,
        "the image cannot be put back from " + journal + ": " + why,
        "Get the image again from where it came from; if it is known to be whole, delete that file");
  }

  private void rename(Path to) {
    try {
      Files.move(file, to, StandardCopyOption.ATOMIC_MOVE);
      syncDirectory();
    } catch (IOException e) {
      throw IoFailure.writing(to, e);
    }
  }

  private void remove() {
    try {
      Files.delete(file);
      syncDirectory();
    } catch (IOException e) {
      throw IoFailure.writing(file, e);
    }
  }

  private void syncDirectory() throws IOException {
    try (FileChannel directory =
        FileChannel.open(file.resolveSibling(""), StandardOpenOption.READ)) {
      directory.force(true);
    }
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java has SHA-256", e);
    }
  }

  private static void await(CountDownLatch done) {
    try {
      if (!done.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        System.getLogger(UndoJournal.class.getName())
            .log(System.Logger.Level.WARNING, "a change was cut off; 'voyageur recover' undoes it");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
