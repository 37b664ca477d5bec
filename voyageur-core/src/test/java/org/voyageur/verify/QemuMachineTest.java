package org.voyageur.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.voyageur.disk.OutputFormat;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.process.HostProgram;

/** Against the real QEMU, with a guest of one sector. */
class QemuMachineTest {
  private static final Duration LIMIT = Duration.ofSeconds(30);

  /** Writes every byte that comes in on COM1 back, one higher, and to the first sector. */
  private static final byte[] ECHO = {
    (byte) 0xBA,
    (byte) 0xFD,
    0x03, // again: mov dx,3FDh   line status
    (byte) 0xEC, //                          in al,dx
    (byte) 0xA8,
    0x01, //                    test al,1
    0x74,
    (byte) 0xF8, //                    jz again
    (byte) 0xBA,
    (byte) 0xF8,
    0x03, //       mov dx,3F8h
    (byte) 0xEC, //                          in al,dx
    (byte) 0xFE,
    (byte) 0xC0, //             inc al
    (byte) 0xEE, //                          out dx,al
    (byte) 0xB8,
    0x01,
    0x03, //              mov ax,0301h   write one sector
    (byte) 0xB9,
    0x01,
    0x00, //              mov cx,1
    (byte) 0xBA,
    (byte) 0x80,
    0x00, //       mov dx,80h
    0x31,
    (byte) 0xDB, //                    xor bx,bx
    (byte) 0xCD,
    0x13, //                    int 13h
    (byte) 0xEB,
    (byte) 0xE3 //              jmp again
  };

  @TempDir Path directory;

  @BeforeEach
  void needsQemu() {
    assumeTrue(
        new HostProgram("qemu-system-x86_64", "qemu-system-x86").find().isPresent(),
        "qemu-system-x86_64 is not installed");
  }

  private Path image(byte[] program) throws Exception {
    byte[] disk = new byte[1 << 20];
    System.arraycopy(program, 0, disk, 0, program.length);
    disk[510] = 0x55;
    disk[511] = (byte) 0xAA;
    return Files.write(directory.resolve("a,disk.img"), disk);
  }

  @Test
  void typesAndReadsTheSerialLineAndNeverChangesTheImage() throws Exception {
    Path image = image(ECHO);
    byte[] before = Files.readAllBytes(image);
    try (QemuMachine machine = QemuMachine.start(image, OutputFormat.RAW, List.of())) {
      assertThat(machine.awaitScreen(Pattern.compile("Booting from Hard Disk"), LIMIT))
          .as(machine.screen())
          .isTrue();
      // More than the sixteen bytes that the port holds, in two goes.
      machine.typeSerial("HAL HAL HAL HAL ");
      machine.typeSerial("HAL HAL HAL");
      assertThat(machine.awaitConsole(Pattern.compile("(IBM!){6}IBM"), LIMIT))
          .as(machine.console())
          .isTrue();
    }
    assertThat(Files.readAllBytes(image)).isEqualTo(before);
  }

  @Test
  void takesAPictureOfTheScreen() throws Exception {
    Path png = directory.resolve("a \"picture\".png");
    try (QemuMachine machine = QemuMachine.start(image(ECHO), OutputFormat.RAW, List.of())) {
      assertThat(machine.awaitScreen(Pattern.compile("SeaBIOS"), LIMIT)).isTrue();
      machine.screenshot(png);
    }
    assertThat(Files.readAllBytes(png)).startsWith(0x89, 'P', 'N', 'G');
  }

  @Test
  void seesTheMachineEnd() throws Exception {
    try (QemuMachine machine =
        QemuMachine.start(image(ECHO), OutputFormat.RAW, List.of("-boot", "menu=on"))) {
      assertThat(machine.awaitScreen(Pattern.compile("Press ESC for boot menu"), LIMIT)).isTrue();
      assertThat(machine.awaitEnd(Duration.ofMillis(1))).isFalse();
      machine.pressKeys("esc");
      assertThat(machine.awaitScreen(Pattern.compile("Select boot device"), LIMIT))
          .as(machine.screen())
          .isTrue();
      machine.pressKeys("ctrl", "alt", "delete");
      assertThat(machine.awaitEnd(LIMIT)).isTrue();
    }
  }

  @Test
  void saysWhatQemuSaysWhenItDoesNotStart() throws Exception {
    Path missing = directory.resolve("missing.img");
    assertThatThrownBy(() -> QemuMachine.start(missing, OutputFormat.RAW, List.of()))
        .isInstanceOfSatisfying(
            VoyageurException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.HOST_PROGRAM_FAILED))
        .hasMessageContaining("missing.img");
  }

  @Test
  void decodesTextCells() {
    byte[] cells = new byte[VgaText.SIZE];
    Arrays.fill(cells, (byte) 0x07);
    cells[0] = 'l';
    cells[2] = (byte) 0xDB;
    cells[4] = 'x';
    cells[160] = '$';
    assertThat(VgaText.decode(cells)).isEqualTo("l x\n$\n");
  }

  @Test
  void quotesAsJsonDoes() {
    assertThat(Qmp.quote("a\"\\\n\u00e9")).isEqualTo("\"a\\\"\\\\\\u000a\u00e9\"");
  }
}
