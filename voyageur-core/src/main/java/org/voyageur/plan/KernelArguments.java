package org.voyageur.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.voyageur.guest.Guest;
import org.voyageur.guest.GuestFile;
import org.voyageur.guest.OperatingSystem.InitSystem;
import org.voyageur.guest.XenBoot;

/** A guest's own kernel arguments, as far as they make sense under KVM. */
final class KernelArguments {
  /** A word may have blanks inside double quotes, as the kernel's parser takes it. */
  private static final Pattern WORD = Pattern.compile("(?:\"[^\"]*\"?|[^\\s\"])+");

  /** What the conversion writes itself, and what only Xen's kernels know. */
  private static final Pattern DROPPED =
      Pattern.compile(
          "(?:root|console|BOOT_IMAGE|rdinit|independent_wallclock|xen[-_.a-z0-9]*)(?:=.*)?"
              + "|(?:clocksource|earlyprintk)=xen.*"
              // Devices that will not exist: dracut and initramfs-tools wait for this one.
              + "|resume=/dev/(?:xvd|sd|hd).*"
              // SYSLINUX takes the first "initrd=" anywhere in the line for its own.
              + "|.*initrd=.*",
          Pattern.DOTALL);

  /** update-grub of GRUB legacy keeps the arguments in this comment. */
  private static final Pattern KOPT = Pattern.compile("(?m)^# kopt=(.*)$");

  private KernelArguments() {}

  /** The arguments that the guest starts with under Xen, but for those that KVM has no use for. */
  static List<String> kept(Guest guest) {
    String arguments = guest.xenBoot().map(XenBoot::arguments).or(() -> kopt(guest)).orElse("ro");
    List<String> kept = new ArrayList<>();
    for (Matcher word = WORD.matcher(arguments); word.find(); ) {
      if (!DROPPED.matcher(word.group()).matches()
          && word.group().chars().noneMatch(Character::isISOControl)) {
        kept.add(word.group());
      }
    }
    if (!kept.contains("ro") && !kept.contains("rw")) {
      // The boot scripts check the root filesystem before they mount it read-write.
      kept.addFirst("ro");
    }
    if (namesEthernetByKernel(guest)
        && kept.stream().noneMatch(w -> w.startsWith("net.ifnames="))) {
      kept.add("net.ifnames=0");
    }
    return kept;
  }

  private static Optional<String> kopt(Guest guest) {
    return guest
        .files()
        .get("/boot/grub/menu.lst")
        .map(GuestFile::text)
        .map(KOPT::matcher)
        .filter(Matcher::find)
        .map(found -> found.group(1));
  }

  /**
   * Whether interfaces are configured as eth0 on a system whose udev would call a virtio card ens3.
   * Under Xen it is eth0, as a vif has no place on a PCI bus.
   */
  private static boolean namesEthernetByKernel(Guest guest) {
    return guest.operatingSystem().init() == InitSystem.SYSTEMD
        && guest.network().interfaces().stream().anyMatch(i -> i.name().matches("eth\\d+"));
  }
}
