package org.voyageur.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.voyageur.Host;
import org.voyageur.disk.BlockDevice;
import org.voyageur.disk.RawFile;
import org.voyageur.disk.ScratchDisk;
import org.voyageur.filesystem.ExtFilesystem;

/** Against the real PyGrub of Xen 4.17, on disks with filesystems at several places. */
class PyGrubDiskTest {
  private static final String PYGRUB = "/usr/lib/xen-4.17/bin/pygrub";
  private static final int SECTOR = 512;
  private static final int SIZE = 4 << 20;

  /** Where filesystems lie, each with its place in its kernel's arguments. */
  private static final List<Long> PLACES = List.of(0L, 1L << 20, 2L << 20);

  @TempDir private Path directory;
  private Path image;

  @BeforeEach
  void aDiskWithThreeFilesystems() throws Exception {
    assumeTrue(Files.isExecutable(Path.of(PYGRUB)), "no " + PYGRUB + ": xen-utils-4.17 is missing");
    image = directory.resolve("disk.img");
    for (long place : PLACES) {
      Path tree = directory.resolve("tree" + place);
      new MemoryFilesystem()
          .file("/k", "kernel")
          .file("/boot/grub/menu.lst", "title a\nkernel /k at=" + place + "\n")
          .copyTo(Files.createDirectories(tree));
      // The first ends where the second begins.
      Host.run(
          "mke2fs",
          "-q",
          "-F",
          "-t",
          "ext2",
          "-b",
          "1024",
          "-E",
          "offset=" + place,
          "-d",
          tree.toString(),
          image.toString(),
          "1000");
    }
    try (FileChannel disk = FileChannel.open(image, StandardOpenOption.WRITE)) {
      disk.write(ByteBuffer.allocate(1), SIZE - 1);
    }
  }

  /** Partition tables put together at random from entries that occur. */
  @Test
  void findsTheFilesystemThatPyGrubFinds() throws Exception {
    Map<String, Integer> answers = new TreeMap<>();
    for (int round = 0; round < 60; round++) {
      Random random = new Random(round);
      byte[] table = new byte[SECTOR];
      ByteBuffer sector = ByteBuffer.wrap(table).order(ByteOrder.LITTLE_ENDIAN);
      for (int at = 446; at < 510; at += 16) {
        sector.put(at, List.of((byte) 0, (byte) 0x80, (byte) 0x7f).get(random.nextInt(3)));
        sector.put(
            at + 4,
            List.of((byte) 0x83, (byte) 0x83, (byte) 0x82, (byte) 0, (byte) 5, (byte) 0xbf)
                .get(random.nextInt(6)));
        sector.putInt(at + 8, List.of(0, 0, 2048, 4096, 77).get(random.nextInt(5)));
      }
      sector.putShort(510, random.nextInt(8) == 0 ? 0 : (short) 0xAA55);
      write(0, table);
      String real = real();
      assertThat(model()).as("round " + round).isEqualTo(real);
      answers.merge(real, 1, Integer::sum);
    }
    assertThat(answers.keySet()).contains("at=0", "at=1048576", "at=2097152");
  }

  @Test
  void findsTheFilesystemThatPyGrubFindsByAGpt() throws Exception {
    byte[] mbr = new byte[SECTOR];
    mbr[446 + 4] = (byte) 0xee;
    mbr[446 + 8] = 1;
    mbr[510] = 0x55;
    mbr[511] = (byte) 0xaa;
    write(0, mbr);
    byte[] header = new byte[SECTOR];
    ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN).putInt(80, 4).putInt(84, 128);
    write(SECTOR, header);
    byte[] entries = new byte[SECTOR];
    ByteBuffer.wrap(entries).order(ByteOrder.LITTLE_ENDIAN).putLong(32, 77).putLong(160, 4096);
    write(2 * SECTOR, entries);
    assertThat(real()).isEqualTo("at=2097152");
    assertThat(model()).isEqualTo("at=2097152");
  }

  private void write(long offset, byte[] bytes) throws IOException {
    try (FileChannel disk = FileChannel.open(image, StandardOpenOption.WRITE)) {
      disk.write(ByteBuffer.wrap(bytes), offset);
    }
  }

  /** Menus without entries, without the kernel that they name, and none, at each place in turn. */
  @Test
  void passesOverWhatHasNoEntryAndEndsAtOneWithoutItsKernel() throws Exception {
    byte[] table = new byte[SECTOR];
    ByteBuffer sector = ByteBuffer.wrap(table).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < 2; i++) {
      sector.put(446 + 16 * i + 4, (byte) 0x83).putInt(446 + 16 * i + 8, 2048 * (i + 1));
    }
    sector.putShort(510, (short) 0xAA55);
    write(0, table);
    Map<String, Integer> answers = new TreeMap<>();
    for (String first : List.of("menu.lst", "empty", "no kernel", "none")) {
      for (String second : List.of("menu.lst", "empty", "no kernel", "none")) {
        menu(1L << 20, first);
        menu(2L << 20, second);
        String real = real();
        assertThat(model()).as(first + ", " + second).isEqualTo(real);
        answers.merge(real, 1, Integer::sum);
      }
    }
    assertThat(answers).isEqualTo(Map.of("at=1048576", 4, "at=2097152", 2, "nothing", 10));
  }

  private void menu(long place, String kind) throws Exception {
    String menu = "/boot/grub/menu.lst";
    Path text = directory.resolve("menu");
    Files.writeString(
        text,
        switch (kind) {
          case "empty" -> "timeout=1\n";
          case "no kernel" -> "title a\nkernel /none at=none\n";
          default -> "title a\nkernel /k at=" + place + "\n";
        });
    List<String> commands = new ArrayList<>(List.of("rm " + menu));
    if (!kind.equals("none")) {
      commands.add("write " + text + " " + menu);
    }
    Path script = Files.write(directory.resolve("commands"), commands);
    Host.run("debugfs", "-w", "-f", script.toString(), image + "?offset=" + place);
  }

  @Test
  void aCopyOfWhatItReadsIsAsGoodAsTheDisk() throws Exception {
    byte[] table = new byte[SECTOR];
    ByteBuffer.wrap(table)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put(446 + 4, (byte) 0x83)
        .putInt(446 + 8, 4096)
        .putShort(510, (short) 0xAA55);
    write(0, table);
    try (BlockDevice disk = RawFile.open(image);
        ScratchDisk copy = PyGrubDisk.copy(disk, directory)) {
      assertThat(real(copy.path())).isEqualTo("at=2097152").isEqualTo(real());
      assertThat(copy.device().size()).isEqualTo(SIZE);
    }
  }

  private String model() {
    try (BlockDevice disk = RawFile.open(image);
        ExtFilesystem one = ExtFilesystem.openAsFound(PyGrubDisk.at(disk, 1L << 20))) {
      return switch (PyGrubDisk.latest(disk, 1L << 20, one).answer()) {
        case PyGrubAnswer.Starts(XenBoot boot) -> boot.arguments();
        case PyGrubAnswer.Fails _ -> "nothing";
      };
    }
  }

  private String real() throws Exception {
    return real(image);
  }

  private static String real(Path disk) throws Exception {
    List<String> command =
        new ArrayList<>(List.of(PYGRUB, "-q", "-n", "--output-format=simple", disk.toString()));
    return Host.output(command.toArray(String[]::new))
        .lines()
        .filter(line -> line.startsWith("args "))
        .map(line -> line.substring("args ".length()))
        .findFirst()
        .orElse("nothing");
  }
}
