package org.voyageur.convert;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.voyageur.filesystem.FileOwner;
import org.voyageur.filesystem.FileStat;
import org.voyageur.filesystem.FileType;
import org.voyageur.filesystem.GuestFilesystem;
import org.voyageur.guest.KernelPackage;
import org.voyageur.rpm.RpmFile;

/** Whether a guest has packages' files as the packages bring them. */
final class PackageCheck {
  private PackageCheck() {}

  /**
   * What of packages a guest has.
   *
   * @param taken paths where it has something else
   * @param present full names of the packages that it has, file for file
   */
  record Found(List<String> taken, Set<String> present) {}

  /** A package is unpacked for that only if there is anything of it. */
  static Found find(GuestFilesystem filesystem, List<KernelPackage> packages) {
    List<String> taken = new ArrayList<>();
    Set<String> present = new HashSet<>();
    for (KernelPackage kernel : packages) {
      boolean any =
          kernel.rpm().files().stream()
              .filter(file -> file.inPayload() && file.type() != FileType.DIRECTORY)
              .anyMatch(file -> filesystem.lstat(file.path()).isPresent());
      if (any) {
        boolean[] whole = {true};
        kernel
            .rpm()
            .visit((file, content) -> {
              if (!isSame(filesystem, file, content)) {
                whole[0] = false;
                if (filesystem.lstat(file.path()).isPresent()) {
                  taken.add(file.path());
                }
              }
            });
        if (whole[0]) {
          present.add(kernel.rpm().fullName());
        }
      }
    }
    return new Found(taken, present);
  }

  static boolean isSame(GuestFilesystem filesystem, RpmFile file, byte[] content) {
    // A directory may be reached through a link, such as /lib where it is in /usr.
    Optional<FileStat> found =
        (file.type() == FileType.DIRECTORY
                ? filesystem.stat(file.path())
                : filesystem.lstat(file.path()))
            .filter(stat -> stat.type() == file.type());
    if (found.isEmpty()) {
      return false;
    }
    FileStat stat = found.get();
    return switch (file.type()) {
      // Other packages' directories stay as they are.
      case DIRECTORY -> true;
      case SYMBOLIC_LINK -> filesystem.readLink(file.path()).equals(file.target());
      case REGULAR ->
          stat.mode() == file.mode()
              && stat.owner().equals(FileOwner.ROOT)
              && stat.size() == content.length
              && Arrays.equals(filesystem.read(file.path(), content.length), content);
      case CHARACTER_DEVICE, BLOCK_DEVICE, FIFO, SOCKET, UNKNOWN -> false;
    };
  }
}
