package org.voyageur.filesystem;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;
import org.voyageur.Host;
import org.voyageur.disk.Extent;
import org.voyageur.disk.Overlay;
import org.voyageur.disk.RawFile;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.filesystem.FilesystemFacts.State;

/**
 * Every operation of {@link GuestFilesystem} on every kind of filesystem: what debugfs wrote is
 * read, what is written debugfs reads, and e2fsck finds nothing.
 */
@ParameterizedClass
@EnumSource(ExtKind.class)
class GuestFilesystemContractTest {
  private static final FileOwner SOMEONE = new FileOwner(100_000, 70_000);
  private static final byte[] SELINUX = "system_u:object_r:etc_t:s0\0".getBytes(UTF_8);

  private final ExtKind kind;
  @TempDir Path directory;
  private ExtImage image;
  private RawFile source;
  private Overlay overlay;
  private ExtFilesystem filesystem;

  GuestFilesystemContractTest(ExtKind kind) {
    this.kind = kind;
  }

  @BeforeEach
  void create() throws Exception {
    image = ExtImage.create(directory, kind);
    open();
  }

  private void open() {
    source = RawFile.open(image.path());
    overlay = new Overlay(source);
    filesystem = ExtFilesystem.open(overlay, true);
  }

  @AfterEach
  void close() {
    filesystem.close();
    overlay.close();
    source.close();
  }

  /** Has debugfs change the image; it must not be written to at the same time. */
  private void debugfs(String... commands) throws Exception {
    close();
    image.debugfs(commands);
    open();
  }

  private void debugfsWrite(String path, byte[] content) throws Exception {
    close();
    image.write(path, content);
    open();
  }

  /** Brings what was written to the image, where e2fsck must find nothing. */
  private ExtImage committed() throws Exception {
    filesystem.flush();
    Host.commit(overlay, image.path());
    image.assertClean();
    return image;
  }

  private static void assertFails(ErrorCode code, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            VoyageurException.class, e -> assertThat(e.code()).as(e.toString()).isEqualTo(code));
  }

  private static String field(String text, String name) {
    return Pattern.compile(name + ":\\s+(\\S+)")
        .matcher(text)
        .results()
        .map(match -> match.group(1))
        .findFirst()
        .orElseThrow(() -> new AssertionError(name + " in " + text));
  }

  // Reading what debugfs wrote

  @Test
  void readsFilesOfEverySize() throws Exception {
    // 60: what inline data has in the inode; 12 and 268 blocks: direct and single indirect.
    int[] sizes = {0, 1, 14, 59, 60, 61, 100, 150, 1023, 4096, 4097, 13_000, 300_000};
    List<String> commands = new ArrayList<>();
    for (int size : sizes) {
      Path file = Files.write(directory.resolve("f" + size), ExtImage.bytes(size));
      commands.add("write " + file + " /f" + size);
    }
    debugfs(commands.toArray(String[]::new));
    for (int size : sizes) {
      byte[] content = ExtImage.bytes(size);
      assertThat(filesystem.read("/f" + size, size)).isEqualTo(content);
      try (InputStream stream = filesystem.open("/f" + size)) {
        assertThat(stream.readAllBytes()).isEqualTo(content);
      }
      assertThat(filesystem.stat("/f" + size).orElseThrow().size()).isEqualTo(size);
    }
    assertFails(ErrorCode.PATH_UNUSABLE, () -> filesystem.read("/f4097", 4096));
    assertFails(ErrorCode.PATH_UNUSABLE, () -> filesystem.read("/lost+found", 4096));
    assertFails(ErrorCode.PATH_NOT_FOUND, () -> filesystem.open("/f2"));
  }

  @Test
  void readsHolesAsZerosAndSaysWhereTheRestIs() throws Exception {
    Path file = directory.resolve("sparse");
    byte[] content = new byte[5_000_000];
    try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
      sparse.setLength(content.length);
      for (int at : new int[] {0, 40_000, 1_000_000, 4_990_000}) {
        byte[] data = ExtImage.bytes(9000);
        sparse.seek(at);
        sparse.write(data);
        System.arraycopy(data, 0, content, at, data.length);
      }
    }
    close();
    image.write("/sparse", file);
    open();
    assertThat(filesystem.read("/sparse", content.length)).isEqualTo(content);
    assertThat(filesystem.blocks("/sparse")).anyMatch(run -> run.deviceOffset() < 0);
    assertThat(placement(filesystem.blocks("/sparse")))
        .isEqualTo(placement(image.ask("stat /sparse")));
  }

  @Test
  void readsUnwrittenExtentsAsZerosAndOverwritesThem() throws Exception {
    assumeTrue(kind.hasExtents(), "unwritten extents are ext4's");
    // A file larger than what fits into an inode, so that it has extents.
    debugfsWrite("/f", ExtImage.bytes(1000));
    debugfs("punch /f 0", "fallocate /f 0 15", "sif /f size 65536");
    assertThat(filesystem.read("/f", 65536)).isEqualTo(new byte[65536]);
    assertThat(filesystem.blocks("/f").getFirst().written()).isFalse();
    assertThat(placement(filesystem.blocks("/f"))).isEqualTo(placement(image.ask("stat /f")));
    filesystem.overwrite("/f", ExtImage.bytes(30_000));
    assertThat(committed().dump("/f")).isEqualTo(ExtImage.bytes(30_000));
    assertThat(filesystem.blocks("/f")).allMatch(BlockRun::written);
  }

  /** Which block of a file is where on the disk. */
  private Map<Long, Long> placement(List<BlockRun> runs) {
    Map<Long, Long> placement = new TreeMap<>();
    long size = filesystem.facts().blockSize();
    long expected = 0;
    for (BlockRun run : runs) {
      assertThat(run.fileOffset()).isEqualTo(expected);
      assertThat(run.length()).isPositive();
      for (long at = 0; run.deviceOffset() >= 0 && at < run.length(); at += size) {
        placement.put((run.fileOffset() + at) / size, (run.deviceOffset() + at) / size);
      }
      expected += run.length();
    }
    return placement;
  }

  /** The same in what debugfs says, such as {@code (0-11):1368-1379, (IND):1380}. */
  private static Map<Long, Long> placement(String stat) {
    Map<Long, Long> placement = new TreeMap<>();
    Pattern run = Pattern.compile("\\((\\d+)(?:-(\\d+))?(?:\\[u])?\\):(\\d+)");
    for (MatchResult match : run.matcher(stat).results().toList()) {
      long first = Long.parseLong(match.group(1));
      long last = Optional.ofNullable(match.group(2)).map(Long::parseLong).orElse(first);
      for (long block = first; block <= last; block++) {
        placement.put(block, Long.parseLong(match.group(3)) + block - first);
      }
    }
    return placement;
  }

  @Test
  void saysWhatAnInodeSays() throws Exception {
    debugfsWrite("/f", ExtImage.bytes(10));
    debugfs(
        "sif /f mode 0104751",
        "sif /f uid 100000",
        "sif /f gid 70000",
        "sif /f mtime @1000000000",
        "sif /f links_count 2",
        "ln /f /second");
    FileStat stat = filesystem.stat("/f").orElseThrow();
    assertThat(stat.type()).isEqualTo(FileType.REGULAR);
    assertThat(stat.mode()).isEqualTo(04751);
    assertThat(stat.owner()).isEqualTo(SOMEONE);
    assertThat(stat.size()).isEqualTo(10);
    assertThat(stat.links()).isEqualTo(2);
    assertThat(stat.modified()).isEqualTo(Instant.ofEpochSecond(1_000_000_000));
    assertThat(stat.immutable()).isFalse();
    assertThat(filesystem.stat("/second")).contains(stat);
    assertThat(field(image.ask("stat /f"), "Inode")).isEqualTo(Long.toString(stat.inode()));
    assertThat(filesystem.stat("/nothing")).isEmpty();
    assertThat(filesystem.stat("/f/nothing")).isEmpty();
    assertThat(filesystem.stat("/").orElseThrow().inode()).isEqualTo(2);
  }

  @Test
  void readsTimesAfter2038() throws Exception {
    assumeTrue(kind.hasExtents(), "inodes of 128 bytes have no room for such times");
    debugfsWrite("/f", new byte[1]);
    debugfs("sif /f mtime @5000000000");
    assertThat(filesystem.stat("/f").orElseThrow().modified())
        .isEqualTo(Instant.ofEpochSecond(5_000_000_000L));
  }

  @Test
  void listsADirectoryByNameWithTypes() throws Exception {
    String longName = "n".repeat(255);
    debugfsWrite("/file", new byte[1]);
    debugfs(
        "mknod pipe p",
        "mknod null c 1 3",
        "mknod disk b 202 0",
        "symlink /link file",
        "mkdir /dir",
        "mkdir /dir/" + longName,
        "symlink /dir/n\u00e4me x");
    assertThat(filesystem.list("/"))
        .containsExactly(
            new DirectoryEntry("dir", FileType.DIRECTORY),
            new DirectoryEntry("disk", FileType.BLOCK_DEVICE),
            new DirectoryEntry("file", FileType.REGULAR),
            new DirectoryEntry("link", FileType.SYMBOLIC_LINK),
            new DirectoryEntry("lost+found", FileType.DIRECTORY),
            new DirectoryEntry("null", FileType.CHARACTER_DEVICE),
            new DirectoryEntry("pipe", FileType.FIFO));
    assertThat(filesystem.list("/dir/"))
        .extracting(DirectoryEntry::name)
        .containsExactly(longName, "n\u00e4me");
    for (DirectoryEntry entry : filesystem.list("/")) {
      assertThat(filesystem.lstat("/" + entry.name()).orElseThrow().type()).isEqualTo(entry.type());
    }
    assertThat(filesystem.readLink("/dir/n\u00e4me")).isEqualTo("x");
    assertFails(ErrorCode.PATH_UNUSABLE, () -> filesystem.list("/file"));
    assertFails(ErrorCode.PATH_NOT_FOUND, () -> filesystem.list("/file/x"));
  }

  @Test
  void followsLinksWithinTheGuestOnly() throws Exception {
    String target = "a/".repeat(40) + "../".repeat(79) + "../../etc/fstab";
    debugfs("mkdir /etc", "mkdir /usr", "mkdir /usr/etc");
    debugfsWrite("/etc/fstab", ExtImage.bytes(3));
    debugfs(
        "symlink /usr/relative ../etc/fstab",
        "symlink /usr/absolute /etc/fstab",
        "symlink /usr/escape ../../../../../etc/fstab",
        "symlink /usr/directory ../etc/",
        "symlink /usr/through directory/./fstab",
        "symlink /usr/slow " + "./".repeat(300) + "../etc/fstab",
        "symlink /dangling /usr/none",
        "symlink /loop /usr/../pool",
        "symlink /pool loop",
        "symlink /self self/x",
        "symlink /top /",
        "symlink /lost " + target);
    for (String link : List.of("relative", "absolute", "escape", "through", "slow")) {
      assertThat(filesystem.realPath("/usr/" + link)).as(link).contains("/etc/fstab");
      assertThat(filesystem.read("/usr/" + link, 3)).as(link).isEqualTo(ExtImage.bytes(3));
      assertThat(filesystem.lstat("/usr/" + link).orElseThrow().type())
          .isEqualTo(FileType.SYMBOLIC_LINK);
    }
    for (String link : List.of("/dangling", "/loop", "/pool", "/self", "/lost")) {
      assertThat(filesystem.stat(link)).as(link).isEmpty();
      assertThat(filesystem.realPath(link)).as(link).isEmpty();
      assertThat(filesystem.lstat(link)).as(link).isPresent();
      assertFails(ErrorCode.PATH_NOT_FOUND, () -> filesystem.read(link, 3));
    }
    assertThat(filesystem.realPath("/top/top/../usr/./directory//")).contains("/etc");
    assertThat(filesystem.realPath("/../..")).contains("/");
    assertThat(filesystem.readLink("/usr/escape")).isEqualTo("../../../../../etc/fstab");
    assertThat(filesystem.readLink("/lost")).isEqualTo(target);
    assertFails(ErrorCode.PATH_UNUSABLE, () -> filesystem.readLink("/etc"));
    assertThatIllegalArgumentException().isThrownBy(() -> filesystem.stat("etc"));
  }

  @Test
  void followsAsManyLinksAsLinux() throws Exception {
    debugfs(
        IntStream.rangeClosed(0, 40)
            .mapToObj(i -> "symlink /l" + i + " " + (i == 0 ? "lost+found" : "l" + (i - 1)))
            .toArray(String[]::new));
    assertThat(filesystem.realPath("/l39")).contains("/lost+found");
    assertThat(filesystem.realPath("/l40")).isEmpty();
  }

  @Test
  void saysWhatTheSuperblockSays() throws Exception {
    String header = Host.output("dumpe2fs", "-h", image.path().toString());
    FilesystemFacts facts = filesystem.facts();
    long blockSize = Long.parseLong(field(header, "Block size"));
    assertThat(facts.blockSize()).isEqualTo(blockSize);
    assertThat(facts.label()).isEqualTo("/");
    assertThat(facts.uuid()).isEqualTo(field(header, "Filesystem UUID"));
    assertThat(facts.size()).isEqualTo(blockSize * Long.parseLong(field(header, "Block count")));
    assertThat(facts.free()).isEqualTo(blockSize * Long.parseLong(field(header, "Free blocks")));
    assertThat(facts.reserved())
        .isEqualTo(blockSize * Long.parseLong(field(header, "Reserved block count")));
    assertThat(facts.freeInodes()).isEqualTo(Long.parseLong(field(header, "Free inodes")));
    assertThat(facts.state()).isEqualTo(State.CLEAN);
    String features = header.lines().filter(line -> line.contains("features:")).findFirst().get();
    String names = features.substring(features.indexOf(':') + 1).strip().replace("(none)", "");
    assertThat(String.join(" ", facts.features())).isEqualTo(names);
    assertThat(Host.output("blkid", "-p", "-o", "export", image.path().toString()))
        .contains("TYPE=" + facts.type().name().toLowerCase(java.util.Locale.ROOT) + "\n");
  }

  @Test
  void saysWhichPartsAreUsed() throws Exception {
    filesystem.create("/f", ExtImage.bytes(300_000), FileOwner.ROOT, 0644);
    String dump = Host.output("dumpe2fs", committed().path().toString());
    int blockSize = filesystem.facts().blockSize();
    // dumpe2fs names the first block of the last cluster.
    int cluster = kind == ExtKind.EXT4_BIGALLOC ? 4 : 1;
    BitSet expected = new BitSet();
    expected.set(0, ExtImage.SIZE / blockSize);
    dump.lines()
        .filter(line -> line.startsWith("  Free blocks: "))
        .flatMap(line -> Stream.of(line.substring(15).split(", ")))
        .filter(range -> !range.isBlank())
        .map(range -> range.split("-"))
        .forEach(ends ->
            expected.clear(
                Integer.parseInt(ends[0]), Integer.parseInt(ends[ends.length - 1]) + cluster));
    BitSet used = new BitSet();
    long end = -1;
    for (Extent extent : filesystem.usedExtents()) {
      assertThat(extent.offset()).isGreaterThan(end);
      end = extent.end();
      used.set((int) (extent.offset() / blockSize), (int) (end / blockSize));
    }
    assertThat(used).isEqualTo(expected);
    assertThat((long) used.cardinality() * blockSize).isEqualTo(filesystem.facts().used());
  }

  // Writing, and asking debugfs

  @Test
  void createsFilesOfEverySize() throws Exception {
    Instant before = Instant.now().minus(Duration.ofSeconds(2));
    List<Integer> sizes = List.of(0, 1, 60, 61, 1024, 4096, 4097, 13_000, 300_000, 2_000_000);
    filesystem.createDirectory("/d", FileOwner.ROOT, 0755);
    for (int size : sizes) {
      filesystem.create("/d/f" + size, ExtImage.bytes(size), SOMEONE, 04640);
    }
    filesystem.create("/zeros", new byte[100_000], FileOwner.ROOT, 0644);
    assertThat(filesystem.blocks("/zeros"))
        .allMatch(run -> run.deviceOffset() > 0 && run.written());
    Path dumped = committed().dumpDirectory("/d");
    for (int size : sizes) {
      String path = "/d/f" + size;
      assertThat(dumped.resolve("f" + size)).hasBinaryContent(ExtImage.bytes(size));
      String stat = image.ask("stat " + path);
      assertThat(placement(filesystem.blocks(path))).isEqualTo(placement(stat));
      assertThat(field(stat, "User")).isEqualTo("100000");
      assertThat(field(stat, "Group")).isEqualTo("70000");
      assertThat(field(stat, "Mode")).isEqualTo("04640");
      assertThat(field(stat, "Links")).isEqualTo("1");
      assertThat(Integer.decode(field(stat, "Flags")) & 0x80000)
          .isEqualTo(kind.hasExtents() ? 0x80000 : 0);
      for (String time : List.of("ctime", "atime", "mtime")) {
        assertThat(time(stat, time)).isBetween(before, Instant.now());
      }
    }
    assertThat(time(image.ask("stat /d"), "mtime")).isBetween(before, Instant.now());
  }

  private static Instant time(String stat, String name) {
    return Instant.ofEpochSecond(Long.decode(field(stat, name).split(":")[0]));
  }

  @Test
  void createsNothingWhereItMust() throws Exception {
    debugfsWrite("/f", new byte[1]);
    debugfs("symlink /dangling nothing");
    List<ThrowingCallable> taken =
        Stream.of("/", "/f", "/dangling", "/lost+found", "/lost+found/../f")
            .<ThrowingCallable>flatMap(path ->
                Stream.of(
                    () -> filesystem.create(path, new byte[1], FileOwner.ROOT, 0644),
                    () -> filesystem.createDirectory(path, FileOwner.ROOT, 0755),
                    () -> filesystem.createSymbolicLink(path, "x")))
            .toList();
    taken.forEach(call -> assertFails(ErrorCode.PATH_UNUSABLE, call));
    for (String path : List.of("/none/x", "/f/x", "/dangling/x")) {
      assertFails(
          ErrorCode.PATH_NOT_FOUND,
          () -> filesystem.create(path, new byte[1], FileOwner.ROOT, 0644));
    }
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> filesystem.create("/" + "x".repeat(256), new byte[1], FileOwner.ROOT, 0644));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> filesystem.create("/a\0b", new byte[1], FileOwner.ROOT, 0644));
    assertThatIllegalArgumentException().isThrownBy(() -> filesystem.createSymbolicLink("/l", ""));
    assertThat(committed().ask("ls -l /")).doesNotContain(" none");
  }

  @Test
  void overwritesInPlace() throws Exception {
    debugfsWrite("/f", ExtImage.bytes(10_000));
    debugfs(
        "sif /f mode 0100751",
        "sif /f uid 100000",
        "sif /f gid 70000",
        "sif /f mtime @1000000000",
        "sif /f ctime @1000000000",
        "sif /f links_count 2",
        "ln /f /second");
    if (kind.hasAttributes()) {
      filesystem.setExtendedAttribute("/f", "security.selinux", SELINUX);
      filesystem.setExtendedAttribute("/f", "user.other", ExtImage.bytes(40));
    }
    FileStat before = filesystem.stat("/f").orElseThrow();
    filesystem.overwrite("/second", ExtImage.bytes(5));
    FileStat after = filesystem.stat("/f").orElseThrow();
    String stat = committed().ask("stat /f");
    assertThat(time(stat, "ctime")).isAfter(Instant.now().minusSeconds(60));
    assertThat(time(stat, "mtime"))
        .isAfter(Instant.now().minusSeconds(60))
        .isEqualTo(after.modified());
    assertThat(after)
        .usingRecursiveComparison()
        .ignoringFields("size", "modified")
        .isEqualTo(before);
    for (int size : new int[] {300_000, 0, 70_000, 4096}) {
      filesystem.overwrite("/second", ExtImage.bytes(size));
      assertThat(filesystem.read("/f", size)).isEqualTo(ExtImage.bytes(size));
      assertThat(committed().dump("/f")).as("size %d", size).isEqualTo(ExtImage.bytes(size));
    }
    if (kind.hasAttributes()) {
      assertThat(filesystem.extendedAttribute("/f", "security.selinux")).contains(SELINUX);
      assertThat(filesystem.extendedAttribute("/f", "user.other")).contains(ExtImage.bytes(40));
    }
  }

  @Test
  void overwritesInlineData() throws Exception {
    debugfs("mkdir /d");
    int[] sizes = {1, 60, 61, 150};
    for (int size : sizes) {
      debugfsWrite("/d/f" + size, ExtImage.bytes(size));
    }
    for (int next : new int[] {20_000, 30}) {
      for (int size : sizes) {
        filesystem.overwrite("/d/f" + size, ExtImage.bytes(next));
        assertThat(filesystem.read("/d/f" + size, next)).isEqualTo(ExtImage.bytes(next));
      }
      Path dumped = committed().dumpDirectory("/d");
      for (int size : sizes) {
        assertThat(dumped.resolve("f" + size)).hasBinaryContent(ExtImage.bytes(next));
      }
    }
  }

  @Test
  void fillsTheHolesOfAFileThatItOverwrites() throws Exception {
    Path file = directory.resolve("sparse");
    try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
      sparse.setLength(3_000_000);
      sparse.seek(1_000_000);
      sparse.write(ExtImage.bytes(5000));
    }
    close();
    image.write("/sparse", file);
    open();
    filesystem.overwrite("/sparse", new byte[2_000_000]);
    assertThat(filesystem.blocks("/sparse"))
        .allMatch(run -> run.deviceOffset() > 0 && run.written());
    assertThat(committed().dump("/sparse")).isEqualTo(new byte[2_000_000]);
  }

  @Test
  void fillsGapsAndLeavesTheContentAsItIs() throws Exception {
    Path file = directory.resolve("sparse");
    try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
      sparse.setLength(3_000_001);
      sparse.seek(1_000_000);
      sparse.write(ExtImage.bytes(5000));
    }
    close();
    image.write("/sparse", file);
    open();
    debugfsWrite("/f", ExtImage.bytes(300_000));
    if (kind.hasExtents()) {
      // The blocks hold what they held before.
      debugfs("punch /f 16 47", "fallocate /f 16 47");
      assertThat(filesystem.blocks("/f")).anyMatch(run -> !run.written());
    }
    // Where there is inline data, debugfs forgets the zeros at the end.
    byte[] content = filesystem.read("/sparse", 3_000_001);
    byte[] before = filesystem.read("/f", 300_000);
    for (String path : List.of("/sparse", "/f")) {
      filesystem.fillGaps(path);
      assertThat(filesystem.blocks(path)).noneMatch(BlockRun::isGap);
    }
    assertThat(committed().dump("/sparse")).isEqualTo(content);
    assertThat(image.dump("/f")).isEqualTo(before);
    // Once more there is nothing to do.
    filesystem.fillGaps("/sparse");
    assertThat(committed().dump("/sparse")).isEqualTo(content);
  }

  @Test
  void createsDirectoriesAndLinks() throws Exception {
    String slow = "t".repeat(filesystem.facts().blockSize() - 1);
    filesystem.createDirectory("/d", SOMEONE, 01775);
    filesystem.createDirectory("/d/e", FileOwner.ROOT, 0700);
    filesystem.create("/d/e/f", ExtImage.bytes(5), FileOwner.ROOT, 0600);
    filesystem.createSymbolicLink("/d/fast", "e/f");
    filesystem.createSymbolicLink("/d/59", "t".repeat(59));
    filesystem.createSymbolicLink("/d/60", "t".repeat(60));
    filesystem.createSymbolicLink("/d/slow", slow);
    committed();
    String stat = image.ask("stat /d");
    assertThat(field(stat, "Mode")).isEqualTo("01775");
    assertThat(field(stat, "User")).isEqualTo("100000");
    assertThat(field(stat, "Links")).isEqualTo("3");
    assertThat(image.ask("stat /d/fast")).contains("Fast link dest: \"e/f\"");
    assertThat(field(image.ask("stat /d/fast"), "Mode")).isEqualTo("0777");
    assertThat(image.dump("/d/e/f")).isEqualTo(ExtImage.bytes(5));
    assertThat(filesystem.realPath("/d/fast")).contains("/d/e/f");
    assertThat(filesystem.readLink("/d/59")).isEqualTo("t".repeat(59));
    assertThat(filesystem.readLink("/d/60")).isEqualTo("t".repeat(60));
    assertThat(filesystem.readLink("/d/slow")).isEqualTo(slow);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> filesystem.createSymbolicLink("/d/x", slow + "t"));
  }

  @Test
  void keepsExtendedAttributes() throws Exception {
    assumeTrue(kind.hasAttributes(), "the filesystem has no extended attributes");
    debugfsWrite("/f", ExtImage.bytes(5000));
    debugfs("mkdir /d", "ea_set /f security.selinux a_label", "ea_set /f user.one 1");
    assertThat(filesystem.extendedAttribute("/f", "security.selinux"))
        .contains("a_label".getBytes(UTF_8));
    assertThat(filesystem.extendedAttribute("/f", "user.none")).isEmpty();
    filesystem.setExtendedAttribute("/f", "security.selinux", SELINUX);
    filesystem.setExtendedAttribute("/f", "user.two", ExtImage.bytes(300));
    filesystem.setExtendedAttribute("/f", "user.empty", new byte[0]);
    filesystem.setExtendedAttribute("/d", "security.selinux", SELINUX);
    filesystem.create("/d/f", new byte[1], FileOwner.ROOT, 0644);
    filesystem.createDirectory("/d/d", FileOwner.ROOT, 0755);
    filesystem.createSymbolicLink("/d/l", "nothing");
    committed();
    for (String path : List.of("/f", "/d", "/d/f", "/d/d", "/d/l")) {
      assertThat(image.ask("ea_get " + path + " security.selinux"))
          .as(path)
          .contains("system_u:object_r:etc_t:s0\\000");
    }
    assertThat(image.ask("ea_get /f user.one")).contains("= \"1\"");
    assertThat(filesystem.extendedAttribute("/f", "user.two")).contains(ExtImage.bytes(300));
    assertThat(filesystem.extendedAttribute("/f", "user.empty")).contains(new byte[0]);
    assertFails(
        ErrorCode.FILESYSTEM_FULL,
        () -> filesystem.setExtendedAttribute("/f", "user.large", new byte[60_000]));
  }

  @Test
  void hasNoAttributesWhereTheFilesystemHasNone() {
    assumeTrue(!kind.hasAttributes(), "the filesystem has extended attributes");
    assertThat(filesystem.extendedAttribute("/", "security.selinux")).isEmpty();
    assertFails(
        ErrorCode.FILESYSTEM_FEATURE,
        () -> filesystem.setExtendedAttribute("/", "security.selinux", SELINUX));
  }

  @Test
  void setsTheImmutableFlagAndNoOther() throws Exception {
    filesystem.create("/f", ExtImage.bytes(5000), FileOwner.ROOT, 0644);
    int flags = Integer.decode(field(committed().ask("stat /f"), "Flags"));
    filesystem.setImmutable("/f", true);
    assertThat(filesystem.stat("/f").orElseThrow().immutable()).isTrue();
    assertThat(Integer.decode(field(committed().ask("stat /f"), "Flags"))).isEqualTo(flags | 0x10);
    filesystem.setImmutable("/f", false);
    assertThat(Integer.decode(field(committed().ask("stat /f"), "Flags"))).isEqualTo(flags);
  }

  @Test
  void givesBackEverythingThatARemovedFileHad() throws Exception {
    FilesystemFacts before = filesystem.facts();
    filesystem.createDirectory("/d", FileOwner.ROOT, 0755);
    for (int size : new int[] {0, 10, 5000, 300_000}) {
      filesystem.create("/d/f" + size, ExtImage.bytes(size), FileOwner.ROOT, 0644);
    }
    filesystem.createSymbolicLink("/d/fast", "x");
    filesystem.createSymbolicLink("/d/slow", "x".repeat(100));
    filesystem.createDirectory("/d/e", FileOwner.ROOT, 0755);
    if (kind.hasAttributes()) {
      filesystem.setExtendedAttribute("/d/f10", "user.large", new byte[500]);
      filesystem.setExtendedAttribute("/d/e", "security.selinux", SELINUX);
    }
    committed();
    debugfs("cd /d", "mknod null c 1 3", "mknod pipe p");
    filesystem.setImmutable("/d/f10", true);
    assertFails(ErrorCode.PATH_UNUSABLE, () -> filesystem.remove("/d"));
    for (DirectoryEntry entry : filesystem.list("/d")) {
      filesystem.remove("/d/" + entry.name());
      committed();
    }
    filesystem.remove("/d");
    committed();
    assertThat(filesystem.facts()).isEqualTo(before);
    assertThat(filesystem.stat("/d")).isEmpty();
    assertFails(ErrorCode.PATH_NOT_FOUND, () -> filesystem.remove("/d"));
    assertFails(ErrorCode.PATH_NOT_FOUND, () -> filesystem.remove("/"));
    assertFails(ErrorCode.PATH_NOT_FOUND, () -> filesystem.remove("/d/.."));
  }

  @Test
  void removesANameButNotAFileThatHasAnother() throws Exception {
    debugfsWrite("/f", ExtImage.bytes(5000));
    debugfs("sif /f links_count 2", "ln /f /second", "symlink /link f");
    filesystem.remove("/f");
    committed();
    assertThat(field(image.ask("stat /second"), "Links")).isEqualTo("1");
    assertThat(image.dump("/second")).isEqualTo(ExtImage.bytes(5000));
    filesystem.remove("/link");
    filesystem.remove("/second");
    committed();
    assertThat(filesystem.list("/")).extracting(DirectoryEntry::name).containsExactly("lost+found");
  }

  @Test
  void keepsAParentsUnknownNumberOfSubdirectories() throws Exception {
    assumeTrue(kind.hasExtents(), "needs dir_nlink");
    debugfs("mkdir /d", "mkdir /d/one", "mkdir /d/two");
    // 1: more than 65000, so that they are no longer counted (dir_nlink).
    debugfs("sif /d links_count 1");
    filesystem.remove("/d/one");
    filesystem.createDirectory("/d/three", FileOwner.ROOT, 0755);
    assertThat(filesystem.stat("/d").orElseThrow().links()).isEqualTo(1);
  }

  @Test
  void growsADirectoryAndKeepsItsIndex() throws Exception {
    filesystem.createDirectory("/d", FileOwner.ROOT, 0755);
    List<String> names = new ArrayList<>();
    addMany(names, 120);
    committed();
    close();
    // Only e2fsck makes an index here; it exits with 1, as it changed something.
    Host.exitCode("e2fsck", "-fyD", image.path().toString());
    open();
    boolean indexed = (Integer.decode(field(image.ask("stat /d"), "Flags")) & 0x1000) != 0;
    assertThat(indexed).isEqualTo(kind.hasIndexedDirectories());
    addMany(names, 250);
    committed();
    assertThat(filesystem.list("/d"))
        .extracting(DirectoryEntry::name)
        .containsExactlyInAnyOrderElementsOf(names);
    for (String name : names.subList(0, 200)) {
      filesystem.remove("/d/" + name);
    }
    committed();
    assertThat(image.ask("ls -p /d").lines().filter(line -> line.contains("/100644/")))
        .hasSize(names.size() - 200);
  }

  private void addMany(List<String> names, int count) {
    for (int i = 0; i < count; i++) {
      String name = "name-" + names.size() + "-" + "x".repeat(60);
      filesystem.create("/d/" + name, new byte[0], FileOwner.ROOT, 0644);
      names.add(name);
    }
  }

  @Test
  void saysThatItIsFull() throws Exception {
    byte[] before = Files.readAllBytes(image.path());
    assertFails(
        ErrorCode.FILESYSTEM_FULL,
        () -> filesystem.create("/f", new byte[ExtImage.SIZE], FileOwner.ROOT, 0644));
    assertThat(Files.readAllBytes(image.path())).isEqualTo(before);
  }

  @Test
  void setsTheLabel() throws Exception {
    for (String label : List.of("", "root", "sixteen-letters!")) {
      filesystem.setLabel(label);
      assertThat(Host.output("e2label", committed().path().toString()).strip()).isEqualTo(label);
      assertThat(filesystem.facts().label()).isEqualTo(label);
    }
    assertThatIllegalArgumentException().isThrownBy(() -> filesystem.setLabel("seventeen letters"));
    assertThatIllegalArgumentException().isThrownBy(() -> filesystem.setLabel("n\u00e4me"));
  }

  @Test
  void changesNothingByReading() throws Exception {
    debugfsWrite("/f", ExtImage.bytes(5000));
    byte[] before = Files.readAllBytes(image.path());
    filesystem.read("/f", 5000);
    filesystem.list("/");
    filesystem.usedExtents();
    filesystem.metadataExtents();
    assertThat(overlay.changedExtents()).isEmpty();
    filesystem.close();
    assertThat(overlay.changedExtents()).isEmpty();
    assertThat(Arrays.equals(before, Files.readAllBytes(image.path()))).isTrue();
  }

  @Test
  void writesNothingThatIsNotFlushed() throws Exception {
    filesystem.setLabel("lost");
    filesystem.close();
    Host.commit(overlay, image.path());
    assertThat(Host.output("e2label", image.path().toString()).strip()).isEqualTo("/");
  }
}
