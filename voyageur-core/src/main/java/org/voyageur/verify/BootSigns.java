package org.voyageur.verify;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What single lines of a console tell of a boot. Where a text comes from is said beside it; a
 * kernel's lines may have a time stamp in front, so hardly any pattern is bound to a line's start.
 */
final class BootSigns {
  /** What is printed at once, in a row, when something has failed for good. */
  private static final Duration FINAL = Duration.ofSeconds(1);

  /** A loader may start something else instead, at once or after its menu's time. */
  private static final Duration LOADER = Duration.ofSeconds(10);

  /** Devices turn up late on a slow host, and boot scripts wait for them with messages. */
  private static final Duration WAITING = Duration.ofSeconds(30);

  /** systemd waits 90 s for a device (DefaultTimeoutStartSec), and may go on without it. */
  private static final Duration SYSTEMD = Duration.ofMinutes(2);

  private BootSigns() {}

  /** A line that shows that a stage was reached. */
  private record StageSign(BootStage stage, Pattern pattern) {}

  /**
   * A line that shows that something is wrong.
   *
   * @param settle how long to wait for the boot to go on all the same
   */
  record TroubleSign(BootCause cause, Duration settle, Pattern pattern) {
    /** The thing that is missing, where the line names it. */
    Optional<String> what(String line) {
      Matcher matcher = pattern.matcher(line);
      return pattern.namedGroups().containsKey("what") && matcher.find()
          ? Optional.ofNullable(matcher.group("what")).map(String::strip)
          : Optional.empty();
    }
  }

  private static final List<StageSign> STAGES =
      List.of(
          // agetty(8) and mingetty(8): "HOST login: ". "(none) login:" without a host name.
          stage(BootStage.LOGIN_PROMPT, "^(?!Last )\\S{1,64} login:(?: |$)"),
          // sysvinit's init.c; rc.sysinit of initscripts; systemd's src/core/main.c, which says in
          // an initrd that it is one.
          stage(BootStage.INIT, "^INIT: version \\S+ booting"),
          stage(
              BootStage.INIT,
              "^\\s*Welcome to (?!emergency|GRUB)(?!.*(?:dracut|[Ii]nitramfs|initrd))"),
          // fs/ext3/super.c, fs/ext4/super.c: the first thing that an init does to its root.
          stage(BootStage.INIT, "EXT[34]-fs \\(\\w+\\): re-mounted"),
          stage(BootStage.INIT, "^INIT: Entering runlevel: "),
          // init/do_mounts.c; fs/ext3/super.c of 2.6.18 and later; fs/ext4/super.c; fs/xfs;
          // dracut's mount-root.sh.
          stage(BootStage.ROOT_MOUNTED, "VFS: Mounted root \\("),
          stage(BootStage.ROOT_MOUNTED, "EXT[234]-fs(?: \\(\\S+\\))?: mounted filesystem"),
          stage(BootStage.ROOT_MOUNTED, "kjournald starting"),
          stage(BootStage.ROOT_MOUNTED, "XFS \\(\\S+\\): Ending clean mount"),
          stage(BootStage.ROOT_MOUNTED, "dracut: (?:Mounted root filesystem|Switching root)"),
          // init/main.c since 4.20 or so; initramfs-tools' init; nash; dracut.
          stage(BootStage.INITRD, "Run /init as init process"),
          stage(BootStage.INITRD, "Run /voyageur/init as init process"),
          stage(BootStage.INITRD, "^Loading, please wait\\.\\.\\."),
          stage(BootStage.INITRD, "Red Hat nash version"),
          stage(BootStage.INITRD, "\\bdracut(?:-\\w+)?(?:\\[\\d+])?: "),
          stage(BootStage.INITRD, "^Welcome to .*(?:dracut|[Ii]nitramfs)"),
          // init/version.c; arch/x86/boot/compressed.
          stage(BootStage.KERNEL, "Linux version \\d"),
          stage(BootStage.KERNEL, "^(?:Decompressing Linux|Booting the kernel)"),
          // SYSLINUX core; GRUB legacy stage1 and 2; GRUB 2 boot.S and kern/main.c; LILO; ours.
          stage(BootStage.BOOT_LOADER, "^(?:SYS|EXT|ISO)LINUX \\d"),
          stage(BootStage.BOOT_LOADER, "^(?:Loading /|Could not find (?:kernel|ramdisk) )"),
          stage(BootStage.BOOT_LOADER, "\\bGRUB\\b"),
          stage(BootStage.BOOT_LOADER, "^LILO"),
          stage(BootStage.BOOT_LOADER, "^boot:"),
          stage(BootStage.BOOT_LOADER, "^voyageur: no boot record"),
          // The Xen lab's dom0-init and pygrub; SeaBIOS: src/bootsplash.c.
          stage(BootStage.BOOT_LOADER, "^lab: PyGrub has taken "),
          stage(BootStage.FIRMWARE, "^lab: Xen \\d"),
          stage(BootStage.FIRMWARE, "SeaBIOS \\(version"));

  /** The particular before the general: a panic follows many of those above it. */
  private static final List<TroubleSign> TROUBLES =
      List.of(
          // SeaBIOS: src/boot.c. After the disk it tries the network, for seconds.
          trouble(BootCause.NO_DEVICE, FINAL, "Boot failed: not a bootable disk"),
          trouble(BootCause.NO_DEVICE, FINAL, "Boot failed: could not read the boot disk"),
          trouble(BootCause.NO_DEVICE, FINAL, "^No bootable device\\."),
          // SYSLINUX: com32/lib/syslinux/load_linux.c with 6.x, core/ui.inc before.
          trouble(BootCause.FILE_MISSING, LOADER, "^Loading (?<what>.+?)\\.\\.\\. ?failed: "),
          trouble(BootCause.FILE_MISSING, LOADER, "^Could not find kernel image: (?<what>.+)"),
          trouble(BootCause.FILE_MISSING, LOADER, "^Could not find ramdisk image: (?<what>.+)"),
          // GRUB legacy's stage2/common.c; GRUB 2's fs/fshelp.c and loader.
          trouble(BootCause.FILE_MISSING, LOADER, "^Error 15: File not found"),
          trouble(BootCause.FILE_MISSING, LOADER, "^error: file [`'](?<what>.+?)' not found"),
          // SYSLINUX: core/diskboot.inc, diskstart.inc, elflink/load_env32.c and readconfig.c.
          trouble(BootCause.LOADER_STUCK, FINAL, "\\b(?:Boot|Load|Checksum) error\\b"),
          trouble(BootCause.LOADER_STUCK, FINAL, "\\bFailed to load (?:ldlinux\\.c32|COM32 file)"),
          trouble(BootCause.LOADER_STUCK, LOADER, "^(?:ERROR: )?No configuration file found"),
          trouble(BootCause.LOADER_STUCK, LOADER, "^No DEFAULT or UI configuration directive"),
          trouble(BootCause.LOADER_STUCK, FINAL, "^voyageur: no boot record in sector 1"),
          // PyGrub, and libxl's and libxenguest's messages where it gave them no kernel of theirs.
          trouble(
              BootCause.FILE_MISSING,
              LOADER,
              "^lab: pygrub: .*(?<what>(?:Error opening|The requested) .+)"),
          trouble(
              BootCause.PYGRUB, LOADER, "^lab: pygrub: .*\\b\\w*(?:Error|Exception): (?<what>.+)"),
          trouble(BootCause.PYGRUB, LOADER, "^lab: pygrub: .*(?<what>No kernel image selected)"),
          trouble(BootCause.NOT_XEN, LOADER, "^lab: xl: .*xc_dom_find_loader: (?<what>.+)"),
          trouble(BootCause.NOT_XEN, LOADER, "^lab: xl: .*xc_dom_\\w+ failed"),
          trouble(BootCause.PYGRUB, LOADER, "^lab: xl: .*bootloader failed"),
          // The partition boot code of SYSLINUX (mbr/mbr.S) and of Microsoft.
          trouble(BootCause.LOADER_STUCK, FINAL, "Missing operating system"),
          trouble(BootCause.LOADER_STUCK, FINAL, "(?:Error loading operating|Operating) system"),
          trouble(BootCause.LOADER_STUCK, FINAL, "Invalid partition table"),
          trouble(BootCause.WINDOWS, FINAL, "\\b(?:BOOTMGR|NTLDR) is (?:missing|compressed)"),
          // GRUB legacy's stage1.S; GRUB 2's boot.S, kern/rescue_reader.c and normal/main.c.
          trouble(BootCause.LOADER_STUCK, FINAL, "GRUB (?:Hard Disk|Geom|Read) Error"),
          trouble(BootCause.LOADER_STUCK, FINAL, "GRUB Loading stage1\\.5.*Error \\d+"),
          trouble(BootCause.LOADER_STUCK, FINAL, "^Error \\d+: "),
          trouble(BootCause.LOADER_STUCK, FINAL, "^(?:grub rescue|grub)> "),
          trouble(BootCause.LOADER_STUCK, LOADER, "^error: (?:no such|unknown filesystem)"),
          // cryptsetup's initramfs script, systemd-ask-password and dracut's crypt module.
          trouble(
              BootCause.ENCRYPTED,
              FINAL,
              "(?:Please unlock disk|[Pp]lease enter passphrase for disk|Enter passphrase for /)"),
          // sulogin of util-linux and sysvinit; rc.sysinit of initscripts; e2fsck; mountall;
          // systemd's emergency.service, and what it says where root has no password;
          // initramfs-tools' scripts/functions.
          trouble(BootCause.MAINTENANCE, FINAL, "Give root password for (?:maintenance|system)"),
          trouble(BootCause.MAINTENANCE, FINAL, "\\(or (?:type|press) Control-D to continue\\)"),
          trouble(
              BootCause.MAINTENANCE, WAITING, "An error occurred during the file ?system check"),
          trouble(BootCause.MAINTENANCE, WAITING, "fsck\\.\\w+: Unable to resolve '(?<what>.+)'"),
          trouble(
              BootCause.MAINTENANCE,
              WAITING,
              "fsck\\.\\w+: No such file or directory while trying to open (?<what>\\S+)"),
          trouble(BootCause.MAINTENANCE, WAITING, "UNEXPECTED INCONSISTENCY; RUN fsck MANUALLY"),
          trouble(BootCause.MAINTENANCE, WAITING, "drive for (?<what>\\S+) is not ready yet"),
          trouble(BootCause.MAINTENANCE, WAITING, "[Pp]ress S to skip mounting"),
          trouble(BootCause.MAINTENANCE, FINAL, "(?:You are in|Welcome to) emergency mode"),
          trouble(BootCause.MAINTENANCE, FINAL, "Cannot open access to console, the root account"),
          trouble(BootCause.MAINTENANCE, FINAL, "root filesystem on \\S+ requires a manual fsck"),
          // init/main.c, before and since 3.17; busybox's and util-linux's switch_root;
          // initramfs-tools; dracut; nash; klibc's run-init.
          trouble(BootCause.NO_INIT, FINAL, "\\bNo (?:working )?init found\\."),
          trouble(BootCause.NO_INIT, FINAL, "Requested init (?<what>\\S+) failed"),
          trouble(
              BootCause.NO_INIT,
              FINAL,
              "switch_root: (?:can't|failed to) execute '?(?<what>\\S+?)'?(?::|$)"),
          trouble(BootCause.NO_INIT, FINAL, "doesn't have (?:requested )?(?<what>/sbin/init)"),
          trouble(BootCause.NO_INIT, FINAL, "Cannot find init!"),
          trouble(BootCause.NO_INIT, FINAL, "exec of init \\((?<what>.+?)\\) failed"),
          trouble(BootCause.NO_INIT, FINAL, "run-init: (?<what>\\S+): No such file"),
          // nash and the el5 initrd's script; initramfs-tools' scripts/local; dracut 004 and
          // later; systemd's src/core/job.c.
          trouble(BootCause.ROOT_DEVICE, FINAL, "could not find filesystem '(?<what>.+?)'"),
          trouble(BootCause.ROOT_DEVICE, FINAL, "ALERT! +(?<what>.+?) does not exist"),
          trouble(BootCause.ROOT_DEVICE, WAITING, "No root device(?: \"(?<what>.+?)\")? found"),
          trouble(BootCause.ROOT_DEVICE, FINAL, "Boot has failed, sleeping forever"),
          trouble(BootCause.ROOT_DEVICE, FINAL, "Warning: Could not boot\\."),
          trouble(BootCause.ROOT_DEVICE, WAITING, "dracut-initqueue timeout"),
          trouble(
              BootCause.ROOT_DEVICE, WAITING, "Warning: \"?(?<what>/dev/\\S+?)\"? does not exist"),
          trouble(BootCause.ROOT_DEVICE, SYSTEMD, "Timed out waiting for device (?<what>\\S+)"),
          trouble(
              BootCause.ROOT_DEVICE,
              SYSTEMD,
              "start job is running for (?<what>dev-\\S+|/dev/\\S+)"),
          trouble(
              BootCause.ROOT_DEVICE, WAITING, "Waiting for root device (?<what>\\S+?)\\.\\.\\."),
          // init/do_mounts.c.
          trouble(BootCause.ROOT_MOUNT, FINAL, "VFS: Cannot open root device \"(?<what>.*?)\""),
          trouble(BootCause.ROOT_MOUNT, FINAL, "VFS: Unable to mount root fs on (?<what>\\S+)"),
          // kernel/panic.c; arch/x86/boot/cpu.c and compressed/misc.c.
          trouble(BootCause.PANIC, FINAL, "Kernel panic - not syncing: ?(?<what>.*)"),
          trouble(BootCause.PANIC, FINAL, "Unable to boot - please use a kernel appropriate"),
          trouble(BootCause.PANIC, FINAL, "-- System halted"));

  /**
   * drivers/block/virtio_blk.c and xen-blkfront.c; block/partitions; and the list in a panic
   * (block/genhd.c).
   */
  private static final Pattern DISK =
      Pattern.compile("\\[vda]|\\bvda: |\\bvda driver: virtio_blk|\\bxvd[a-p]\\d{0,2}: ");

  /** init/main.c. */
  private static final Pattern COMMAND_LINE =
      Pattern.compile("Kernel command line: .*?\\broot=(?<root>\\S+)");

  private static StageSign stage(BootStage stage, String regex) {
    return new StageSign(stage, Pattern.compile(regex));
  }

  private static TroubleSign trouble(BootCause cause, Duration settle, String regex) {
    return new TroubleSign(cause, settle, Pattern.compile(regex));
  }

  /** The furthest stage that a line shows. */
  static Optional<BootStage> stage(String line) {
    return STAGES.stream()
        .filter(sign -> sign.pattern().matcher(line).find())
        .map(StageSign::stage)
        .findFirst();
  }

  /** The most particular trouble that a line shows. */
  static Optional<TroubleSign> trouble(String line) {
    return TROUBLES.stream().filter(sign -> sign.pattern().matcher(line).find()).findFirst();
  }

  /** Where a sign stands in the order from particular to general. */
  static int rank(TroubleSign sign) {
    return TROUBLES.indexOf(sign);
  }

  /** Whether a line shows that the kernel has the disk. */
  static boolean showsDisk(String line) {
    return DISK.matcher(line).find();
  }

  /** The {@code root=} of the kernel's command line, where a line shows that. */
  static Optional<String> root(String line) {
    Matcher matcher = COMMAND_LINE.matcher(line);
    return matcher.find() ? Optional.of(matcher.group("root")) : Optional.empty();
  }
}
