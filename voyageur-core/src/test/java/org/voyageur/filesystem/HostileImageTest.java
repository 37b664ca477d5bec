package org.voyageur.filesystem;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Images made to harm. libext2fs is C: what it does wrong may end the process, so these run in
 * another one, whose exit code says whether it was ended by a signal.
 */
class HostileImageTest {
  private static final int BLOCK = 1024;
  private static final boolean SLOW = Boolean.getBoolean("voyageur.slow");

  @TempDir Path directory;

  /** Runs {@link HostileImageChild}; what it prints. */
  private String child(Object... arguments) throws Exception {
    Path output = directory.resolve("output");
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-XX:-CreateCoredumpOnCrash",
                "-XX:ErrorFile=" + directory.resolve("hs_err"),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                HostileImageChild.class.getName()));
    for (Object argument : arguments) {
      command.add(argument.toString());
    }
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    // glibc looks at its heap at every call, and says so where it finds it damaged.
    Path malloc = Path.of("/usr/lib/x86_64-linux-gnu/libc_malloc_debug.so.0");
    if (Files.exists(malloc)) {
      builder.environment().put("LD_PRELOAD", malloc.toString());
      builder.environment().put("MALLOC_CHECK_", "3");
    }
    Process process = builder.redirectOutput(output.toFile()).start();
    try {
      boolean ended = process.waitFor(SLOW ? 600 : 60, TimeUnit.SECONDS);
      String said = Files.readString(output, ISO_8859_1);
      String end = said.substring(Math.max(0, said.length() - 3000));
      assertThat(ended).as("did not end: " + end).isTrue();
      assertThat(process.exitValue()).as(end).isZero();
      assertThat(said).endsWith("done\n");
      return said;
    } finally {
      process.destroyForcibly();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "-t ext3 -I 128 -b 1024",
        "-t ext3 -I 128 -b 4096",
        "-t ext4 -b 1024 -O ^metadata_csum,inline_data",
        "-t ext4 -b 4096 -O ^metadata_csum,bigalloc",
        "-t ext4 -b 4096"
      })
  void changedImagesDoNoHarm(String options) throws Exception {
    Path image = directory.resolve("changed");
    Files.write(image, Workout.disk(directory, List.of(options.split(" "))));
    int seeds = SLOW ? 600 : 60;
    String said = child(image, SLOW ? (int) (System.nanoTime() & 0xFFFFFF) : 1, seeds);
    assertThat(said).contains("FILESYSTEM_DAMAGED");
  }

  /** An image with blocks of 1 KiB, and where the inode of its /f is. */
  private record Target(ExtImage image, byte[] disk, int inode) {
    ByteBuffer fields() {
      return ByteBuffer.wrap(disk, inode, 256).slice().order(ByteOrder.LITTLE_ENDIAN);
    }

    ByteBuffer block(long number) {
      return ByteBuffer.wrap(disk, (int) number * BLOCK, BLOCK)
          .slice()
          .order(ByteOrder.LITTLE_ENDIAN);
    }
  }

  private Target target(byte[] content, String... options) throws Exception {
    ExtImage image = ExtImage.create(directory, List.of(options));
    image.write("/f", content);
    image.debugfs("mkdir /d");
    // "located at block 69, offset 0x0580"
    String place = image.ask("imap /f");
    int block = Integer.parseInt(place.replaceAll("(?s).*at block (\\d+),.*", "$1"));
    int offset = Integer.decode(place.replaceAll("(?s).*offset (0x[0-9a-f]+).*", "$1"));
    byte[] disk = Files.readAllBytes(image.path());
    return new Target(image, disk, block * BLOCK + offset);
  }

  private String tryOut(Target target) throws Exception {
    return child(Files.write(target.image().path(), target.disk()));
  }

  /**
   * A block of pointers that all name it, and that is also a block of directory entries: a walk
   * along it reads 2^30 blocks.
   */
  @Test
  void aDirectoryOfPointersToItselfEnds() throws Exception {
    Target target = target(ExtImage.bytes(6000), "-t", "ext2", "-b", "1024", "-N", "64");
    // As an entry: inode 1024, 1024 bytes long, no name.
    int block = 1024;
    for (int i = 0; i < 256; i++) {
      target.block(block).putInt(4 * i, block);
    }
    ByteBuffer inode = target.fields();
    inode.putShort(0, (short) 040755).putInt(4, 1 << 30);
    for (int i = 0; i < 15; i++) {
      inode.putInt(40 + 4 * i, block);
    }
    assertThat(tryOut(target)).contains("it makes the library read more than the filesystem holds");
  }

  /** Before 1.47.4 the library copies what is written over inline data into three blocks. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void overwritingInlineDataDoesNotOverflow(boolean hasFeature) throws Exception {
    Target target =
        target(ExtImage.bytes(40), "-t", "ext4", "-b", "1024", "-O", "^metadata_csum,inline_data");
    if (!hasFeature) {
      ByteBuffer superblock = target.block(1);
      superblock.putInt(96, superblock.getInt(96) & ~0x8000);
    }
    assertThat(target.fields().getInt(32)).isEqualTo(0x10000000);
    tryOut(target);
  }

  @Test
  void inlineDataThatClaimsMoreThanItHasIsRefused() throws Exception {
    Target target =
        target(ExtImage.bytes(40), "-t", "ext4", "-b", "1024", "-O", "^metadata_csum,inline_data");
    target.fields().putInt(4, 100_000);
    assertThat(tryOut(target)).contains("inode 12 claims 100000 bytes");
  }

  /**
   * Values that overlap make the library's count of bytes left wrap, and the next value is believed
   * to have 4 GiB.
   */
  @Test
  void attributesThatOverlapAreRefused() throws Exception {
    Target target = target(ExtImage.bytes(1), "-t", "ext3", "-I", "128", "-b", "1024");
    int block = 12_000;
    target.fields().putInt(104, block);
    ByteBuffer attributes = target.block(block);
    attributes.putInt(0, 0xEA020000).putInt(4, 1).putInt(8, 1);
    entry(attributes, 32, 1, 200, 500);
    entry(attributes, 52, 1, 300, 430);
    // 22 bytes are left by the library's count: enough for an entry, but not for its name.
    entry(attributes, 72, 40, 0x300, 0xFFFFFD00);
    assertThat(tryOut(target)).contains("the extended attributes of inode 12 are damaged");
  }

  private static void entry(ByteBuffer block, int at, int nameLength, int offset, int size) {
    block.put(at, (byte) nameLength).put(at + 1, (byte) 1).putShort(at + 2, (short) offset);
    block.putInt(at + 8, size).put(at + 16, "x".repeat(nameLength).getBytes(UTF_8));
  }

  @Test
  void aNameWithASlashIsRefused() throws Exception {
    Target target = target(ExtImage.bytes(1), "-t", "ext2", "-b", "1024");
    byte[] disk = target.disk();
    int at = new String(disk, ISO_8859_1).indexOf("lost+found");
    System.arraycopy("../../etc/".getBytes(UTF_8), 0, disk, at, 10);
    assertThat(tryOut(target)).contains("has an entry named '../../etc/'");
  }

  @Test
  void anImageThatIsCutOffIsRefused() throws Exception {
    ExtImage image = ExtImage.create(directory, ExtKind.EXT4);
    byte[] disk = Files.readAllBytes(image.path());
    Files.write(image.path(), Arrays.copyOf(disk, disk.length / 10 * 9));
    assertThat(child(image.path())).contains("IMAGE_CUT_OFF");
  }
}
