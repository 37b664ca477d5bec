package org.voyageur.plan;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.voyageur.guest.Guest;
import org.voyageur.guest.Kernel;
import org.voyageur.guest.OperatingSystem;

/**
 * Kernels that the guest installs later are started too: a script that its kernel packages call
 * keeps SYSLINUX's configuration in step.
 *
 * <p>Debian's packages run the scripts in {@code /etc/kernel/postinst.d} and {@code postrm.d};
 * el6's and el7's call new-kernel-pkg, which runs those in {@code postinst.d} and {@code prerm.d}.
 * That of el5 may know none of them.
 */
final class KernelUpdateRule implements ConversionRule {
  private static final String SCRIPT = script();

  @Override
  public List<Change> changes(Guest guest, Target target) {
    List<Change> changes = new ArrayList<>();
    for (String hook : hooks(guest)) {
      changes.addAll(
          FileChanges.write(
              guest.files(),
              hook,
              SCRIPT,
              0755,
              "Later kernels get their entry in SYSLINUX's configuration, and removed ones lose it"));
    }
    return changes;
  }

  @Override
  public List<String> notes(Guest guest, Target target) {
    List<Kernel> kernels = BootableKernels.of(guest);
    if (kernels.isEmpty()) {
      return List.of();
    }
    List<String> hooks = hooks(guest);
    return List.of(
        hooks.isEmpty()
            ? "Later kernel updates are not followed: /boot/syslinux.cfg names %s; after an update"
                    .formatted(kernels.getFirst().image())
                + " add the new kernel there, before the old one is removed"
            : "Later kernel updates are followed, as the guest's kernel packages call %s; an initrd"
                    .formatted(hooks.getFirst())
                + " that was made under Xen and lacks virtio drivers must be made again under KVM");
  }

  private static List<String> hooks(Guest guest) {
    List<Kernel> kernels = BootableKernels.of(guest);
    // The script knows only kernels that have an initrd.
    if (kernels.isEmpty() || kernels.stream().anyMatch(kernel -> kernel.initrd().isEmpty())) {
      return List.of();
    }
    OperatingSystem system = guest.operatingSystem();
    return switch (system.family()) {
      // In name order, behind the one that makes the initrd.
      case DEBIAN ->
          List.of("/etc/kernel/postinst.d/zzz-voyageur", "/etc/kernel/postrm.d/zzz-voyageur");
      case RED_HAT ->
          system.majorVersion() == 6 || system.majorVersion() == 7
              ? List.of("/etc/kernel/postinst.d/voyageur", "/etc/kernel/prerm.d/voyageur")
              : List.of();
      case OTHER -> List.of();
    };
  }

  private static String script() {
    try (InputStream resource = KernelUpdateRule.class.getResourceAsStream("kernel-hook.sh")) {
      return new String(
          Objects.requireNonNull(resource).readAllBytes(), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
