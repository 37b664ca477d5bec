package org.voyageur.verify;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.voyageur.disk.ImageFormat;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.progress.ProgressEvent.Finished;
import org.voyageur.progress.ProgressEvent.Started;
import org.voyageur.progress.ProgressEvent.Step;
import org.voyageur.progress.ProgressListener;
import org.voyageur.verify.BootWatch.Console;
import org.voyageur.verify.VerificationReport.Machine;
import org.voyageur.verify.VerificationReport.Screenshot;

/**
 * Boots an image on a throw-away overlay and watches how far it comes: reads both consoles, knocks
 * at the network, and decides when enough was seen.
 */
public final class GuestBoot {
  private static final Duration POLL = Duration.ofMillis(200);

  /** The BIOS has begun with the disk after a second or two, under emulation too. */
  private static final Duration SILENT_FIRMWARE = Duration.ofSeconds(30);

  /** A menu counts down on the screen; loading an initrd takes SYSLINUX up to half of this. */
  private static final Duration SILENT_LOADER = Duration.ofSeconds(60);

  /** At the time-out, a guest that has said something within this long was still getting on. */
  private static final Duration STANDSTILL = Duration.ofSeconds(20);

  /** Real boots say less than 200 KiB. */
  private static final int MOST_CONSOLE = 4 << 20;

  private static final int TAIL = 8;

  /** What the lab's dom0-init says of its own begins so. */
  private static final String LAB_LINE = "lab: ";

  private static final String LAB_FAILED = "lab: FAILED";

  /** Xen and dom0 are up after 15 s where nothing else runs. */
  private static final Duration LAB_START = Duration.ofMinutes(4);

  /** The first address that QEMU's DHCP gives out (qemu(1), "-netdev user", dhcpstart). */
  private static final String ADDRESS = "10.0.2.15";

  private final Hypervisor on;
  private final QemuMachine machine;
  private final NetworkProbe network;
  private final BootExpectation expected;
  private final VerifyOptions options;
  private final long powerOn;

  private final ConsoleText terminal = new ConsoleText();
  private final StringBuilder console = new StringBuilder();
  private long consoleRead;
  private int lineStart;
  private final ConsoleText labTerminal = new ConsoleText();
  private final StringBuilder lab = new StringBuilder();
  private final List<String> labLines = new ArrayList<>();
  private long labRead;
  private String screen = "";
  private Set<String> screenLines = Set.of();
  private List<String> screenNews = List.of();
  private BootWatch watch = BootWatch.start();
  private Duration lastChange = Duration.ZERO;
  private boolean networkUp;
  private Optional<Duration> upSince = Optional.empty();

  private GuestBoot(
      Hypervisor on,
      long powerOn,
      QemuMachine machine,
      NetworkProbe network,
      BootExpectation expected,
      VerifyOptions options) {
    this.on = on;
    this.powerOn = powerOn;
    this.machine = machine;
    this.network = network;
    this.expected = expected;
    this.options = options;
  }

  /**
   * Boots an image. It is only read, and nothing of the machine is left when this returns.
   *
   * @param format the image's; {@code RAW_GZIP} cannot be booted
   * @throws VoyageurException HOST_PROGRAM_MISSING, HOST_PROGRAM_FAILED with what QEMU said,
   *     IMAGE_FORMAT for a compressed image
   */
  public static VerificationReport run(
      Path image,
      ImageFormat format,
      BootExpectation expected,
      VerifyOptions options,
      ProgressListener progress) {
    String driver = driver(image, format);
    Machine described = new Machine(QemuMachine.version(), Accelerator.detect(), options.memory());
    return run(
        image,
        Hypervisor.KVM,
        described,
        () ->
            QemuMachine.start(
                image, driver, true, List.of("-m", Integer.toString(options.memory()))),
        expected,
        options,
        progress);
  }

  /**
   * Boots an image as a paravirtual guest of a real Xen's. The same holds as for {@link #run}.
   *
   * @param disk what the guest's disk is called, such as {@code xvda}
   * @throws VoyageurException as {@link #run}; HOST_XEN_LAB if the lab is not prepared, or fails
   *     before it comes to the guest
   */
  public static VerificationReport runOnXen(
      Path image,
      ImageFormat format,
      String disk,
      BootExpectation expected,
      VerifyOptions options,
      ProgressListener progress) {
    String driver = driver(image, format);
    XenLab lab = XenLab.require();
    return run(
        image,
        Hypervisor.XEN,
        new Machine(QemuMachine.version(), "tcg", options.memory()),
        () -> lab.start(image, driver, disk, options.memory()),
        expected,
        options,
        progress);
  }

  private static VerificationReport run(
      Path image,
      Hypervisor on,
      Machine described,
      Supplier<QemuMachine> start,
      BootExpectation expected,
      VerifyOptions options,
      ProgressListener progress) {
    progress.on(new Started(Step.BOOT, "Booting " + image.getFileName()));
    long powerOn = System.nanoTime();
    try (QemuMachine machine = start.get();
        NetworkProbe network = new NetworkProbe(machine.sshPort())) {
      GuestBoot boot = new GuestBoot(on, powerOn, machine, network, expected, options);
      Optional<BootFailure> failure = boot.watch();
      VerificationReport report = boot.report(image, described, failure);
      progress.on(
          new Finished(
              Step.BOOT,
              failure
                  .map(BootFailure::message)
                  .orElseGet(() -> "came to " + boot.watch.furthest().label())));
      return report;
    }
  }

  /** As qemu-options names it ("-drive", format). */
  private static String driver(Path image, ImageFormat format) {
    return switch (format) {
      case RAW, QCOW2, VMDK, VHDX, VDI -> format.label();
      case VHD -> "vpc";
      case RAW_GZIP ->
          throw new VoyageurException(
              ErrorCode.IMAGE_FORMAT,
              image + " is compressed, and a virtual machine needs it as it is",
              "Convert it with 'voyageur convert', or unpack it with gunzip -k");
    };
  }

  /** Watches until the verdict is certain. */
  private Optional<BootFailure> watch() {
    try {
      while (true) {
        boolean ended = machine.ended();
        look(ended);
        Duration now = elapsed();
        if (isUp(ended)) {
          return Optional.empty();
        }
        Optional<BootFailure> failure = failure(now, ended);
        if (failure.isPresent()) {
          return failure;
        }
        Thread.sleep(POLL);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new VoyageurException(
          ErrorCode.INTERRUPTED, "interrupted while the guest booted", "Try again", e);
    }
  }

  private Duration elapsed() {
    return Duration.ofNanos(System.nanoTime() - powerOn);
  }

  private void look(boolean ended) {
    Duration now = elapsed();
    byte[] fresh =
        switch (on) {
          case KVM -> machine.consoleFrom(consoleRead);
          case XEN -> machine.from(XenLab.GUEST_CONSOLE, consoleRead);
        };
    consoleRead += fresh.length;
    String text = terminal.accept(new String(fresh, ISO_8859_1));
    if (!text.isEmpty()) {
      options.console().accept(text);
      console.append(text);
      lastChange = now;
    }
    readLines(now, text.isEmpty());
    switch (on) {
      case KVM -> {
        if (!ended) {
          readScreen();
        }
      }
      case XEN -> readLab(now);
    }
    network.banner().filter(_ -> !watch.has(BootStage.SSH)).ifPresent(this::greeted);
    networkUp |= network.answered() || text.contains(ADDRESS);
    if (upSince.isEmpty() && (network.answered() || watch.has(BootStage.LOGIN_PROMPT))) {
      upSince = Optional.of(now);
    }
  }

  private void greeted(String banner) {
    watch = watch.withSsh(banner, elapsed());
  }

  /** A prompt has no line end: an unfinished line counts when nothing more comes. */
  private void readLines(Duration now, boolean nothingNew) {
    for (int end = console.indexOf("\n", lineStart);
        end >= 0;
        end = console.indexOf("\n", lineStart)) {
      watch = watch.with(Console.SERIAL, console.substring(lineStart, end), now);
      lineStart = end + 1;
    }
    if (nothingNew) {
      watch = watch.with(Console.SERIAL, console.substring(lineStart), now);
    }
  }

  /** What Xen and dom0 say besides has the same words as a guest's kernel, and is not about it. */
  private void readLab(Duration now) {
    byte[] fresh = machine.consoleFrom(labRead);
    labRead += fresh.length;
    lab.append(labTerminal.accept(new String(fresh, ISO_8859_1)));
    for (int end = lab.indexOf("\n"); end >= 0; end = lab.indexOf("\n")) {
      String line = lab.substring(0, end);
      lab.delete(0, end + 1);
      if (line.startsWith(LAB_FAILED)) {
        throw labFailed(line);
      }
      if (line.startsWith(LAB_LINE)) {
        watch = watch.with(Console.LAB, line, now);
        labLines.add(line);
        lastChange = now;
      }
    }
  }

  private static VoyageurException labFailed(String why) {
    return new VoyageurException(
        ErrorCode.HOST_XEN_LAB,
        "the Xen lab failed before it came to the guest: " + why,
        "Check that the host has 2.5 GiB of memory to spare; prepare the lab anew: delete its"
            + " directory, then "
            + XenLab.command());
  }

  private void readScreen() {
    String before = screen;
    try {
      screen = machine.screen();
    } catch (VoyageurException e) {
      if (machine.awaitEnd(Duration.ofSeconds(1))) {
        return; // It ended meanwhile; the next round tells.
      }
      throw e;
    }
    if (screen.equals(before)) {
      return;
    }
    Duration now = elapsed();
    lastChange = now;
    List<String> lines = screen.lines().toList();
    screenNews = lines.stream().filter(line -> !screenLines.contains(line)).toList();
    for (String line : screenNews) {
      watch = watch.with(Console.SCREEN, line, now);
    }
    screenLines = Set.copyOf(lines);
  }

  private boolean isUp(boolean ended) {
    boolean somewhere = watch.has(BootStage.LOGIN_PROMPT);
    return !ended
        && somewhere
        && watch.has(expected.last())
        && (!expected.serialPrompt() || watch.shows(Console.SERIAL))
        && (!expected.network() || networkUp)
        && (!expected.screenPrompt() || watch.shows(Console.SCREEN) || !screenIsText());
  }

  private boolean screenIsText() {
    return screenshot().map(Screenshot::isText).orElse(false);
  }

  private Optional<BootFailure> failure(Duration now, boolean ended) {
    Optional<BootFailure> trouble = watch.certainTrouble(now);
    if (trouble.isPresent()) {
      return trouble;
    }
    boolean silentLab =
        on == Hypervisor.XEN && watch.stages().isEmpty() && (ended || now.compareTo(LAB_START) > 0);
    if (silentLab) {
      throw labFailed(machine.console().lines().reduce("", (_, line) -> line));
    }
    if (ended) {
      return Optional.of(likely(BootCause.ENDED));
    }
    Duration silence = now.minus(lastChange);
    if (upSince.isPresent() && silence.compareTo(options.patience()) > 0) {
      return Optional.of(missing());
    }
    // Under Xen a menu counts down unseen, and unpacking an initrd takes the domain's builder long.
    if (on == Hypervisor.KVM && watch.furthest().compareTo(BootStage.BOOT_LOADER) <= 0) {
      boolean loading = watch.last().endsWith("ok"); // SYSLINUX's "Loading /vmlinuz... ok".
      Duration limit =
          watch.has(BootStage.BOOT_LOADER) && !loading ? SILENT_LOADER : SILENT_FIRMWARE;
      if (!loading && silence.compareTo(limit) > 0) {
        return Optional.of(likely(BootCause.LOADER_STUCK));
      }
    }
    if (now.compareTo(options.timeout()) > 0 || console.length() > MOST_CONSOLE) {
      return Optional.of(
          upSince.isPresent()
              ? missing()
              : likely(silence.compareTo(STANDSTILL) < 0 ? BootCause.TOO_SLOW : BootCause.SILENT));
    }
    return Optional.empty();
  }

  private BootFailure likely(BootCause otherwise) {
    return watch
        .likelyTrouble()
        .orElseGet(() -> otherwise.failure("it came to " + watch.furthest().label(), tail()));
  }

  /** What a guest that is up has not shown. */
  private BootFailure missing() {
    if (expected.network() && !networkUp) {
      return BootCause.NO_NETWORK.failure("", tail());
    }
    if (expected.last() == BootStage.SSH && !watch.has(BootStage.SSH)) {
      return BootCause.NO_SSH.failure("", tail());
    }
    String where =
        watch.shows(Console.SCREEN)
            ? "there is one on the screen, none on the serial console"
            : watch.shows(Console.SERIAL)
                ? "there is one on the serial console, none on the screen"
                : "it answers on the network, and shows one neither on the serial console nor on"
                    + " the screen";
    List<String> evidence = new ArrayList<>();
    Optional.ofNullable(watch.stages().get(BootStage.LOGIN_PROMPT))
        .ifPresent(prompt -> evidence.add(prompt.evidence()));
    evidence.addAll(tail());
    return BootCause.NO_CONSOLE.failure(where, evidence.stream().distinct().toList());
  }

  /** What both consoles said last. The screen's memory is a ring: its end is not what is newest. */
  private List<String> tail() {
    List<String> serial = console.toString().lines().filter(line -> !line.isBlank()).toList();
    return Stream.of(last(serial), last(screenNews), last(labLines))
        .flatMap(lines -> lines)
        .distinct()
        .toList();
  }

  private static Stream<String> last(List<String> lines) {
    return lines.stream().skip(Math.max(0, lines.size() - TAIL));
  }

  private VerificationReport report(Path image, Machine qemu, Optional<BootFailure> failure) {
    Duration took = elapsed();
    Optional<Screenshot> picture = screenshot();
    List<String> notes = new ArrayList<>();
    if (on == Hypervisor.KVM && failure.isEmpty() && !watch.shows(Console.SERIAL)) {
      notes.add(
          "There is no login prompt on the serial console, and a cloud's console log will stay"
              + " empty");
    }
    if (failure.isEmpty()
        && !watch.shows(Console.SCREEN)
        && picture.filter(p -> !p.isText()).isPresent()) {
      notes.add("The screen is in graphics mode, so only the screenshot tells what it shows");
    }
    return new VerificationReport(
        image,
        on,
        Optional.of(qemu),
        expected,
        watch.reachedStages(),
        failure,
        notes,
        console.toString(),
        screen,
        picture,
        took);
  }

  /** Empty when the machine has ended. */
  private Optional<Screenshot> screenshot() {
    try {
      return machine.ended() || on == Hypervisor.XEN
          ? Optional.empty()
          : Optional.of(new Screenshot(machine.screenshot()));
    } catch (VoyageurException e) {
      return Optional.empty(); // It ended just now.
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
