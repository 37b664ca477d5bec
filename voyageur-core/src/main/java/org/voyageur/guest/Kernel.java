package org.voyageur.guest;

import java.util.List;
import java.util.Optional;

/**
 * A kernel in the guest.
 *
 * @param version as in its file name, such as {@code 2.6.32-431.el6.x86_64}
 * @param image absolute path of the vmlinuz file
 * @param initrd absolute path; empty if it has none
 * @param config absolute path of its configuration; empty if missing
 * @param modules absolute path of its module directory; empty if missing
 * @param xenPv whether it can start as a Xen paravirtual guest
 * @param kvm whether it can start on (virtual) PC hardware, drivers aside
 * @param virtioBlk where the disk driver and everything it needs is
 * @param virtioNet where the network driver and everything it needs is
 * @param xenBlk where the driver of a Xen guest's disks is, and everything it needs; of a kernel
 *     that runs only under Xen it is not looked for
 * @param supplement modules to load before the initrd's own init for a virtio root disk, in load
 *     order, as absolute paths in the guest; empty where the initrd or the kernel has them. Of a
 *     kernel without an initrd: those of the initrd that it can be given, empty if it cannot
 * @param supplementWritten whether the guest has a second initrd with just these
 * @param gaps those of {@code image} and {@code initrd} that have holes or unwritten blocks, which
 *     SYSLINUX cannot read
 * @param commandLineLimit how many characters of command line it takes, from its boot header
 * @param architecture of its modules: {@code x86_64} or {@code i686}
 */
public record Kernel(
    String version,
    String image,
    Optional<String> initrd,
    Optional<String> config,
    Optional<String> modules,
    boolean xenPv,
    boolean kvm,
    DriverLocation virtioBlk,
    DriverLocation virtioNet,
    DriverLocation xenBlk,
    List<String> supplement,
    boolean supplementWritten,
    List<String> gaps,
    int commandLineLimit,
    String architecture) {
  /** Keeps unmodifiable copies. */
  public Kernel {
    supplement = List.copyOf(supplement);
    gaps = List.copyOf(gaps);
  }

  /**
   * The newest kernel that would run under KVM, if it is one that has no initrd and can be given
   * one.
   *
   * @param kernels the newest first
   */
  public static Optional<Kernel> lackingInitrd(List<Kernel> kernels) {
    return kernels.stream()
        .filter(kernel -> kernel.kvm && kernel.virtioBlk != DriverLocation.NOWHERE)
        .findFirst()
        .filter(kernel -> kernel.initrd.isEmpty() && !kernel.supplement.isEmpty());
  }

  /** The same kernel with its second initrd in place. */
  public Kernel withSupplement() {
    return new Kernel(
        version,
        image,
        initrd,
        config,
        modules,
        xenPv,
        kvm,
        virtioBlk,
        virtioNet,
        xenBlk,
        supplement,
        true,
        gaps,
        commandLineLimit,
        architecture);
  }

  /** The same kernel with an initrd that loads what it can be given. */
  public Kernel withInitrd(String path) {
    return new Kernel(
        version,
        image,
        Optional.of(path),
        config,
        modules,
        xenPv,
        kvm,
        inInitrd(virtioBlk),
        inInitrd(virtioNet),
        inInitrd(xenBlk),
        List.of(),
        false,
        gaps,
        commandLineLimit,
        architecture);
  }

  private static DriverLocation inInitrd(DriverLocation location) {
    return location == DriverLocation.ON_DISK ? DriverLocation.INITRD : location;
  }

  /** The same kernel with a file of its own that SYSLINUX can read now. */
  public Kernel withoutGap(String path) {
    return new Kernel(
        version,
        image,
        initrd,
        config,
        modules,
        xenPv,
        kvm,
        virtioBlk,
        virtioNet,
        xenBlk,
        supplement,
        supplementWritten,
        gaps.stream().filter(gap -> !gap.equals(path)).toList(),
        commandLineLimit,
        architecture);
  }

  /** Where a driver is. */
  public enum DriverLocation {
    /** In the kernel itself. */
    BUILT_IN,
    /** In the initrd. */
    INITRD,
    /** In the module directory, but not in the initrd. */
    ON_DISK,
    /** Nowhere. */
    NOWHERE
  }
}
