package org.voyageur.verify;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.voyageur.error.ErrorCode;

/** Boots that are seen only through the log that a cloud gives of a serial console. */
class ConsoleWatchTest {
  private static final String BOOT =
      """
      SYSLINUX 6.04 EDD 20191223 Copyright (C) 1994-2015 H. Peter Anvin et al\r
      [    0.000000] Linux version 2.6.32-431.el6.x86_64 (mockbuild@example)\r
      [    2.1] EXT3-fs (vda): mounted filesystem with ordered data mode\r
      INIT: version 2.86 booting\r
      """;

  private static Duration second(int number) {
    return Duration.ofSeconds(number);
  }

  @Test
  void stagesComeAsTheLogGrows() {
    ConsoleWatch watch = new ConsoleWatch();
    assertThat(watch.read(BOOT.substring(0, 30), second(1))).isEqualTo(BOOT.substring(0, 30));
    watch.read(BOOT, second(2));
    assertThat(watch.has(BootStage.INIT)).isTrue();
    assertThat(watch.stages())
        .extracting(ReachedStage::stage)
        .startsWith(BootStage.FIRMWARE, BootStage.BOOT_LOADER, BootStage.KERNEL);
    assertThat(watch.has(BootStage.LOGIN_PROMPT)).isFalse();
  }

  @Test
  void aPromptIsSeenWithoutALineEndOnceNothingMoreComes() {
    ConsoleWatch watch = new ConsoleWatch();
    watch.read(BOOT + "\u001b[1mmega", second(1));
    watch.read(BOOT + "\u001b[1mmegapipe login: ", second(2));
    assertThat(watch.read(BOOT + "\u001b[1mmegapipe login: ", second(3))).isEmpty();
    assertThat(watch.has(BootStage.LOGIN_PROMPT)).isTrue();
    assertThat(watch.console()).doesNotContain("\u001b", "\r").endsWith("megapipe login: ");
  }

  @Property(tries = 100)
  void aWindowThatMovesOnIsReadOnce(
      @ForAll @IntRange(min = 1000, max = 4000) int window,
      @ForAll @IntRange(min = 1, max = 80) int step) {
    StringBuilder whole = new StringBuilder();
    ConsoleWatch watch = new ConsoleWatch();
    int line = 0;
    while (whole.length() < 8000) {
      for (int i = 0; i < 1 + step / 20; i++) {
        whole.append("line ").append(line++).append(" of what the guest says\n");
      }
      watch.read(whole.substring(Math.max(0, whole.length() - window)), second(line));
    }
    assertThat(watch.console()).isEqualTo(whole.toString());
  }

  @Test
  void aPanicIsCertainOnceNothingFollowsIt() {
    ConsoleWatch watch = new ConsoleWatch();
    watch.read(
        BOOT.lines().limit(2).reduce("", (all, next) -> all + next + "\n")
            + "Kernel panic - not syncing: Attempted to kill init!\n",
        second(5));
    assertThat(watch.certainFailure(second(5))).isEmpty();
    assertThat(watch.certainFailure(second(7)))
        .hasValueSatisfying(failure -> {
          assertThat(failure.code()).isEqualTo(ErrorCode.BOOT_PANIC);
          assertThat(failure.message()).contains("Attempted to kill init!");
        });
  }

  @Test
  void theTimeThatIsUpIsToldApart() {
    ConsoleWatch watch = new ConsoleWatch();
    assertThat(watch.outOfTime(second(60)))
        .satisfies(failure -> {
          assertThat(failure.code()).isEqualTo(ErrorCode.BOOT_SILENT);
          assertThat(failure.message()).contains("its serial console is empty");
        });
    watch.read(BOOT, second(290));
    assertThat(watch.outOfTime(second(300)).code()).isEqualTo(ErrorCode.BOOT_TOO_SLOW);
    assertThat(watch.outOfTime(second(400)))
        .satisfies(failure -> {
          assertThat(failure.code()).isEqualTo(ErrorCode.BOOT_SILENT);
          assertThat(failure.evidence()).endsWith("INIT: version 2.86 booting");
        });
    assertThat(watch.ended().code()).isEqualTo(ErrorCode.BOOT_ENDED);
  }
}
