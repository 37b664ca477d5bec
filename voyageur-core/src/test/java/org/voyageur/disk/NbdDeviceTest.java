package org.voyageur.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;

@Timeout(30)
class NbdDeviceTest {
  @TempDir Path directory;

  @BeforeEach
  void needsQemu() {
    Devices.assumeProgram("qemu-img");
    Devices.assumeProgram("qemu-nbd");
  }

  private Path qcow2(String size) {
    Path path = directory.resolve("disk.qcow2");
    Devices.run("qemu-img", "create", "-q", "-f", "qcow2", path, size);
    return path;
  }

  private static List<ProcessHandle> servers(Path image) {
    return ProcessHandle.current()
        .children()
        .filter(child ->
            child
                .info()
                .arguments()
                .map(arguments -> List.of(arguments).contains(image.toString()))
                .orElse(false))
        .toList();
  }

  @Test
  void tellsWhenTheServerDies() {
    Path image = qcow2("10M");
    try (NbdDevice device = NbdDevice.open(image, ImageFormat.QCOW2, true)) {
      assertThat(servers(image)).hasSize(1).allMatch(ProcessHandle::destroyForcibly);
      assertThatThrownBy(
              () -> {
                for (int i = 0; i < 100; i++) {
                  device.write(0, ByteBuffer.allocate(1 << 20));
                }
                device.flush();
              })
          .isInstanceOfSatisfying(
              VoyageurException.class,
              e -> {
                assertThat(e.code()).isEqualTo(ErrorCode.HOST_PROGRAM_FAILED);
                assertThat(e).hasMessageContaining("exit code 137");
              });
    }
    assertThat(servers(image)).isEmpty();
  }

  @Test
  void endsItsServer() {
    Path image = qcow2("10M");
    NbdDevice device = NbdDevice.open(image, ImageFormat.QCOW2, false);
    assertThat(servers(image)).hasSize(1);
    device.close();
    assertThat(servers(image)).isEmpty();
  }

  @Test
  void endsItsServerAlsoWhenItsThreadIsInterrupted() {
    Path image = qcow2("10M");
    NbdDevice device = NbdDevice.open(image, ImageFormat.QCOW2, false);
    Thread.currentThread().interrupt();
    assertThatThrownBy(() -> device.read(0, 10))
        .isInstanceOfSatisfying(
            VoyageurException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INTERRUPTED));
    assertThat(Thread.interrupted()).isTrue();
    device.close();
    assertThat(servers(image)).isEmpty();
  }

  @Test
  void saysWhyTheServerDoesNotStart() throws IOException {
    Path image = Files.write(directory.resolve("no.qcow2"), new byte[4096]);
    assertThatThrownBy(() -> NbdDevice.open(image, ImageFormat.QCOW2, false))
        .isInstanceOfSatisfying(
            VoyageurException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.HOST_PROGRAM_FAILED);
              assertThat(e).hasMessageContaining("Image is not in qcow2 format");
            });
    assertThat(servers(image)).isEmpty();
  }

  @Test
  void readsMoreThanOneRequestTakes() {
    Path image = qcow2("100M");
    try (NbdDevice device = NbdDevice.open(image, ImageFormat.QCOW2, true)) {
      byte[] data = new byte[70 << 20];
      data[0] = 1;
      data[33 << 20] = 2;
      data[data.length - 1] = 3;
      device.write(512, ByteBuffer.wrap(data));
      assertThat(java.util.Arrays.equals(device.read(512, data.length), data)).isTrue();
    }
  }

  @Test
  void knowsTheHolesOfALargeDisk() {
    Path image = qcow2("5T");
    try (NbdDevice device = NbdDevice.open(image, ImageFormat.QCOW2, true)) {
      device.write(4L << 40, ByteBuffer.wrap(new byte[] {1}));
      assertThat(device.dataExtents(new Extent(0, device.size())))
          .containsExactly(new Extent(4L << 40, 65536));
    }
  }
}
