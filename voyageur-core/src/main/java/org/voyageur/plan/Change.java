package org.voyageur.plan;

import java.util.List;
import org.voyageur.guest.GuestFile;

/**
 * One thing that a conversion does to a guest, with its reason. Text is ISO 8859-1, a character a
 * byte, as in {@link GuestFile}.
 */
public sealed interface Change {
  /** Why, in one sentence for the operator. */
  String reason();

  /** Replays the journal, which holds changes that are not in place yet. */
  record ReplayJournal(String reason) implements Change {}

  /** Sets the filesystem's label. */
  record SetLabel(String from, String to, String reason) implements Change {}

  /** Changes a file's text; inode, owner, mode and extended attributes stay. */
  record EditFile(GuestFile before, String after, String reason) implements Change {
    /** Where the file is. */
    public String path() {
      return before.path();
    }
  }

  /**
   * Changes the text of a file that holds secrets, as {@link EditFile} does; neither text is ever
   * shown.
   */
  record EditSecretFile(GuestFile before, String after, String reason) implements Change {
    /** Where the file is. */
    public String path() {
      return before.path();
    }

    /** Without the secrets. */
    @Override
    public String toString() {
      return "EditSecretFile[" + path() + ", " + reason + "]";
    }
  }

  /**
   * Creates a file or a directory.
   *
   * @param file where and what; missing parent directories are made with mode 0755
   */
  record CreateFile(GuestFile file, String reason) implements Change {
    /** Where the file will be. */
    public String path() {
      return file.path();
    }
  }

  /** Removes a file or symbolic link. */
  record RemoveFile(GuestFile before, String reason) implements Change {
    /** Where the file is. */
    public String path() {
      return before.path();
    }
  }

  /**
   * Writes a second initrd that loads drivers before the first one's init.
   *
   * @param path where it will be
   * @param kernelVersion for which kernel
   * @param architecture of its loader: {@code x86_64} or {@code i686}
   * @param modules the guest's module files, absolute, in load order
   */
  record WriteSupplement(
      String path, String kernelVersion, String architecture, List<String> modules, String reason)
      implements Change {
    /** Keeps an unmodifiable copy. */
    public WriteSupplement {
      modules = List.copyOf(modules);
    }
  }

  /**
   * Fills the holes of a file that SYSLINUX must read, its content unchanged.
   *
   * @param path the kernel or initrd
   */
  record FillHoles(String path, String reason) implements Change {}

  /**
   * Installs SYSLINUX for a filesystem that spans the whole disk: a loader in sector 0, the volume
   * boot record in sector 1, ldlinux.sys and ldlinux.c32 in {@code directory}.
   *
   * @param directory absolute path in the guest, such as {@code /boot}
   */
  record InstallBootCode(String directory, String reason) implements Change {}
}
