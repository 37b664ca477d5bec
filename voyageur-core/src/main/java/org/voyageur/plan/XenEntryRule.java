package org.voyageur.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.voyageur.disk.DiskLayout;
import org.voyageur.guest.Guest;
import org.voyageur.guest.GuestFile;
import org.voyageur.guest.Kernel;
import org.voyageur.guest.Kernel.DriverLocation;
import org.voyageur.guest.PyGrub;
import org.voyageur.guest.XenBoot;

/**
 * A kernel that the conversion brings and that runs under Xen too, such as ELRepo's kernel-lt, gets
 * an entry at the end of PyGrub's menu. What PyGrub starts by itself stays what it is; whoever
 * wants one kernel for both hypervisors makes it the default.
 */
final class XenEntryRule implements ConversionRule {
  private final KernelChoice kernels;

  XenEntryRule(KernelChoice kernels) {
    this.kernels = kernels;
  }

  @Override
  public List<Change> changes(Guest guest, Target target) {
    return menu(guest)
        .map(
            file -> FileChanges.edit(file, withEntries(file, guest, target), reason(guest, target)))
        .orElse(List.of());
  }

  private String reason(Guest guest, Target target) {
    return "%s can be started under Xen too, by choice"
        .formatted(String.join(", ", brought(guest, target).map(Kernel::version).toList()));
  }

  private String withEntries(GuestFile menu, Guest guest, Target target) {
    TextFile text = TextFile.of(menu.text());
    for (Kernel kernel : brought(guest, target).filter(XenEntryRule::startsUnderXen).toList()) {
      if (!text.anyMatch(line -> starts(line, kernel))) {
        for (String line : entry(kernel, guest)) {
          text = text.append(line);
        }
      }
    }
    // Where "default=" counts too far PyGrub takes the first, and would take the new one.
    return PyGrub.takesTheSame(menu.text(), text.text()) ? text.text() : menu.text();
  }

  /** Kernels for both, which the guest did not have. */
  private Stream<Kernel> brought(Guest guest, Target target) {
    return guest.kernels().stream()
        .filter(_ -> target == Target.DUAL_BOOT)
        .filter(kernel -> kernel.kvm() && kernel.xenPv() && kernels.brings(kernel));
  }

  private static boolean startsUnderXen(Kernel kernel) {
    return kernel.initrd().isPresent()
        && BootableKernels.hasWritableNames(kernel)
        && (kernel.xenBlk() == DriverLocation.BUILT_IN || kernel.xenBlk() == DriverLocation.INITRD);
  }

  /** The file that PyGrub reads, if it is one of GRUB legacy's; el5's menu.lst is a link. */
  private static Optional<GuestFile> menu(Guest guest) {
    return guest
        .xenBoot()
        .map(XenBoot::configFile)
        .filter(path -> path.endsWith("/menu.lst") || path.endsWith("/grub.conf"))
        .flatMap(path ->
            guest
                .files()
                .get(path)
                .or(() -> guest.files().get(path.replace("/menu.lst", "/grub.conf"))));
  }

  private static List<String> entry(Kernel kernel, Guest guest) {
    List<String> words = new ArrayList<>(KernelArguments.kept(guest));
    words.add("root=LABEL=" + RootLabel.of(guest.filesystem().label()));
    // The console of a paravirtual guest as mainline's kernels call it; el5xen's calls it xvc0.
    words.add("console=hvc0");
    String name = guest.operatingSystem().productName().replaceFirst(" release .*", "");
    return List.of(
        "title %s (%s)".formatted(name.replaceAll("[^ -~]", "?"), kernel.version()),
        "\troot " + disk(guest),
        "\tkernel %s %s".formatted(kernel.image(), String.join(" ", words)),
        "\tinitrd " + kernel.initrd().orElseThrow());
  }

  private static String disk(Guest guest) {
    return switch (guest.layout()) {
      case DiskLayout.Partitioned table ->
          "(hd0,%d)".formatted(table.root().map(root -> root.number() - 1).orElse(0));
      case DiskLayout.WholeDisk _, DiskLayout.Unrecognised _ -> "(hd0)";
    };
  }

  @Override
  public List<String> notes(Guest guest, Target target) {
    Optional<GuestFile> menu = menu(guest);
    return brought(guest, target)
        .map(kernel -> {
          int number =
              menu.map(file -> number(withEntries(file, guest, target), kernel)).orElse(-1);
          return number < 0
              ? "PyGrub's menu has no entry for %s: %s"
                  .formatted(kernel.version(), reasonForNone(kernel))
              : ("%1$s is the entry %2$d of PyGrub's menu, counted from 0, and not its default;"
                      + " default=%2$d in %3$s makes Xen start it too")
                  .formatted(kernel.version(), number, menu.orElseThrow().path());
        })
        .toList();
  }

  private static String reasonForNone(Kernel kernel) {
    return startsUnderXen(kernel)
        ? "PyGrub would take it by itself, or reads another file than GRUB's"
        : "its initrd has no driver of Xen's disks";
  }

  private static boolean starts(String line, Kernel kernel) {
    return (line + " ").contains(kernel.image() + " ");
  }

  /** Where its entry stands; -1 if nowhere. */
  private static int number(String menu, Kernel kernel) {
    int number = -1;
    for (String line : menu.lines().toList()) {
      if (line.startsWith("title")) {
        number++;
      } else if (starts(line, kernel)) {
        return number;
      }
    }
    return -1;
  }
}
