package org.voyageur.convert;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.voyageur.disk.DiskImage;
import org.voyageur.disk.Extent;
import org.voyageur.disk.ImageFormat;
import org.voyageur.disk.PartitionTable;
import org.voyageur.disk.RawFile;
import org.voyageur.process.HostProgram;
import org.voyageur.progress.ProgressListener;

/** What is known of a boot under Xen before it. */
class XenOutlookTest {
  private static final int SIZE = 8 << 20;

  @TempDir Path directory;

  /** xl's "xvda1" for a disk without partitions is as common as its "xvda". */
  @ParameterizedTest
  @CsvSource({
    "/dev/xvda, false, xvda",
    "/dev/xvda1, false, xvda1",
    "/dev/xvde1, false, xvde1",
    "LABEL=/, false, xvda",
    "/dev/xvda1, true, xvda",
    "/dev/xvde2, true, xvde"
  })
  void theDiskIsAttachedAsItsRootIsCalled(String root, boolean partitioned, String disk)
      throws Exception {
    Path image = guest(root, partitioned);
    try (DiskImage source =
        DiskImage.open(image, Optional.of(ImageFormat.RAW), directory, ProgressListener.none())) {
      XenOutlook outlook = XenOutlook.of(source, directory, ProgressListener.none());
      assertThat(outlook.pygrub()).as(outlook.toString()).isPresent();
      assertThat(outlook.disk()).isEqualTo(disk);
    }
  }

  private Path guest(String root, boolean partitioned) throws Exception {
    HostProgram mke2fs = new HostProgram("mke2fs", "e2fsprogs");
    Assumptions.assumeTrue(mke2fs.find().isPresent(), "this host has no mke2fs");
    Path tree = directory.resolve("tree");
    for (Map.Entry<String, String> file :
        Map.of(
                "etc/redhat-release", "Scientific Linux release 6.5 (Carbon)\n",
                "etc/fstab", root + " / ext3 defaults 1 1\n",
                "bin/sh", "",
                "boot/vmlinuz-2.6.32", "a kernel",
                "boot/grub/menu.lst", "title a\nkernel /boot/vmlinuz-2.6.32 ro root=" + root + "\n")
            .entrySet()) {
      Path path = tree.resolve(file.getKey());
      Files.createDirectories(path.getParent());
      Files.writeString(path, file.getValue());
    }
    Path filesystem = directory.resolve("filesystem.img");
    HostProgram.Result made =
        mke2fs.run(
            Duration.ofMinutes(1),
            List.of("-q", "-t", "ext3", "-d", tree.toString(), filesystem.toString(), "8M"));
    assertThat(made.exitCode()).as(made.output()).isZero();
    if (!partitioned) {
      return filesystem;
    }
    Path image = directory.resolve("disk.img");
    try (RawFile disk = RawFile.create(image, PartitionTable.FIRST_OFFSET + SIZE)) {
      disk.write(PartitionTable.FIRST_OFFSET, ByteBuffer.wrap(Files.readAllBytes(filesystem)));
      PartitionTable.createMbr(disk, new Extent(PartitionTable.FIRST_OFFSET, SIZE), 1);
    }
    return image;
  }
}
