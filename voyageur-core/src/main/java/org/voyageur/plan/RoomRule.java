package org.voyageur.plan;

import java.util.List;
import org.voyageur.error.ErrorCode;
import org.voyageur.filesystem.FilesystemFacts;
import org.voyageur.guest.Finding;
import org.voyageur.guest.Finding.Severity;
import org.voyageur.guest.Guest;
import org.voyageur.guest.Kernel;

/** There is room for what is added, once the filesystem has grown if it is to. */
final class RoomRule implements ConversionRule {
  /** SYSLINUX takes some 180 KiB, the edited files and their directories a few blocks each. */
  private static final long ROOM = 1 << 20;

  /** Four virtio modules and a loader: 230 KiB on a 6.1 kernel, less on older ones. */
  private static final long ROOM_PER_SUPPLEMENT = 1 << 20;

  /** The same, virtio_net, and the filesystem's: 0.5 MiB of el5's. */
  private static final long ROOM_FOR_INITRD = 3 << 20;

  private static final int INODES = 16;

  @Override
  public List<Change> changes(Guest guest, Target target) {
    return List.of();
  }

  @Override
  public List<Finding> obstacles(Guest guest, Target target) {
    FilesystemFacts filesystem = guest.filesystem();
    long supplements =
        BootableKernels.of(guest).stream().filter(kernel -> !kernel.supplement().isEmpty()).count();
    long room =
        ROOM
            + supplements * ROOM_PER_SUPPLEMENT
            + (Kernel.lackingInitrd(guest.kernels()).isPresent() ? ROOM_FOR_INITRD : 0);
    return filesystem.free() >= room && filesystem.freeInodes() >= INODES
        ? List.of()
        : List.of(
            new Finding(
                Severity.OBSTACLE,
                ErrorCode.FILESYSTEM_FULL,
                "the root filesystem has %d KiB and %d inodes free, %d KiB and %d are needed"
                    .formatted(
                        filesystem.free() >> 10, filesystem.freeInodes(), room >> 10, INODES),
                "remove files from the guest, such as old kernels or package caches, or make it"
                    + " larger with --grow"));
  }
}
