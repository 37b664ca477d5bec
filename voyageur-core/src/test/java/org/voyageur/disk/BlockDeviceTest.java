package org.voyageur.disk;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;

/** Every device passes the same tests. */
class BlockDeviceTest {
  private static Path rawFile(Path directory, byte[] disk) {
    Path path = directory.resolve("disk.raw");
    try (RawFile file = RawFile.create(path, disk.length)) {
      Devices.fill(file, disk);
    }
    return path;
  }

  private static Path qemuImage(Path directory, byte[] disk, String driver) {
    Devices.assumeProgram("qemu-img");
    Path path = directory.resolve("disk." + driver);
    Devices.run("qemu-img", "convert", "-f", "raw", "-O", driver, rawFile(directory, disk), path);
    return path;
  }

  @Nested
  class AWritableRawFile extends BlockDeviceContract {
    @Override
    BlockDevice open(byte[] disk) {
      return RawFile.openWritable(rawFile(directory, disk));
    }
  }

  @Nested
  class AReadOnlyRawFile extends BlockDeviceContract {
    @Override
    BlockDevice open(byte[] disk) {
      return RawFile.open(rawFile(directory, disk));
    }

    @Override
    boolean isWritable() {
      return false;
    }
  }

  @Nested
  class AnOverlayThatHoldsSomeOfTheData extends BlockDeviceContract {
    @Override
    BlockDevice open(byte[] disk) {
      int quarter = disk.length / 4;
      byte[] below = disk.clone();
      for (int i = 0; i < quarter; i++) {
        below[i] = below[i] == 0 ? (byte) 0 : 7;
      }
      Overlay overlay = new Overlay(RawFile.open(rawFile(directory, below)));
      overlay.write(3000, ByteBuffer.wrap(disk, 3000, quarter - 3000));
      overlay.write(0, ByteBuffer.wrap(disk, 0, 3000));
      return overlay;
    }
  }

  @Nested
  class AWindow extends BlockDeviceContract {
    @Override
    BlockDevice open(byte[] disk) {
      byte[] around = new byte[disk.length + 3 * 512];
      java.util.Arrays.fill(around, (byte) 0xff);
      System.arraycopy(disk, 0, around, 512, disk.length);
      return new Window(
          RawFile.openWritable(rawFile(directory, around)), new Extent(512, disk.length));
    }
  }

  @Nested
  class AWritableQcow2 extends BlockDeviceContract {
    @Override
    BlockDevice open(byte[] disk) {
      return NbdDevice.open(qemuImage(directory, disk, "qcow2"), ImageFormat.QCOW2, true);
    }

    @AfterEach
    void isSound() {
      close();
      Devices.run("qemu-img", "check", "-f", "qcow2", directory.resolve("disk.qcow2"));
    }
  }

  @Nested
  class AReadOnlyVmdk extends BlockDeviceContract {
    @Override
    BlockDevice open(byte[] disk) {
      return NbdDevice.open(qemuImage(directory, disk, "vmdk"), ImageFormat.VMDK, false);
    }

    @Override
    boolean isWritable() {
      return false;
    }
  }

  @Nested
  class ARawFileThroughNbd extends BlockDeviceContract {
    @Override
    BlockDevice open(byte[] disk) {
      Devices.assumeProgram("qemu-nbd");
      return NbdDevice.open(rawFile(directory, disk), ImageFormat.RAW, false);
    }

    @Override
    boolean isWritable() {
      return false;
    }
  }

  abstract static class AWriter extends BlockDeviceContract {
    private @Nullable ImageWriter writer;

    BlockDevice write(byte[] disk, OutputFormat format) {
      ImageWriter created = ImageWriter.create(directory.resolve("out"), format, false);
      writer = created;
      BlockDevice device = created.device(disk.length);
      Devices.fill(device, disk);
      return device;
    }

    @AfterEach
    void leavesNothingUnlessPublished() throws IOException {
      if (writer != null) {
        writer.close();
      }
      try (var left = Files.list(directory)) {
        assertThat(left).isEmpty();
      }
    }
  }

  @Nested
  class ARawResult extends AWriter {
    @Override
    BlockDevice open(byte[] disk) {
      return write(disk, OutputFormat.RAW);
    }
  }

  @Nested
  class AQcow2Result extends AWriter {
    @Override
    BlockDevice open(byte[] disk) {
      return write(disk, OutputFormat.QCOW2);
    }
  }
}
