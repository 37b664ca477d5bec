package org.voyageur.guest;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.voyageur.error.ErrorCode;
import org.voyageur.filesystem.DirectoryEntry;
import org.voyageur.filesystem.FileStat;
import org.voyageur.filesystem.FileType;
import org.voyageur.filesystem.GuestFilesystem;
import org.voyageur.guest.Finding.Severity;

/** Loads the configuration files that inspection and rules look at. */
final class GuestFileReader {
  /** No file of configuration is larger; kernel configurations have 250 KiB. */
  private static final int LIMIT = 1 << 20;

  /** Real guests have some 200 KiB in some 100 files. */
  private static final int LIMIT_OF_ALL = 16 << 20;

  private static final int MOST_FILES = 2000;

  private static final List<String> FILES =
      List.of(
          "/etc/fstab",
          "/etc/inittab",
          "/etc/securetty",
          "/etc/sysconfig/init",
          "/etc/sysconfig/network",
          "/etc/network/interfaces",
          "/etc/modprobe.conf",
          "/etc/sysctl.conf",
          "/etc/kernel-img.conf",
          "/etc/selinux/config",
          "/boot/grub/menu.lst",
          "/boot/grub/grub.conf",
          "/boot/grub/grub.cfg",
          "/boot/grub2/grub.cfg",
          "/boot/syslinux.cfg",
          "/boot/extlinux.conf",
          "/boot/syslinux/syslinux.cfg",
          "/boot/syslinux/extlinux.conf",
          "/boot/extlinux/extlinux.conf",
          "/syslinux/syslinux.cfg",
          "/syslinux/extlinux.conf",
          "/syslinux.cfg",
          "/extlinux.conf");

  /** How much of a file is looked at. */
  private enum Part {
    CONTENT,
    /** Of a systemd unit only its being enabled matters, and its target may be a template. */
    LINK,
    NAME
  }

  private record Group(String directory, Pattern names, Part part) {
    Group(String directory, String names, Part part) {
      this(directory, Pattern.compile(names), part);
    }
  }

  private static final List<Group> GROUPS =
      List.of(
          new Group("/etc/init", ".*\\.(?:conf|override)", Part.CONTENT),
          // The names that Red Hat's scripts pass over too (network-functions).
          new Group(
              "/etc/sysconfig/network-scripts",
              "ifcfg-.*(?<!~)(?<!\\.(?:bak|orig|rpmnew|rpmorig|rpmsave))",
              Part.CONTENT),
          new Group("/etc/network/interfaces.d", "[\\w.-]+", Part.CONTENT),
          new Group("/etc/udev/rules.d", ".*\\.rules", Part.CONTENT),
          new Group("/etc/modprobe.d", ".*\\.conf", Part.CONTENT),
          new Group("/etc/systemd/system/getty.target.wants", ".*\\.service", Part.LINK),
          new Group("/etc/systemd/system/multi-user.target.wants", ".*getty@.*", Part.LINK),
          new Group("/etc/kernel/postinst.d", ".*voyageur", Part.CONTENT),
          new Group("/etc/kernel/postrm.d", ".*voyageur", Part.CONTENT),
          new Group("/etc/kernel/prerm.d", ".*voyageur", Part.CONTENT),
          new Group("/boot", "voyageur-.*\\.cpio", Part.NAME));

  /** Debian's links to the kernel that was installed last, and to the one before. */
  private static final List<String> LINKS =
      List.of(
          "/vmlinuz",
          "/initrd.img",
          "/vmlinuz.old",
          "/initrd.img.old",
          "/boot/vmlinuz",
          "/boot/initrd.img");

  private final GuestFilesystem filesystem;
  private final List<Finding> findings;
  private final SortedMap<String, GuestFile> files = new TreeMap<>();
  private int bytesLeft = LIMIT_OF_ALL;

  private GuestFileReader(GuestFilesystem filesystem, List<Finding> findings) {
    this.filesystem = filesystem;
    this.findings = findings;
  }

  /** Loads them; what cannot be loaded becomes a finding. */
  static GuestFiles read(GuestFilesystem filesystem, List<Finding> findings) {
    GuestFileReader reader = new GuestFileReader(filesystem, findings);
    FILES.forEach(reader::load);
    GROUPS.forEach(reader::load);
    LINKS.forEach(reader::loadLink);
    return new GuestFiles(reader.files);
  }

  /** A text file's content, a character a byte; empty if there is none or it is too large. */
  static Optional<String> text(GuestFilesystem filesystem, String path) {
    return filesystem
        .stat(path)
        .filter(stat -> stat.type() == FileType.REGULAR && stat.size() <= LIMIT)
        .map(_ -> new String(filesystem.read(path, LIMIT), ISO_8859_1));
  }

  private void load(Group group) {
    if (filesystem.stat(group.directory()).map(FileStat::type).orElse(FileType.UNKNOWN)
        != FileType.DIRECTORY) {
      return;
    }
    for (DirectoryEntry entry : filesystem.list(group.directory())) {
      if (group.names().matcher(entry.name()).matches() && files.size() < MOST_FILES) {
        String path = group.directory() + "/" + entry.name();
        switch (group.part()) {
          case CONTENT -> load(path);
          case LINK -> loadLink(path);
          case NAME -> filesystem.lstat(path).ifPresent(stat -> put(path, stat, ""));
        }
      }
    }
  }

  /** Loads a file under its real path, so that one that has two names is changed once. */
  private void load(String path) {
    Optional<FileStat> named = filesystem.lstat(path);
    if (named.isEmpty()) {
      return;
    }
    boolean isLink = named.get().type() == FileType.SYMBOLIC_LINK;
    if (isLink && filesystem.readLink(path).equals("/dev/null")) {
      // How udev, modprobe and systemd are told to leave out the file of this name elsewhere.
      put(path, named.get(), "/dev/null");
      return;
    }
    Optional<String> real = filesystem.realPath(path);
    if (real.isEmpty()) {
      unusable(path, "leads nowhere");
      return;
    }
    FileStat stat = filesystem.stat(real.get()).orElseThrow();
    if (stat.type() != FileType.REGULAR) {
      unusable(path, "is not a file but a " + stat.type());
    } else if (stat.size() > Math.min(LIMIT, bytesLeft)) {
      unusable(path, "has " + stat.size() + " bytes, too many for a file of configuration");
    } else if (!files.containsKey(real.get())) {
      bytesLeft -= (int) stat.size();
      put(real.get(), stat, new String(filesystem.read(real.get(), LIMIT), ISO_8859_1));
    }
  }

  private void unusable(String path, String why) {
    findings.add(
        new Finding(
            Severity.WARNING,
            ErrorCode.GUEST_FILE_UNUSABLE,
            path + " " + why + ", and was not read",
            "Look in the guest whether it is what it should be"));
  }

  private void loadLink(String path) {
    filesystem
        .lstat(path)
        .filter(stat -> stat.type() == FileType.SYMBOLIC_LINK)
        .ifPresent(stat -> put(path, stat, filesystem.readLink(path)));
  }

  private void put(String path, FileStat stat, String text) {
    files.put(path, new GuestFile(path, stat.type(), stat.owner(), stat.mode(), text));
  }
}
