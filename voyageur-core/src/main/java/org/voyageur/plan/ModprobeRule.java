package org.voyageur.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.voyageur.guest.Guest;
import org.voyageur.guest.GuestFile;

/**
 * Module aliases name virtio's drivers instead of Xen's. udev loads drivers by what it finds; it is
 * el5's mkinitrd that takes {@code scsi_hostadapter} from here, for the next kernel's initrd.
 */
final class ModprobeRule implements ConversionRule {
  private static final String CONFIGURATION = "/etc/modprobe.conf";
  private static final String REASON = "Drivers of virtio instead of Xen's";
  private static final Pattern ALIAS =
      Pattern.compile(
          "(\\s*alias\\s+(?:eth|scsi_hostadapter)\\d*\\s+)(xen[-_]?(?:net|blk)\\w*)(.*)");

  @Override
  public List<Change> changes(Guest guest, Target target) {
    if (target == Target.DUAL_BOOT) {
      // Xen's mkinitrd takes the same aliases, and needs its own.
      return List.of();
    }
    List<Change> changes = new ArrayList<>();
    Optional<GuestFile> single = guest.files().get(CONFIGURATION);
    if (single.isPresent()) {
      TextFile text = withVirtio(single.get());
      // Only el5 and older have this file.
      text = withAlias(text, "eth0", "virtio_net");
      text = withAlias(text, "scsi_hostadapter", "virtio_blk");
      changes.addAll(FileChanges.edit(single.get(), text.text(), REASON));
    }
    for (GuestFile file : guest.files().in("/etc/modprobe.d", ".conf")) {
      changes.addAll(FileChanges.edit(file, withVirtio(file).text(), REASON));
    }
    return changes;
  }

  @Override
  public List<String> notes(Guest guest, Target target) {
    return target == Target.DUAL_BOOT && guest.files().has(CONFIGURATION)
        ? List.of(
            CONFIGURATION
                + " keeps Xen's drivers; make an initrd for KVM with"
                + " 'mkinitrd --with=virtio_pci --with=virtio_blk'")
        : List.of();
  }

  private static TextFile withVirtio(GuestFile file) {
    return TextFile.of(file.text())
        .map(line -> {
          Matcher alias = ALIAS.matcher(line);
          return alias.matches()
              ? alias.group(1)
                  + (alias.group(2).contains("net") ? "virtio_net" : "virtio_blk")
                  + alias.group(3)
              : line;
        });
  }

  private static TextFile withAlias(TextFile text, String name, String module) {
    Pattern alias = Pattern.compile("\\s*alias\\s+" + name + "\\s.*");
    return text.anyMatch(line -> alias.matcher(line).matches())
        ? text
        : text.append("alias " + name + " " + module);
  }
}
