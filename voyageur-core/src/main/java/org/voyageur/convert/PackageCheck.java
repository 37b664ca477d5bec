package org.voyageur.convert;

import java.util.Arrays;
import java.util.Optional;
import org.voyageur.filesystem.FileOwner;
import org.voyageur.filesystem.FileStat;
import org.voyageur.filesystem.FileType;
import org.voyageur.filesystem.GuestFilesystem;
import org.voyageur.rpm.RpmFile;

/** Whether a guest has a package's file as the package brings it. */
final class PackageCheck {
  private PackageCheck() {}

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
