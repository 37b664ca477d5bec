package org.voyageur.filesystem;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.voyageur.Host;
import org.voyageur.disk.BlockDevice;
import org.voyageur.disk.Extent;
import org.voyageur.disk.Overlay;
import org.voyageur.disk.RawFile;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.filesystem.FilesystemFacts.State;

/** Journals written by debugfs, and e2fsck on a copy to say what must come of them. */
class JournalReplayTest {
  /** The magic number of each of the journal's own blocks: JBD2_MAGIC_NUMBER. */
  private static final byte[] JOURNAL_MAGIC = HexFormat.of().parseHex("c03b3998");

  @TempDir Path directory;
  @TempDir Path scratch;

  @ParameterizedTest
  @CsvSource({
    "-t ext3 -I 128 -b 1024, jo",
    "-t ext3 -I 128 -b 4096, jo",
    "-t ext4 -b 4096 -O ^metadata_csum, jo -c -v 2",
    "-t ext4 -b 4096 -O ^64bit, jo -c -v 3",
    "-t ext4 -b 1024 -O 64bit, jo -c",
    "-t ext4 -b 4096 -O orphan_file, jo -c"
  })
  void doesWhatE2fsckDoes(String options, String open) throws Exception {
    ExtImage image = ExtImage.create(directory, List.of(options.split(" ")));
    Path file = Files.write(directory.resolve("file"), ExtImage.bytes(9000));
    journal(
        image,
        open,
        List.of(
            List.of("mkdir /one", "mkdir /one/gone", "symlink /one/link target"),
            List.of("mkdir /two", "write " + file + " /two/file", "rmdir /one/gone")));
    ExtImage copy = image.copy("copy");
    Host.run("e2fsck", "-fy", copy.path().toString());

    replay(image);

    image.assertClean();
    byte[] expected = Files.readAllBytes(copy.path());
    byte[] actual = Files.readAllBytes(image.path());
    // Times, how much was ever written, and the checksum over them.
    for (int field : new int[] {44, 48, 64, 376, 1020}) {
      Arrays.fill(expected, 1024 + field, 1024 + field + 4, (byte) 0);
      Arrays.fill(actual, 1024 + field, 1024 + field + 4, (byte) 0);
    }
    assertThat(Arrays.mismatch(actual, expected)).isEqualTo(-1);
    assertThat(image.dump("/two/file")).isEqualTo(ExtImage.bytes(9000));
  }

  /** Replays on an overlay; only then is the image changed. */
  private void replay(ExtImage image) throws Exception {
    byte[] before = Files.readAllBytes(image.path());
    try (RawFile source = RawFile.open(image.path());
        Overlay overlay = new Overlay(source)) {
      assertThatThrownBy(() -> ExtFilesystem.open(overlay, false))
          .isInstanceOfSatisfying(
              VoyageurException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.FILESYSTEM_JOURNAL_DIRTY));
      JournalReplay.replay(overlay, scratch);
      assertThat(Files.readAllBytes(image.path())).isEqualTo(before);
      assertThat(scratch).isEmptyDirectory();
      assertThat(Superblock.read(overlay).facts().state()).isEqualTo(State.CLEAN);
      Host.commit(overlay, image.path());
    }
  }

  /** Puts what debugfs commands change into transactions of the journal, and not in place. */
  private static void journal(ExtImage image, String open, List<List<String>> transactions)
      throws Exception {
    List<String> journal = new ArrayList<>(List.of(open));
    ExtImage last = image;
    for (List<String> commands : transactions) {
      int number = journal.size();
      ExtImage next = last.copy("after" + number);
      next.debugfs(commands.toArray(String[]::new));
      Path blocks = image.path().resolveSibling("blocks" + number);
      journal.add("jw -b " + difference(last, next, blocks) + " " + blocks);
      last = next;
    }
    journal.add("jc");
    image.debugfs(journal.toArray(String[]::new));
  }

  /** Writes the blocks that differ to a file; their numbers, with commas. */
  private static String difference(ExtImage before, ExtImage after, Path file) throws IOException {
    int size = blockSize(before);
    byte[] old = Files.readAllBytes(before.path());
    byte[] changed = Files.readAllBytes(after.path());
    List<String> numbers = new ArrayList<>();
    ByteBuffer blocks = ByteBuffer.allocate(ExtImage.SIZE);
    for (int at = 0; at < old.length; at += size) {
      if (!Arrays.equals(old, at, at + size, changed, at, at + size)) {
        numbers.add(Integer.toString(at / size));
        blocks.put(changed, at, size);
      }
    }
    assertThat(numbers).isNotEmpty();
    Files.write(file, Arrays.copyOf(blocks.array(), blocks.position()));
    return String.join(",", numbers);
  }

  private static int blockSize(ExtImage image) throws IOException {
    return superblock(image).blockSize();
  }

  private static FilesystemFacts superblock(ExtImage image) throws IOException {
    return Superblock.read(new MemoryDisk(Files.readAllBytes(image.path()))).facts();
  }

  @Test
  void doesNotReplayABlockThatWasRevoked() throws Exception {
    ExtImage image = ExtImage.create(directory, ExtKind.EXT3_4K);
    image.write("/f", ExtImage.bytes(4096));
    String block = image.ask("blocks /f").strip();
    Path junk = Files.write(directory.resolve("junk"), new byte[4096]);
    image.debugfs("jo", "jw -b " + block + " " + junk, "jw -r " + block, "jc");
    replay(image);
    image.assertClean();
    assertThat(image.dump("/f")).isEqualTo(ExtImage.bytes(4096));
  }

  @Test
  void replaysABlockThatLooksLikeOneOfTheJournal() throws Exception {
    ExtImage image = ExtImage.create(directory, ExtKind.EXT3_4K);
    image.write("/f", ExtImage.bytes(4096));
    byte[] content = Arrays.copyOf(JOURNAL_MAGIC, 4096);
    Path file = Files.write(directory.resolve("content"), content);
    image.debugfs("jo", "jw -b " + image.ask("blocks /f").strip() + " " + file, "jc");
    replay(image);
    assertThat(image.dump("/f")).isEqualTo(content);
  }

  @Test
  void bringsBackBlocksThatBecameZeros() throws Exception {
    ExtImage image = ExtImage.create(directory, ExtKind.EXT3_4K);
    image.write("/f", ExtImage.bytes(8192));
    Path zeros = Files.write(directory.resolve("zeros"), new byte[8192]);
    String blocks = image.ask("blocks /f").strip().replace(' ', ',');
    image.debugfs("jo", "jw -b " + blocks + " " + zeros, "jc");
    replay(image);
    assertThat(image.dump("/f")).isEqualTo(new byte[8192]);
  }

  /** An image of hundreds of GiB is replayed as quickly as one of a few. */
  @Test
  void readsNoContentThatTheJournalDoesNotTouch() throws Exception {
    ExtImage image = ExtImage.create(directory, ExtKind.EXT3_4K);
    image.write("/content", ExtImage.bytes(8 << 20));
    journal(image, "jo", List.of(List.of("mkdir /d")));
    AtomicLong read = new AtomicLong();
    BlockDevice counted = counted(new MemoryDisk(Files.readAllBytes(image.path())), read);
    try (Overlay overlay = new Overlay(counted)) {
      JournalReplay.replay(overlay, scratch);
      try (ExtFilesystem filesystem = ExtFilesystem.open(overlay, false)) {
        assertThat(filesystem.stat("/d")).isPresent();
      }
    }
    // Twice the journal and the inode tables; with the content it would be twice 8 MiB more.
    assertThat(read).hasValueLessThan(16L << 20);
  }

  private static BlockDevice counted(MemoryDisk disk, AtomicLong read) {
    return new BlockDevice() {
      @Override
      public long size() {
        return disk.size();
      }

      @Override
      public void read(long offset, ByteBuffer into) {
        read.addAndGet(into.remaining());
        disk.read(offset, into);
      }

      @Override
      public void write(long offset, ByteBuffer from) {
        disk.write(offset, from);
      }

      @Override
      public List<Extent> dataExtents(Extent range) {
        return disk.dataExtents(range);
      }

      @Override
      public void flush() {}

      @Override
      public void close() {}
    };
  }

  @Test
  void releasesOrphans() throws Exception {
    ExtImage image = ExtImage.create(directory, ExtKind.EXT3_4K);
    FilesystemFacts before = superblock(image);
    image.write("/f", ExtImage.bytes(50_000));
    image.debugfs("sif /f links_count 0", "sif /f dtime 0", "ssv last_orphan 12", "unlink /f");
    assertThat(superblock(image).state()).isEqualTo(State.ORPHANS);
    try (RawFile source = RawFile.open(image.path());
        Overlay overlay = new Overlay(source)) {
      JournalReplay.replay(overlay, scratch);
      Host.commit(overlay, image.path());
    }
    image.assertClean();
    assertThat(superblock(image)).isEqualTo(before);
  }

  @ParameterizedTest
  @CsvSource({
    // A block of metadata in a journal with checksums: e2fsck drops it, and exits with 0.
    "-t ext4 -b 4096, jo -c, 2, 100",
    // The descriptor's checksum.
    "-t ext4 -b 4096, jo -c, 1, 20",
    // The journal's superblock: e2fsck makes a new journal, without what was in the old one.
    "-t ext3 -I 128 -b 4096, jo, 0, 0",
    "-t ext3 -I 128 -b 1024, jo, 0, 2"
  })
  void saysWhenAJournalIsDamaged(String options, String open, int block, int at) throws Exception {
    ExtImage image = ExtImage.create(directory, List.of(options.split(" ")));
    journal(image, open, List.of(List.of("mkdir /one", "mkdir /two")));
    byte[] disk = Files.readAllBytes(image.path());
    List<String> journal = List.of(image.ask("blocks <8>").strip().split(" "));
    disk[Integer.parseInt(journal.get(block)) * blockSize(image) + at] ^= 0x55;
    try (BlockDevice source = new MemoryDisk(disk);
        Overlay overlay = new Overlay(source)) {
      assertThatThrownBy(() -> JournalReplay.replay(overlay, scratch))
          .isInstanceOfSatisfying(
              VoyageurException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.FILESYSTEM_JOURNAL_REPLAY))
          .hasMessageContaining("journal");
      assertThat(overlay.changedExtents()).isEmpty();
    }
    assertThat(scratch).isEmptyDirectory();
  }

  @Test
  void refusesAJournalOnAnotherDevice() throws Exception {
    ExtImage image = ExtImage.create(directory, ExtKind.EXT3_4K);
    image.debugfs("ssv journal_inum 0", "ssv journal_dev 0x801", "feature needs_recovery");
    try (RawFile source = RawFile.open(image.path())) {
      assertThatThrownBy(() -> ExtFilesystem.open(source, false))
          .isInstanceOfSatisfying(
              VoyageurException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.FILESYSTEM_FEATURE))
          .hasMessageContaining("another device");
    }
  }
}
