package org.voyageur.guest;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
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
          "/etc/sysconfig/clock",
          "/etc/network/interfaces",
          "/etc/modprobe.conf",
          "/etc/sysctl.conf",
          "/etc/kernel-img.conf",
          "/etc/selinux/config",
          "/etc/passwd",
          "/etc/shadow",
          "/etc/group",
          "/etc/gshadow",
          "/etc/login.defs",
          "/etc/sudoers",
          "/etc/hostname",
          "/etc/hosts",
          "/etc/ssh/sshd_config",
          "/etc/init.d/.depend.start",
          "/etc/cloud/cloud.cfg",
          "/etc/voyageur/firstboot",
          "/etc/systemd/system/voyageur-firstboot.service",
          "/etc/skel/.bashrc",
          "/etc/skel/.bash_logout",
          "/etc/skel/.bash_profile",
          "/etc/skel/.profile",
          "/boot/grub/device.map",
          "/boot/grub2/device.map",
          "/boot/syslinux.cfg",
          "/boot/syslinux/syslinux.cfg",
          "/boot/syslinux/extlinux.conf",
          "/syslinux/syslinux.cfg",
          "/syslinux/extlinux.conf",
          "/syslinux.cfg");

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

  /** Links of services that rules look at. */
  private static final String STARTED = "S99voyageur-.*|[SK]\\d\\dkudzu";

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
          new Group(
              "/etc/systemd/system/multi-user.target.wants", ".*getty@.*|voyageur-.*", Part.LINK),
          new Group("/etc/cloud/cloud.cfg.d", ".*\\.cfg", Part.CONTENT),
          new Group("/etc/sudoers.d", "90-voyageur", Part.CONTENT),
          new Group("/etc/voyageur/firstboot.d", ".*", Part.CONTENT),
          new Group("/etc/voyageur/kernels", ".*\\.rpm", Part.NAME),
          // Red Hat's /etc/init.d is a link to /etc/rc.d/init.d.
          new Group("/etc/init.d", "voyageur-.*", Part.CONTENT),
          new Group("/etc/rc.d/init.d", "voyageur-.*", Part.CONTENT),
          new Group("/etc/rc2.d", "S99voyageur-.*", Part.LINK),
          new Group("/etc/rc.d/rc2.d", STARTED, Part.LINK),
          new Group("/etc/rc3.d", "S99voyageur-.*", Part.LINK),
          new Group("/etc/rc.d/rc3.d", STARTED, Part.LINK),
          new Group("/etc/rc4.d", "S99voyageur-.*", Part.LINK),
          new Group("/etc/rc.d/rc4.d", STARTED, Part.LINK),
          new Group("/etc/rc5.d", "S99voyageur-.*", Part.LINK),
          new Group("/etc/rc.d/rc5.d", STARTED, Part.LINK),
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
          "/boot/initrd.img",
          // Its target, libcrypt-2.5.so, tells what glibc knows of passwords.
          "/lib/libcrypt.so.1",
          "/lib64/libcrypt.so.1",
          "/lib/x86_64-linux-gnu/libcrypt.so.1",
          "/lib/i386-linux-gnu/libcrypt.so.1");

  private static final List<String> DIRECTORIES =
      List.of(
          "/etc/cloud/cloud.cfg.d",
          "/etc/voyageur/firstboot.d",
          "/home/ec2-user",
          "/home/ubuntu",
          "/home/debian");

  /** Systems have some 40 accounts of their own. */
  private static final int MOST_ACCOUNTS = 200;

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
    PyGrub.MENUS.forEach(reader::load);
    GROUPS.forEach(reader::load);
    LINKS.forEach(reader::loadLink);
    DIRECTORIES.forEach(reader::loadDirectory);
    reader.loadHomes();
    reader.loadDataSources();
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

  private void loadDirectory(String path) {
    filesystem
        .stat(path)
        .filter(stat -> stat.type() == FileType.DIRECTORY)
        .ifPresent(stat -> put(path, stat, filesystem.realPath(path).orElse(path)));
  }

  /** The keys with which one may log in lie in the accounts' home directories: passwd(5). */
  private void loadHomes() {
    Optional.ofNullable(files.get("/etc/passwd")).stream()
        .flatMap(passwd -> passwd.text().lines())
        .map(line -> line.split(":", -1))
        .filter(fields -> fields.length == 7 && fields[5].startsWith("/"))
        .map(fields -> fields[5])
        .distinct()
        .limit(MOST_ACCOUNTS)
        .toList()
        .forEach(home -> {
          loadDirectory(home);
          GuestFile directory = files.get(home);
          if (directory != null) {
            loadDirectory(directory.text() + "/.ssh");
            load(directory.text() + "/.ssh/authorized_keys");
          }
        });
  }

  /** cloud-init's data sources are modules of Python's, at a place that depends on its version. */
  private void loadDataSources() {
    List<String> places = new ArrayList<>(List.of("/usr/share/pyshared"));
    names("/usr/lib")
        .filter(name -> name.matches("python[0-9.]{1,6}"))
        .forEach(name -> {
          places.add("/usr/lib/" + name + "/site-packages");
          places.add("/usr/lib/" + name + "/dist-packages");
        });
    for (String place : places) {
      for (String module : List.of("/cloudinit", "/cloudinit/sources")) {
        load(new Group(place + module, "DataSource\\w*\\.py", Part.NAME));
      }
    }
  }

  private Stream<String> names(String directory) {
    return filesystem.stat(directory).map(FileStat::type).orElse(FileType.UNKNOWN)
            == FileType.DIRECTORY
        ? filesystem.list(directory).stream().map(DirectoryEntry::name)
        : Stream.of();
  }

  private void put(String path, FileStat stat, String text) {
    files.put(path, new GuestFile(path, stat.type(), stat.owner(), stat.mode(), text));
  }
}
