package org.voyageur.filesystem.ext2fs;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.voyageur.Host;
import org.voyageur.disk.BlockDevice;
import org.voyageur.disk.Extent;
import org.voyageur.filesystem.FileOwner;
import org.voyageur.filesystem.FileStat;
import org.voyageur.filesystem.FileType;
import org.voyageur.filesystem.FilesystemFacts;
import org.voyageur.filesystem.Superblock;

/**
 * The offsets that the bindings write by hand, against the headers of libext2fs: a compiler's view
 * of each struct is filled or read by C, and read or filled by Java.
 */
class LayoutTest {
  private static final String SOURCE =
      """
      #include <stddef.h>
      #include <string.h>
      #include <ext2fs/ext2_fs.h>
      #include <ext2fs/ext2fs.h>

      /* Uses every callback as the library's macros do; 0, or the line that failed. */
      #define MUST(condition) do { if (!(condition)) return __LINE__; } while (0)
      long use_manager(io_manager manager) {
        io_channel channel = NULL;
        char block[4096];
        MUST(manager->magic == EXT2_ET_MAGIC_IO_MANAGER);
        MUST(manager->name != NULL);
        MUST(manager->open("any", IO_FLAG_RW, &channel) == 0);
        MUST(channel->magic == EXT2_ET_MAGIC_IO_CHANNEL);
        MUST(channel->manager == manager);
        MUST(channel->name != NULL);
        MUST(channel->block_size == 1024 && channel->refcount == 1 && channel->align == 0);
        MUST(io_channel_set_blksize(channel, 4096) == 0 && channel->block_size == 4096);
        MUST(manager->read_blk(channel, 2, 1, block) == 0 && block[0] == 2 && block[4095] == 2);
        MUST(manager->read_blk64(channel, 3, -10, block) == 0 && block[0] == 3 && block[10] == 2);
        MUST(manager->read_blk64(channel, 4, 1, block) == EXT2_ET_SHORT_READ);
        MUST(manager->read_blk64(channel, ~0ULL, 1, block) == EXT2_ET_SHORT_READ);
        memset(block, 9, sizeof block);
        MUST(manager->write_blk(channel, 1, -5, block) == 0);
        MUST(manager->write_blk64(channel, 2, 1, block) == 0);
        MUST(manager->write_byte(channel, 7, 2, block) == 0);
        MUST(manager->flush(channel) == 0);
        MUST(manager->close(channel) == 0);
        MUST(manager->get_stats == NULL && manager->set_option == NULL);
        MUST(manager->discard == NULL && manager->cache_readahead == NULL);
        MUST(manager->zeroout == NULL);
        MUST(manager->write_blk64(channel, 4, 1, block) == EXT2_ET_SHORT_WRITE);
        return 0;
      }

      void fill_inode(struct ext2_inode_large *inode) {
        memset(inode, 0, sizeof *inode);
        inode->i_mode = LINUX_S_IFREG | 06751;
        inode->i_uid = 0x1234;
        inode->osd2.linux2.l_i_uid_high = 0x5;
        inode->i_gid = 0x2345;
        inode->osd2.linux2.l_i_gid_high = 0x6;
        inode->i_size = 0x11223344;
        inode->i_size_high = 0x55;
        inode->i_links_count = 77;
        inode->i_flags = EXT2_IMMUTABLE_FL;
        inode->i_file_acl = 0x99;
        inode->osd2.linux2.l_i_file_acl_high = 0x7;
        inode->i_mtime = 1000;
        inode->i_extra_isize = sizeof *inode - EXT2_GOOD_OLD_INODE_SIZE;
        inode->i_mtime_extra = 500 << 2 | 1;
        memset(inode->i_block, 'b', sizeof inode->i_block);
      }

      long read_inode(const struct ext2_inode_large *inode) {
        MUST(inode->i_mode == (LINUX_S_IFREG | 0640));
        MUST(inode_uid(*inode) == 0xABCDE && inode_gid(*inode) == 0xBCDEF);
        MUST(inode->i_size == 0 && inode->i_size_high == 0);
        MUST(inode->i_links_count == 3);
        MUST(inode->i_flags == EXT2_APPEND_FL);
        MUST(inode->i_atime == 2000 && inode->i_ctime == 2000 && inode->i_mtime == 2000);
        MUST(inode->i_mtime_extra == 2 && inode->i_ctime_extra == 2);
        MUST(inode->i_dtime == 3000);
        MUST(inode->i_file_acl == 0x99 && inode->i_block[0] == 0x62626262);
        return 0;
      }

      void fill_superblock(struct ext2_super_block *super) {
        memset(super, 0, sizeof *super);
        super->s_magic = EXT2_SUPER_MAGIC;
        super->s_inodes_count = 999;
        super->s_blocks_count = 2048;
        super->s_blocks_per_group = 700;
        super->s_inodes_per_group = 333;
        super->s_free_blocks_count = 11;
        super->s_r_blocks_count = 12;
        super->s_free_inodes_count = 13;
        super->s_first_data_block = 0;
        super->s_log_block_size = 2;
        super->s_log_cluster_size = 6;
        super->s_state = EXT2_VALID_FS;
        super->s_rev_level = EXT2_DYNAMIC_REV;
        super->s_first_ino = 15;
        super->s_inode_size = 512;
        super->s_feature_compat = EXT3_FEATURE_COMPAT_HAS_JOURNAL;
        super->s_feature_incompat = EXT4_FEATURE_INCOMPAT_64BIT | EXT4_FEATURE_INCOMPAT_INLINE_DATA;
        super->s_feature_ro_compat = EXT4_FEATURE_RO_COMPAT_BIGALLOC;
        memset(super->s_uuid, 0xAB, sizeof super->s_uuid);
        memcpy(super->s_volume_name, "label", 5);
        super->s_journal_inum = 8;
        super->s_desc_size = 64;
        super->s_prj_quota_inum = 16;
        super->s_orphan_file_inum = 17;
      }

      long offset_super(void *unused) { return offsetof(struct struct_ext2_filsys, super); }
      long offset_inode_map(void *unused) { return offsetof(struct struct_ext2_filsys, inode_map); }
      long offset_block_map(void *unused) { return offsetof(struct struct_ext2_filsys, block_map); }
      """;

  private static SymbolLookup library = SymbolLookup.loaderLookup();
  private final Arena arena = Arena.ofConfined();

  @BeforeAll
  static void compile(@TempDir Path directory) throws Exception {
    boolean possible =
        Files.exists(Path.of("/usr/include/ext2fs/ext2fs.h"))
            && Files.isExecutable(Path.of("/usr/bin/gcc"));
    if (!possible) {
      System.out.println("skipped: this host has no gcc, or no headers of libext2fs");
    }
    Assumptions.assumeTrue(possible, "no gcc or no libext2fs-dev on this host");
    Path source = Files.writeString(directory.resolve("layout.c"), SOURCE);
    Path compiled = directory.resolve("layout.so");
    Host.run(
        "gcc",
        "-Werror=implicit",
        "-shared",
        "-fPIC",
        "-o",
        compiled.toString(),
        source.toString());
    library = SymbolLookup.libraryLookup(compiled, Arena.global());
  }

  @AfterEach
  void close() {
    arena.close();
  }

  private long call(String function, MemorySegment argument) throws Throwable {
    return (long)
        Linker.nativeLinker()
            .downcallHandle(
                library.findOrThrow(function), FunctionDescriptor.of(JAVA_LONG, ADDRESS))
            .invokeExact(argument);
  }

  private byte[] filled(String function, int size) throws Throwable {
    MemorySegment struct = arena.allocate(size, 8);
    Linker.nativeLinker()
        .downcallHandle(library.findOrThrow(function), FunctionDescriptor.ofVoid(ADDRESS))
        .invokeExact(struct);
    return struct.toArray(JAVA_BYTE);
  }

  /** A disk in memory. */
  private static final class Memory implements BlockDevice {
    private final byte[] disk;
    private int flushes;

    Memory(byte[] disk) {
      this.disk = disk;
    }

    @Override
    public long size() {
      return disk.length;
    }

    @Override
    public void read(long offset, ByteBuffer into) {
      into.put(disk, (int) offset, into.remaining());
    }

    @Override
    public void write(long offset, ByteBuffer from) {
      from.get(disk, (int) offset, from.remaining());
    }

    @Override
    public List<Extent> dataExtents(Extent range) {
      return List.of(range);
    }

    @Override
    public void flush() {
      flushes++;
    }

    @Override
    public void close() {}
  }

  @Test
  void theIoManagerIsWhatTheHeadersDescribe() throws Throwable {
    // Four blocks, each of its own number.
    Memory device = new Memory(new byte[4 * 4096]);
    for (int at = 0; at < device.disk.length; at++) {
      device.disk[at] = (byte) (at / 4096);
    }
    byte[] expected = device.disk.clone();
    Arrays.fill(expected, 4096, 4101, (byte) 9);
    Arrays.fill(expected, 8192, 12_288, (byte) 9);
    Arrays.fill(expected, 7, 9, (byte) 9);
    BlockDeviceIoManager manager = new BlockDeviceIoManager(device, true, arena);
    assertThat(call("use_manager", manager.pointer())).as("line of the C source").isZero();
    manager.rethrow();
    assertThat(device.disk).isEqualTo(expected);
    assertThat(device.flushes).isEqualTo(1);
    assertThat(manager.isPoisoned()).as("after a write outside of the device").isTrue();
  }

  @Test
  void anInodeIsReadAndWrittenAsTheHeadersDescribe() throws Throwable {
    Inode inode = new Inode(12, filled("fill_inode", 160));
    assertThat(inode.stat())
        .isEqualTo(
            new FileStat(
                FileType.REGULAR,
                12,
                06751,
                new FileOwner(0x51234, 0x62345),
                0x5511223344L,
                77,
                Instant.ofEpochSecond((1L << 32) + 1000, 500),
                true));
    assertThat(inode.attributeBlock()).isEqualTo(0x700000099L);
    assertThat(inode.inlineHead()).hasSize(60).containsOnly('b');

    Instant time = Instant.ofEpochSecond((2L << 32) + 2000);
    inode.mode(0100640);
    inode.owner(new FileOwner(0xABCDE, 0xBCDEF));
    inode.clearSize();
    inode.links(3);
    inode.flag(Inode.IMMUTABLE, false);
    inode.flag(0x20, true);
    inode.created(time);
    inode.deleted(Instant.ofEpochSecond(3000));
    MemorySegment written = arena.allocate(160, 8).copyFrom(MemorySegment.ofArray(inode.bytes()));
    assertThat(call("read_inode", written)).as("line of the C source").isZero();
  }

  @Test
  void aSuperblockIsReadAsTheHeadersDescribe() throws Throwable {
    byte[] disk = new byte[2048 * 4096];
    System.arraycopy(filled("fill_superblock", 1024), 0, disk, 1024, 1024);
    Superblock superblock = Superblock.read(new Memory(disk));
    FilesystemFacts facts = superblock.facts();
    assertThat(facts.features()).containsExactly("has_journal", "64bit", "inline_data", "bigalloc");
    assertThat(facts.label()).isEqualTo("label");
    assertThat(facts.uuid()).isEqualTo("abababab-abab-abab-abab-abababababab");
    assertThat(facts.blockSize()).isEqualTo(4096);
    assertThat(facts.inodeSize()).isEqualTo(512);
    assertThat(facts.size()).isEqualTo(2048 * 4096);
    assertThat(facts.free()).isEqualTo(11 * 4096);
    assertThat(facts.reserved()).isEqualTo(12 * 4096);
    assertThat(facts.freeInodes()).isEqualTo(13);
    assertThat(superblock.blocksPerCluster()).isEqualTo(16);
    assertThat(superblock.groups()).isEqualTo(3);
    assertThat(superblock.inodesPerGroup()).isEqualTo(333);
    assertThat(superblock.journalInode()).isEqualTo(8);
    assertThat(List.of(14, 15, 16, 17, 18).stream().filter(superblock::isOrdinary))
        .containsExactly(15, 18);
  }

  @Test
  void theFilesystemHandleIsWhatTheHeadersDescribe() throws Throwable {
    assertThat(call("offset_super", MemorySegment.NULL)).isEqualTo(Ext2Handle.FS_SUPER);
    assertThat(call("offset_inode_map", MemorySegment.NULL)).isEqualTo(Ext2Handle.FS_INODE_MAP);
    assertThat(call("offset_block_map", MemorySegment.NULL)).isEqualTo(Ext2Handle.FS_BLOCK_MAP);
  }
}
