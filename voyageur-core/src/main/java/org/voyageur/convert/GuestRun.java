package org.voyageur.convert;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.voyageur.disk.DiskLayout;
import org.voyageur.disk.ThrowAwayDisk;
import org.voyageur.guest.RootFilesystem;
import org.voyageur.plan.GuestCommands;
import org.voyageur.plan.GuestKernel;
import org.voyageur.progress.ProgressEvent.Finished;
import org.voyageur.progress.ProgressEvent.Started;
import org.voyageur.progress.ProgressEvent.Step;
import org.voyageur.progress.ProgressListener;

/** Lets a guest's own programs change a throw-away disk, in libguestfs's appliance. */
final class GuestRun {
  private GuestRun() {}

  /**
   * Runs them one after the other.
   *
   * @param wanted what they come from
   * @throws org.voyageur.error.VoyageurException as {@link Appliance} does; what is on the disk is
   *     to be thrown away then
   */
  static void run(
      List<GuestCommands.Command> commands,
      GuestCommands wanted,
      ThrowAwayDisk disk,
      String device,
      Path scratch,
      ProgressListener progress) {
    progress.on(new Started(Step.RUN, "Starting libguestfs's appliance"));
    Optional<Path> packages = wanted.kernel().flatMap(GuestKernel::directory);
    try (ThrowAwayDisk own = ThrowAwayDisk.holding(packages, scratch);
        Appliance appliance = Appliance.start(disk, device, own, wanted.network(), scratch)) {
      progress.on(new Finished(Step.RUN, "Started"));
      wanted
          .kernel()
          .flatMap(GuestKernel::key)
          .ifPresent(key -> appliance.put(key, GuestKernel.KEY_FILE));
      for (GuestCommands.Command command : commands) {
        progress.on(new Started(Step.RUN, "In the guest: " + command.title()));
        appliance.run(command, wanted.limit());
        progress.on(new Finished(Step.RUN, "done"));
      }
      progress.on(new Started(Step.RUN, "Ending the appliance"));
      appliance.stop();
      progress.on(new Finished(Step.RUN, "Everything is on the disk"));
    }
  }

  /** The root filesystem's device, as libguestfs's appliance names it. */
  static String device(RootFilesystem root) {
    return switch (root.layout()) {
      case DiskLayout.WholeDisk _, DiskLayout.Unrecognised _ -> "/dev/sda";
      case DiskLayout.Partitioned partitioned ->
          "/dev/sda"
              + partitioned.partitions().stream()
                  .filter(one -> one.extent().equals(root.extent()))
                  .findFirst()
                  .orElseThrow()
                  .number();
    };
  }
}
