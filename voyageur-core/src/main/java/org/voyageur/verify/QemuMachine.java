package org.voyageur.verify;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.voyageur.disk.OutputFormat;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.process.AtExit;
import org.voyageur.process.HostProgram;

/**
 * A virtual machine with the devices that an OpenStack guest gets: a PC with SeaBIOS, virtio disk
 * and network with DHCP, VGA, a serial line. What it writes to its disk is thrown away, and it
 * reaches nothing but that disk: the network answers DHCP and leads nowhere.
 *
 * <p>Safe for one thread. The machine dies with {@link #close} and with the JVM.
 */
public final class QemuMachine implements AutoCloseable {
  private static final HostProgram QEMU = new HostProgram("qemu-system-x86_64", "qemu-system-x86");

  /** QEMU opens its sockets in milliseconds; a host that is out of memory takes its time. */
  private static final Duration START = Duration.ofSeconds(20);

  /** A guest that writes without end must not fill the host's memory when its console is read. */
  private static final int MOST_CONSOLE = 16 << 20;

  private static final int MOST_PIECE = 1 << 20;

  /** Port 0: the system chooses a free one, so that no other program can take it before. */
  private static final String SSH_FORWARD = ",hostfwd=tcp:127.0.0.1:0-:22";

  /** A line of "info usernet": protocol and state, descriptor, source address, port. */
  private static final Pattern FORWARDED =
      Pattern.compile("TCP\\[HOST_FORWARD\\]\\s+\\d+\\s+\\S+\\s+(\\d+)");

  private final Path directory;
  private final Process process;
  private @Nullable SocketChannel keyboard;

  private QemuMachine(Path directory, Process process) {
    this.directory = directory;
    this.process = process;
  }

  /**
   * Starts a machine from a disk image.
   *
   * @param format the image's; never guessed, as a guest can write another format's header
   * @param more further arguments of qemu-system-x86_64, such as {@code -m 1024} for more than 512
   *     MiB of memory, {@code -kernel} or a second {@code -drive}
   * @throws VoyageurException HOST_PROGRAM_MISSING, or HOST_PROGRAM_FAILED with what QEMU said
   */
  public static QemuMachine start(Path image, OutputFormat format, List<String> more) {
    return start(image, format.label(), false, more);
  }

  /**
   * The same with a format of QEMU's.
   *
   * @param ssh whether a free port of the loopback interface leads to the guest's SSH server
   */
  static QemuMachine start(Path image, String format, boolean ssh, List<String> more) {
    return launch(
        ssh,
        _ ->
            Stream.concat(
                    Stream.of(
                        "-accel",
                        Accelerator.detect(),
                        "-m",
                        "512",
                        "-vga",
                        "std",
                        "-drive",
                        "if=virtio," + throwAway(image, format)),
                    more.stream())
                .toList());
  }

  /** The arguments that tell one machine from another. */
  @FunctionalInterface
  interface Devices {
    /**
     * As QEMU takes them.
     *
     * @param directory for files of the machine's; gone with it
     */
    List<String> arguments(Path directory);
  }

  /** Starts a PC with a serial line, a network that leads nowhere, and these devices. */
  static QemuMachine launch(boolean ssh, Devices devices) {
    Path directory = createDirectory();
    Process process;
    try {
      List<String> arguments = new ArrayList<>(common(directory, ssh));
      arguments.addAll(devices.arguments(directory));
      process =
          QEMU.start(
              arguments,
              builder ->
                  builder
                      .redirectErrorStream(true)
                      .redirectOutput(directory.resolve("said").toFile()));
    } catch (RuntimeException e) {
      remove(directory);
      throw e;
    }
    QemuMachine machine = new QemuMachine(directory, process);
    try {
      machine.awaitSockets();
    } catch (RuntimeException e) {
      machine.close();
      throw e;
    }
    return machine;
  }

  private static Path createDirectory() {
    try {
      return AtExit.make(() -> Files.createTempDirectory("voyageur-vm-"), QemuMachine::delete);
    } catch (IOException e) {
      throw QEMU.failed("has no directory for its files: " + e.getMessage(), "");
    }
  }

  private static List<String> common(Path directory, boolean ssh) {
    return List.of(
        "-machine",
        "pc",
        "-display",
        "none",
        "-no-reboot",
        "-monitor",
        "none",
        "-chardev",
        "socket,id=serial,server=on,wait=off,path=%1$s/serial.socket,logfile=%1$s/serial"
            .formatted(optionValue(directory)),
        "-serial",
        "chardev:serial",
        "-qmp",
        "unix:" + optionValue(directory.resolve("qmp")) + ",server=on,wait=off",
        "-nic",
        // Forwarding works with restrict=on, too (qemu(1), "-netdev user").
        "user,model=virtio-net-pci,restrict=on" + (ssh ? SSH_FORWARD : ""),
        "-device",
        "virtio-rng-pci");
  }

  /** The part of a {@code -drive} that opens an image of which nothing is changed. */
  static String throwAway(Path image, String format) {
    return "snapshot=on,format=" + format + ",file=" + optionValue(image.toAbsolutePath());
  }

  /** What QEMU says that it is, such as {@code QEMU emulator version 7.2.22}. */
  static String version() {
    return QEMU.run(START, List.of("--version")).output().lines().findFirst().orElse("").strip();
  }

  /** In an option's value a comma is written twice (qemu(1), "-drive"). */
  static String optionValue(Path path) {
    return path.toString().replace(",", ",,");
  }

  private void awaitSockets() {
    if (!await(this::answers, START) || !process.isAlive()) {
      throw QEMU.failed("did not start", read("said"));
    }
  }

  /** QEMU makes the socket before it opens the disks, and takes commands when all are open. */
  private boolean answers() {
    try {
      new Qmp(directory.resolve("qmp")).execute("query-status", "{}");
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** Everything that came out of the serial line so far, a character a byte, at most 16 MiB. */
  public String console() {
    return read("serial");
  }

  /**
   * What came out of the serial line from a byte on, in one piece or the first of several.
   *
   * @param offset not behind its end
   */
  byte[] consoleFrom(long offset) {
    return from("serial", offset);
  }

  /** The same of another file in the machine's directory. */
  byte[] from(String name, long offset) {
    Path file = directory.resolve(name);
    if (!Files.exists(file)) {
      return new byte[0];
    }
    try (InputStream stream = Files.newInputStream(file)) {
      stream.skipNBytes(offset);
      return stream.readNBytes(MOST_PIECE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Whether the machine has ended by itself: switched off, or restarted, which ends it too.
   *
   * @throws VoyageurException HOST_PROGRAM_FAILED if it was not the guest's doing
   */
  boolean ended() {
    if (process.isAlive()) {
      return false;
    }
    int status = process.exitValue();
    String said = read("said").strip();
    // QEMU leaves with 0 after SIGTERM, as after a guest's end, but says so (softmmu/runstate.c).
    if (status == 0 && !said.contains("terminating on signal")) {
      return true;
    }
    throw new VoyageurException(
        ErrorCode.HOST_PROGRAM_FAILED,
        "QEMU ended while the guest ran, and not by the guest's doing: "
            + (status > 128 ? "signal " + (status - 128) : "exit status " + status)
            + (said.isEmpty() ? "" : ": " + said),
        "Look with dmesg whether the host's memory ran out, then boot it again");
  }

  /**
   * The port of the loopback interface that leads to the guest's SSH server.
   *
   * @throws IllegalStateException if the machine was started without
   */
  int sshPort() {
    String connections = execute("human-monitor-command", "{\"command-line\": \"info usernet\"}");
    Matcher forward = FORWARDED.matcher(connections);
    if (!forward.find()) {
      throw new IllegalStateException("no port is forwarded: " + connections);
    }
    return Integer.parseInt(forward.group(1));
  }

  private String read(String name) {
    Path file = directory.resolve(name);
    if (!Files.exists(file)) {
      return "";
    }
    try (InputStream stream = Files.newInputStream(file)) {
      return new String(stream.readNBytes(MOST_CONSOLE), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What stands on the screen, and what scrolled off it lately, as long as it is in text mode. */
  public String screen() {
    Path cells = directory.resolve("vga");
    execute(
        "pmemsave",
        "{\"val\": %d, \"size\": %d, \"filename\": %s}"
            .formatted(VgaText.ADDRESS, VgaText.SIZE, Qmp.quote(cells.toString())));
    return VgaText.decode(read("vga").getBytes(StandardCharsets.ISO_8859_1));
  }

  /** Writes a picture of the screen, in whatever mode it is. */
  public void screenshot(Path png) {
    execute(
        "screendump",
        "{\"format\": \"png\", \"filename\": %s}"
            .formatted(Qmp.quote(png.toAbsolutePath().toString())));
  }

  /** A picture of the screen, as a PNG. */
  byte[] screenshot() throws IOException {
    Path png = directory.resolve("screenshot");
    screenshot(png);
    return Files.readAllBytes(png);
  }

  /** Types on the serial line; a line ends with {@code \n}. */
  public void typeSerial(String text) {
    try {
      SocketChannel line = keyboard == null ? connectKeyboard() : keyboard;
      ByteBuffer bytes = StandardCharsets.UTF_8.encode(text);
      while (bytes.hasRemaining()) {
        line.write(bytes);
      }
    } catch (IOException e) {
      throw QEMU.failed("does not take what is typed: " + e.getMessage(), read("said"));
    }
  }

  /**
   * Stays connected, as what the guest has not taken is lost with the connection; and reads, as the
   * guest stands still when nobody takes what it writes.
   */
  private SocketChannel connectKeyboard() throws IOException {
    SocketChannel line = SocketChannel.open(StandardProtocolFamily.UNIX);
    keyboard = line;
    line.connect(UnixDomainSocketAddress.of(directory.resolve("serial.socket")));
    Thread.startVirtualThread(() -> {
      ByteBuffer copy = ByteBuffer.allocate(4096);
      try {
        while (line.read(copy.clear()) >= 0) {
          // The log file has it.
        }
      } catch (IOException e) {
        // The machine ended.
      }
    });
    return line;
  }

  /**
   * Presses keys of the keyboard together and lets them go.
   *
   * @param keys names of QKeyCode (qapi/ui.json in QEMU's sources), such as {@code ret} or {@code
   *     ctrl}, {@code alt}, {@code f2}
   */
  public void pressKeys(String... keys) {
    execute(
        "send-key",
        Stream.of(keys)
            .map(key -> "{\"type\": \"qcode\", \"data\": " + Qmp.quote(key) + "}")
            .collect(Collectors.joining(", ", "{\"keys\": [", "]}")));
  }

  /**
   * Waits until the serial line has said something.
   *
   * @return whether it did in time; false also when the machine ended before
   */
  public boolean awaitConsole(Pattern pattern, Duration limit) {
    return awaitGuest(() -> pattern.matcher(console()).find(), limit);
  }

  /**
   * Waits until something stands on the screen.
   *
   * @return whether it did in time; false also when the machine ended before
   */
  public boolean awaitScreen(Pattern pattern, Duration limit) {
    return awaitGuest(() -> process.isAlive() && pattern.matcher(screen()).find(), limit);
  }

  /**
   * Waits until the machine ended by itself: it was powered off, or restarted, which ends it too.
   *
   * @return whether it did in time
   */
  public boolean awaitEnd(Duration limit) {
    return awaitGuest(() -> !process.isAlive(), limit);
  }

  /** Something to wait for. */
  @FunctionalInterface
  private interface Condition {
    boolean holds();
  }

  private boolean awaitGuest(Condition condition, Duration limit) {
    boolean holds = await(condition, limit);
    ended();
    return holds;
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

  private String execute(String command, String arguments) {
    try {
      return new Qmp(directory.resolve("qmp")).execute(command, arguments);
    } catch (IOException e) {
      throw QEMU.failed("does not answer: " + e.getMessage(), read("said"));
    }
  }

  /** Ends the machine at once; nothing of it remains. */
  @Override
  public void close() {
    HostProgram.release(process);
    try {
      if (keyboard != null) {
        keyboard.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      remove(directory);
    }
  }

  private static void remove(Path directory) {
    delete(directory);
    AtExit.forget(directory);
  }

  /** QEMU deletes its sockets itself when it is told to end, so what was listed may be gone. */
  private static void delete(Path directory) {
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.toList()) {
        Files.deleteIfExists(file);
      }
      Files.deleteIfExists(directory);
    } catch (NoSuchFileException e) {
      // Deleted by the hook before, or by us.
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
