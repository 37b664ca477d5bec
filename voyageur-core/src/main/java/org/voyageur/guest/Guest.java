package org.voyageur.guest;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.voyageur.disk.DiskLayout;
import org.voyageur.filesystem.FilesystemFacts;

/**
 * Everything that a conversion must know about a guest, found once and never changed.
 *
 * @param layout how its disk is laid out
 * @param bootCode whether voyageur's boot code is on it
 * @param diskSize the disk's size in bytes
 * @param filesystem the root filesystem
 * @param kernels every kernel in /boot, the newest first by the distribution's version order
 * @param xenBoot what PyGrub would start; empty where it finds nothing
 * @param fstab its fstab's device lines, in order
 * @param files the configuration files that rules read and change, with their content
 * @param xenLeftovers what only makes sense under Xen, one sentence each
 * @param findings everything worth telling, the gravest first
 */
public record Guest(
    DiskLayout layout,
    InstalledBootCode bootCode,
    long diskSize,
    OperatingSystem operatingSystem,
    FilesystemFacts filesystem,
    List<Kernel> kernels,
    Optional<XenBoot> xenBoot,
    List<FstabEntry> fstab,
    Consoles consoles,
    Network network,
    GuestFiles files,
    List<String> xenLeftovers,
    List<Finding> findings) {
  /** Keeps unmodifiable copies. */
  public Guest {
    kernels = List.copyOf(kernels);
    fstab = List.copyOf(fstab);
    xenLeftovers = List.copyOf(xenLeftovers);
    findings = List.copyOf(findings);
  }

  /** The same guest with other boot code. */
  public Guest withBootCode(InstalledBootCode found) {
    return new Guest(
        layout,
        found,
        diskSize,
        operatingSystem,
        filesystem,
        kernels,
        xenBoot,
        fstab,
        consoles,
        network,
        files,
        xenLeftovers,
        findings);
  }

  /** The same guest with other files: what the rules after a change are to see. */
  public Guest withFiles(GuestFiles changed) {
    return new Guest(
        layout,
        bootCode,
        diskSize,
        operatingSystem,
        filesystem,
        kernels,
        xenBoot,
        fstab,
        consoles,
        network,
        changed,
        xenLeftovers,
        findings);
  }

  /** The same guest with one more finding. */
  public Guest withFinding(Finding finding) {
    List<Finding> more = new ArrayList<>(findings);
    more.add(finding);
    return new Guest(
        layout,
        bootCode,
        diskSize,
        operatingSystem,
        filesystem,
        kernels,
        xenBoot,
        fstab,
        consoles,
        network,
        files,
        xenLeftovers,
        more);
  }

  /** The same guest with other kernels. */
  public Guest withKernels(List<Kernel> changed) {
    return new Guest(
        layout,
        bootCode,
        diskSize,
        operatingSystem,
        filesystem,
        changed,
        xenBoot,
        fstab,
        consoles,
        network,
        files,
        xenLeftovers,
        findings);
  }

  /** The same guest on a disk of another layout, on which boot code would have to be anew. */
  public Guest withDisk(DiskLayout changed, long size) {
    return new Guest(
        changed,
        InstalledBootCode.NONE,
        size,
        operatingSystem,
        filesystem,
        kernels,
        xenBoot,
        fstab,
        consoles,
        network,
        files,
        xenLeftovers,
        findings);
  }

  /** The same guest with another filesystem state: what the rules after a change are to see. */
  public Guest withFilesystem(FilesystemFacts changed) {
    return new Guest(
        layout,
        bootCode,
        diskSize,
        operatingSystem,
        changed,
        kernels,
        xenBoot,
        fstab,
        consoles,
        network,
        files,
        xenLeftovers,
        findings);
  }
}
