package org.voyageur.files;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.voyageur.Host;
import org.voyageur.convert.OpenOptions;
import org.voyageur.disk.FileStamp;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.filesystem.FileOwner;
import org.voyageur.filesystem.GuestFilesystem;
import org.voyageur.progress.ProgressListener;

/** Against debugfs and e2fsck, which share no code of ours. */
class ImageFilesTest {
  private static final Instant THEN = Instant.parse("2013-06-07T08:09:10Z");

  @TempDir Path directory;
  private Path image;

  @BeforeEach
  void aGuest() throws Exception {
    Path tree = directory.resolve("tree");
    Files.createDirectories(tree.resolve("etc/conf.d"));
    Files.createDirectories(tree.resolve("boot"));
    Files.writeString(tree.resolve("etc/fstab"), "/dev/xvde / ext3 defaults 1 1\n");
    Files.writeString(tree.resolve("etc/a.conf"), "a\n");
    Files.writeString(tree.resolve("etc/b.conf"), "b\n");
    Files.writeString(tree.resolve("etc/.hidden.conf"), "h\n");
    Files.writeString(tree.resolve("etc/conf.d/c.conf"), "c\n");
    Files.createSymbolicLink(tree.resolve("boot/table"), Path.of("/etc/fstab"));
    Files.createSymbolicLink(tree.resolve("boot/dangling"), Path.of("../none"));
    image = directory.resolve("guest.img");
    Host.run(
        "mke2fs",
        "-q",
        "-F",
        "-t",
        "ext3",
        "-I",
        "128",
        "-d",
        tree.toString(),
        image.toString(),
        "16M");
    debugfs("sif /etc/fstab mode 0100640", "sif /etc/fstab uid 7", "sif /etc/fstab gid 70000");
    debugfs("ea_set /etc/fstab user.colour blue", "ea_set /etc security.selinux etc_t");
  }

  private String debugfs(String... commands) throws Exception {
    Path script = directory.resolve("commands");
    Files.write(script, List.of(commands));
    return Host.output("debugfs", "-w", "-f", script.toString(), image.toString());
  }

  private String content(String path) throws Exception {
    String said = Host.output("debugfs", "-R", "cat " + path, image.toString());
    return said.substring(said.indexOf('\n') + 1);
  }

  private void isSound() throws Exception {
    Host.run("e2fsck", "-fn", image.toString());
  }

  private <T> T read(java.util.function.Function<GuestFilesystem, T> work) {
    return ImageFiles.read(image, options(), ProgressListener.none(), work);
  }

  private ImageFiles.Changed<Boolean> change(Consumer<GuestFilesystem> work) {
    return ImageFiles.change(
        image,
        options(),
        ProgressListener.none(),
        filesystem -> {
          work.accept(filesystem);
          return true;
        });
  }

  private List<String> expand(String pattern) {
    return read(filesystem -> GuestPath.expand(filesystem, pattern));
  }

  /** Copies a tree; what was left out. */
  private List<String> download(String path, Path target, boolean replace) {
    return read(filesystem -> {
      Download download = new Download(filesystem, replace);
      download.tree(path, target);
      return download.notes();
    });
  }

  private OpenOptions options() {
    return new OpenOptions(Optional.empty(), directory);
  }

  private static void fails(ThrowingCallable what, ErrorCode code) {
    assertThatThrownBy(what)
        .asInstanceOf(type(VoyageurException.class))
        .extracting(VoyageurException::code)
        .isEqualTo(code);
  }

  private static void put(GuestFilesystem filesystem, String path, byte[] content) {
    new Upload(filesystem).file(path, content, THEN, FileOwner.ROOT, 0644);
  }

  @Test
  void aFileThatIsThereKeepsEverythingButItsContentAndTime() throws Exception {
    String before = debugfs("stat /etc/fstab");
    String inode = before.replaceAll("(?s).*Inode: (\\d+).*", "$1");
    ImageFiles.Changed<Boolean> changed =
        change(filesystem -> put(filesystem, "/boot/table", "LABEL=/ / ext3\n".getBytes(UTF_8)));
    assertThat(changed.bytesWritten()).isPositive();
    assertThat(changed.journalReplayed()).isFalse();
    isSound();
    assertThat(content("/etc/fstab")).isEqualTo("LABEL=/ / ext3\n");
    assertThat(debugfs("stat /etc/fstab"))
        .contains("Inode: " + inode + " ", "Mode:  0640", "User:     7", "Group: 70000")
        .contains("user.colour (4) = \"blue\"")
        .contains("mtime: 0x%08x".formatted(THEN.getEpochSecond()));
    assertThat(debugfs("stat /boot/table")).contains("Fast link dest: \"/etc/fstab\"");
  }

  @Test
  void aNewFileIsRootsAndHasItsDirectorysSelinuxLabel() throws Exception {
    byte[] content = new byte[300_000];
    new java.util.Random(1).nextBytes(content);
    change(filesystem -> put(filesystem, "/etc/new", content));
    isSound();
    assertThat(debugfs("stat /etc/new"))
        .contains("Mode:  0644", "User:     0", "Group:     0", "Size: 300000", "etc_t");
    Path dumped = directory.resolve("dumped");
    Host.run("debugfs", "-R", "dump /etc/new " + dumped, image.toString());
    assertThat(Files.readAllBytes(dumped)).isEqualTo(content);
  }

  @Test
  void nothingIsWrittenWhereTheWorkFailsOrChangesNothing() throws Exception {
    FileStamp stamp = FileStamp.of(image);
    byte[] before = Files.readAllBytes(image);
    fails(
        () ->
            change(filesystem -> {
              put(filesystem, "/etc/one", new byte[10]);
              put(filesystem, "/none/two", new byte[10]);
            }),
        ErrorCode.PATH_NOT_FOUND);
    fails(
        () -> change(filesystem -> put(filesystem, "/etc/huge", new byte[20 << 20])),
        ErrorCode.FILESYSTEM_FULL);
    fails(
        () -> change(filesystem -> put(filesystem, "/boot/dangling", new byte[1])),
        ErrorCode.PATH_UNUSABLE);
    fails(
        () -> change(filesystem -> put(filesystem, "/etc", new byte[1])), ErrorCode.PATH_UNUSABLE);
    assertThat(change(filesystem -> filesystem.list("/etc")).bytesWritten()).isZero();
    assertThat(Files.readAllBytes(image)).isEqualTo(before);
    assertThat(FileStamp.of(image)).isEqualTo(stamp);
    assertThat(directory.resolve("guest.img.voyageur-journal")).doesNotExist();
  }

  @Test
  void aDirtyJournalIsReplayedAndCarriedAlong() throws Exception {
    // A transaction that writes to a free block.
    Path block = Files.write(directory.resolve("block"), new byte[1024]);
    String free = debugfs("ffb 1").replaceAll("(?s).*Free blocks found: (\\d+).*", "$1");
    debugfs("jo", "jw -b " + free + " " + block, "jc");
    assertThat(Host.output("dumpe2fs", "-h", image.toString())).contains("needs_recovery");
    String seen = read(filesystem -> new String(filesystem.read("/etc/a.conf", 10), UTF_8));
    assertThat(seen).isEqualTo("a\n");
    assertThat(Host.output("dumpe2fs", "-h", image.toString())).contains("needs_recovery");
    ImageFiles.Changed<Boolean> changed =
        change(filesystem -> put(filesystem, "/etc/a.conf", "new\n".getBytes(UTF_8)));
    assertThat(changed.journalReplayed()).isTrue();
    assertThat(Host.output("dumpe2fs", "-h", image.toString())).doesNotContain("needs_recovery");
    isSound();
    assertThat(content("/etc/a.conf")).isEqualTo("new\n");
  }

  @Test
  void aDamagedFilesystemIsNotWrittenTo() throws Exception {
    debugfs("sif /etc/b.conf links_count 5");
    byte[] before = Files.readAllBytes(image);
    fails(
        () -> change(filesystem -> put(filesystem, "/etc/a.conf", new byte[1])),
        ErrorCode.FILESYSTEM_DAMAGED);
    assertThat(Files.readAllBytes(image)).isEqualTo(before);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ' ',
      value = {
        "/etc/*.conf /etc/a.conf,/etc/b.conf",
        "etc/*.conf /etc/a.conf,/etc/b.conf",
        "/etc/.*.conf /etc/.hidden.conf",
        "/*/*/[a-c].conf /etc/conf.d/c.conf",
        "/boot/t?ble /boot/table",
        "/bo*/dang* /boot/dangling",
        "/none /none",
        "/etc/a\\.conf /etc/a.conf"
      })
  void globsAreResolvedInTheGuest(String pattern, String expected) {
    assertThat(expand(pattern)).containsExactly(expected.split(","));
  }

  @Test
  void aFilesNameMayLookLikeAPatternThatMatchesNothing() {
    change(filesystem -> put(filesystem, "/etc/[x]", new byte[1]));
    assertThat(expand("/etc/[x]")).containsExactly("/etc/[x]");
    fails(
        () -> read(filesystem -> GuestPath.expand(filesystem, "/etc/*.none")),
        ErrorCode.PATH_NOT_FOUND);
  }

  @Test
  void removesTreesAndLinksButNotWhatTheyPointTo() throws Exception {
    String free = debugfs("stats").replaceAll("(?s).*Free blocks:\\s+(\\d+).*", "$1");
    change(filesystem -> filesystem.createDirectory("/etc/conf.d/sub", FileOwner.ROOT, 0700));
    change(filesystem -> put(filesystem, "/etc/conf.d/sub/file", new byte[5000]));
    fails(
        () -> change(filesystem -> Removal.remove(filesystem, "/etc/conf.d", false)),
        ErrorCode.PATH_UNUSABLE);
    fails(
        () -> change(filesystem -> Removal.remove(filesystem, "/etc/..", true)),
        ErrorCode.PATH_UNUSABLE);
    change(filesystem -> {
      Removal.remove(filesystem, "/etc/conf.d/sub", true);
      Removal.remove(filesystem, "/boot/table", false);
    });
    isSound();
    assertThat(debugfs("stats").replaceAll("(?s).*Free blocks:\\s+(\\d+).*", "$1")).isEqualTo(free);
    assertThat(content("/etc/fstab")).startsWith("/dev/xvde");
    assertThat(debugfs("ls -p /boot")).doesNotContain("table").contains("dangling");
  }

  @Test
  void aTreeComesBackAsItWasPut() throws Exception {
    Path source = Files.createDirectories(directory.resolve("source/deep/er"));
    Path file = Files.write(source.resolve("bytes"), new byte[] {0, 1, 2, 13, 10, -1});
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-x--x"));
    Files.setLastModifiedTime(file, FileTime.from(THEN));
    Files.createSymbolicLink(source.resolve("link"), Path.of("../er/bytes"));
    Files.createDirectory(source.resolve("empty"));
    change(filesystem ->
        new Upload(filesystem).tree("/opt", directory.resolve("source"), FileOwner.ROOT));
    isSound();
    assertThat(debugfs("stat /opt/deep/er/bytes"))
        .contains("Mode:  0751", "User:     0")
        .contains("mtime: 0x%08x".formatted(THEN.getEpochSecond()));
    assertThat(debugfs("stat /opt/deep/er/link")).contains("Fast link dest: \"../er/bytes\"");

    Path back = directory.resolve("back");
    assertThat(download("/opt", back, false)).isEmpty();
    Host.run(
        "diff", "-r", "--no-dereference", directory.resolve("source").toString(), back.toString());
    Path copied = back.resolve("deep/er/bytes");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(copied)))
        .startsWith("rwx");
    assertThat(Files.getLastModifiedTime(copied).toInstant()).isEqualTo(THEN);
  }

  @Test
  void nothingIsWrittenOutsideOfTheTargetWhateverTheGuestSays() throws Exception {
    Path outside = Files.createDirectory(directory.resolve("outside"));
    Path tree = Files.createDirectories(directory.resolve("hostile/d"));
    Files.createSymbolicLink(tree.resolve("absolute"), outside);
    Files.createSymbolicLink(tree.resolve("up"), Path.of("../../outside"));
    Files.createSymbolicLink(tree.resolve("within"), Path.of("./x"));
    Files.createSymbolicLink(tree.resolve("twisted"), Path.of("within/../../../outside"));
    Files.writeString(tree.resolve("x"), "x");
    image = directory.resolve("hostile.img");
    Host.run(
        "mke2fs",
        "-q",
        "-F",
        "-t",
        "ext3",
        "-d",
        directory.resolve("hostile").toString(),
        image.toString(),
        "16M");
    debugfs("cd /d", "mknod disk b 8 0", "mknod pipe p");
    Path target = Files.createDirectory(directory.resolve("target"));
    List<String> notes = download("/d", target.resolve("d"), false);
    assertThat(notes).hasSize(5).anyMatch(note -> note.startsWith("/d/disk"));
    assertThat(target.resolve("d/within")).isSymbolicLink();
    try (var files = Files.list(target.resolve("d"))) {
      assertThat(files.map(file -> String.valueOf(file.getFileName())))
          .containsExactlyInAnyOrder("x", "within");
    }

    // Links that an earlier guest left in the target are not followed either.
    Files.delete(target.resolve("d/x"));
    Files.createSymbolicLink(target.resolve("d/x"), outside.resolve("x"));
    fails(() -> download("/d", target.resolve("d"), false), ErrorCode.OUTPUT_EXISTS);
    download("/d", target.resolve("d"), true);
    assertThat(Files.isRegularFile(target.resolve("d/x"), LinkOption.NOFOLLOW_LINKS)).isTrue();
    Path trap = Files.createDirectory(directory.resolve("trap"));
    Files.createSymbolicLink(trap.resolve("d"), outside);
    fails(() -> download("/", trap, true), ErrorCode.OUTPUT_NOT_WRITABLE);
    assertThat(outside).isEmptyDirectory();
  }

  @ParameterizedTest
  @CsvSource({
    "a, 0, true", "../a, 0, false", "../a, 1, true", "../../a, 1, false", "/a, 5, false",
    "a/../b, 5, false", "./a, 0, true", ".., 0, false", "a/.., 3, false", "'..//..//x', 2, true"
  })
  void linksThatCouldLeadOutAreFoundByTheirText(String target, int depth, boolean inside) {
    assertThat(Download.staysInside(target, depth)).isEqualTo(inside);
  }

  @Test
  void aDirectoryThatHoldsItselfEndsTheWalk() throws Exception {
    debugfs("link /etc /etc/conf.d/again");
    fails(() -> read(filesystem -> ListedFile.tree(filesystem, "/")), ErrorCode.FILESYSTEM_DAMAGED);
  }

  @Test
  void namesThatAreNotUtf8CanBeReadAndRemoved() throws Exception {
    Path tree = Files.createDirectories(directory.resolve("latin"));
    Host.run("sh", "-c", "printf x > \"$1/$(printf 'caf\\351')\"", "sh", tree.toString());
    image = directory.resolve("latin.img");
    Host.run("mke2fs", "-q", "-F", "-t", "ext3", "-d", tree.toString(), image.toString(), "16M");
    assertThat(expand("/caf?")).containsExactly("/caf\udce9");
    change(filesystem -> {
      put(filesystem, "/caf\udce9", "y".getBytes(UTF_8));
      filesystem.createDirectory("/d\udcff", FileOwner.ROOT, 0755);
      filesystem.createSymbolicLink("/l\udcfe", "caf\udce9");
    });
    isSound();
    assertThat(debugfs("ls -p /")).contains("/d\ufffd/");
    byte[] linked = read(filesystem -> filesystem.read("/l\udcfe", 10));
    assertThat(linked).isEqualTo(new byte[] {'y'});
    change(filesystem -> Removal.remove(filesystem, "/caf\udce9", false));
    isSound();
  }

  @Test
  void aPartitionedDisksRootIsFoundAndChanged() throws Exception {
    Path disk = directory.resolve("disk.img");
    Host.run("truncate", "-s", "20M", disk.toString());
    Host.run("sh", "-c", "echo 'start=2048, type=83' | sfdisk -q \"$1\"", "sh", disk.toString());
    // A root is recognised by its content.
    change(filesystem -> {
      filesystem.createDirectory("/sbin", FileOwner.ROOT, 0755);
      put(filesystem, "/sbin/init", new byte[1]);
    });
    Path whole = image;
    Host.run("dd", "if=" + whole, "of=" + disk, "bs=1M", "seek=1", "conv=notrunc", "status=none");
    image = disk;
    change(filesystem -> put(filesystem, "/etc/a.conf", "in a partition\n".getBytes(UTF_8)));
    Host.run("dd", "if=" + disk, "of=" + whole, "bs=1M", "skip=1", "count=16", "status=none");
    image = whole;
    isSound();
    assertThat(content("/etc/a.conf")).isEqualTo("in a partition\n");
  }
}
