package org.voyageur.verify;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.voyageur.disk.OutputFormat;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.process.HostProgram;

/**
 * A virtual machine with the devices that an OpenStack guest gets: a PC with SeaBIOS, virtio disk
 * and network with DHCP, VGA, a serial line. What it writes to its disk is thrown away.
 */
public final class QemuMachine implements AutoCloseable {
  private static final HostProgram QEMU = new HostProgram("qemu-system-x86_64", "qemu-system-x86");

  private static final int COLUMNS = 80;

  private final Path directory;
  private final Process process;
  private final Thread killer;

  private QemuMachine(Path directory, Process process) {
    this.directory = directory;
    this.process = process;
    this.killer = new Thread(process::destroyForcibly);
    Runtime.getRuntime().addShutdownHook(killer);
  }

  /**
   * Starts a machine from a disk image.
   *
   * @param more further arguments of qemu-system-x86_64
   * @throws VoyageurException HOST_PROGRAM_MISSING or HOST_PROGRAM_FAILED
   */
  public static QemuMachine start(Path image, OutputFormat format, List<String> more) {
    try {
      Path directory = Files.createTempDirectory("voyageur-vm-");
      List<String> arguments =
          new ArrayList<>(
              List.of(
                  "-machine",
                  "pc",
                  "-accel",
                  Accelerator.detect(),
                  "-m",
                  "512",
                  "-display",
                  "none",
                  "-vga",
                  "std",
                  "-no-reboot",
                  "-monitor",
                  "none",
                  "-serial",
                  "file:" + directory.resolve("serial"),
                  "-qmp",
                  "unix:" + directory.resolve("qmp") + ",server=on,wait=off",
                  "-drive",
                  "if=virtio,snapshot=on,format="
                      + format.label()
                      + ",file="
                      + image.toAbsolutePath().toString().replace(",", ",,"),
                  "-nic",
                  "user,model=virtio-net-pci,restrict=on",
                  "-device",
                  "virtio-rng-pci"));
      arguments.addAll(more);
      Process process =
          QEMU.command(arguments)
              .redirectErrorStream(true)
              .redirectOutput(directory.resolve("said").toFile())
              .start();
      return new QemuMachine(directory, process);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Everything that came out of the serial line so far. */
  public String console() {
    return read("serial");
  }

  private String read(String name) {
    try {
      Path file = directory.resolve(name);
      return Files.exists(file) ? Files.readString(file, StandardCharsets.ISO_8859_1) : "";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What stands on the screen now, as long as it is in text mode. */
  public String screen() {
    Path file = directory.resolve("vga");
    // 25 lines of 80 cells at B8000h, each a character and an attribute.
    command("pmemsave", "{\"val\": 753664, \"size\": 4000, \"filename\": \"%s\"}".formatted(file));
    byte[] cells = read("vga").getBytes(StandardCharsets.ISO_8859_1);
    StringBuilder text = new StringBuilder();
    for (int at = 0; at + 1 < cells.length; at += 2) {
      text.append(cells[at] >= ' ' ? (char) cells[at] : ' ');
      if ((at / 2 + 1) % COLUMNS == 0) {
        text.append('\n');
      }
    }
    return text.toString().replaceAll(" +\n", "\n");
  }

  /**
   * Waits until the serial line has said something.
   *
   * @return whether it did in time; false also when the machine ended before
   */
  public boolean awaitConsole(Pattern pattern, Duration limit) {
    return await(() -> pattern.matcher(console()).find(), limit);
  }

  /** Waits until something stands on the screen. */
  public boolean awaitScreen(Pattern pattern, Duration limit) {
    // The socket appears a moment after the process.
    Path socket = directory.resolve("qmp");
    return await(
        () -> process.isAlive() && Files.exists(socket) && pattern.matcher(screen()).find(), limit);
  }

  /** Something to wait for. */
  @FunctionalInterface
  private interface Condition {
    boolean holds();
  }

  private boolean await(Condition condition, Duration limit) {
    long deadline = System.nanoTime() + limit.toNanos();
    try {
      while (System.nanoTime() < deadline) {
        if (condition.holds()) {
          return true;
        }
        if (process.waitFor(100, TimeUnit.MILLISECONDS)) {
          return condition.holds();
        }
      }
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new VoyageurException(
          ErrorCode.INTERRUPTED, "interrupted while the guest booted", "Try again", e);
    }
  }

  /** One QMP command; the server takes a new connection for each. */
  private void command(String name, String arguments) {
    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      channel.connect(UnixDomainSocketAddress.of(directory.resolve("qmp")));
      BufferedReader answers =
          new BufferedReader(Channels.newReader(channel, StandardCharsets.UTF_8));
      answers.readLine();
      send(channel, "{\"execute\": \"qmp_capabilities\"}");
      answer(answers);
      send(channel, "{\"execute\": \"" + name + "\", \"arguments\": " + arguments + "}");
      answer(answers);
    } catch (IOException e) {
      throw QEMU.failed("does not answer: " + e.getMessage(), read("said"));
    }
  }

  private static void send(SocketChannel channel, String line) throws IOException {
    channel.write(StandardCharsets.UTF_8.encode(line + "\n"));
  }

  private static void answer(BufferedReader answers) throws IOException {
    for (String line = answers.readLine(); line != null; line = answers.readLine()) {
      if (line.contains("\"error\"")) {
        throw new IOException(line);
      }
      if (line.contains("\"return\"")) {
        return;
      }
    }
    throw new IOException("the connection ended");
  }

  /** Ends the machine at once; nothing of it remains. */
  @Override
  public void close() {
    process.destroyForcibly();
    try {
      process.waitFor();
      Runtime.getRuntime().removeShutdownHook(killer);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IllegalStateException e) {
      // The JVM is going down, and the hook with it.
    }
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.toList()) {
        Files.deleteIfExists(file);
      }
      Files.deleteIfExists(directory);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
