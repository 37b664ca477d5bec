package org.voyageur.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;

/**
 * Old or new, whenever it ends; of an image that stays as large as it is, and of one that grows.
 */
@ParameterizedClass
@ValueSource(ints = {0, 3 * Overlay.PAGE + 1000})
class UndoJournalTest {
  /** Not a multiple of a page, nor of a sector. */
  private static final int SIZE = 40 * Overlay.PAGE + 700;

  @Parameter private int growth;

  @TempDir Path directory;
  private Path image;
  private Path journal;
  private Path kept;
  private byte[] before;
  private byte[] after;

  @BeforeEach
  void anImage() throws Exception {
    image = directory.toRealPath().resolve("disk.img");
    journal = directory.toRealPath().resolve("disk.img.voyageur-journal");
    kept = directory.toRealPath().resolve("disk.img.voyageur-undo");
    before = Devices.disk(SIZE);
    Files.write(image, before);
    after = Arrays.copyOf(before, SIZE + growth);
    Random random = new Random(1);
    for (int at : new int[] {3, 5 * Overlay.PAGE, 21 * Overlay.PAGE + 100, SIZE - 300}) {
      byte[] change = new byte[Math.min(9000, SIZE - at)];
      random.nextBytes(change);
      System.arraycopy(change, 0, after, at, change.length);
    }
    // A page of zeros at the end, as qcow2 has them in its tables.
    for (int at = SIZE; at < after.length - Overlay.PAGE; at++) {
      after[at] = (byte) (at | 1);
    }
  }

  private Overlay change(BlockDevice base) {
    Overlay overlay = new Overlay(new RelocatedDisk(base, 0, after.length));
    byte[] below = Arrays.copyOf(before, after.length);
    for (int at = 0; at < after.length; at += 512) {
      int end = Math.min(at + 512, after.length);
      if (!Arrays.equals(below, at, end, after, at, end)) {
        overlay.write(at, ByteBuffer.wrap(after, at, end - at));
      }
    }
    return overlay;
  }

  /** The power fails at one request, in the midst of a write. */
  private static final class PowerCut extends Error {
    private static final long serialVersionUID = 1L;
  }

  /**
   * A disk that fails at its k-th request, counted from 1, and if it has failed for good, then on.
   */
  private static final class Failing implements BlockDevice {
    private final BlockDevice disk;
    private final int[] left;
    private final boolean power;
    private final boolean forGood;

    Failing(BlockDevice disk, int[] left, boolean power, boolean forGood) {
      this.disk = disk;
      this.left = left;
      this.power = power;
      this.forGood = forGood;
    }

    private boolean fails() {
      left[0]--;
      return forGood ? left[0] <= 0 : left[0] == 0;
    }

    private void fail() {
      if (power) {
        throw new PowerCut();
      }
      throw new VoyageurException(ErrorCode.OUTPUT_NO_SPACE, "full", "Make room");
    }

    @Override
    public long size() {
      return disk.size();
    }

    @Override
    public void read(long offset, ByteBuffer into) {
      if (fails()) {
        fail();
      }
      disk.read(offset, into);
    }

    @Override
    public void write(long offset, ByteBuffer from) {
      if (fails()) {
        // Some sectors, in no order.
        for (int at = 512 * (left[0] & 1); at + 512 <= from.limit(); at += 1024) {
          disk.write(offset + at, from.slice(at, 512));
        }
        fail();
      }
      disk.write(offset, from);
    }

    @Override
    public List<Extent> dataExtents(Extent range) {
      return disk.dataExtents(range);
    }

    @Override
    public void flush() {
      if (fails()) {
        fail();
      }
      disk.flush();
    }

    @Override
    public void close() {
      disk.close();
    }
  }

  private int commit(int k, boolean power, boolean forGood) {
    return commit(k, power, forGood, false);
  }

  /** Commits with a disk that fails at its k-th request; how many requests were left. */
  private int commit(int k, boolean power, boolean forGood, boolean keep) {
    int[] left = {k};
    RawFile base = RawFile.open(image);
    UndoJournal.commit(
        image,
        new Failing(base, left, power, forGood),
        change(RawFile.open(image)),
        keep,
        () -> new Failing(RawFile.openWritable(image), left, power, forGood));
    return left[0];
  }

  private boolean rollBack() {
    return UndoJournal.rollBack(image, () -> RawFile.openWritable(image));
  }

  @Test
  void leavesTheNewDiskAndNothingElse() throws Exception {
    commit(Integer.MAX_VALUE, false, false);
    assertThat(Files.readAllBytes(image)).isEqualTo(after);
    assertThat(directory).isDirectoryContaining(file -> file.equals(image));
    assertThat(journal).doesNotExist();
    assertThat(rollBack()).isFalse();
  }

  @Test
  void aPowerCutAtAnyRequestLeavesTheOldDiskOrTheNewOne() throws Exception {
    int requests = Integer.MAX_VALUE - commit(Integer.MAX_VALUE, true, true);
    assertThat(requests).isGreaterThan(30);
    boolean wasHalf = false;
    for (int k = 1; k <= requests; k++) {
      Files.write(image, before);
      int cut = k;
      assertThatThrownBy(() -> commit(cut, true, true)).isInstanceOf(PowerCut.class);
      byte[] found = Files.readAllBytes(image);
      wasHalf |= !Arrays.equals(found, before) && !Arrays.equals(found, after);
      if (Files.exists(journal)) {
        assertThat(rollBack()).isTrue();
      }
      assertThat(Files.readAllBytes(image)).as("cut at request " + k).isEqualTo(before);
      assertThat(journal).doesNotExist();
    }
    assertThat(wasHalf).as("the cuts hit the writes").isTrue();
  }

  @Test
  void aPowerCutBeforeTheImageWasEnlargedIsOne() throws Exception {
    assertThatThrownBy(() -> commit(30, true, true)).isInstanceOf(PowerCut.class);
    Files.write(image, before);
    assertThat(rollBack()).isTrue();
    assertThat(Files.readAllBytes(image)).isEqualTo(before);
  }

  @Test
  void aPowerCutWhileItIsPutBackIsMadeGoodTheNextTime() throws Exception {
    for (int k = 1; k < 40; k += 3) {
      Files.write(image, before);
      assertThatThrownBy(() -> commit(30, true, true)).isInstanceOf(PowerCut.class);
      int[] left = {k};
      try {
        UndoJournal.rollBack(
            image, () -> new Failing(RawFile.openWritable(image), left, true, true));
      } catch (PowerCut again) {
        assertThat(rollBack()).isTrue();
      }
      assertThat(Files.readAllBytes(image)).isEqualTo(before);
    }
  }

  @Test
  void aDiskThatRefusesOneWriteIsPutBackAtOnce() throws Exception {
    int requests = Integer.MAX_VALUE - commit(Integer.MAX_VALUE, false, false);
    for (int k = 1; k <= requests; k++) {
      Files.write(image, before);
      int refused = k;
      assertThatThrownBy(() -> commit(refused, false, false))
          .isInstanceOf(VoyageurException.class)
          .hasMessage("full");
      assertThat(Files.readAllBytes(image)).as("refused request " + k).isEqualTo(before);
      assertThat(journal).doesNotExist();
    }
  }

  @Test
  void aDiskThatRefusesEverythingFromThenOnIsLeftWithItsJournal() throws Exception {
    assertThatThrownBy(() -> commit(30, false, true))
        .isInstanceOf(VoyageurException.class)
        .extracting(e -> ((VoyageurException) e).code())
        .isEqualTo(ErrorCode.IMAGE_HALF_CHANGED);
    assertThat(rollBack()).isTrue();
    assertThat(Files.readAllBytes(image)).isEqualTo(before);
  }

  @Test
  void anImageThatWasWrittenToSinceIsNotTouched() throws Exception {
    assertThatThrownBy(() -> commit(30, true, true)).isInstanceOf(PowerCut.class);
    byte[] used = Files.readAllBytes(image);
    used[5 * Overlay.PAGE + 1000] ^= 1;
    Files.write(image, used);
    assertThatThrownBy(this::rollBack).hasMessageContaining("was written to since");
    assertThat(Files.readAllBytes(image)).isEqualTo(used);
    assertThat(journal).exists();
  }

  @Test
  void aJournalThatIsCutOffOrDamagedIsNotBelieved() throws Exception {
    assertThatThrownBy(() -> commit(30, true, true)).isInstanceOf(PowerCut.class);
    byte[] half = Files.readAllBytes(image);
    byte[] whole = Files.readAllBytes(journal);
    for (int length = 0; length < whole.length; length += 1 + whole.length / 40) {
      Files.write(journal, Arrays.copyOf(whole, length));
      assertThatThrownBy(this::rollBack).isInstanceOf(VoyageurException.class);
    }
    for (int at = 0; at < whole.length; at += 1 + whole.length / 100) {
      byte[] damaged = whole.clone();
      damaged[at] ^= 4;
      Files.write(journal, damaged);
      assertThatThrownBy(this::rollBack).isInstanceOf(VoyageurException.class);
    }
    assertThat(Files.readAllBytes(image)).isEqualTo(half);
  }

  /** Undoes with a disk that fails at its k-th request; how many requests were left. */
  private int undo(int k, boolean power) {
    int[] left = {k};
    UndoJournal.undo(
        image,
        new Failing(RawFile.open(image), left, power, power),
        () -> new Failing(RawFile.openWritable(image), left, power, power));
    return left[0];
  }

  private static void refuses(ThrowingCallable what, ErrorCode code) {
    assertThatThrownBy(what)
        .asInstanceOf(type(VoyageurException.class))
        .extracting(VoyageurException::code)
        .isEqualTo(code);
  }

  @Test
  void aChangeThatIsKeptIsUndone() throws Exception {
    commit(Integer.MAX_VALUE, false, false, true);
    assertThat(Files.readAllBytes(image)).isEqualTo(after);
    assertThat(journal).doesNotExist();
    assertThat(Files.getPosixFilePermissions(kept)).hasSize(2);
    refuses(() -> UndoJournal.demandNoneKept(image), ErrorCode.IMAGE_UNDO_EXISTS);
    undo(Integer.MAX_VALUE, false);
    assertThat(Files.readAllBytes(image)).isEqualTo(before);
    assertThat(directory).isDirectoryContaining(file -> file.equals(image));
    assertThat(kept).doesNotExist();
    UndoJournal.demandNoneKept(image);
    refuses(() -> undo(Integer.MAX_VALUE, false), ErrorCode.IMAGE_NO_UNDO);
  }

  @Test
  void aPowerCutAtAnyRequestOfAChangeThatIsKeptLeavesOldOrNew() throws Exception {
    int requests = Integer.MAX_VALUE - commit(Integer.MAX_VALUE, true, true, true);
    for (int k = 1; k <= requests; k++) {
      Files.deleteIfExists(kept);
      Files.write(image, before);
      int cut = k;
      assertThatThrownBy(() -> commit(cut, true, true, true)).isInstanceOf(PowerCut.class);
      rollBack();
      assertThat(Files.readAllBytes(image)).as("cut at request " + k).isEqualTo(before);
      assertThat(kept).doesNotExist();
    }
  }

  @Test
  void aPowerCutAtAnyRequestOfAnUndoingLeavesTheNewDiskOrTheOldOne() throws Exception {
    commit(Integer.MAX_VALUE, true, true, true);
    byte[] undo = Files.readAllBytes(kept);
    int requests = Integer.MAX_VALUE - undo(Integer.MAX_VALUE, true);
    for (int k = 1; k <= requests; k++) {
      Files.write(image, after);
      Files.write(kept, undo);
      int cut = k;
      assertThatThrownBy(() -> undo(cut, true)).isInstanceOf(PowerCut.class);
      rollBack();
      assertThat(Files.readAllBytes(image)).as("cut at request " + k).isEqualTo(after);
      undo(Integer.MAX_VALUE, false);
      assertThat(Files.readAllBytes(image)).isEqualTo(before);
    }
  }

  @Test
  void anUndoingThatWasCutOffAtItsVeryEndOnlyRemovesItsFile() throws Exception {
    commit(Integer.MAX_VALUE, false, false, true);
    Files.write(image, before);
    undo(Integer.MAX_VALUE, false);
    assertThat(Files.readAllBytes(image)).isEqualTo(before);
    assertThat(kept).doesNotExist();
  }

  @Test
  void anImageThatWasWrittenToSinceIsNotUndone() throws Exception {
    commit(Integer.MAX_VALUE, false, false, true);
    for (int at : new int[] {0, 5 * Overlay.PAGE + 1000, SIZE - 1, SIZE + growth / 2 - 1}) {
      byte[] used = after.clone();
      used[at] ^= 1;
      Files.write(image, used);
      refuses(() -> undo(Integer.MAX_VALUE, false), ErrorCode.IMAGE_CHANGED_SINCE);
      assertThat(Files.readAllBytes(image)).isEqualTo(used);
    }
    Files.write(image, Arrays.copyOf(after, after.length + 512));
    refuses(() -> undo(Integer.MAX_VALUE, false), ErrorCode.IMAGE_CHANGED_SINCE);
    assertThat(kept).exists();
  }

  @Test
  void anUndoFileThatIsDamagedIsNotBelieved() throws Exception {
    commit(Integer.MAX_VALUE, false, false, true);
    byte[] whole = Files.readAllBytes(kept);
    for (int at = 0; at < whole.length; at += 1 + whole.length / 100) {
      byte[] damaged = whole.clone();
      damaged[at] ^= 4;
      Files.write(kept, damaged);
      assertThatThrownBy(() -> undo(Integer.MAX_VALUE, false))
          .isInstanceOf(VoyageurException.class);
      Files.write(kept, Arrays.copyOf(whole, at));
      assertThatThrownBy(() -> undo(Integer.MAX_VALUE, false))
          .isInstanceOf(VoyageurException.class);
    }
    assertThat(Files.readAllBytes(image)).isEqualTo(after);
  }

  @Test
  void holesStayHoles() throws Exception {
    Files.delete(image);
    RawFile.create(image, 16 << 20).close();
    assertThat(Devices.run("stat", "-c", "%b", image).strip()).isEqualTo("8");
    RawFile base = RawFile.open(image);
    Overlay overlay = new Overlay(base);
    byte[] ones = new byte[3 * Overlay.PAGE];
    Arrays.fill(ones, (byte) 1);
    overlay.write(8 << 20, ByteBuffer.wrap(ones));
    int[] left = {5};
    assertThatThrownBy(() ->
            UndoJournal.commit(
                image,
                base,
                overlay,
                false,
                () -> new Failing(RawFile.openWritable(image), left, true, true)))
        .isInstanceOf(PowerCut.class);
    assertThat(rollBack()).isTrue();
    assertThat(Files.readAllBytes(image)).containsOnly(0);
  }
}
