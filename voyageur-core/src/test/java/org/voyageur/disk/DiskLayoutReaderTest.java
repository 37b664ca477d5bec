package org.voyageur.disk;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.voyageur.disk.DiskLayout.FilesystemType;
import org.voyageur.disk.DiskLayout.Partition;
import org.voyageur.disk.DiskLayout.Partitioned;
import org.voyageur.disk.DiskLayout.TableType;
import org.voyageur.disk.DiskLayout.Tag;
import org.voyageur.disk.DiskLayout.Unrecognised;
import org.voyageur.disk.DiskLayout.WholeDisk;

/** {@code blkid} and {@code sfdisk} say what is right. */
class DiskLayoutReaderTest {
  private static final long MIB = 1 << 20;

  @TempDir Path directory;

  private Path disk(long mib) {
    Path path = directory.resolve("disk");
    RawFile.create(path, mib * MIB).close();
    return path;
  }

  private static DiskLayout read(Path path) {
    try (RawFile file = RawFile.open(path)) {
      return DiskLayoutReader.read(file);
    }
  }

  private static void overwrite(Path path, long offset, byte... bytes) {
    try (RawFile file = RawFile.openWritable(path)) {
      file.write(offset, ByteBuffer.wrap(bytes));
    }
  }

  private void sfdisk(Path path, String script) throws IOException {
    Devices.assumeProgram("sfdisk");
    Path input = Files.writeString(directory.resolve("script"), script);
    Devices.run("sh", "-c", "sfdisk -q --wipe=never " + path + " < " + input);
  }

  /** What blkid says of a file that holds a filesystem, in our words. */
  private static FilesystemType blkid(Path path) {
    String type = Devices.run("blkid", "-p", "-s", "TYPE", "-o", "value", path).strip();
    return switch (type) {
      case "ext2" -> FilesystemType.EXT2;
      case "ext3" -> FilesystemType.EXT3;
      case "ext4" -> FilesystemType.EXT4;
      case "xfs" -> FilesystemType.XFS;
      case "btrfs" -> FilesystemType.BTRFS;
      case "swap" -> FilesystemType.SWAP;
      case "LVM2_member" -> FilesystemType.LVM;
      case "crypto_LUKS" -> FilesystemType.LUKS;
      case "ntfs" -> FilesystemType.NTFS;
      case "vfat" -> FilesystemType.FAT;
      default -> throw new AssertionError("blkid says " + type);
    };
  }

  @ParameterizedTest
  @CsvSource({
    "EXT2, mke2fs -q -F -t ext2",
    "EXT3, mke2fs -q -F -t ext3 -I 128 -L /",
    "EXT4, mke2fs -q -F -t ext4 -L sixteen.bytes.is",
    "BTRFS, mkfs.btrfs -q -f -L home",
    "SWAP, mkswap -q -L SWAP-xvda2",
    "SWAP, mkswap -q -U clear",
    "FAT, mkfs.vfat -F 32 -n UEFI",
    "FAT, mkfs.vfat -F 16 -n BOOT",
    "XFS, mkfs.xfs -q -L staging",
    "EXT3, mke2fs -q -F -t ext3 -O ^dir_index -b 4096",
    "EXT4, mke2fs -q -F -t ext4",
    "EXT4, mke2fs -q -F -t ext4 -O ^has_journal",
    "BTRFS, mkfs.btrfs -q -f",
    "SWAP, mkswap -q",
    "SWAP, mkswap -q -p 65536",
    "LUKS, cryptsetup luksFormat -q --pbkdf pbkdf2 --pbkdf-force-iterations 1000 --key-file /etc/hostname",
    "NTFS, mkfs.ntfs -q -Q -F",
    "FAT, mkfs.vfat",
    "FAT, mkfs.vfat -F 32",
    "FAT, mkfs.vfat -F 12",
    "XFS, mkfs.xfs -q"
  })
  void namesAFilesystemAsBlkidDoes(FilesystemType type, String command) {
    String program =
        command.substring(0, command.indexOf(' ') < 0 ? command.length() : command.indexOf(' '));
    Devices.assumeProgram(program);
    Devices.assumeProgram("blkid");
    Path path = disk(type == FilesystemType.XFS ? 320 : 120);
    Devices.run("sh", "-c", command + " " + path);
    assertThat(blkid(path)).isEqualTo(type);
    assertThat(read(path)).isEqualTo(new WholeDisk(type));
    assertThat(names(path)).isEqualTo(isNamedInFstab(type) ? namesByBlkid(path) : Map.of());
  }

  private static boolean isNamedInFstab(FilesystemType type) {
    return switch (type) {
      case EXT2, EXT3, EXT4, XFS, BTRFS, SWAP, FAT -> true;
      case LVM, LUKS, NTFS, UNKNOWN -> false;
    };
  }

  private static Map<Tag, String> names(Path path) {
    try (RawFile file = RawFile.open(path)) {
      return FilesystemProbe.probe(file).names();
    }
  }

  private static Map<Tag, String> namesByBlkid(Path path) {
    Map<Tag, String> names = new EnumMap<>(Tag.class);
    for (Tag tag : List.of(Tag.LABEL, Tag.UUID)) {
      String name =
          Devices.run("sh", "-c", "blkid -p -o value -s " + tag + " " + path + " || true").strip();
      if (!name.isEmpty()) {
        names.put(tag, name);
      }
    }
    return names;
  }

  /** libblkid takes such a header for swap without a name. */
  @Test
  void namesOfASwapWithGarbageBehindItsHeaderAreNone() {
    Path path = disk(1);
    Devices.run("mkswap", "-q", "-L", "swap", path);
    assertThat(names(path)).hasSize(2);
    overwrite(path, 1068 + 128, (byte) 1);
    assertThat(blkid(path)).isEqualTo(FilesystemType.SWAP);
    assertThat(names(path)).isEqualTo(namesByBlkid(path)).isEmpty();
    overwrite(path, 1068 + 128, (byte) 0);
    overwrite(path, 4096 - 10, "SWAP-SPACE".getBytes(US_ASCII));
    assertThat(names(path)).isEmpty();
  }

  /** partx, of the same libblkid, tells what a table calls its partitions. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "label: dos;2048,4096;6144,4096;10240,,5;12288,4096",
        "label: dos;label-id: 0x00c0ffee;2048,4096",
        "label: gpt;start=2048, size=4096, name=home;start=6144, size=4096;start=10240, name=\"voil\u00e0 la\""
      })
  void readsThePartitionsNames(String script) throws IOException {
    Devices.assumeProgram("partx");
    Path path = disk(60);
    sfdisk(path, script.replace(';', '\n') + "\n");
    List<String> names =
        ((Partitioned) read(path))
            .partitions().stream()
                .map(partition ->
                    "%d %s %s"
                        .formatted(
                            partition.number(),
                            partition.names().getOrDefault(Tag.PARTUUID, ""),
                            new String(
                                partition
                                    .names()
                                    .getOrDefault(Tag.PARTLABEL, "")
                                    .getBytes(ISO_8859_1),
                                UTF_8)))
                .map(String::strip)
                .toList();
    List<String> byPartx =
        Devices.run("sh", "-c", "partx --show -g -o NR,UUID,NAME,TYPE " + path)
            .lines()
            .filter(line -> !line.stripTrailing().endsWith(" 0x5"))
            .map(line -> line.strip().replaceFirst("\\s+\\S+$", "").replaceAll(" {2,}", " "))
            .toList();
    assertThat(names).isEqualTo(byPartx).isNotEmpty();
  }

  @Test
  void aDiskWithoutASignatureHasPartitionsWithoutAName() throws IOException {
    Path path = disk(60);
    sfdisk(path, "label: dos\n2048,4096\n");
    overwrite(path, 440, new byte[4]);
    assertThat(((Partitioned) read(path)).partitions().getFirst().names()).isEmpty();
  }

  @Test
  void namesAnLvmVolume() {
    Path path = disk(1);
    // lvm2's lib/format_text/layout.h: label in sector 1, with its own checksum.
    byte[] label = new byte[512];
    ByteBuffer.wrap(label)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put("LABELONE".getBytes(US_ASCII))
        .putLong(1)
        .putInt(0)
        .putInt(32)
        .put("LVM2 001".getBytes(US_ASCII));
    overwrite(path, 512, label);
    assertThat(read(path)).isEqualTo(new WholeDisk(FilesystemType.LVM));
  }

  @Test
  void takesAConvertedImageForTheFilesystemThatItIs() {
    Path path = disk(20);
    Devices.run("mke2fs", "-q", "-F", "-t", "ext3", path);
    // Boot code with four empty entries, the first with the indicator that keeps parsers away.
    overwrite(path, 446, (byte) 0x7f);
    overwrite(path, 510, (byte) 0x55, (byte) 0xaa);
    assertThat(read(path)).isEqualTo(new WholeDisk(FilesystemType.EXT3));
    overwrite(path, 446, (byte) 0);
    assertThat(read(path)).isEqualTo(new WholeDisk(FilesystemType.EXT3));
  }

  @Test
  void takesBootCodeInTheTablesPlaceForNoTable() {
    Path path = disk(20);
    Devices.run("mke2fs", "-q", "-F", "-t", "ext3", path);
    byte[] code = new byte[512];
    for (int seed = 0; seed < 500; seed++) {
      new Random(seed).nextBytes(code);
      code[510] = 0x55;
      code[511] = (byte) 0xaa;
      overwrite(path, 0, code);
      assertThat(read(path)).isEqualTo(new WholeDisk(FilesystemType.EXT3));
    }
  }

  @Test
  void readsAnMbrWithLogicalPartitions() throws IOException {
    Path path = disk(120);
    sfdisk(
        path,
        """
        label: dos
        start=2048, size=40960, type=83, bootable
        start=43008, size=40960, type=82
        start=83968, type=5
        start=86016, size=40960, type=83
        start=129024, size=20480, type=83
        start=151552, type=83
        """);
    Path filesystem = directory.resolve("fs");
    RawFile.create(filesystem, 10 * MIB).close();
    Devices.run("mke2fs", "-q", "-F", "-t", "ext3", filesystem);
    byte[] ext3 = Files.readAllBytes(filesystem);
    overwrite(path, 2048 * 512, ext3);
    overwrite(path, 129024 * 512, ext3);
    Partitioned table = (Partitioned) read(path);
    assertThat(table.table()).isEqualTo(TableType.MBR);
    assertThat(unnamed(table))
        .containsExactly(
            partition(1, 2048, 40960, true, FilesystemType.EXT3),
            partition(2, 43008, 40960, false, FilesystemType.UNKNOWN),
            partition(5, 86016, 40960, false, FilesystemType.UNKNOWN),
            partition(6, 129024, 20480, false, FilesystemType.EXT3),
            partition(7, 151552, 120 * 2048 - 151552, false, FilesystemType.UNKNOWN));
    assertThat(unnamed(table)).isEqualTo(bySfdisk(path, table));
  }

  @Test
  void readsAGptAndItsCopy() throws IOException {
    Path path = disk(60);
    sfdisk(
        path,
        """
        label: gpt
        1: start=2048, size=20480, type=L
        4: start=43008, type=S
        """);
    Partitioned table = (Partitioned) read(path);
    assertThat(table.table()).isEqualTo(TableType.GPT);
    assertThat(unnamed(table).getFirst())
        .isEqualTo(partition(1, 2048, 20480, false, FilesystemType.UNKNOWN));
    assertThat(table.partitions().getLast().number()).isEqualTo(4);
    assertThat(unnamed(table)).isEqualTo(bySfdisk(path, table));

    overwrite(path, 512 + 40, (byte) 0x77); // the header's checksum is wrong now
    Partitioned byItsCopy = (Partitioned) read(path);
    assertThat(byItsCopy.partitions()).isEqualTo(table.partitions());
    assertThat(byItsCopy.problem()).get().asString().contains("first copy is damaged");
    overwrite(path, 60 * MIB - 512, new byte[512]);
    // What is left is the protective entry, of no known content.
    assertThat(read(path)).isNotEqualTo(table);
  }

  private static List<Partition> unnamed(Partitioned table) {
    return table.partitions().stream()
        .map(p -> new Partition(p.number(), p.extent(), p.active(), p.type()))
        .toList();
  }

  private static Partition partition(
      int number, long start, long sectors, boolean active, FilesystemType type) {
    return new Partition(number, new Extent(start * 512, sectors * 512), active, type);
  }

  /** The same partitions as sfdisk lists them; the types are ours. */
  private static List<Partition> bySfdisk(Path path, Partitioned table) {
    List<Partition> partitions = new ArrayList<>();
    for (String line : Devices.run("sfdisk", "-d", path).lines().toList()) {
      if (!line.startsWith(path.toString()) || line.contains("type=5")) {
        continue;
      }
      int number = Integer.parseInt(line.substring(path.toString().length(), line.indexOf(' ')));
      long start = number(line, "start=");
      long size = number(line, "size=");
      FilesystemType type =
          table.partitions().stream()
              .filter(partition -> partition.number() == number)
              .findFirst()
              .orElseThrow()
              .type();
      partitions.add(partition(number, start, size, line.contains("bootable"), type));
    }
    return partitions;
  }

  private static long number(String line, String key) {
    String rest = line.substring(line.indexOf(key) + key.length()).strip();
    return Long.parseLong(rest.substring(0, rest.indexOf(',')));
  }

  @Test
  void goesByTheTableWhereAnOldSuperblockLiesBeforeTheFirstPartition() throws IOException {
    Path path = disk(60);
    Devices.run("mke2fs", "-q", "-F", "-t", "ext3", path);
    sfdisk(path, "label: dos\nstart=2048, size=40960, type=83\n");
    assertThat(read(path)).isEqualTo(new WholeDisk(FilesystemType.EXT3));
    Path filesystem = directory.resolve("fs");
    RawFile.create(filesystem, 10 * MIB).close();
    Devices.run("mke2fs", "-q", "-F", "-t", "ext4", filesystem);
    overwrite(path, 2048 * 512, Files.readAllBytes(filesystem));
    assertThat(unnamed((Partitioned) read(path)))
        .containsExactly(partition(1, 2048, 40960, false, FilesystemType.EXT4));
  }

  @Test
  void cutsPartitionsOffWhereTheDiskEnds() throws IOException {
    Path path = disk(60);
    sfdisk(path, "label: dos\nstart=2048, size=40960, type=83\nstart=65536, size=40960, type=83\n");
    try (RawFile file = RawFile.openWritable(path)) {
      file.resize(10 * MIB);
    }
    assertThat(unnamed((Partitioned) read(path)))
        .containsExactly(partition(1, 2048, 20480 - 2048, false, FilesystemType.UNKNOWN));
  }

  @Test
  void endsWhereLogicalPartitionsLoop() throws IOException {
    Path path = disk(60);
    sfdisk(
        path,
        "label: dos\nstart=2048, type=5\nstart=4096, size=2048, type=83\nstart=8192, size=2048,"
            + " type=83\n");
    byte[] table;
    try (RawFile file = RawFile.open(path)) {
      table = file.read(2048 * 512, 512);
    }
    ByteBuffer.wrap(table).order(ByteOrder.LITTLE_ENDIAN).putInt(446 + 16 + 8, 0);
    overwrite(path, 2048 * 512, table);
    assertThat(((Partitioned) read(path)).partitions())
        .extracting(Partition::number)
        .doesNotContain(6);
  }

  @Test
  void saysWhatItSawWhereItKnowsNothing() {
    Path path = disk(1);
    assertThat(read(path)).isEqualTo(new Unrecognised("the first sector is empty"));
    overwrite(path, 0, (byte) 0x7f, (byte) 'E', (byte) 'L', (byte) 'F');
    assertThat(((Unrecognised) read(path)).description()).contains("7f 45 4c 46");
  }

  @Test
  void anArrayOfEntriesThatIsLongerThanTheDiskIsNoTable() {
    byte[] disk = new byte[4 * 512];
    byte[] header = gptHeader(1, 0, 17, 128);
    System.arraycopy(header, 0, disk, 512, 512);
    assertThat(DiskLayoutReader.read(new MemoryDevice(disk, false)))
        .isInstanceOf(Unrecognised.class);
  }

  @Property(tries = 2000)
  void anyBytesAreReadToAnEnd(@ForAll("disks") byte[] disk) {
    assertThat(DiskLayoutReader.read(new MemoryDevice(disk, false))).isNotNull();
  }

  /** Noise with signatures in it, so that it gets past the first check. */
  @Provide
  Arbitrary<byte[]> disks() {
    return Arbitraries.longs()
        .map(seed -> {
          Random random = new Random(seed);
          byte[] disk = new byte[random.nextInt(100) * 512 + random.nextInt(3)];
          for (int at = 0; at + 512 <= disk.length; at += 512) {
            if (random.nextInt(3) == 0) {
              continue;
            }
            byte[] sector = new byte[512];
            random.nextBytes(sector);
            for (int entry = 446; entry < 510; entry += 16) {
              sector[entry] = (byte) (random.nextBoolean() ? 0x80 : 0);
              sector[entry + 4] = (byte) (random.nextBoolean() ? 5 : 0x83);
              ByteBuffer.wrap(sector)
                  .order(ByteOrder.LITTLE_ENDIAN)
                  .putInt(entry + 8, random.nextInt(100))
                  .putInt(entry + 12, random.nextInt(20) - 1);
            }
            sector[510] = 0x55;
            sector[511] = (byte) 0xaa;
            if (random.nextInt(5) == 0) {
              sector = gptHeader(random, at / 512);
            }
            System.arraycopy(sector, 0, disk, at, 512);
          }
          return disk;
        });
  }

  private static byte[] gptHeader(Random random, int sector) {
    return gptHeader(
        sector,
        random.nextInt(4) == 0 ? random.nextLong() : random.nextInt(50),
        random.nextInt(4) == 0 ? random.nextInt() : random.nextInt(20),
        random.nextInt(4) == 0 ? random.nextInt() : 128);
  }

  private static byte[] gptHeader(int sector, long entries, int count, int entrySize) {
    ByteBuffer header = ByteBuffer.allocate(512).order(ByteOrder.LITTLE_ENDIAN);
    header.put("EFI PART".getBytes(US_ASCII));
    header.putInt(12, 92).putLong(24, sector);
    header.putLong(72, entries).putInt(80, count).putInt(84, entrySize);
    java.util.zip.CRC32 crc = new java.util.zip.CRC32();
    crc.update(header.array(), 0, 92);
    header.putInt(16, (int) crc.getValue());
    return header.array();
  }
}
