package org.voyageur.guest;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
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

  private static final List<String> FILES =
      List.of(
          "/etc/fstab",
          "/etc/inittab",
          "/etc/securetty",
          "/etc/sysconfig/init",
          "/etc/sysconfig/network",
          "/etc/network/interfaces",
          "/etc/modprobe.conf",
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

  /** Directories of which every file with this ending is loaded. */
  private record Pattern(String directory, String prefix, String suffix) {}

  private static final List<Pattern> PATTERNS =
      List.of(
          new Pattern("/etc/init", "", ".conf"),
          new Pattern("/etc/sysconfig/network-scripts", "ifcfg-", ""),
          new Pattern("/etc/udev/rules.d", "", ".rules"),
          new Pattern("/etc/modprobe.d", "", ".conf"),
          new Pattern("/etc/systemd/system/getty.target.wants", "", ".service"),
          new Pattern("/etc/kernel/postinst.d", "", "voyageur"),
          new Pattern("/etc/kernel/postrm.d", "", "voyageur"),
          new Pattern("/etc/kernel/prerm.d", "", "voyageur"),
          new Pattern("/boot", "voyageur-", ".cpio"));

  /** Links that are looked at as links. */
  private static final List<String> LINKS =
      List.of("/vmlinuz", "/initrd.img", "/boot/vmlinuz", "/boot/initrd.img");

  private final GuestFilesystem filesystem;
  private final List<Finding> findings;
  private final SortedMap<String, GuestFile> files = new TreeMap<>();

  private GuestFileReader(GuestFilesystem filesystem, List<Finding> findings) {
    this.filesystem = filesystem;
    this.findings = findings;
  }

  /** Loads them; what cannot be loaded becomes a finding. */
  static GuestFiles read(GuestFilesystem filesystem, List<Finding> findings) {
    GuestFileReader reader = new GuestFileReader(filesystem, findings);
    FILES.forEach(reader::load);
    PATTERNS.forEach(reader::load);
    LINKS.forEach(reader::loadLink);
    return new GuestFiles(reader.files);
  }

  /** A text file's content, a character a byte; empty if there is none or it is too large. */
  static Optional<String> text(GuestFilesystem filesystem, String path) {
    return filesystem
        .stat(path)
        .filter(stat -> stat.type() == FileType.REGULAR && stat.size() <= LIMIT)
        .map(stat -> new String(filesystem.read(path, LIMIT), ISO_8859_1));
  }

  private void load(Pattern pattern) {
    if (filesystem.stat(pattern.directory()).map(FileStat::type).orElse(FileType.UNKNOWN)
        != FileType.DIRECTORY) {
      return;
    }
    for (DirectoryEntry entry : filesystem.list(pattern.directory())) {
      if (entry.name().startsWith(pattern.prefix()) && entry.name().endsWith(pattern.suffix())) {
        String path = pattern.directory() + "/" + entry.name();
        // Of a unit only its being enabled matters, and its target may be a template.
        if (pattern.suffix().equals(".service")) {
          loadLink(path);
        } else if (pattern.suffix().equals(".cpio")) {
          loadName(path);
        } else {
          load(path);
        }
      }
    }
  }

  /** Loads a file under its real path, so that one that has two names is changed once. */
  private void load(String path) {
    Optional<String> real = filesystem.realPath(path);
    if (real.isEmpty()) {
      return;
    }
    FileStat stat = filesystem.stat(real.get()).orElseThrow();
    boolean deviceNull = stat.type() == FileType.CHARACTER_DEVICE; // A masked file: /dev/null.
    if (stat.type() == FileType.REGULAR && stat.size() <= LIMIT) {
      String text = new String(filesystem.read(real.get(), LIMIT), ISO_8859_1);
      put(real.get(), stat, text);
    } else if (!deviceNull) {
      findings.add(
          new Finding(
              Severity.WARNING,
              ErrorCode.GUEST_FILE_UNUSABLE,
              path + " is a " + stat.type() + " of " + stat.size() + " bytes, and not read",
              "Look whether it is what it should be"));
    }
  }

  private void loadLink(String path) {
    filesystem
        .lstat(path)
        .filter(stat -> stat.type() == FileType.SYMBOLIC_LINK)
        .ifPresent(stat -> put(path, stat, filesystem.readLink(path)));
  }

  private void loadName(String path) {
    filesystem.lstat(path).ifPresent(stat -> put(path, stat, ""));
  }

  private void put(String path, FileStat stat, String text) {
    files.put(path, new GuestFile(path, stat.type(), stat.owner(), stat.mode(), text));
  }
}
