package org.voyageur.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.voyageur.disk.DiskLayout;
import org.voyageur.disk.DiskLayout.FilesystemType;
import org.voyageur.disk.DiskLayout.Partition;
import org.voyageur.disk.DiskLayout.Tag;
import org.voyageur.error.ErrorCode;
import org.voyageur.guest.Finding;
import org.voyageur.guest.Finding.Severity;
import org.voyageur.guest.FstabEntry;
import org.voyageur.guest.FstabEntry.Device;
import org.voyageur.guest.Guest;
import org.voyageur.guest.GuestFile;
import org.voyageur.guest.OperatingSystem;
import org.voyageur.guest.OperatingSystem.Family;

/**
 * The root filesystem is mounted by its label, the disk's other partitions by their UUIDs, and no
 * other line of fstab holds up the boot when its device is missing.
 */
final class FstabRule implements ConversionRule {
  private static final String FSTAB = "/etc/fstab";

  /** Where CANFAR's images mount the scratch disk that the cloud gave them. */
  private static final String STAGING = "/staging";

  /** The label that OpenStack Nova gives to the first ephemeral disk. */
  private static final String EPHEMERAL = "LABEL=ephemeral0";

  /** Without these nothing starts, so a line for them cannot be left out. */
  private static final Set<String> NEEDED = Set.of("/usr", "/var", "/lib", "/etc", "/sbin", "/bin");

  /** A partition by its device's name, and its number. */
  private static final Pattern PARTITION = Pattern.compile("/dev/[a-z]+(\\d{1,3})");

  @Override
  public List<Change> changes(Guest guest, Target target) {
    Optional<GuestFile> file = guest.files().get(FSTAB);
    if (file.isEmpty()) {
      return List.of();
    }
    TextFile text = TextFile.of(file.get().text());
    List<TextFile.Line> lines = new ArrayList<>(text.lines());
    Set<String> reasons = new TreeSet<>();
    for (FstabEntry entry : guest.fstab()) {
      int index = entry.line() - 1;
      Optional<FstabLine> line =
          Optional.of(index)
              .filter(i -> i >= 0 && i < lines.size())
              .flatMap(i -> FstabLine.parse(lines.get(i).text()));
      if (line.isEmpty()) {
        continue;
      }
      Edit edit = edit(line.get(), entry.device(), guest, target);
      String edited = edit.line().text();
      if (!edited.equals(lines.get(index).text())) {
        lines.set(index, new TextFile.Line(edited, lines.get(index).end()));
        reasons.add(edit.reason());
      }
    }
    TextFile changed = new TextFile(lines);
    if (!changed.anyMatch(
        line -> FstabLine.parse(line).filter(l -> l.mountPoint().equals("/")).isPresent())) {
      changed = changed.append(RootLabel.spec(guest) + " / auto defaults 1 1");
      reasons.add("the root filesystem has no line and would stay read-only");
    }
    String reason = String.join("; ", reasons);
    return FileChanges.edit(
        file.get(),
        changed.text(),
        reason.isEmpty()
            ? ""
            : reason.substring(0, 1).toUpperCase(Locale.ROOT) + reason.substring(1));
  }

  @Override
  public List<Finding> obstacles(Guest guest, Target target) {
    return guest.fstab().stream()
        .filter(entry ->
            switch (entry.device()) {
              case MISSING -> true;
              case PARTITION -> target == Target.DUAL_BOOT && hasOnlyADevice(entry.spec(), guest);
              case ROOT, VIRTUAL -> false;
            })
        .filter(entry -> NEEDED.contains(entry.mountPoint()))
        .map(entry ->
            new Finding(
                Severity.OBSTACLE,
                ErrorCode.GUEST_FSTAB_DEVICE,
                "%s line %d: %s is on %s, which will not be found, and the guest cannot start"
                        .formatted(FSTAB, entry.line(), entry.mountPoint(), entry.spec())
                    + " without it",
                "copy its files into the image's root filesystem and remove the line"))
        .toList();
  }

  @Override
  public List<String> notes(Guest guest, Target target) {
    boolean staging =
        target == Target.KVM
            && guest.fstab().stream()
                .anyMatch(e -> e.device() == Device.MISSING && e.mountPoint().equals(STAGING));
    return staging
        ? List.of(
            STAGING
                + " is mounted where the flavor has an ephemeral disk (label ephemeral0); without"
                + " one it is an empty directory on the root filesystem")
        : List.of();
  }

  private record Edit(FstabLine line, String reason) {}

  private static boolean hasOnlyADevice(String spec, Guest guest) {
    return PARTITION.matcher(spec).matches() && name(spec, guest).isEmpty();
  }

  /**
   * What a partition that is called by its device is called under every hypervisor. mount, swapon
   * and fsck have asked libblkid for UUIDs and labels since before el5 (util-linux 2.13-pre7,
   * mount_blkid.c; e2fsprogs 1.39, misc/fsck.c), and mountall asks udev. Empty where there is no
   * such name, or another partition has it too.
   */
  private static Optional<String> name(String spec, Guest guest) {
    Matcher device = PARTITION.matcher(spec);
    if (!device.matches() || !(guest.layout() instanceof DiskLayout.Partitioned table)) {
      return Optional.empty();
    }
    int number = Integer.parseInt(device.group(1));
    for (Partition partition : table.partitions()) {
      for (Tag tag : List.of(Tag.UUID, Tag.LABEL)) {
        String name = partition.names().getOrDefault(tag, "");
        if (partition.number() == number
            && isFound(partition, tag, name)
            && table.named(tag, name).equals(List.of(partition))) {
          return Optional.of(tag + "=" + name);
        }
      }
    }
    return Optional.empty();
  }

  /**
   * Whether each guest's programs find it: no libblkid of before util-linux 2.20 sees a swap's UUID
   * that begins with a zero byte, and labels have blanks escaped.
   */
  private static boolean isFound(Partition partition, Tag tag, String name) {
    return switch (tag) {
      case UUID ->
          !name.isEmpty() && (partition.type() != FilesystemType.SWAP || !name.startsWith("00"));
      case LABEL -> RootLabel.isPlain(name);
      case PARTLABEL, PARTUUID -> false;
    };
  }

  private static Edit edit(FstabLine line, Device device, Guest guest, Target target) {
    OperatingSystem system = guest.operatingSystem();
    return switch (device) {
      case VIRTUAL ->
          // mountall and systemd stop at a filesystem that the kernel does not have here.
          line.type().equals("xenfs")
              ? new Edit(
                  target == Target.KVM ? notAtBoot(line) : whenPresent(line, system),
                  "no boot held up by xenfs, which only Xen has")
              : new Edit(line, "");
      case ROOT ->
          line.mountPoint().equals("/")
              ? new Edit(
                  line.withSpec(RootLabel.spec(guest)),
                  "the root filesystem by its label, which does not depend on the hypervisor")
              : new Edit(line, "");
      case PARTITION -> {
        Optional<String> name = name(line.spec(), guest);
        if (name.isPresent()) {
          yield new Edit(
              line.withSpec(name.get()),
              "the disk's other partitions by UUID or label, which do not depend on the hypervisor");
        }
        if (!hasOnlyADevice(line.spec(), guest)) {
          yield new Edit(line, "");
        }
        if (target == Target.DUAL_BOOT) {
          yield new Edit(
              whenPresent(line, system),
              "%s from %s where it is there, as under Xen it is"
                  .formatted(line.mountPoint().replace("none", "swap"), line.spec()));
        }
        yield new Edit(
            line.withSpec("/dev/vda" + line.spec().replaceFirst("^/dev/[a-z]+", "")),
            "the disk's other partitions by the names that they have under KVM");
      }
      case MISSING -> {
        if (target == Target.DUAL_BOOT) {
          // It may be a disk that Xen's domain has.
          yield new Edit(
              line.options().contains("noauto") && line.pass().equals("0")
                  ? line
                  : whenPresent(line, system),
              "%s from %s where it is there, as under Xen it may be"
                  .formatted(line.mountPoint().replace("none", "swap"), line.spec()));
        }
        if (line.mountPoint().equals(STAGING)) {
          // Its filesystem is the cloud's choice, and the guest may have no program to check it.
          FstabLine ephemeral = line.withSpec(EPHEMERAL).withType("auto").withPass("0");
          yield new Edit(
              whenPresent(ephemeral, system),
              STAGING + " from the cloud's ephemeral disk where there is one");
        }
        if (line.options().contains("noauto") && line.pass().equals("0")) {
          yield new Edit(line, "");
        }
        // A label or a UUID finds its filesystem again on a volume that is attached later.
        boolean mayReturn = line.spec().startsWith("LABEL=") || line.spec().startsWith("UUID=");
        yield new Edit(
            mayReturn && !line.type().equals("swap")
                ? whenPresent(line, system)
                : isOptional(line, system) ? line : notAtBoot(line),
            "no boot held up by "
                + line.mountPoint().replace("none", "swap")
                + " on "
                + line.spec()
                + ", which will not be there");
      }
    };
  }

  /** Whether the line says already that its device may be missing, in words this system knows. */
  private static boolean isOptional(FstabLine line, OperatingSystem system) {
    return whenPresent(line, system).equals(line) && !scripts(system);
  }

  /** Mounted where its device is there, and passed over where it is not. */
  private static FstabLine whenPresent(FstabLine line, OperatingSystem system) {
    if (line.options().contains("noauto")) {
      return line.withPass("0");
    }
    return switch (system.init()) {
      case SYSTEMD -> {
        FstabLine optional = line.withOption("nofail");
        // systemd waits 90 s for a device otherwise.
        yield optional.options().stream().anyMatch(o -> o.startsWith("x-systemd.device-timeout="))
            ? optional
            : optional.withOption("x-systemd.device-timeout=10s");
      }
      case UPSTART, SYSV -> {
        if (!scripts(system)) {
          // mountall waits for every line without it, and does not know nofail.
          yield line.withOption("nobootwait", "bootwait");
        }
        // Boot scripts stop at a failing "fsck -A", which passes over a line with pass 0; a failing
        // "mount -a" is only printed.
        FstabLine unchecked = line.withPass("0");
        yield mountKnowsNofail(system) ? unchecked.withOption("nofail") : unchecked;
      }
      case UNKNOWN -> notAtBoot(line);
    };
  }

  /** Never mounted by itself, which every init system understands, nor checked. */
  private static FstabLine notAtBoot(FstabLine line) {
    return line.withOption("noauto", "auto").withPass("0");
  }

  /** Red Hat's rc.sysinit, under upstart too, and Debian's init scripts; not Ubuntu's mountall. */
  private static boolean scripts(OperatingSystem system) {
    return switch (system.init()) {
      case SYSV -> true;
      case UPSTART -> system.family() == Family.RED_HAT;
      case SYSTEMD, UNKNOWN -> false;
    };
  }

  /** util-linux 2.17 does; 2.13 of el5, Debian 5 and Ubuntu 8.04 hands it to the filesystem. */
  private static boolean mountKnowsNofail(OperatingSystem system) {
    return switch (system.family()) {
      case RED_HAT -> system.majorVersion() >= 6;
      case DEBIAN -> system.distribution().equals("debian") && system.majorVersion() >= 6;
      case OTHER -> false;
    };
  }
}
