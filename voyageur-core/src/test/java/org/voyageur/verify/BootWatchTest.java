package org.voyageur.verify;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.voyageur.error.ErrorCode;
import org.voyageur.verify.BootWatch.Console;

/** What consoles of old systems say, and what follows from it. */
class BootWatchTest {
  private static final Duration LATER = Duration.ofMinutes(5);

  private static BootWatch watch(String text) {
    BootWatch watch = BootWatch.start();
    int second = 0;
    for (String line : text.lines().toList()) {
      watch = watch.with(Console.SERIAL, line, Duration.ofSeconds(++second));
    }
    return watch;
  }

  static Stream<Arguments> troubles() {
    return Stream.of(
        // SYSLINUX 4: core/ui.inc.
        trouble(ErrorCode.BOOT_FILE_MISSING, "Could not find kernel image: linux\nboot: "),
        // SYSLINUX 6: core/elflink/load_env32.c; the VBR's core/diskboot.inc.
        trouble(ErrorCode.BOOT_LOADER_STUCK, "Failed to load ldlinux.c32\nBoot failed: please"),
        trouble(ErrorCode.BOOT_LOADER_STUCK, "Booting from Hard Disk...\nBoot error"),
        // SYSLINUX: mbr/mbr.S.
        trouble(
            ErrorCode.BOOT_LOADER_STUCK, "Booting from Hard Disk...\nMissing operating system."),
        // GRUB legacy: stage1/stage1.S, stage2/common.c.
        trouble(ErrorCode.BOOT_LOADER_STUCK, "GRUB Hard Disk Error"),
        trouble(ErrorCode.BOOT_LOADER_STUCK, "GRUB Loading stage1.5.\n\nError 17: Cannot mount"),
        trouble(
            ErrorCode.BOOT_FILE_MISSING,
            "kernel /boot/vmlinuz ro\n\nError 15: File not found\n\nPress any key to continue..."),
        // GRUB 2: kern/rescue_reader.c.
        trouble(
            ErrorCode.BOOT_LOADER_STUCK,
            "error: no such partition.\nEntering rescue mode...\ngrub rescue> "),
        // Windows' boot sectors.
        trouble(ErrorCode.BOOT_WINDOWS, "BOOTMGR is missing\nPress Ctrl+Alt+Del to restart"),
        // 2.6.18, init/do_mounts.c: no such device in the kernel.
        trouble(
            ErrorCode.BOOT_ROOT_NOT_MOUNTED,
            """
            Linux version 2.6.18-371.el5 (mockbuild@example) (gcc version 4.1.2)
            Kernel command line: ro root=/dev/vda console=ttyS0
            VFS: Cannot open root device "vda" or unknown-block(0,0)
            Please append a correct "root=" boot option
            Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)
            """),
        // The same where the list of partitions shows the disk (block/genhd.c,
        // printk_all_partitions).
        trouble(
            ErrorCode.BOOT_WRONG_ROOT,
            """
            [    0.000000] Linux version 3.2.0-61-virtual (buildd@example)
            [    1.0] VFS: Cannot open root device "xvda" or unknown-block(0,0): error -6
            [    1.0] Please append a correct "root=" boot option; here are the available partitions:
            [    1.0] fd00         10485760 vda driver: virtio_blk
            [    1.0] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)
            """),
        // The device is known, and its filesystem is not.
        trouble(
            ErrorCode.BOOT_ROOT_NOT_MOUNTED,
            """
            [    0.9] virtio_blk virtio0: [vda] 1048576 512-byte logical blocks
            [    1.0] VFS: Cannot open root device "vda" or unknown-block(253,0): error -19
            [    1.0] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(253,0)
            """),
        // el5's mkinitrd: nash/nash.c and the script around it.
        trouble(
            ErrorCode.BOOT_ROOT_DEVICE,
            """
            Red Hat nash version 5.1.19.6 starting
            mount: could not find filesystem '/dev/root'
            setuproot: moving /dev failed: No such file or directory
            switchroot: mount failed: No such file or directory
            Kernel panic - not syncing: Attempted to kill init!
            """),
        // initramfs-tools 0.99: scripts/local.
        trouble(
            ErrorCode.BOOT_WRONG_ROOT,
            """
            Loading, please wait...
            [    1.1]  vda: unknown partition table
            Begin: Waiting for root file system ... done.
            Gave up waiting for root device.  Common problems:
            ALERT!  /dev/xvda does not exist.  Dropping to a shell!
            """),
        // dracut 004: modules.d/99base/init.
        trouble(
            ErrorCode.BOOT_ROOT_DEVICE,
            """
            dracut: Starting plymouth daemon
            dracut Warning: No root device "block:/dev/xvde" found
            dracut Warning: Boot has failed. To debug this issue add "rdshell" to the kernel command line.
            """),
        // dracut 059 with systemd in the initrd.
        trouble(
            ErrorCode.BOOT_ROOT_DEVICE,
            """
            [    2.0] systemd[1]: Running in initrd.
            Welcome to Debian GNU/Linux 12 (bookworm) dracut-059 (Initramfs)!
            [ TIME ] Timed out waiting for device dev-disk-by\\x2dlabel-x2f.device - /dev/disk/by-label/x2f.
            You are in emergency mode. After logging in, type "journalctl -xb" to view
            """),
        // initscripts 8.45: rc.sysinit, with e2fsck's and sulogin's words.
        trouble(
            ErrorCode.BOOT_MAINTENANCE,
            """
            \t\tWelcome to  Scientific Linux
            Checking filesystems
            fsck.ext3: Unable to resolve 'LABEL=data'
            [FAILED]

            *** An error occurred during the file system check.
            *** Dropping you to a shell; the system will reboot
            Give root password for maintenance
            (or type Control-D to continue):
            """),
        // mountall 2.36: src/mountall.c, through plymouth.
        trouble(
            ErrorCode.BOOT_MAINTENANCE,
            """
            [    2.1] EXT3-fs (vda): mounted filesystem with ordered data mode
            The disk drive for /staging is not ready yet or not present.
            Continue to wait, or Press S to skip mounting or M for manual recovery
            """),
        // systemd: src/core/job.c, after the switch to the guest's root.
        trouble(
            ErrorCode.BOOT_MAINTENANCE,
            """
            [    2.1] EXT4-fs (vda): mounted filesystem with ordered data mode
            Welcome to Debian GNU/Linux 12 (bookworm)!
            [*     ] A start job is running for /dev/xvdb (1min 2s / 1min 30s)
            """),
        // init/main.c of 2.6.32; of 3.17 and later.
        trouble(
            ErrorCode.BOOT_NO_INIT,
            "Kernel panic - not syncing: No init found.  Try passing init= option to kernel."),
        trouble(
            ErrorCode.BOOT_NO_INIT,
            "[    1.0] Kernel panic - not syncing: No working init found.  Try passing init="),
        // initramfs-tools: init.
        trouble(
            ErrorCode.BOOT_NO_INIT,
            "Target filesystem doesn't have requested /sbin/init.\nNo init found. Try passing init="),
        // arch/x86/boot/cpu.c.
        trouble(
            ErrorCode.BOOT_PANIC,
            "This kernel requires an x86-64 CPU, but only detected an i686 CPU.\n"
                + "Unable to boot - please use a kernel appropriate for your CPU."),
        trouble(ErrorCode.BOOT_PANIC, "[    1.0] Kernel panic - not syncing: Fatal exception"),
        // cryptsetup: cryptroot script of initramfs-tools.
        trouble(ErrorCode.BOOT_ENCRYPTED, "Please unlock disk vda5_crypt: "));
  }

  private static Arguments trouble(ErrorCode code, String text) {
    return Arguments.of(code, text);
  }

  @ParameterizedTest
  @MethodSource("troubles")
  void findsTheCause(ErrorCode code, String text) {
    BootFailure failure = watch(text).certainTrouble(LATER).orElseThrow();
    assertThat(failure.code()).isEqualTo(code);
    assertThat(failure.evidence()).isNotEmpty().allMatch(line -> text.contains(line.strip()));
  }

  @Test
  void aBootWithoutTroubleIsNotTroubled() {
    BootWatch watch =
        watch(
            """
            SeaBIOS (version 1.16.2-debian-1.16.2-1)
            SYSLINUX 6.04 EDD 20191223 Copyright (C) 1994-2015 H. Peter Anvin et al
            Loading /boot/vmlinuz-2.6.18-371.el5... ok
            Linux version 2.6.18-371.el5 (mockbuild@example) (gcc version 4.1.2)
            Red Hat nash version 5.1.19.6 starting
             vda: unknown partition table
            kjournald starting.  Commit interval 5 seconds
            EXT3-fs: mounted filesystem with ordered data mode.
            INIT: version 2.86 booting
            \t\tWelcome to  Scientific Linux
            INIT: Entering runlevel: 3
            Starting sshd: [  OK  ]

            Scientific Linux release 5.9 (Boron)
            Kernel 2.6.18-371.el5 on an x86_64

            megapipe login:\s
            """);
    assertThat(watch.certainTrouble(LATER)).isEmpty();
    assertThat(watch.stages().keySet())
        .containsExactly(
            Stream.of(BootStage.values())
                .filter(stage -> stage != BootStage.SSH)
                .toArray(BootStage[]::new));
    assertThat(watch.reachedStages())
        .filteredOn(reached -> reached.stage() == BootStage.KERNEL)
        .extracting(ReachedStage::after)
        .containsExactly(Duration.ofSeconds(4));
    assertThat(watch.shows(Console.SERIAL)).isTrue();
    assertThat(watch.shows(Console.SCREEN)).isFalse();
  }

  @Test
  void aStageThatWasSilentWasPassedAllTheSame() {
    BootWatch watch = watch("megapipe login: ");
    assertThat(watch.reachedStages())
        .extracting(ReachedStage::evidence)
        .hasSize(7)
        .containsOnly("megapipe login:");
  }

  @Test
  void troubleThatWasOvercomeIsForgotten() {
    BootWatch watch =
        watch(
            """
            Loading /vmlinuz... failed: No such file or directory
            boot: safe
            [    0.000000] Linux version 3.2.0-61-virtual (buildd@example)
            """);
    assertThat(watch.certainTrouble(LATER)).isEmpty();
  }

  @Test
  void whatProgramsSayLaterIsNoTroubleOfTheLoader() {
    assertThat(
            watch("Linux version 2.6.18\nError 15: File not found\nMissing operating system")
                .troubles())
        .isEmpty();
    assertThat(watch("h login: \nGive root password for maintenance").troubles()).isEmpty();
    assertThat(watch("h login: \nKernel panic - not syncing: x").troubles()).hasSize(1);
  }

  @Test
  void aBootLoaderThatWelcomesIsNoInit() {
    assertThat(watch("Welcome to GRUB!").furthest()).isEqualTo(BootStage.BOOT_LOADER);
  }

  @Test
  void waitsWhetherADeviceTurnsUpAfterAll() {
    BootWatch watch = watch("The disk drive for /data is not ready yet or not present.");
    assertThat(watch.certainTrouble(Duration.ofSeconds(10))).isEmpty();
    assertThat(watch.likelyTrouble()).isPresent();
    assertThat(watch.certainTrouble(LATER).orElseThrow().message()).endsWith(": /data");
  }

  @Test
  void whatOneConsoleShowsLaterDoesNotOverruleTheOther() {
    // Both are read in turn, so that the screen's older lines come after the serial line's newer.
    BootWatch watch =
        watch("[    1.0] Kernel panic - not syncing: Fatal exception")
            .with(Console.SCREEN, "[    0.0] Linux version 6.1.0", LATER);
    assertThat(watch.certainTrouble(LATER)).isPresent();
  }

  @Test
  void aGuestThatComplainsWithoutEndIsBounded() {
    BootWatch watch = BootWatch.start();
    for (int i = 0; i < 10_000; i++) {
      watch =
          watch.with(
              Console.SERIAL, "Kernel panic - not syncing: " + i + "x".repeat(10_000), LATER);
    }
    assertThat(watch.troubles()).hasSize(50);
    assertThat(watch.likelyTrouble().orElseThrow().evidence())
        .hasSize(8)
        .allMatch(line -> line.length() <= 400);
  }

  @Test
  void aLoginOfSomeoneIsNoPrompt() {
    assertThat(watch("Last login: Mon Nov 23 on tty1").has(BootStage.LOGIN_PROMPT)).isFalse();
    assertThat(watch("(none) login:").has(BootStage.LOGIN_PROMPT)).isTrue();
  }
}
