package org.voyageur.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.voyageur.testkit.GuestBuilder;
import org.voyageur.testkit.StandIn;

/** Copies on a btrfs, where they share the source's blocks. Mounting one needs root. */
class ReflinkIT {
  private static final long MIB = 1 << 20;

  @TempDir private Path directory;
  private Path mount;
  private Path guest;
  private boolean mounted;

  @BeforeEach
  void mountOne() throws Exception {
    mount = Files.createDirectory(directory.resolve("mount"));
    ChildProcess.Result result =
        ChildProcess.run(
            directory,
            List.of(
                "sh",
                "-c",
                "truncate -s 1G btrfs && /sbin/mkfs.btrfs -q btrfs && mount -o loop btrfs mount"));
    assumeTrue(result.exitCode() == 0, "skipped: no btrfs can be mounted here: " + result.err());
    mounted = true;
    guest = mount.resolve("guest.img");
    GuestBuilder.build(StandIn.scientific6(), guest, 512 * MIB);
  }

  @AfterEach
  void unmountIt() throws Exception {
    if (mounted) {
      ChildProcess.tool(directory, "umount", "mount");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"keep", "partition"})
  void aCopyTakesNoRoomThereAndIsMadeWhereThereIsNone(String layout) throws Exception {
    long before = used();
    assertThat(before).isGreaterThan(40 * MIB);
    // Fills the disk but for some 20 MiB.
    ChildProcess.tool(
        directory,
        "sh",
        "-c",
        "head -c $(($(df -B1 --output=avail mount | tail -n 1) - 20000000)) /dev/urandom >mount/f");
    long filled = used();
    Path out = mount.resolve("out.raw");
    ChildProcess.Result result =
        ChildProcess.run(
            directory,
            ChildProcess.voyageur(
                "convert",
                guest.toString(),
                "--to=dual-boot",
                "--layout=" + layout,
                "-o",
                out.toString()));
    assertThat(result.exitCode()).as(result.toString()).isZero();
    assertThat(used() - filled).isLessThan(8 * MIB);
    ChildProcess.tool(directory, "cp", "--sparse=always", out.toString(), "copy.raw");
    long place = layout.equals("keep") ? 0 : MIB;
    ChildProcess.tool(directory, "e2fsck", "-fn", "copy.raw?offset=" + place);
  }

  private long used() throws Exception {
    ChildProcess.tool(directory, "sync", "-f", "mount");
    String table = ChildProcess.tool(directory, "df", "-B1", "--output=used", "mount");
    return Long.parseLong(table.lines().toList().getLast().strip());
  }
}
