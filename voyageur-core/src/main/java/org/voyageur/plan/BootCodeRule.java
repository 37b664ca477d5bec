package org.voyageur.plan;

import java.util.List;
import org.voyageur.disk.DiskLayout;
import org.voyageur.guest.Guest;

/** SYSLINUX on the disk: under KVM the BIOS starts what is in its first sector. */
final class BootCodeRule implements ConversionRule {
  @Override
  public List<Change> changes(Guest guest, Target target) {
    return switch (guest.layout()) {
      case DiskLayout.WholeDisk _ ->
          List.of(
              new Change.InstallBootCode(
                  SyslinuxRule.DIRECTORY,
                  "The disk has no boot loader; SYSLINUX goes into the 1024 bytes that ext leaves"
                      + " free, so that PyGrub still finds the filesystem"));
      // Inspection names these as an obstacle.
      case DiskLayout.Partitioned _, DiskLayout.Unrecognised _ -> List.of();
    };
  }
}
