package org.voyageur.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.voyageur.boot.SyslinuxConfig;
import org.voyageur.disk.DiskLayout;
import org.voyageur.error.ErrorCode;
import org.voyageur.filesystem.FileType;
import org.voyageur.guest.Finding;
import org.voyageur.guest.Finding.Severity;
import org.voyageur.guest.Guest;
import org.voyageur.guest.GuestFile;
import org.voyageur.guest.Kernel;
import org.voyageur.guest.PyGrub;
import org.voyageur.guest.XenBoot;

/**
 * SYSLINUX's configuration: the newest kernel that runs under KVM, and every other one to choose
 * from. It must be a {@code syslinux.cfg}: PyGrub would take an {@code extlinux.conf} for its own.
 */
final class SyslinuxRule implements ConversionRule {
  static final String DIRECTORY = "/boot";
  private static final String CONFIGURATION = DIRECTORY + "/syslinux.cfg";

  /** SYSLINUX looks for this name first, so that the one above would never be read. */
  private static final String READ_FIRST = DIRECTORY + "/extlinux.conf";

  private static final String DEFAULT = "linux";
  private static final String SAFE = "safe";

  /** Tenths of a second: long enough to choose on a serial console, which has no Shift to hold. */
  private static final int TIMEOUT = 50;

  /** A character of line noise stops TIMEOUT for ever, but not this one: five minutes. */
  private static final int TOTAL_TIMEOUT = 3000;

  /**
   * The longest that SYSLINUX 6 builds before it says "cmdline too long", its own word included.
   */
  private static final int LONGEST_COMMAND_LINE = 2047 - ".linux ".length();

  @Override
  public List<Change> changes(Guest guest, Target target) {
    List<Change> changes = new ArrayList<>();
    guest
        .files()
        .get(READ_FIRST)
        .filter(_ -> !takenByPyGrub(guest))
        .ifPresent(file ->
            changes.add(
                new Change.RemoveFile(
                    file, "SYSLINUX would read this file instead of " + CONFIGURATION)));
    if (!BootableKernels.of(guest).isEmpty()) {
      changes.addAll(
          FileChanges.write(
              guest.files(),
              CONFIGURATION,
              configuration(guest).render(),
              0644,
              "What SYSLINUX starts under KVM; Xen's configuration stays as it is"));
    }
    return changes;
  }

  @Override
  public List<Finding> obstacles(Guest guest, Target target) {
    List<Finding> obstacles = new ArrayList<>();
    if (guest.files().has(READ_FIRST) && takenByPyGrub(guest)) {
      obstacles.add(
          obstacle(
              ErrorCode.GUEST_BOOT_LOADER_PRESENT,
              READ_FIRST + " is what Xen starts from, and SYSLINUX would read it under KVM too",
              "move its entries to /boot/grub/menu.lst in the guest and remove it"));
    }
    List<Kernel> kernels = BootableKernels.of(guest);
    if (kernels.isEmpty()) {
      obstacles.add(noKernel(guest));
      return obstacles;
    }
    for (Kernel kernel : kernels) {
      String commandLine = entry(kernel.version(), kernel, guest).commandLine();
      // What is cut off is the end, and the initrds' names there mean nothing to the kernel.
      int needed = commandLine.replaceFirst(" initrd=\\S*$", "").length();
      if (needed > kernel.commandLineLimit() || commandLine.length() > LONGEST_COMMAND_LINE) {
        obstacles.add(
            obstacle(
                ErrorCode.GUEST_COMMAND_LINE_LENGTH,
                "the command line of %s has %d characters, it takes %d and SYSLINUX %d with initrds"
                    .formatted(
                        kernel.image(), needed, kernel.commandLineLimit(), LONGEST_COMMAND_LINE),
                "shorten the kernel's arguments in the guest's boot configuration"));
      }
    }
    return obstacles;
  }

  @Override
  public List<String> notes(Guest guest, Target target) {
    Stream<String> unwritable =
        guest.kernels().stream()
            .filter(BootableKernels::reachesDisk)
            .filter(kernel -> !BootableKernels.hasWritableNames(kernel))
            .map(kernel -> kernel.image() + " has no entry, as SYSLINUX cannot be told its name");
    Stream<String> unlisted =
        BootableKernels.of(guest).stream()
            .limit(1)
            .filter(kernel -> !isInMenu(guest, kernel))
            .flatMap(kernel ->
                guest.xenBoot().stream()
                    .map(boot ->
                        "Under KVM %s is started, which no boot menu of the guest's names; under Xen PyGrub starts %s as before"
                            .formatted(kernel.image(), boot.kernel())));
    return Stream.concat(unwritable, unlisted).toList();
  }

  private static boolean isInMenu(Guest guest, Kernel kernel) {
    String name = kernel.image().substring(kernel.image().lastIndexOf('/') + 1);
    Pattern word = Pattern.compile("(?<![\\w.-])" + Pattern.quote(name) + "(?![\\w.-])");
    return guest
            .xenBoot()
            .map(XenBoot::kernel)
            .filter(started -> linkTarget(guest, started).orElse(started).equals(kernel.image()))
            .isPresent()
        || PyGrub.MENUS.stream()
            .flatMap(path -> guest.files().get(path).stream())
            .anyMatch(menu -> word.matcher(menu.text()).find());
  }

  private static SyslinuxConfig configuration(Guest guest) {
    List<Kernel> kernels = BootableKernels.of(guest);
    Kernel newest = kernels.getFirst();
    Optional<Links> links = links(guest);
    List<SyslinuxConfig.Entry> entries = new ArrayList<>();
    entries.add(
        links
            .map(both ->
                new SyslinuxConfig.Entry(
                    DEFAULT, both.linux(), List.of(both.initrd()), append(guest, true, false)))
            .orElseGet(() -> entry(DEFAULT, newest, guest)));
    kernels.forEach(kernel -> entries.add(entry(kernel.version(), kernel, guest)));
    // What is started when a link dangles or the supplement is gone.
    boolean supplemented = links.isEmpty() && !newest.supplement().isEmpty();
    if (supplemented) {
      entries.add(
          new SyslinuxConfig.Entry(
              SAFE, newest.image(), newest.initrd().stream().toList(), append(guest, true, false)));
    }
    Optional<String> onError = supplemented ? Optional.of(SAFE) : links.map(_ -> newest.version());
    return new SyslinuxConfig(
        Optional.of("0 115200"),
        true,
        TIMEOUT,
        TOTAL_TIMEOUT,
        Optional.of(DEFAULT),
        onError,
        entries);
  }

  private static SyslinuxConfig.Entry entry(String label, Kernel kernel, Guest guest) {
    return new SyslinuxConfig.Entry(
        label,
        kernel.image(),
        BootableKernels.initrds(kernel),
        append(guest, kernel.initrd().isPresent(), !kernel.supplement().isEmpty()));
  }

  private static String append(Guest guest, boolean initrd, boolean supplement) {
    List<String> words = new ArrayList<>(KernelArguments.kept(guest));
    // Only an initrd's programs know labels; the kernel alone knows its own device names.
    words.add("root=" + (initrd ? RootLabel.spec(guest) : device(guest)));
    // The last one becomes /dev/console, and el6 starts its serial getty for that one alone.
    words.add("console=tty0");
    words.add("console=ttyS0,115200n8");
    if (supplement) {
      // Behind "init=", in front of all else: the kernel forgets the bare words that stood before
      // it, such as "single", and el6's dracut cuts the line at the first "init=" that it finds.
      Optional<String> init = words.stream().filter(word -> word.startsWith("init=")).findFirst();
      init.ifPresent(words::remove);
      words.addFirst("rdinit=/voyageur/init");
      init.ifPresent(words::addFirst);
    }
    return String.join(" ", words);
  }

  private static String device(Guest guest) {
    return switch (guest.layout()) {
      case DiskLayout.Partitioned table ->
          "/dev/vda" + table.root().map(root -> String.valueOf(root.number())).orElse("");
      case DiskLayout.WholeDisk _, DiskLayout.Unrecognised _ -> "/dev/vda";
    };
  }

  private record Links(String linux, String initrd) {}

  /** Debian's links to the kernel that was installed last, where that one can be started so. */
  private static Optional<Links> links(Guest guest) {
    for (String directory : List.of("/", "/boot/")) {
      Links links = new Links(directory + "vmlinuz", directory + "initrd.img");
      Optional<String> image = linkTarget(guest, links.linux());
      Optional<String> initrd = linkTarget(guest, links.initrd());
      if (image.isPresent()
          && BootableKernels.of(guest).stream()
              .anyMatch(kernel ->
                  kernel.supplement().isEmpty()
                      && kernel.image().equals(image.get())
                      && kernel.initrd().isPresent()
                      && kernel.initrd().equals(initrd))) {
        return Optional.of(links);
      }
    }
    return Optional.empty();
  }

  /** Where a symbolic link points, as an absolute path; empty if it is none. */
  static Optional<String> linkTarget(Guest guest, String path) {
    return guest
        .files()
        .get(path)
        .filter(file -> file.type() == FileType.SYMBOLIC_LINK)
        .map(GuestFile::text)
        .map(target ->
            target.startsWith("/")
                ? target
                : path.substring(0, path.lastIndexOf('/') + 1) + target);
  }

  private static boolean takenByPyGrub(Guest guest) {
    return guest.xenBoot().filter(boot -> boot.configFile().equals(READ_FIRST)).isPresent();
  }

  private static Finding noKernel(Guest guest) {
    if (guest.kernels().isEmpty()) {
      return obstacle(
          ErrorCode.GUEST_NO_KERNEL, "there is no kernel in /boot", "install one in the guest");
    }
    Kernel newest = guest.kernels().getFirst();
    if (guest.kernels().stream().noneMatch(Kernel::kvm)) {
      return obstacle(
          ErrorCode.GUEST_XEN_ONLY_KERNEL,
          "every kernel runs only under Xen, such as " + newest.version(),
          "install a generic kernel in the guest before it is converted");
    }
    if (guest.kernels().stream().anyMatch(BootableKernels::reachesDisk)) {
      return obstacle(
          ErrorCode.GUEST_FILE_NOT_BOOTABLE,
          "SYSLINUX cannot be told the name " + newest.image() + " or that of its initrd",
          "give the files names without blanks and commas, shorter than 247 bytes");
    }
    if (guest.kernels().stream()
        .anyMatch(kernel -> kernel.kvm() && kernel.virtioBlk() != Kernel.DriverLocation.NOWHERE)) {
      return obstacle(
          ErrorCode.GUEST_NO_INITRD,
          "the kernel needs an initrd to load its drivers from, and has none",
          "make one in the guest with its own tool (mkinitrd, dracut, update-initramfs)");
    }
    return obstacle(
        ErrorCode.GUEST_NO_VIRTIO,
        "no kernel that runs under KVM has a virtio_blk driver",
        "install a newer kernel in the guest before it is converted");
  }

  private static Finding obstacle(ErrorCode code, String message, String remedy) {
    return new Finding(Severity.OBSTACLE, code, message, remedy);
  }
}
