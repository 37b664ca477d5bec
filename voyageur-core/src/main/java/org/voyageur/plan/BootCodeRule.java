package org.voyageur.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.voyageur.disk.BootPlace;
import org.voyageur.disk.DiskLayout;
import org.voyageur.disk.DiskLayout.TableType;
import org.voyageur.error.ErrorCode;
import org.voyageur.guest.Finding;
import org.voyageur.guest.Finding.Severity;
import org.voyageur.guest.Guest;
import org.voyageur.guest.InstalledBootCode;

/** SYSLINUX on the disk: under KVM the BIOS starts what is in its first sector. */
final class BootCodeRule implements ConversionRule {
  private static final int MOST_PRIMARY = 4;

  @Override
  public List<Change> changes(Guest guest, Target target) {
    return BootPlace.of(guest.layout()).stream()
        .flatMap(place ->
            reason(guest.bootCode(), place).stream()
                .<Change>map(why -> new Change.InstallBootCode(SyslinuxRule.DIRECTORY, place, why)))
        .toList();
  }

  private static Optional<String> reason(InstalledBootCode found, BootPlace place) {
    return switch (found) {
      case NONE ->
          Optional.of(
              switch (place) {
                case BootPlace.WholeDisk _ ->
                    "The disk has no boot loader; SYSLINUX goes into the 1024 bytes that ext leaves"
                        + " free, so that PyGrub still finds the filesystem";
                case BootPlace.Partition _ ->
                    "Under KVM the BIOS starts the disk's first sector, and that the partition's;"
                        + " whatever boot loader was there is replaced by one whose"
                        + " configuration is known, and its files stay";
              });
      case OUTDATED ->
          Optional.of(
              "The boot code on the disk is of another SYSLINUX than this host's, or not whole");
      case CURRENT -> Optional.empty();
    };
  }

  @Override
  public List<Finding> obstacles(Guest guest, Target target) {
    if (!(guest.layout() instanceof DiskLayout.Partitioned table)) {
      return List.of();
    }
    List<Finding> obstacles = new ArrayList<>();
    table
        .problem()
        .map(problem ->
            new Finding(
                Severity.OBSTACLE,
                ErrorCode.DISK_TABLE,
                "the partition table (%s) is not sound: %s".formatted(table.table(), problem),
                "The image may be cut off: compare it with where it came from. Else correct the"
                    + " table of a copy, such as with sfdisk"))
        .ifPresent(obstacles::add);
    if (table.table() == TableType.MBR
        && table.root().filter(root -> root.number() <= MOST_PRIMARY).isEmpty()) {
      obstacles.add(
          new Finding(
              Severity.OBSTACLE,
              ErrorCode.GUEST_PARTITIONED,
              "the root filesystem lies in a logical partition, and SYSLINUX's code in the first"
                  + " sector starts primary ones",
              "Copy the partition into an image of its own, such as with dd, and convert that"));
    }
    return obstacles;
  }
}
