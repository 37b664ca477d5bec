package org.voyageur.guest;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.voyageur.disk.DiskLayout;
import org.voyageur.disk.DiskLayout.Tag;
import org.voyageur.error.ErrorCode;
import org.voyageur.filesystem.FilesystemFacts;
import org.voyageur.filesystem.GuestFilesystem;
import org.voyageur.guest.Finding.Severity;
import org.voyageur.guest.FstabEntry.Device;

/** Reads fstab(5): what will become of each line's device. A bad line is a finding, no more. */
final class FstabReader {
  private static final Set<String> VIRTUAL_TYPES =
      Set.of(
          "proc",
          "sysfs",
          "tmpfs",
          "ramfs",
          "devpts",
          "devtmpfs",
          "usbfs",
          "usbdevfs",
          "hugetlbfs",
          "configfs",
          "securityfs",
          "debugfs",
          "cgroup",
          "cgroup2",
          "binfmt_misc",
          "rpc_pipefs",
          "nfsd",
          "nfs",
          "nfs4",
          "cifs",
          "smbfs",
          "fuse",
          "fuse.sshfs",
          "glusterfs",
          "ceph",
          "lustre",
          "autofs",
          "xenfs",
          "selinuxfs",
          "overlay");

  /** Blanks and the like are written as three octal digits: getmntent(3); udev writes hex. */
  private static final Pattern ESCAPE =
      Pattern.compile("\\\\(?:([0-3][0-7]{2})|x(\\p{XDigit}{2}))");

  /** A filesystem or a partition by its label or UUID, or by udev's link for one. */
  private static final Pattern TAG =
      Pattern.compile(
          "((?:PART)?(?:LABEL|UUID))=(.*)|/dev/disk/by-((?:part)?(?:label|uuid))/(.*)",
          Pattern.DOTALL);

  private static final String DISK = "(/dev/(?:xvd|sd|hd|vd)[a-z])\\d{1,3}";
  private static final Pattern ROOT_LINE = Pattern.compile("(?m)^\\s*" + DISK + "\\s+/\\s");
  private static final Pattern ROOT_ARGUMENT = Pattern.compile("\\broot=" + DISK + "(?:\\s|$)");

  private FstabReader() {}

  static List<FstabEntry> read(
      GuestFiles files,
      DiskLayout layout,
      FilesystemFacts root,
      String arguments,
      GuestFilesystem filesystem,
      List<Finding> findings) {
    Set<String> devices = partitions(files, layout, arguments);
    List<FstabEntry> entries = new ArrayList<>();
    int number = 0;
    for (String line : files.get("/etc/fstab").map(GuestFile::text).orElse("").split("\n", -1)) {
      number++;
      String stripped = line.strip();
      if (stripped.isEmpty() || stripped.startsWith("#")) {
        continue;
      }
      String[] fields = stripped.split("\\s+");
      if (fields.length < 3) {
        findings.add(
            new Finding(
                Severity.WARNING,
                ErrorCode.GUEST_FSTAB_SYNTAX,
                "line "
                    + number
                    + " of /etc/fstab has "
                    + fields.length
                    + " fields, where 3 to 6 are expected: "
                    + stripped,
                "It is left as it is; put it right inside the guest"));
        continue;
      }
      String mountPoint = unescape(fields[1]);
      String options = fields.length > 3 ? fields[3] : "defaults";
      entries.add(
          new FstabEntry(
              number,
              fields[0],
              mountPoint,
              fields[2],
              options,
              number(fields, 4),
              number(fields, 5),
              devices.contains(fields[0]) && !mountPoint.equals("/")
                  ? Device.PARTITION
                  : device(
                      unescape(fields[0]),
                      mountPoint,
                      fields[2],
                      options,
                      layout,
                      root,
                      filesystem)));
    }
    return entries;
  }

  /**
   * What the guest calls the disk's other partitions: after its root's name, in fstab or in the
   * arguments that it starts with, else after the first disk under each hypervisor.
   */
  private static Set<String> partitions(GuestFiles files, DiskLayout layout, String arguments) {
    if (!(layout instanceof DiskLayout.Partitioned table) || table.root().isEmpty()) {
      return Set.of();
    }
    String fstab = files.get("/etc/fstab").map(GuestFile::text).orElse("");
    Set<String> disks = new HashSet<>();
    for (Matcher root : List.of(ROOT_LINE.matcher(fstab), ROOT_ARGUMENT.matcher(arguments))) {
      if (root.find()) {
        disks.add(root.group(1));
      }
    }
    if (disks.isEmpty()) {
      disks.addAll(List.of("/dev/xvda", "/dev/sda", "/dev/hda", "/dev/vda"));
    }
    return table.partitions().stream()
        .filter(partition -> !table.root().get().equals(partition))
        .flatMap(partition -> disks.stream().map(disk -> disk + partition.number()))
        .collect(Collectors.toSet());
  }

  private static Device device(
      String spec,
      String mountPoint,
      String type,
      String options,
      DiskLayout layout,
      FilesystemFacts root,
      GuestFilesystem filesystem) {
    if (mountPoint.equals("/")) {
      return Device.ROOT;
    }
    boolean bind = Stream.of(options.split(",")).anyMatch(Set.of("bind", "rbind")::contains);
    if (VIRTUAL_TYPES.contains(type) || bind) {
      return Device.VIRTUAL;
    }
    Matcher named = TAG.matcher(spec);
    if (named.matches()) {
      boolean link = named.group(3) != null;
      Tag tag = Tag.valueOf(named.group(link ? 3 : 1).toUpperCase(Locale.ROOT));
      return named(tag, named.group(link ? 4 : 2).replace("\"", ""), layout, root);
    }
    boolean fileInGuest =
        spec.startsWith("/") && !spec.startsWith("/dev/") && filesystem.stat(spec).isPresent();
    boolean notADevice = !spec.startsWith("/") && !spec.contains("=");
    return fileInGuest || notADevice ? Device.VIRTUAL : Device.MISSING;
  }

  private static Device named(Tag tag, String name, DiskLayout layout, FilesystemFacts root) {
    boolean isRoot =
        switch (tag) {
          case LABEL -> tag.matches(root.label(), name);
          case UUID -> tag.matches(root.uuid(), name);
          case PARTLABEL, PARTUUID -> false;
        };
    if (isRoot) {
      return Device.ROOT;
    }
    if (!(layout instanceof DiskLayout.Partitioned table) || table.named(tag, name).isEmpty()) {
      return Device.MISSING;
    }
    return table.root().filter(table.named(tag, name)::contains).isPresent()
        ? Device.ROOT
        : Device.PARTITION;
  }

  private static int number(String[] fields, int index) {
    return index < fields.length && fields[index].matches("\\d{1,4}")
        ? Integer.parseInt(fields[index])
        : 0;
  }

  private static String unescape(String field) {
    return ESCAPE
        .matcher(field)
        .replaceAll(escape ->
            Matcher.quoteReplacement(
                String.valueOf(
                    (char)
                        (escape.group(1) != null
                            ? Integer.parseInt(escape.group(1), 8)
                            : Integer.parseInt(escape.group(2), 16)))));
  }
}
