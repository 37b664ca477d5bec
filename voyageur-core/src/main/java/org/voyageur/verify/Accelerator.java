package org.voyageur.verify;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.voyageur.process.HostProgram;

/**
 * Which way of running guests works here: tried, not assumed. There are hosts with a /dev/kvm on
 * which guests hang.
 */
public final class Accelerator {
  /** A working KVM has run the BIOS and the sector below in a quarter of a second. */
  private static final int LIMIT_SECONDS = 3;

  /** mov al,'K'; out 0E9h,al; then cli; hlt for ever. Port E9h is QEMU's debug console. */
  private static final byte[] PROGRAM = {
    (byte) 0xB0, 'K', (byte) 0xE6, (byte) 0xE9, (byte) 0xFA, (byte) 0xF4, (byte) 0xEB, (byte) 0xFD
  };

  private static final HostProgram QEMU = new HostProgram("qemu-system-x86_64", "qemu-system-x86");

  private Accelerator() {}

  /** The choice, made once. */
  private static final class Choice {
    static final String NAME = kvmRunsAGuest() ? "kvm" : "tcg";
  }

  /** {@code kvm} where guests run on it, else {@code tcg}, QEMU's own emulation. */
  public static String detect() {
    return Choice.NAME;
  }

  private static boolean kvmRunsAGuest() {
    if (!Files.isWritable(Path.of("/dev/kvm")) || !usesHardware()) {
      return false;
    }
    try {
      Path sector = Files.createTempFile("voyageur-kvm-", ".img");
      Path said = Files.createTempFile("voyageur-kvm-", ".log");
      sector.toFile().deleteOnExit();
      said.toFile().deleteOnExit();
      try {
        byte[] disk = new byte[512];
        System.arraycopy(PROGRAM, 0, disk, 0, PROGRAM.length);
        disk[510] = 0x55;
        disk[511] = (byte) 0xAA;
        Files.write(sector, disk);
        return answers(sector, said);
      } finally {
        Files.deleteIfExists(sector);
        Files.deleteIfExists(said);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Whether KVM rests on the processor. There are modules that do without (kvm_pvm): the small
   * guest here answers on them, but SYSLINUX dies when it goes back to real mode (measured).
   */
  private static boolean usesHardware() {
    return Files.exists(Path.of("/sys/module/kvm_intel"))
        || Files.exists(Path.of("/sys/module/kvm_amd"));
  }

  private static boolean answers(Path sector, Path said) throws IOException {
    Process process =
        QEMU.start(
            List.of(
                "-accel",
                "kvm",
                "-display",
                "none",
                "-monitor",
                "none",
                "-nodefaults",
                "-debugcon",
                "file:" + said,
                "-drive",
                "format=raw,snapshot=on,file=" + sector),
            builder ->
                builder.redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD));
    try {
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
      while (System.nanoTime() < deadline && process.isAlive()) {
        // SeaBIOS writes its own messages there first; they hold no K on a line by itself.
        if (Files.readString(said, java.nio.charset.StandardCharsets.ISO_8859_1).endsWith("K")) {
          return true;
        }
        process.waitFor(20, TimeUnit.MILLISECONDS);
      }
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } finally {
      HostProgram.release(process);
    }
  }
}
