package org.voyageur.plan;

import java.util.ArrayList;
import java.util.List;
import org.voyageur.disk.BootPlace;
import org.voyageur.disk.DiskLayout;
import org.voyageur.disk.DiskLayout.TableType;
import org.voyageur.error.ErrorCode;
import org.voyageur.guest.Finding;
import org.voyageur.guest.Finding.Severity;
import org.voyageur.guest.Guest;

/** SYSLINUX on the disk: under KVM the BIOS starts what is in its first sector. */
final class BootCodeRule implements ConversionRule {
  private static final int MOST_PRIMARY = 4;

  @Override
  public List<Change> changes(Guest guest, Target target) {
    return switch (guest.layout()) {
      case DiskLayout.WholeDisk _ ->
          List.of(
              new Change.InstallBootCode(
                  SyslinuxRule.DIRECTORY,
                  "The disk has no boot loader; SYSLINUX goes into the 1024 bytes that ext leaves"
                      + " free, so that PyGrub still finds the filesystem"));
      case DiskLayout.Partitioned table ->
          table.root().stream()
              .<Change>map(root ->
                  new Change.InstallBootCode(
                      SyslinuxRule.DIRECTORY,
                      new BootPlace.Partition(table.table(), root.number(), root.extent()),
                      "Under KVM the BIOS starts the disk's first sector, and that the partition's;"
                          + " whatever boot loader was there is replaced by one whose"
                          + " configuration is known, and its files stay"))
              .toList();
      case DiskLayout.Unrecognised _ -> List.of();
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
