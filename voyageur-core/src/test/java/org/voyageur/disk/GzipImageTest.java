package org.voyageur.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.progress.ProgressEvent;
import org.voyageur.progress.ProgressListener;

class GzipImageTest {
  enum Implementation {
    ZLIB,
    ISAL;

    Gunzip make() {
      return this == ZLIB ? new ZlibGunzip() : new IsalGunzip();
    }
  }

  @TempDir Path directory;

  private int sinkSize = 3_000_000;
  private final byte[] disk = Devices.disk(1_300_000);

  private byte[] inflate(Implementation implementation, byte[] gzip) throws IOException {
    Devices.assume(
        implementation == Implementation.ZLIB || IsalGunzip.isAvailable(),
        "this host has no libisal.so.2");
    Path path = Files.write(directory.resolve("disk.gz"), gzip);
    MemoryDevice sink = new MemoryDevice(new byte[sinkSize], true);
    long size = GzipImage.inflate(path, sink, ProgressListener.none(), implementation::make);
    return sink.read(0, Math.toIntExact(size));
  }

  private static byte[] gzip(byte[] data) {
    return gzip(data, Deflater.DEFAULT_COMPRESSION);
  }

  private static byte[] gzip(byte[] data, int level) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream out =
        new GZIPOutputStream(bytes) {
          {
            def.setLevel(level);
          }
        }) {
      out.write(data);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return bytes.toByteArray();
  }

  private static byte[] join(byte[]... parts) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      bytes.writeBytes(part);
    }
    return bytes.toByteArray();
  }

  private void assertRefused(Implementation implementation, byte[] gzip, ErrorCode code) {
    assertThatThrownBy(() -> inflate(implementation, gzip))
        .isInstanceOfSatisfying(VoyageurException.class, e -> assertThat(e.code()).isEqualTo(code));
  }

  @ParameterizedTest
  @EnumSource
  void givesTheDiskBack(Implementation implementation) throws IOException {
    for (int level : new int[] {0, 1, 6, 9}) {
      assertThat(inflate(implementation, gzip(disk, level))).isEqualTo(disk);
    }
  }

  @ParameterizedTest
  @EnumSource
  void readsWhatGzipWritesWithANameInTheHeader(Implementation implementation) throws IOException {
    Path raw = Files.write(directory.resolve("disk"), disk);
    Devices.run("gzip", "-k", "--name", raw);
    assertThat(inflate(implementation, Files.readAllBytes(directory.resolve("disk.gz"))))
        .isEqualTo(disk);
  }

  @ParameterizedTest
  @EnumSource
  void readsEveryHeaderField(Implementation implementation) throws IOException {
    byte[] plain = gzip(disk);
    // FHCRC, FEXTRA, FNAME, FCOMMENT
    byte[] header =
        join(
            new byte[] {0x1f, (byte) 0x8b, 8, 2 + 4 + 8 + 16, 1, 2, 3, 4, 0, 3},
            new byte[] {5, 0, 'a', 'b', 1, 0, 'x'},
            "name\0comment\0".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
    java.util.zip.CRC32 crc = new java.util.zip.CRC32();
    crc.update(header);
    byte[] sum = {(byte) crc.getValue(), (byte) (crc.getValue() >> 8)};
    byte[] rest = Arrays.copyOfRange(plain, 10, plain.length);
    assertThat(inflate(implementation, join(header, sum, rest))).isEqualTo(disk);

    sum[0]++;
    assertRefused(implementation, join(header, sum, rest), ErrorCode.IMAGE_CORRUPT);
  }

  @ParameterizedTest
  @EnumSource
  void joinsMembersAtAnyPlace(Implementation implementation) throws IOException {
    Random random = new Random(3);
    for (int i = 0; i < 20; i++) {
      List<byte[]> members = new ArrayList<>();
      int at = 0;
      while (at < disk.length) {
        int length = Math.min(disk.length - at, random.nextInt(i < 10 ? 1_200_000 : 100_000));
        members.add(gzip(Arrays.copyOfRange(disk, at, at + length), random.nextInt(10)));
        at += length;
      }
      assertThat(inflate(implementation, join(members.toArray(byte[][]::new)))).isEqualTo(disk);
    }
  }

  @ParameterizedTest
  @EnumSource
  void ignoresZerosBehindTheEndAndNothingElse(Implementation implementation) throws IOException {
    byte[] gzip = gzip(disk);
    assertThat(inflate(implementation, join(gzip, new byte[1]))).isEqualTo(disk);
    assertThat(inflate(implementation, join(gzip, new byte[700_000]))).isEqualTo(disk);
    assertRefused(implementation, join(gzip, new byte[] {1}), ErrorCode.IMAGE_CORRUPT);
    assertRefused(
        implementation, join(gzip, new byte[700_000], new byte[] {1}), ErrorCode.IMAGE_CORRUPT);
    assertRefused(implementation, join(gzip, new byte[1], gzip), ErrorCode.IMAGE_CORRUPT);
    assertRefused(
        implementation, join(gzip, new byte[] {0x1f, 0x20}, new byte[20]), ErrorCode.IMAGE_CORRUPT);
    assertRefused(implementation, join(gzip, new byte[] {0x1f}), ErrorCode.IMAGE_CUT_OFF);
  }

  /** Data and long zeros, as on a disk, at places that fit no block. */
  private static byte[] sparseDisk(Random random, int size) {
    byte[] disk = new byte[size];
    int at = 0;
    while (at < size) {
      int length = Math.min(size - at, 1 + random.nextInt(300_000));
      byte[] data = new byte[length];
      random.nextBytes(data);
      System.arraycopy(data, 0, disk, at, length);
      at += length + 1 + random.nextInt(12_000_000);
    }
    return disk;
  }

  @ParameterizedTest
  @EnumSource
  void passesOverZerosAsIfItInflatedThem(Implementation implementation) throws IOException {
    sinkSize = 70_000_000;
    Random random = new Random(6);
    for (int i = 0; i < 3; i++) {
      byte[] sparse = sparseDisk(random, 40_000_000);
      Path raw = Files.write(directory.resolve("sparse"), sparse);
      Devices.run("gzip", "-kf", "-" + (1 + random.nextInt(9)), raw);
      byte[] once = Files.readAllBytes(directory.resolve("sparse.gz"));
      assertThat(inflate(implementation, once)).isEqualTo(sparse);
      assertThat(inflate(implementation, gzip(sparse))).isEqualTo(sparse);
      assertThat(inflate(implementation, gzipInBlocks(sparse))).isEqualTo(sparse);
    }
  }

  /** As pigz does: each block is deflated for itself, and ends at a byte. */
  private static byte[] gzipInBlocks(byte[] data) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(bytes, true)) {
      for (int at = 0; at < data.length; at += 1 << 17) {
        out.write(data, at, Math.min(1 << 17, data.length - at));
        out.flush();
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return bytes.toByteArray();
  }

  @Test
  void doesPassOverThem() throws IOException {
    Devices.assume(IsalGunzip.isAvailable(), "this host has no libisal.so.2");
    assertThat(inflated(gzip(new byte[60_000_000]))).isLessThan(6_000_000);
    assertThat(inflated(gzipInBlocks(new byte[60_000_000]))).isLessThan(6_000_000);
  }

  /** How many of the bytes are inflated indeed. */
  private static long inflated(byte[] gzip) throws IOException {
    long passed = 0;
    long inflated = 0;
    try (Gunzip members = new IsalGunzip()) {
      GzipInput in = new GzipInput(Channels.newChannel(new ByteArrayInputStream(gzip)), 1 << 18);
      ByteBuffer out = ByteBuffer.allocateDirect(1 << 20);
      boolean more = true;
      while (more) {
        switch (members.inflate(in, out.clear())) {
          case Gunzip.Stop.Full() -> {}
          case Gunzip.Stop.Zeros(long count) -> passed += count;
          case Gunzip.Stop.MemberEnd() -> more = false;
        }
        inflated += out.position();
      }
    }
    assertThat(passed + inflated).isEqualTo(60_000_000);
    return inflated;
  }

  @ParameterizedTest
  @EnumSource
  void findsDamageInLongZeros(Implementation implementation) throws IOException {
    sinkSize = 70_000_000;
    byte[] sparse = sparseDisk(new Random(7), 20_000_000);
    byte[] gzip = gzip(sparse);
    Random random = new Random(8);
    Repetition run = Repetition.first(ByteBuffer.wrap(gzip), 0).orElseThrow();
    int refused = 0;
    for (int i = 0; i < 20; i++) {
      byte[] damaged = gzip.clone();
      damaged[run.start() + random.nextInt(run.end() - run.start())] ^=
          (byte) (1 << random.nextInt(8));
      try {
        // Another distance into zeros gives zeros too.
        assertThat(inflate(implementation, damaged)).isEqualTo(sparse);
      } catch (VoyageurException e) {
        assertThat(e.code()).isIn(ErrorCode.IMAGE_CORRUPT, ErrorCode.IMAGE_CUT_OFF);
        refused++;
      }
      byte[] longer = new byte[gzip.length + 1];
      System.arraycopy(gzip, 0, longer, 0, run.end());
      System.arraycopy(gzip, run.end() - 1, longer, run.end(), gzip.length - run.end() + 1);
      assertRefused(implementation, longer, ErrorCode.IMAGE_CORRUPT);
    }
    assertThat(refused).isGreaterThan(5);
  }

  @ParameterizedTest
  @EnumSource
  void neverTakesACutOffFileForAWholeOne(Implementation implementation) {
    byte[] small = Devices.disk(100_000);
    byte[] gzip = gzip(small);
    Random random = new Random(4);
    for (int i = 0; i < 100; i++) {
      int length =
          i < 30 ? i + 1 : i < 60 ? gzip.length - (i - 29) : 1 + random.nextInt(gzip.length - 1);
      assertRefused(implementation, Arrays.copyOf(gzip, length), ErrorCode.IMAGE_CUT_OFF);
    }
  }

  @ParameterizedTest
  @EnumSource
  void neverGivesOtherBytesForADamagedFile(Implementation implementation) throws IOException {
    byte[] small = Devices.disk(100_000);
    byte[] gzip = gzip(small);
    Random random = new Random(5);
    int refused = 0;
    for (int i = 0; i < 250; i++) {
      byte[] damaged = gzip.clone();
      int bit =
          i < 100 ? i : i < 164 ? gzip.length * 8 - 1 - (i - 100) : random.nextInt(gzip.length * 8);
      damaged[bit / 8] ^= (byte) (1 << bit % 8);
      try {
        // Nothing vouches for a gzip header's time and system; the disk must be right all the same.
        assertThat(inflate(implementation, damaged)).isEqualTo(small);
      } catch (VoyageurException e) {
        assertThat(e.code()).isIn(ErrorCode.IMAGE_CORRUPT, ErrorCode.IMAGE_CUT_OFF);
        refused++;
      }
    }
    assertThat(refused).isGreaterThan(180);
  }

  @ParameterizedTest
  @EnumSource
  void refusesAnythingButARawDiskInside(Implementation implementation) {
    byte[] qcow2 = new byte[1000];
    ByteBuffer.wrap(qcow2).putInt(0x514649fb).putInt(3);
    assertRefused(implementation, gzip(qcow2), ErrorCode.IMAGE_FORMAT);
    assertRefused(implementation, gzip(gzip(disk)), ErrorCode.IMAGE_FORMAT);
    assertRefused(implementation, gzip(new byte[0]), ErrorCode.IMAGE_CUT_OFF);
    assertRefused(implementation, gzip(new byte[3_000_001]), ErrorCode.IMAGE_FORMAT);
  }

  @ParameterizedTest
  @EnumSource
  void tellsWhenTheFileIsWrittenTo(Implementation implementation) throws IOException {
    Devices.assume(
        implementation == Implementation.ZLIB || IsalGunzip.isAvailable(),
        "this host has no libisal.so.2");
    Path path = Files.write(directory.resolve("disk.gz"), gzip(disk));
    BlockDevice sink = new MemoryDevice(new byte[3_000_000], true);
    ProgressListener touch =
        event -> {
          try {
            Files.setLastModifiedTime(path, java.nio.file.attribute.FileTime.fromMillis(1));
          } catch (IOException e) {
            throw new AssertionError(e);
          }
        };
    assertThatThrownBy(() -> GzipImage.inflate(path, sink, touch, implementation::make))
        .isInstanceOfSatisfying(
            VoyageurException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.IMAGE_CHANGED));
  }

  @ParameterizedTest
  @EnumSource
  void saysHowFarItIs(Implementation implementation) throws IOException {
    Devices.assume(
        implementation == Implementation.ZLIB || IsalGunzip.isAvailable(),
        "this host has no libisal.so.2");
    byte[] gzip = gzip(disk);
    Path path = Files.write(directory.resolve("disk.gz"), gzip);
    List<ProgressEvent> events = new ArrayList<>();
    GzipImage.inflate(
        path, new MemoryDevice(new byte[3_000_000], true), events::add, implementation::make);
    assertThat(events)
        .last()
        .isEqualTo(new ProgressEvent.Advanced(ProgressEvent.Step.OPEN, gzip.length, gzip.length));
  }
}
