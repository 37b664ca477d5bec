package org.voyageur.verify;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What came of booting an image, with the evidence.
 *
 * @param image the file, which was only read
 * @param on what it is to boot on
 * @param machine what it was booted on; empty if the image told enough without
 * @param expected what it should have come to
 * @param stages what it came to, in order
 * @param failure why it did not come to what was expected; empty if it did
 * @param notes what else is worth knowing, one sentence each
 * @param console all that came out of the serial port, at most 5 MiB, without terminal sequences
 * @param screen the text that stood on the screen at the end, and what had scrolled off lately;
 *     means nothing where the screen was in graphics mode
 * @param screenshot the screen at the end as a PNG
 * @param took from power on to the verdict
 */
public record VerificationReport(
    Path image,
    Hypervisor on,
    Optional<Machine> machine,
    BootExpectation expected,
    List<ReachedStage> stages,
    Optional<BootFailure> failure,
    List<String> notes,
    String console,
    String screen,
    Optional<Screenshot> screenshot,
    Duration took) {
  /** Keeps unmodifiable copies. */
  public VerificationReport {
    stages = List.copyOf(stages);
    notes = List.copyOf(notes);
  }

  /** Of an image that cannot boot, which was seen without booting it. */
  public static VerificationReport notBooted(
      Path image,
      Hypervisor on,
      BootExpectation expected,
      BootFailure failure,
      List<String> notes) {
    return told(image, on, expected, List.of(), Optional.of(failure), notes);
  }

  /** Of what was seen without booting an image. */
  public static VerificationReport told(
      Path image,
      Hypervisor on,
      BootExpectation expected,
      List<ReachedStage> stages,
      Optional<BootFailure> failure,
      List<String> notes) {
    return new VerificationReport(
        image,
        on,
        Optional.empty(),
        expected,
        stages,
        failure,
        notes,
        "",
        "",
        Optional.empty(),
        Duration.ZERO);
  }

  /** The same with more notes in front. */
  public VerificationReport withNotes(List<String> more) {
    List<String> all = new java.util.ArrayList<>(more);
    all.addAll(notes);
    return new VerificationReport(
        image, on, machine, expected, stages, failure, all, console, screen, screenshot, took);
  }

  /** Whether the guest came to what was expected of it. */
  public boolean booted() {
    return failure.isEmpty();
  }

  /**
   * What the guest was booted on.
   *
   * @param qemu QEMU's version, as it says it
   * @param accelerator {@code kvm}, or {@code tcg}, QEMU's own emulation
   * @param memory in MiB
   */
  public record Machine(String qemu, String accelerator, int memory) {}

  /** A picture of the screen. */
  public record Screenshot(byte[] png) {
    /** PNG's signature, a chunk's length and type, then the width (RFC 2083, 4.1.1). */
    private static final int WIDTH = 16;

    /** The picture's width in pixels. */
    private int width() {
      return java.nio.ByteBuffer.wrap(png).getInt(WIDTH);
    }

    /** The picture's height in pixels. */
    private int height() {
      return java.nio.ByteBuffer.wrap(png).getInt(WIDTH + 4);
    }

    /** Whether it shows the PC's text mode: 80 columns of 9 pixels, 25 lines of 16. */
    public boolean isText() {
      return width() == 720 && height() == 400;
    }
  }
}
