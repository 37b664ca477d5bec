package org.voyageur.plan;

import java.util.List;
import java.util.Optional;
import org.voyageur.filesystem.FileOwner;
import org.voyageur.filesystem.FileType;
import org.voyageur.guest.GuestFile;
import org.voyageur.guest.GuestFiles;

/** Changes to files, none where the file already is as it should be. */
final class FileChanges {
  private static final int EXECUTABLE = 0111;

  private FileChanges() {}

  /** A file's new text. */
  static List<Change> edit(GuestFile file, String text, String reason) {
    return file.text().equals(text) ? List.of() : List.of(new Change.EditFile(file, text, reason));
  }

  /** A file's new text, which nobody is shown. */
  static List<Change> editSecret(GuestFile file, String text, String reason) {
    return file.text().equals(text)
        ? List.of()
        : List.of(new Change.EditSecretFile(file, text, reason));
  }

  /** A file with exactly this text, whether there was one or not. */
  static List<Change> write(GuestFiles files, String path, String text, int mode, String reason) {
    return write(files, new GuestFile(path, FileType.REGULAR, FileOwner.ROOT, mode, text), reason);
  }

  /**
   * The same of any file. A directory that is there stays as it is; a link that leads elsewhere, a
   * script that may not be run, and what is of another kind are replaced.
   */
  static List<Change> write(GuestFiles files, GuestFile file, String reason) {
    Optional<GuestFile> existing = files.get(file.path());
    if (existing.isEmpty()) {
      return List.of(new Change.CreateFile(file, reason));
    }
    GuestFile there = existing.get();
    boolean usable =
        there.type() == file.type()
            && switch (file.type()) {
              case REGULAR -> (file.mode() & EXECUTABLE & ~there.mode()) == 0;
              case SYMBOLIC_LINK -> there.text().equals(file.text());
              case DIRECTORY, CHARACTER_DEVICE, BLOCK_DEVICE, FIFO, SOCKET, UNKNOWN -> true;
            };
    if (!usable) {
      return List.of(
          new Change.RemoveFile(there, "Another file is to be there: " + reason),
          new Change.CreateFile(file, reason));
    }
    return file.type() == FileType.REGULAR ? edit(there, file.text(), reason) : List.of();
  }
}
