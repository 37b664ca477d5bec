package org.voyageur.filesystem;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.filesystem.FilesystemFacts.State;

/** What the superblock may say. Offsets: struct ext2_super_block of ext2_fs.h. */
class SuperblockTest {
  private static byte[] disk = new byte[0];

  @BeforeAll
  static void makeDisk(@TempDir Path directory) throws Exception {
    disk = Files.readAllBytes(ExtImage.create(directory, ExtKind.EXT4).path());
  }

  private static Superblock read(int offset, int size, long value) {
    byte[] changed = disk.clone();
    ByteBuffer fields = ByteBuffer.wrap(changed, 1024, 1024).slice().order(ByteOrder.LITTLE_ENDIAN);
    switch (size) {
      case 2 -> fields.putShort(offset, (short) value);
      case 4 -> fields.putInt(offset, (int) value);
      default -> throw new IllegalArgumentException();
    }
    return Superblock.read(new MemoryDisk(changed));
  }

  @ParameterizedTest(name = "{3}: {2}")
  @CsvSource({
    "56, 2, 0, magic, FILESYSTEM_TYPE",
    "24, 4, 7, log_block_size, FILESYSTEM_DAMAGED",
    "24, 4, -1, log_block_size, FILESYSTEM_DAMAGED",
    "20, 4, 1, first_data_block, FILESYSTEM_DAMAGED",
    "20, 4, 4000, first_data_block, FILESYSTEM_DAMAGED",
    "24, 4, 0, log_block_size without first_data_block, FILESYSTEM_DAMAGED",
    "88, 2, 0, inode_size, FILESYSTEM_DAMAGED",
    "88, 2, 192, inode_size, FILESYSTEM_DAMAGED",
    "88, 2, 8192, inode_size, FILESYSTEM_DAMAGED",
    "4, 4, 0, blocks_count, FILESYSTEM_DAMAGED",
    "336, 4, 1, blocks_count_hi, FILESYSTEM_DAMAGED",
    "4, 4, 4097, blocks_count, IMAGE_CUT_OFF",
    "12, 4, 4097, free_blocks_count, FILESYSTEM_DAMAGED",
    "344, 4, -1, free_blocks_hi, FILESYSTEM_DAMAGED",
    "8, 4, -1, r_blocks_count, FILESYSTEM_DAMAGED",
    "254, 2, 0, desc_size, FILESYSTEM_DAMAGED",
    "254, 2, 32, desc_size, FILESYSTEM_DAMAGED",
    "254, 2, 65, desc_size, FILESYSTEM_DAMAGED",
    "96, 4, 0x8, journal_dev, FILESYSTEM_FEATURE",
    "96, 4, 0x100, mmp, FILESYSTEM_FEATURE",
    "96, 4, 0x400, ea_inode, FILESYSTEM_FEATURE",
    "96, 4, 0x10000, encrypt, FILESYSTEM_FEATURE",
    "96, 4, 0x20000, casefold, FILESYSTEM_FEATURE",
    "100, 4, 0x4000, shared_blocks, FILESYSTEM_FEATURE",
    "224, 4, 0, journal_inum, FILESYSTEM_FEATURE",
  })
  void refuses(int offset, int size, String value, String field, ErrorCode expected) {
    assertThatThrownBy(() -> read(offset, size, Long.decode(value)))
        .isInstanceOfSatisfying(
            VoyageurException.class, e -> assertThat(e.code()).as(field).isEqualTo(expected));
  }

  @ParameterizedTest(name = "{3}: {2}")
  @CsvSource({
    "58, 2, 1, CLEAN",
    "58, 2, 0, NOT_CLEAN",
    "58, 2, 3, ERRORS",
    "232, 4, 12, ORPHANS",
    "96, 4, 0x46, JOURNAL_DIRTY"
  })
  void saysHowTheFilesystemWasLeft(int offset, int size, String value, State expected) {
    assertThat(read(offset, size, Long.decode(value)).facts().state()).isEqualTo(expected);
  }

  @Test
  void namesUnknownFeaturesAndTheyAreNotOpened() {
    byte[] changed = disk.clone();
    changed[1024 + 96 + 3] |= 0x40;
    changed[1024 + 100 + 3] |= 0x20;
    MemoryDisk device = new MemoryDisk(changed);
    assertThat(Superblock.read(device).facts().features())
        .contains("incompat_0x40000000", "ro_compat_0x20000000");
    byte[] without = Arrays.copyOf(disk, disk.length);
    // Without metadata_csum: or its checksum would be found wrong first.
    ByteBuffer fields = ByteBuffer.wrap(without, 1024, 1024).slice().order(ByteOrder.LITTLE_ENDIAN);
    fields.putInt(100, fields.getInt(100) & ~0x400);
    fields.putInt(96, fields.getInt(96) | 0x40000000);
    assertThatThrownBy(() -> ExtFilesystem.open(new MemoryDisk(without), false))
        .isInstanceOfSatisfying(
            VoyageurException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.FILESYSTEM_FEATURE))
        .hasMessageContaining("incompat_0x40000000");
  }

  @Test
  void readsNothingOfADiskThatIsTooSmall() {
    for (int size : new int[] {0, 1024, 2047}) {
      assertThatThrownBy(() -> Superblock.read(new MemoryDisk(new byte[size])))
          .isInstanceOf(VoyageurException.class);
    }
  }

  @Property(tries = 2000)
  void survivesRandomBytes(@ForAll long seed) {
    byte[] random = new byte[1 << 16];
    new Random(seed).nextBytes(random);
    random[1024 + 56] = 0x53;
    random[1024 + 57] = (byte) 0xEF;
    factsAreSaneOrRefused(random);
  }

  @Property(tries = 2000)
  void survivesChangesToAGoodOne(
      @ForAll @Size(min = 1, max = 4) List<@IntRange(max = 255) Integer> words, @ForAll long seed) {
    Random random = new Random(seed);
    byte[] changed = GoodSuperblock.DISK.clone();
    ByteBuffer fields = ByteBuffer.wrap(changed, 1024, 1024).slice().order(ByteOrder.LITTLE_ENDIAN);
    for (int word : words) {
      int[] values = {0, -1, Integer.MIN_VALUE, random.nextInt(), random.nextInt(64), 1 << 16};
      fields.putInt(4 * word, values[random.nextInt(values.length)]);
    }
    factsAreSaneOrRefused(changed);
  }

  /** jqwik knows no BeforeAll: the fields that {@link Superblock} looks at, by hand. */
  private static final class GoodSuperblock {
    static final byte[] DISK = new byte[1 << 20];

    static {
      ByteBuffer fields = ByteBuffer.wrap(DISK, 1024, 1024).slice().order(ByteOrder.LITTLE_ENDIAN);
      fields.putInt(0, 128).putInt(4, 256).putInt(12, 100).putInt(16, 100).putInt(24, 2);
      fields.putShort(56, (short) 0xEF53).putShort(58, (short) 1).putInt(76, 1).putInt(84, 11);
      fields.putShort(88, (short) 256).putInt(92, 0x3C).putInt(96, 0x2C2).putInt(100, 0x7B);
      fields.putInt(224, 8).putShort(254, (short) 64);
    }
  }

  private static void factsAreSaneOrRefused(byte[] bytes) {
    FilesystemFacts facts;
    try {
      facts = Superblock.read(new MemoryDisk(bytes)).facts();
    } catch (VoyageurException e) {
      return;
    }
    assertThat(facts.size()).isBetween(1L, (long) bytes.length);
    assertThat(facts.free()).isBetween(0L, facts.size());
    assertThat(facts.reserved()).isBetween(0L, facts.size());
    assertThat(facts.blockSize()).isBetween(1024, 65536);
    assertThat(facts.inodeSize()).isBetween(128, facts.blockSize());
    assertThat(facts.label().length()).isLessThanOrEqualTo(16);
    assertThat(facts.uuid()).matches("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");
  }
}
