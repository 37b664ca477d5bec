package org.voyageur.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.voyageur.error.VoyageurException;
import org.voyageur.process.HostProgram;
import org.voyageur.testkit.FilesystemDiff.Aspect;

class FilesystemDiffTest {
  private static final String LONG = "/somewhere".repeat(8);

  @TempDir Path directory;
  private Path before;
  private Path after;

  @BeforeEach
  void twoImagesThatAreAlike() throws IOException {
    Path tree = Files.createDirectories(directory.resolve("tree"));
    Files.createDirectories(tree.resolve("etc/deep"));
    Files.writeString(tree.resolve("etc/deep/file"), "content\n");
    Files.createSymbolicLink(tree.resolve("etc/short"), Path.of("deep/file"));
    Files.createSymbolicLink(tree.resolve("etc/long"), Path.of(LONG));
    before = directory.resolve("before.img");
    Tool.run(
        new HostProgram("mke2fs", "e2fsprogs"),
        directory,
        List.of("-qtext3", "-I128", "-d", tree.toString(), before.toString(), "4m"));
    Debugfs.write(before, List.of("ea_set /etc/deep/file user.note one"));
    after = directory.resolve("after.img");
    Files.copy(before, after);
  }

  @Test
  void imagesThatAreAlikeDoNotDiffer() {
    assertThat(FilesystemDiff.between(before, after)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "sif /etc/deep/file mode 0100600, /etc/deep/file, MODE",
    "sif /etc/deep mode 0040700, /etc/deep, MODE",
    "sif /etc/deep/file uid 70000, /etc/deep/file, OWNER",
    "sif /etc/short gid 5, /etc/short, OWNER",
    "ea_set /etc/deep/file user.note two, /etc/deep/file, ATTRIBUTES",
    "ea_rm /etc/deep/file user.note, /etc/deep/file, ATTRIBUTES",
    "ea_set /etc/deep user.more 1, /etc/deep, ATTRIBUTES",
    "zap_block -f /etc/deep/file -p 0x41 0, /etc/deep/file, CONTENT",
    "zap_block -f /etc/long -p 0x41 0, /etc/long, CONTENT",
    "set_inode_field /etc/short block[0] 0x65656466, /etc/short, CONTENT",
    "rm /etc/short, /etc/short, REMOVED",
    "mkdir /etc/new, /etc/new, ADDED"
  })
  void oneChangeIsOneDifference(String command, String path, Aspect aspect) {
    Debugfs.write(after, List.of(command));
    assertThat(FilesystemDiff.between(before, after)).isEqualTo(Map.of(path, Set.of(aspect)));
  }

  @Test
  void aFileThatWasWrittenAnewIsAnotherInode() throws IOException {
    Path again = Files.writeString(directory.resolve("again"), "content\n");
    Debugfs.write(
        after,
        List.of(
            "mkdir /in-the-way",
            "rm /etc/deep/file",
            "mkdir /in-the-way/too",
            "write " + again + " /etc/deep/file"));
    assertThat(FilesystemDiff.between(before, after).get("/etc/deep/file"))
        .contains(Aspect.INODE, Aspect.ATTRIBUTES)
        .doesNotContain(Aspect.CONTENT);
  }

  @Test
  void aCommandThatFailsIsNotPassedOver() {
    assertThatThrownBy(() -> Debugfs.read(after, List.of("stat /etc", "stat /nowhere")))
        .isInstanceOf(VoyageurException.class)
        .hasMessageContaining("/nowhere");
  }
}
