package org.voyageur.guest;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
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
          "devpts",
          "devtmpfs",
          "usbfs",
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

  private FstabReader() {}

  static List<FstabEntry> read(
      GuestFiles files, FilesystemFacts root, GuestFilesystem filesystem, List<Finding> findings) {
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
                "line " + number + " of /etc/fstab has " + fields.length + " fields: " + stripped,
                "It is left as it is; put it right inside the guest"));
        continue;
      }
      String mountPoint = unescape(fields[1]);
      entries.add(
          new FstabEntry(
              number,
              fields[0],
              mountPoint,
              fields[2],
              fields.length > 3 ? fields[3] : "defaults",
              number(fields, 4),
              number(fields, 5),
              device(unescape(fields[0]), mountPoint, fields[2], fields, root, filesystem)));
    }
    return entries;
  }

  private static Device device(
      String spec,
      String mountPoint,
      String type,
      String[] fields,
      FilesystemFacts root,
      GuestFilesystem filesystem) {
    if (mountPoint.equals("/")) {
      return Device.ROOT;
    }
    boolean bind = fields.length > 3 && Set.of(fields[3].split(",")).contains("bind");
    if (VIRTUAL_TYPES.contains(type) || bind) {
      return Device.VIRTUAL;
    }
    String value = spec.substring(spec.indexOf('=') + 1).replace("\"", "");
    if (spec.startsWith("LABEL=") || spec.startsWith("UUID=")) {
      boolean isRoot =
          spec.startsWith("LABEL=")
              ? value.equals(root.label()) && !value.isEmpty()
              : value.toLowerCase(Locale.ROOT).equals(root.uuid());
      return isRoot ? Device.ROOT : Device.MISSING;
    }
    boolean fileInGuest =
        spec.startsWith("/") && !spec.startsWith("/dev/") && filesystem.stat(spec).isPresent();
    boolean notADevice = !spec.startsWith("/") && !spec.contains("=");
    return fileInGuest || notADevice ? Device.VIRTUAL : Device.MISSING;
  }

  private static int number(String[] fields, int index) {
    return index < fields.length && fields[index].matches("\\d{1,4}")
        ? Integer.parseInt(fields[index])
        : 0;
  }

  /** Blanks and the like are written as octal numbers: getmntent(3). */
  private static String unescape(String field) {
    return field
        .replace("\\040", " ")
        .replace("\\011", "\t")
        .replace("\\012", "\n")
        .replace("\\134", "\\");
  }
}
