package org.voyageur.convert;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.voyageur.filesystem.FileOwner;
import org.voyageur.filesystem.FileStat;
import org.voyageur.filesystem.FileType;
import org.voyageur.filesystem.GuestFilesystem;
import org.voyageur.guest.KernelPackage;
import org.voyageur.rpm.RpmFile;

/** Whether a guest has packages' files as the packages bring them. */
final class PackageCheck {
  private PackageCheck() {}

  /** Where a guest has something else; a package is unpacked for that only if there is anything. */
  static List<String> taken(GuestFilesystem filesystem, List<KernelPackage> packages) {
    List<String> taken = new ArrayList<>();
    for (KernelPackage kernel : packages) {
      boolean any =
          kernel.rpm().files().stream()
              .filter(file -> file.inPayload() && file.type() != FileType.DIRECTORY)
              .anyMatch(file -> filesystem.lstat(file.path()).isPresent());
      if (any) {
        kernel
            .rpm()
            .visit((file, content) -> {
              if (filesystem.lstat(file.path()).isPresent() && !isSame(filesystem, file, content)) {
                taken.add(file.path());
              }
            });
      }
    }
    return taken;
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
