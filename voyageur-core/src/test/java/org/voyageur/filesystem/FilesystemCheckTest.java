package org.voyageur.filesystem;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.voyageur.Host;
import org.voyageur.disk.BlockCopy;
import org.voyageur.disk.Extent;
import org.voyageur.disk.RawFile;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.progress.ProgressListener;

/** The check on a copy without content says what e2fsck says of the image itself. */
class FilesystemCheckTest {
  @TempDir Path directory;
  @TempDir Path scratch;

  /** Damage to a filesystem that has /d, /f of 50,000 bytes as inode 13 or so, and links. */
  static final List<String> DAMAGE =
      List.of(
          "freeb 300 40",
          "setb 3000 20",
          "freei /f",
          "seti <300>",
          "clri /d",
          "clri /f",
          "unlink /f",
          "unlink /d/e",
          "ln /f /second",
          "sif /f links_count 5",
          "sif /f size 5000",
          "sif /f blocks 2",
          "sif /f mode 0",
          "sif /f block[2] 77777777",
          "sif /f block[0] 2",
          "sif /d block[0] 0",
          "sif /slow size 30",
          "sif <8> size 100",
          "sif <7> mode 0",
          "ssv free_blocks_count 77",
          "ssv inodes_count 55",
          "set_bg 0 free_inodes_count 3",
          "zap_block -f /d 0",
          "zap_block -f <8> 0",
          "zap_block -f /slow 0",
          "zap_block 1",
          "mkdir /d/x\nsif /d/x block[0] 5",
          "ln /d /cycle\nsif /d links_count 4",
          // What lies where no inode is in use:
          "ln <900> /ghost",
          "sif <900> mode 0100644\nsif <900> links_count 1\nln <900> /ghost",
          "seti <900>\nset_bg 0 free_inodes_count calc",
          "clri /f\nfreei /f\nset_bg 0 free_inodes_count 9999");

  private static ExtImage populated(Path directory, List<String> options) throws Exception {
    ExtImage image = ExtImage.create(directory, options);
    Path file = Files.write(directory.resolve("file"), ExtImage.bytes(50_000));
    image.debugfs(
        "mkdir /d",
        "mkdir /d/e",
        "write " + file + " /f",
        "write " + file + " /d/g",
        "symlink /slow " + "x".repeat(200),
        "symlink /fast x",
        "ea_set /f user.large " + "v".repeat(300),
        "mknod pipe p");
    return image;
  }

  private FilesystemCheck.Result check(ExtImage image) {
    try (RawFile device = RawFile.open(image.path())) {
      return FilesystemCheck.check(device, scratch);
    }
  }

  @ParameterizedTest
  @EnumSource(ExtKind.class)
  void findsNothingWhereThereIsNothing(ExtKind kind) throws Exception {
    ExtImage image = populated(directory, kind.options());
    image.assertClean();
    FilesystemCheck.Result result = check(image);
    assertThat(result.clean()).as(result.output()).isTrue();
    assertThat(scratch).isEmptyDirectory();
  }

  @ParameterizedTest
  @FieldSource("DAMAGE")
  void findsWhatE2fsckFinds(String damage) throws Exception {
    ExtImage image = populated(directory, ExtKind.EXT3_4K.options());
    image.debugfs(damage.split("\n"));
    boolean expected = Host.exitCode("e2fsck", "-fn", image.path().toString()) == 0;
    assertThat(isClean(image)).isEqualTo(expected);
  }

  /** The same for an image of which a part became something else. */
  @ParameterizedTest
  @CsvSource({
    "EXT3_1K, 66, block bitmap",
    "EXT3_1K, 67, inode bitmap",
    "EXT3_1K, 68, inode table",
    "EXT3_1K, 2, group descriptors",
    "EXT4, 1, group descriptors",
    "EXT4, 35, inode table"
  })
  void findsBlocksOfZeros(ExtKind kind, int block, String what) throws Exception {
    ExtImage image = populated(directory, kind.options());
    image.debugfs("zap_block " + block);
    assertThat(Host.exitCode("e2fsck", "-fn", image.path().toString())).as(what).isNotZero();
    assertThat(isClean(image)).as(what).isFalse();
  }

  @ParameterizedTest
  @EnumSource(names = {"EXT3_4K", "EXT4"})
  void doesNotReadInodesThatWereNeverUsed(ExtKind kind) throws Exception {
    Path image = directory.resolve("large.img");
    try (RawFile device = RawFile.create(image, 1L << 30)) {
      device.flush();
    }
    List<String> command = new ArrayList<>(List.of("mke2fs", "-q", "-F"));
    command.addAll(kind.options());
    command.addAll(List.of("-E", "lazy_itable_init=0", "-i", "4096", image.toString()));
    Host.run(command.toArray(String[]::new));
    try (RawFile device = RawFile.open(image);
        ExtFilesystem filesystem = ExtFilesystem.open(device, false)) {
      // 262,144 inodes of at least 128 bytes, less a few blocks of each of 8 groups or more.
      assertThat(bytes(filesystem.metadataExtents()) - bytes(filesystem.checkedExtents()))
          .isGreaterThan(30 << 20);
      FilesystemCheck.Result result = FilesystemCheck.check(device, scratch);
      assertThat(result.clean()).as(result.output()).isTrue();
    }
  }

  @ParameterizedTest
  @EnumSource
  void aCopyWithoutInodesThatAreNotInUseIsSound(ExtKind kind) throws Exception {
    ExtImage image = populated(directory, kind.options());
    Path copy = directory.resolve("copy.img");
    try (RawFile from = RawFile.open(image.path());
        RawFile to = RawFile.create(copy, from.size());
        ExtFilesystem filesystem = ExtFilesystem.open(from, false)) {
      List<Extent> copied = filesystem.copiedExtents();
      assertThat(copied).isNotEqualTo(filesystem.usedExtents());
      BlockCopy.copy(from, copied, to, ProgressListener.none());
    }
    assertThat(Host.exitCode("e2fsck", "-fn", copy.toString())).isZero();
    assertThat(Host.output("debugfs", "-R", "ls -lR /", copy.toString()))
        .isEqualTo(Host.output("debugfs", "-R", "ls -lR /", image.path().toString()));
  }

  private static long bytes(List<Extent> extents) {
    return extents.stream().mapToLong(Extent::length).sum();
  }

  /** A filesystem that cannot be opened is not clean either. */
  private boolean isClean(ExtImage image) {
    try {
      return check(image).clean();
    } catch (VoyageurException e) {
      assertThat(e.code()).isEqualTo(ErrorCode.FILESYSTEM_DAMAGED);
      return false;
    }
  }
}
