package org.voyageur.convert;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.voyageur.disk.BlockDevice;
import org.voyageur.disk.ThrowAwayDisk;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.filesystem.ExtFilesystem;
import org.voyageur.filesystem.FileStat;
import org.voyageur.filesystem.FileType;
import org.voyageur.plan.GuestCommands;
import org.voyageur.process.AtExit;
import org.voyageur.process.HostProgram;
import org.voyageur.verify.Accelerator;

/**
 * libguestfs's appliance: a small virtual machine with a guest's disk, in which the guest's own
 * programs run. Driven through guestfish, one command at a time, so that each has its own time
 * limit, output and status. While a command runs, libguestfs mounts /dev, /proc and /sys into the
 * guest and, with a network, lends it a resolv.conf; it puts both back (libguestfs, daemon/sh.c).
 */
final class Appliance implements AutoCloseable {
  private static final System.Logger LOGGER = System.getLogger(Appliance.class.getName());
  private static final HostProgram GUESTFISH = new HostProgram("guestfish", "libguestfs-tools");

  /**
   * Without hardware virtualisation it is up in some 15 s (measured); many at a time take longer.
   */
  private static final Duration START_LIMIT = Duration.ofMinutes(5);

  /** What is written goes to the disk at the end. */
  private static final Duration STOP_LIMIT = Duration.ofMinutes(10);

  private static final Duration ANSWER_LIMIT = Duration.ofMinutes(1);

  /** As much of a command's output as is kept: its end. */
  private static final long KEPT_OUTPUT = 64 << 10;

  /** More than that fills the disk that there is for it, but for what its filesystem takes. */
  private static final long MOST_OUTPUT = ThrowAwayDisk.ROOM - (8 << 20);

  /**
   * Has its kernel write within a tenth of a second what it holds (vm.txt), so that this side sees
   * what a command says also when that does not end, or takes the machine with it. The mount option
   * "sync" is not enough: without a journal ext4 does not write a size that grows within a block
   * (measured with Linux 6.1).
   */
  private static final String WRITE_SOON =
      "debug sh "
          + quoted(
              "cd /proc/sys/vm; echo 10 >dirty_expire_centisecs; echo 10 >dirty_writeback_centisecs");

  /** As much of it as is in an error. */
  private static final int MOST_LINES = 10;

  /** What tells the end of the output; no answer of libguestfs's is like it. */
  private static final String END = "voyageur-end-of-guestfish";

  private final Process process;
  private final Path directory;
  private final ThrowAwayDisk own;
  private final String inGuest =
      "/.voyageur-" + Integer.toHexString(ThreadLocalRandom.current().nextInt());
  private final BlockingQueue<String> answers = new LinkedBlockingQueue<>(1000);

  private Appliance(Process process, Path directory, ThrowAwayDisk own) {
    this.process = process;
    this.directory = directory;
    this.own = own;
  }

  /**
   * Demands what it is driven through.
   *
   * @throws VoyageurException HOST_PROGRAM_MISSING
   */
  static void require() {
    Path ignored = GUESTFISH.require();
  }

  /** What a plan should say of the host: how to install it, where it is missing. */
  static Optional<String> missing() {
    return GUESTFISH.find().isPresent()
        ? Optional.empty()
        : Optional.of(
            "The guest's own programs need guestfish, which this host lacks; it is installed by"
                + " 'apt-get install "
                + GUESTFISH.debianPackage()
                + "'");
  }

  /**
   * Starts it with a guest's disk, its root filesystem mounted.
   *
   * @param device the root filesystem's name there, such as {@code /dev/sda}
   * @param own a filesystem for scripts and their output, so that a guest's full disk does not hide
   *     what they say; what it holds is found beside a script
   * @throws VoyageurException HOST_PROGRAM_MISSING; CUSTOM_APPLIANCE
   */
  static Appliance start(
      ThrowAwayDisk disk, String device, ThrowAwayDisk own, boolean network, Path scratch) {
    try {
      Path directory =
          AtExit.make(
              () -> Files.createTempDirectory(scratch, ".voyageur-guestfish-"), Appliance::delete);
      List<String> arguments = new ArrayList<>(network ? List.of("--network") : List.of());
      Stream.of(disk, own)
          .forEach(one ->
              arguments.addAll(
                  List.of(
                      "--format=" + one.driver(), "-a", one.path().toAbsolutePath().toString())));
      Process process =
          GUESTFISH.start(
              arguments,
              builder -> {
                environment(builder.environment(), directory.toAbsolutePath().toString());
                builder.redirectInput(ProcessBuilder.Redirect.PIPE);
                builder.redirectError(directory.resolve("errors").toFile());
              });
      Appliance appliance = new Appliance(process, directory, own);
      try {
        Thread.startVirtualThread(appliance::readAnswers);
        String ours = appliance.inGuest;
        appliance.ask(
            START_LIMIT,
            "run",
            WRITE_SOON,
            "mount " + device + " /",
            "mkdir " + ours,
            "mount /dev/sdb " + ours);
      } catch (RuntimeException e) {
        appliance.close();
        throw e;
      }
      return appliance;
    } catch (IOException e) {
      throw broken("cannot be prepared: " + e.getMessage());
    }
  }

  private static void environment(Map<String, String> environment, String directory) {
    // libguestfs leaves files behind when it is ended; so they are where we delete them. Its
    // sockets'
    // names may have 107 bytes (unix(7)), of which it takes 33.
    environment.put("TMPDIR", directory);
    if (directory.length() < 74) {
      environment.put("XDG_RUNTIME_DIR", directory);
    }
    // Programs of before 2013 call the kernel where current kernels have nothing by default.
    environment.merge("LIBGUESTFS_APPEND", "vsyscall=emulate", (own, more) -> own + " " + more);
    environment.putIfAbsent("LIBGUESTFS_BACKEND", "direct");
    if (Accelerator.detect().equals("tcg")) {
      environment.putIfAbsent("LIBGUESTFS_BACKEND_SETTINGS", "force_tcg");
    }
  }

  /** Puts a small file of the host's beside the scripts. */
  void put(Path file, String name) {
    ask(ANSWER_LIMIT, "upload " + quoted(file.toString()) + " " + inGuest + "/" + name);
  }

  /**
   * Runs a command in the guest, as root, in its root directory. What it says is logged, however it
   * ends.
   *
   * @throws VoyageurException CUSTOM_COMMAND_FAILED, CUSTOM_COMMAND_TIMEOUT, CUSTOM_APPLIANCE
   */
  void run(GuestCommands.Command command, Duration limit) {
    // As a file: a line of guestfish's has 8 KiB (measured).
    Path script = directory.resolve("command");
    try {
      Files.writeString(script, command.script(), UTF_8);
    } catch (IOException e) {
      throw broken("cannot be given a command: " + e.getMessage());
    }
    put(script, ".command");
    LOGGER.log(Level.DEBUG, "in the guest: {0}", command.title());
    // It says the status to guestfish: there may be no room for it beside the output. A shell that
    // cannot run is no reason to end (the hyphen), and says nothing.
    String shell =
        "-sh "
            + quoted(
                "cd / && PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
                    + " LC_ALL=C HOME=/root /bin/sh @/.command </dev/null >@/.output 2>&1;"
                        .replace("@", inGuest)
                    + " echo $?");
    String status;
    try {
      status = tell(limit, shell).strip();
    } catch (TooLate e) {
      throw new VoyageurException(
          ErrorCode.CUSTOM_COMMAND_TIMEOUT,
          "in the guest, '%s' did not end within %d s%s"
              .formatted(command.title(), limit.toSeconds(), logged().lastLines()),
          "Give it more time with --command-timeout, and make sure that it asks nothing; no output"
              + " was left",
          e);
    } catch (VoyageurException e) {
      logged();
      throw e;
    }
    // A hyphen, as the machine may be gone, which is told below.
    ask(ANSWER_LIMIT, "-sync");
    Output output = logged();
    if (!status.matches("\\d{1,3}")) {
      // Which ends guestfish where the machine is gone.
      ask(ANSWER_LIMIT, "ping-daemon");
      throw failed(command, "could not be run: the guest's own /bin/sh failed: " + said());
    }
    if (!status.equals("0")) {
      String full =
          output.size() > MOST_OUTPUT
              ? ", having said %d MiB, for which there is no more room"
                  .formatted(output.size() >> 20)
              : "";
      throw failed(command, "ended with status " + status + full + output.lastLines());
    }
  }

  private static VoyageurException failed(GuestCommands.Command command, String how) {
    return new VoyageurException(
        ErrorCode.CUSTOM_COMMAND_FAILED,
        "in the guest, '" + command.title() + "' " + how,
        "Try the command inside the guest; what it fetches needs --network. The image is as it"
            + " was, and no output was left");
  }

  /**
   * What a command has said.
   *
   * @param end the last of it, made fit for a terminal
   * @param size of all of it, in bytes
   */
  private record Output(String end, long size) {
    static final Output NONE = new Output("", 0);

    /** For the end of an error's sentence. */
    String lastLines() {
      List<String> lines = end.strip().lines().toList();
      String last =
          String.join("; ", lines.subList(Math.max(0, lines.size() - MOST_LINES), lines.size()));
      return last.isEmpty() ? "" : ": " + last;
    }
  }

  /** Read from this side, as the machine may be gone, or still be busy with the command. */
  private Output logged() {
    Output output = Output.NONE;
    try (BlockDevice device = own.open();
        ExtFilesystem filesystem = ExtFilesystem.open(device, false)) {
      // How large it is the guest says, and it may be no file: its programs can write anything.
      Optional<FileStat> file =
          filesystem.lstat("/.output").filter(stat -> stat.type() == FileType.REGULAR);
      if (file.isPresent()) {
        long size = Math.min(file.get().size(), device.size());
        try (InputStream stream = filesystem.open("/.output")) {
          stream.skipNBytes(Math.max(0, size - KEPT_OUTPUT));
          byte[] end = stream.readNBytes((int) KEPT_OUTPUT);
          output =
              new Output(new String(end, UTF_8).replaceAll("[\\p{Cntrl}&&[^\n\t]]", "?"), size);
        }
      }
    } catch (IOException | VoyageurException e) {
      LOGGER.log(Level.DEBUG, "what it said cannot be read: {0}", e.getMessage());
    }
    LOGGER.log(Level.DEBUG, "it said: {0}", output.end());
    return output;
  }

  /** Ends it; everything that was written is on the disk when this returns. */
  void stop() {
    try {
      ask(STOP_LIMIT, "umount " + inGuest, "rmdir " + inGuest, "umount-all", "shutdown");
    } catch (VoyageurException e) {
      throw new VoyageurException(
          e.code(), e.getMessage() + "; a command may have left a program running", e.remedy(), e);
    }
  }

  @Override
  public void close() {
    // guestfish gone, libguestfs's own watcher ends the virtual machine.
    HostProgram.release(process);
    delete(directory);
    AtExit.forget(directory);
  }

  /** The last below it first; links are not followed. */
  private static void delete(Path directory) {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException | UncheckedIOException e) {
      LOGGER.log(Level.WARNING, "{0} could not be deleted: {1}", directory, e.getMessage());
    }
  }

  /** The time was up. */
  private static final class TooLate extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  /** Gives guestfish some lines that take it no time; what it answers to them. */
  private String ask(Duration limit, String... lines) {
    try {
      return tell(limit, lines);
    } catch (TooLate e) {
      throw broken(
          "gave no answer within " + limit.toSeconds() + " s to " + lines[0].split(" ", 2)[0]);
    }
  }

  /** The same with lines that may take too long. */
  private String tell(Duration limit, String... lines) {
    long deadline = System.nanoTime() + limit.toNanos();
    try {
      OutputStream to = process.getOutputStream();
      to.write((String.join("\n", lines) + "\necho " + END + "\n").getBytes(UTF_8));
      to.flush();
    } catch (IOException e) {
      throw broken(said());
    }
    StringBuilder answer = new StringBuilder();
    try {
      while (true) {
        String line = answers.poll(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
        if (line == null) {
          throw new TooLate();
        }
        if (line.equals(END)) {
          return answer.toString();
        }
        if (line.equals(GONE)) {
          throw broken(said());
        }
        answer.append(line).append('\n');
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new VoyageurException(
          ErrorCode.INTERRUPTED, "the appliance was interrupted", "Try again", e);
    }
  }

  /** No line of guestfish's has a line feed. */
  private static final String GONE = "\n";

  private void readAnswers() {
    try (BufferedReader reader =
        new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8))) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        answers.put(line);
      }
    } catch (IOException e) {
      // It was ended: there is nothing more to read.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    answers.offer(GONE);
  }

  private String said() {
    try {
      String errors = new String(Files.readAllBytes(directory.resolve("errors")), UTF_8);
      String last = errors.strip().substring(Math.max(0, errors.strip().length() - 2000));
      return last.isEmpty() ? "ended without a word" : last.replace('\n', ' ');
    } catch (IOException e) {
      return "ended";
    }
  }

  private static VoyageurException broken(String how) {
    return new VoyageurException(
        ErrorCode.CUSTOM_APPLIANCE,
        "libguestfs's appliance does not work: " + how,
        "Run 'libguestfs-test-tool'; no output was left");
  }

  /**
   * A word for guestfish: every byte but letters and digits as an escape (guestfish(1), QUOTING).
   */
  private static String quoted(String text) {
    StringBuilder quoted = new StringBuilder("\"");
    for (byte b : text.getBytes(UTF_8)) {
      boolean plain = Character.isLetterOrDigit(b) && b > 0;
      quoted.append(plain ? String.valueOf((char) b) : "\\x%02x".formatted(b & 0xff));
    }
    return quoted.append('"').toString();
  }
}
