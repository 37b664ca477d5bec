package org.voyageur.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.voyageur.guest.Guest;
import org.voyageur.guest.GuestFile;

/**
 * Module aliases name virtio's drivers, instead of Xen's or beside them.
 *
 * <p>Two programs of el5's go by {@code modprobe.conf}. mkinitrd takes every {@code
 * scsi_hostadapter} into an initrd, so that later kernels find their disk, whichever hypervisor the
 * guest runs on while they are installed; one that the kernel has no module for is passed over with
 * {@code --allow-missing}, with which kernel packages call it (new-kernel-pkg of grubby, since
 * 2004). ifup loads {@code eth0} only if no such card is there (is_available in network-functions
 * of initscripts 8.45), which udev has seen to by then (initscripts 8.20: "udev handles module
 * loading now").
 */
final class ModprobeRule implements ConversionRule {
  private static final String CONFIGURATION = "/etc/modprobe.conf";
  private static final Pattern ALIAS =
      Pattern.compile("(\\s*alias\\s+(eth|scsi_hostadapter)\\d*\\s+)(xen[-_]?(?:net|blk)\\w*)(.*)");

  @Override
  public List<Change> changes(Guest guest, Target target) {
    List<Change> changes = new ArrayList<>();
    Optional<GuestFile> single = guest.files().get(CONFIGURATION);
    // Only el5 and older have this file.
    if (single.isPresent()) {
      TextFile text = TextFile.of(single.get().text());
      text =
          switch (target) {
            case KVM -> withVirtio(text);
            case DUAL_BOOT -> withFallback(text);
          };
      text = withAlias(text, "eth0", "virtio_net");
      text = withDisk(withDisk(text, "virtio_blk"), "virtio_pci");
      changes.addAll(
          FileChanges.edit(
              single.get(),
              text.text(),
              switch (target) {
                case KVM -> "Drivers of virtio instead of Xen's, also in later kernels' initrds";
                case DUAL_BOOT ->
                    "Drivers of virtio beside Xen's: later kernels' initrds get both, wherever they"
                        + " are made, and a network card is found without Xen's driver";
              }));
    }
    if (target == Target.KVM) {
      for (GuestFile file : guest.files().in("/etc/modprobe.d", ".conf")) {
        changes.addAll(
            FileChanges.edit(
                file,
                withVirtio(TextFile.of(file.text())).text(),
                "Drivers of virtio instead of Xen's"));
      }
    }
    return changes;
  }

  @Override
  public List<String> notes(Guest guest, Target target) {
    return target == Target.DUAL_BOOT && guest.files().has(CONFIGURATION)
        ? List.of(
            CONFIGURATION
                + " names Xen's drivers and virtio's, and no kernel has both: an initrd that is made"
                + " by hand takes 'mkinitrd -f --allow-missing /boot/initrd-VERSION.img VERSION', as"
                + " kernel packages do by themselves")
        : List.of();
  }

  private static TextFile withVirtio(TextFile text) {
    return text.map(line -> {
      Matcher alias = ALIAS.matcher(line);
      return alias.matches()
          ? alias.group(1)
              + (alias.group(3).contains("net") ? "virtio_net" : "virtio_blk")
              + alias.group(4)
          : line;
    });
  }

  /** What modprobe does for a driver of Xen's that the running kernel has not: modprobe.conf(5). */
  private static TextFile withFallback(TextFile text) {
    List<String> drivers =
        text.lines().stream()
            .map(line -> ALIAS.matcher(line.text()))
            .filter(alias -> alias.matches() && alias.group(2).equals("eth"))
            .map(alias -> alias.group(3))
            .distinct()
            .toList();
    TextFile changed = text;
    for (String driver : drivers) {
      Pattern install = Pattern.compile("\\s*install\\s+" + driver + "\\s.*");
      if (!changed.anyMatch(line -> install.matcher(line).matches())) {
        changed =
            changed.append(
                "install %1$s /sbin/modprobe -q --ignore-install %1$s || /sbin/modprobe -q virtio_net"
                    .formatted(driver));
      }
    }
    return changed;
  }

  /** By the first number that is free: mkinitrd reads them all. */
  private static TextFile withDisk(TextFile text, String module) {
    Pattern named = Pattern.compile("\\s*alias\\s+scsi_hostadapter\\d*\\s+" + module + "\\s*");
    return text.anyMatch(line -> named.matcher(line).matches())
        ? text
        : Stream.concat(Stream.of(""), IntStream.iterate(1, i -> i + 1).mapToObj(String::valueOf))
            .map("scsi_hostadapter"::concat)
            .filter(name -> !hasAlias(text, name))
            .findFirst()
            .map(name -> withAlias(text, name, module))
            .orElseThrow();
  }

  private static boolean hasAlias(TextFile text, String name) {
    Pattern alias = Pattern.compile("\\s*alias\\s+" + name + "\\s.*");
    return text.anyMatch(line -> alias.matcher(line).matches());
  }

  private static TextFile withAlias(TextFile text, String name, String module) {
    return hasAlias(text, name) ? text : text.append("alias " + name + " " + module);
  }
}
