package org.voyageur.convert;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.voyageur.boot.SyslinuxConfig;
import org.voyageur.boot.SyslinuxReadable;
import org.voyageur.disk.BlockDevice;
import org.voyageur.disk.DiskLayout;
import org.voyageur.disk.DiskLayout.FilesystemType;
import org.voyageur.disk.DiskLayoutReader;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.ExitStatus;
import org.voyageur.error.VoyageurException;
import org.voyageur.filesystem.ExtFilesystem;
import org.voyageur.filesystem.FileType;
import org.voyageur.filesystem.GuestFilesystem;
import org.voyageur.guest.Guest;
import org.voyageur.guest.GuestFile;
import org.voyageur.guest.OperatingSystem.InitSystem;
import org.voyageur.progress.ProgressListener;
import org.voyageur.verify.BootExpectation;
import org.voyageur.verify.BootFailure;
import org.voyageur.verify.BootStage;

/**
 * What can be said of a boot before it: whether it is bound to fail, and what the guest should come
 * to.
 *
 * @param failure why it cannot boot; empty if nothing was found that speaks against it
 * @param notes what else is worth knowing
 */
record BootOutlook(BootExpectation expected, Optional<BootFailure> failure, List<String> notes) {
  private static final int SECTOR = 512;
  private static final String CONFIG = "/boot/syslinux.cfg";

  /** SYSLINUX looks for this one first. */
  private static final String READ_FIRST = "/boot/extlinux.conf";

  /** As SyslinuxConfig.render begins. */
  private static final String OURS = "# Written by voyageur.";

  private static final List<String> SYSV_DIRECTORIES =
      List.of("/etc/rc.d/rc3.d", "/etc/rc3.d", "/etc/rc2.d");

  private static final Pattern SYSV_SSHD = Pattern.compile("S\\d\\dsshd?");

  private static final List<String> SYSTEMD_SSHD =
      List.of(
          "/etc/systemd/system/multi-user.target.wants/sshd.service",
          "/etc/systemd/system/multi-user.target.wants/ssh.service",
          "/etc/systemd/system/sockets.target.wants/ssh.socket");

  private static final String UPSTART_SSHD = "/etc/init/ssh.conf";

  private static final int LIMIT = 1 << 16;

  /** Looks at a disk; nothing is written. */
  static BootOutlook of(BlockDevice disk, Path scratch, ProgressListener progress) {
    Optional<BootFailure> failure = ofDisk(disk, DiskLayoutReader.read(disk));
    if (failure.isPresent()) {
      return new BootOutlook(BootExpectation.unknown(), failure, List.of());
    }
    try {
      OpenedGuest opened = OpenedGuest.open(disk, scratch, progress);
      try (ExtFilesystem filesystem = ExtFilesystem.open(opened.root(), false)) {
        return ofGuest(opened.guest(), filesystem);
      }
    } catch (VoyageurException e) {
      if (e.code().exitStatus() != ExitStatus.GUEST) {
        throw e;
      }
      // It may boot all the same: voyageur does not read every filesystem.
      return new BootOutlook(
          BootExpectation.unknown(),
          Optional.empty(),
          List.of("The guest was not looked into: " + e.getMessage()));
    }
  }

  /** What the disk's outermost level tells. */
  private static Optional<BootFailure> ofDisk(BlockDevice disk, DiskLayout layout) {
    List<FilesystemType> types =
        switch (layout) {
          case DiskLayout.WholeDisk(FilesystemType type) -> List.of(type);
          case DiskLayout.Partitioned table ->
              table.partitions().stream().map(DiskLayout.Partition::type).toList();
          case DiskLayout.Unrecognised _ -> List.of();
        };
    boolean linux = types.stream().anyMatch(BootOutlook::mayHoldKernel);
    if (!linux && types.contains(FilesystemType.LUKS)) {
      return failure(
          ErrorCode.BOOT_ENCRYPTED,
          "the disk is encrypted (LUKS), and nothing in the clear holds a kernel",
          "Remove the encryption inside the guest first");
    }
    if (!linux && types.contains(FilesystemType.NTFS)) {
      return failure(
          ErrorCode.BOOT_WINDOWS,
          "the disk holds NTFS and no filesystem of Linux, as Windows has it",
          "Use virt-v2v for Windows guests");
    }
    return hasBootSignature(disk)
        ? Optional.empty()
        : failure(
            ErrorCode.BOOT_NO_DEVICE,
            "the BIOS will find nothing to boot: the first sector does not end in 55 AA; "
                + describe(layout),
            linux
                ? "Convert the image with 'voyageur convert', which writes boot code"
                : "Check that this is a disk image, complete and not encrypted");
  }

  private static boolean mayHoldKernel(FilesystemType type) {
    return switch (type) {
      case EXT2, EXT3, EXT4, XFS, BTRFS, LVM -> true;
      case SWAP, LUKS, NTFS, FAT, UNKNOWN -> false;
    };
  }

  /** SeaBIOS starts no disk without it (src/boot.c, boot_disk). */
  private static boolean hasBootSignature(BlockDevice disk) {
    if (disk.size() < SECTOR) {
      return false;
    }
    byte[] sector = disk.read(0, SECTOR);
    return sector[510] == 0x55 && sector[511] == (byte) 0xAA;
  }

  private static String describe(DiskLayout layout) {
    return switch (layout) {
      case DiskLayout.WholeDisk(FilesystemType type) ->
          "the disk is one filesystem (" + type + "), as Xen guests without a boot loader have it";
      case DiskLayout.Partitioned table -> "there is a partition table (" + table.table() + ")";
      case DiskLayout.Unrecognised(String description) ->
          "no filesystem and no partition table was found, " + description;
    };
  }

  /** What the guest's files tell. */
  private static BootOutlook ofGuest(Guest guest, GuestFilesystem filesystem) {
    boolean ours =
        guest.files().get(CONFIG).filter(file -> file.text().startsWith(OURS)).isPresent()
            && !guest.files().has(READ_FIRST);
    List<String> notes = new ArrayList<>();
    Optional<BootFailure> failure =
        ours
            ? ofBootPath(guest.files().get(CONFIG).orElseThrow(), filesystem, notes)
            : Optional.empty();
    boolean sshd = startsSshd(filesystem);
    boolean dhcp =
        guest.network().interfaces().stream().anyMatch(one -> one.method().equals("dhcp"));
    // A conversion brings a prompt to both consoles wherever it knows the init system.
    boolean prompts = ours && guest.operatingSystem().init() != InitSystem.UNKNOWN;
    if (sshd && !dhcp) {
      notes.add(
          "No interface of the guest asks for an address by DHCP, so that its SSH server was not"
              + " waited for");
    }
    return new BootOutlook(
        new BootExpectation(
            sshd && dhcp ? BootStage.SSH : BootStage.LOGIN_PROMPT, prompts, prompts, dhcp),
        failure,
        notes);
  }

  /** Follows SYSLINUX on its way, as far as files can be missing there. */
  private static Optional<BootFailure> ofBootPath(
      GuestFile file, GuestFilesystem filesystem, List<String> notes) {
    List<String> loader =
        unreadable(filesystem, Stream.of("/boot/ldlinux.sys", "/boot/ldlinux.c32"));
    if (!loader.isEmpty()) {
      return failure(
          ErrorCode.BOOT_LOADER_STUCK,
          "SYSLINUX will not get on: " + String.join("; ", loader),
          "Convert the source again");
    }
    SyslinuxConfig config = SyslinuxConfig.parse(file.text());
    Optional<SyslinuxConfig.Entry> standard = config.defaultLabel().flatMap(config::entry);
    Optional<SyslinuxConfig.Entry> instead = config.onError().flatMap(config::entry);
    List<String> problems =
        standard
            .map(entry -> unreadable(filesystem, entry))
            .orElse(List.of(CONFIG + " has no entry for its default"));
    if (problems.isEmpty()) {
      return Optional.empty();
    }
    if (instead.filter(entry -> unreadable(filesystem, entry).isEmpty()).isPresent()) {
      notes.add(
          "The default entry cannot be started, and SYSLINUX starts '%s' instead: %s"
              .formatted(instead.get().label(), String.join("; ", problems)));
      return Optional.empty();
    }
    return failure(
        ErrorCode.BOOT_FILE_MISSING,
        "SYSLINUX will not find what it is to start: " + String.join("; ", problems),
        "Compare " + CONFIG + " with the files in /boot, and convert the source again");
  }

  private static List<String> unreadable(GuestFilesystem filesystem, SyslinuxConfig.Entry entry) {
    return unreadable(
        filesystem, Stream.concat(Stream.of(entry.linux()), entry.initrds().stream()));
  }

  private static List<String> unreadable(GuestFilesystem filesystem, Stream<String> paths) {
    return paths
        // A path without a slash in front begins where ldlinux.sys lies.
        .map(path -> path.startsWith("/") ? path : "/boot/" + path)
        .flatMap(path ->
            filesystem.stat(path).isEmpty()
                ? Stream.of(path + " is missing")
                : SyslinuxReadable.problems(filesystem, path).stream())
        .toList();
  }

  private static boolean startsSshd(GuestFilesystem filesystem) {
    if (filesystem.stat("/usr/sbin/sshd").isEmpty()) {
      return false;
    }
    boolean sysv =
        SYSV_DIRECTORIES.stream()
            .filter(path ->
                filesystem.stat(path).filter(s -> s.type() == FileType.DIRECTORY).isPresent())
            .flatMap(path -> filesystem.list(path).stream())
            .anyMatch(entry -> SYSV_SSHD.matcher(entry.name()).matches());
    boolean upstart =
        text(filesystem, UPSTART_SSHD).lines().anyMatch(line -> line.startsWith("start on"))
            && text(filesystem, "/etc/init/ssh.override").lines().noneMatch("manual"::equals);
    return sysv
        || upstart
        || SYSTEMD_SSHD.stream().anyMatch(path -> filesystem.lstat(path).isPresent());
  }

  private static String text(GuestFilesystem filesystem, String path) {
    return filesystem
        .stat(path)
        .filter(stat -> stat.type() == FileType.REGULAR && stat.size() <= LIMIT)
        .map(_ -> new String(filesystem.read(path, LIMIT), ISO_8859_1))
        .orElse("");
  }

  private static Optional<BootFailure> failure(ErrorCode code, String message, String remedy) {
    return Optional.of(new BootFailure(code, message, List.of(), remedy));
  }
}
