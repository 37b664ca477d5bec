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
          switch (guest.bootCode()) {
            case NONE ->
                List.of(
                    install(
                        "The disk has no boot loader; SYSLINUX goes into the 1024 bytes that ext leaves"
                            + " free, so that PyGrub still finds the filesystem"));
            case OUTDATED ->
                List.of(
                    install(
                        "The boot code of an earlier conversion is of another SYSLINUX than this host's, or"
                            + " no longer whole"));
            case CURRENT -> List.of();
          };
      // Inspection names these as an obstacle.
      case DiskLayout.Partitioned _, DiskLayout.Unrecognised _ -> List.of();
    };
  }

  private static Change install(String reason) {
    return new Change.InstallBootCode(SyslinuxRule.DIRECTORY, reason);
  }
}
