package org.voyageur.filesystem;

import java.util.List;

/** The kinds of filesystem that guests have, and what mke2fs makes them with. */
enum ExtKind {
  /** As kernels of the 1990s made it: file types are not in directories. */
  EXT2_REVISION_0(
      "-t ext2 -b 1024 -r 0"
          + " -O ^filetype,^dir_index,^ext_attr,^sparse_super,^large_file,^resize_inode"),
  EXT2("-t ext2 -b 4096"),
  EXT3_1K("-t ext3 -I 128 -b 1024"),
  EXT3_4K("-t ext3 -I 128 -b 4096"),
  EXT4("-t ext4 -b 4096 -g 2048"),
  EXT4_WITHOUT_CHECKSUMS("-t ext4 -b 4096 -O ^metadata_csum,^64bit,uninit_bg -g 2048"),
  EXT4_INLINE_DATA("-t ext4 -b 4096 -O inline_data"),
  EXT4_64BIT_1K("-t ext4 -b 1024 -O 64bit"),
  EXT4_BIGALLOC("-t ext4 -b 4096 -O bigalloc -C 16384"),
  EXT4_OF_2023("-t ext4 -b 4096 -O orphan_file,metadata_csum_seed,large_dir");

  private final String options;

  ExtKind(String options) {
    this.options = options;
  }

  /** Arguments for mke2fs. */
  List<String> options() {
    return List.of(options.split(" "));
  }

  boolean hasExtents() {
    return name().startsWith("EXT4");
  }

  boolean hasAttributes() {
    return this != EXT2_REVISION_0;
  }

  boolean hasIndexedDirectories() {
    return this != EXT2_REVISION_0;
  }

  boolean hasJournal() {
    return !name().startsWith("EXT2");
  }
}
