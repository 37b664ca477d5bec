package org.voyageur.plan;

import java.util.List;
import java.util.SequencedMap;
import org.voyageur.disk.BootPlace;
import org.voyageur.disk.Extent;
import org.voyageur.guest.GuestFile;
import org.voyageur.guest.Kernel;
import org.voyageur.rpm.RpmFile;
import org.voyageur.rpm.RpmPackage;

/**
 * One thing that a conversion does to a guest, with its reason. Text is ISO 8859-1, a character a
 * byte, as in {@link GuestFile}.
 */
public sealed interface Change {
  /** Why, in one sentence for the operator. */
  String reason();

  /** Replays the journal, which holds changes that are not in place yet. */
  record ReplayJournal(String reason) implements Change {}

  /**
   * Moves the filesystem, which was the whole disk, into the only partition of a master boot
   * record: type 0x83, active.
   *
   * @param partition where it will lie, in bytes
   * @param diskSize the size of the disk that there will be, in bytes
   */
  record CreatePartition(Extent partition, long diskSize, String reason) implements Change {}

  /**
   * Makes the disk larger, and the partition and the filesystem that lie last on it.
   *
   * @param from the filesystem's size, in bytes
   * @param to where it will lie: the partition, or the whole disk
   * @param diskSize the size of the disk that there will be, in bytes
   */
  record GrowFilesystem(long from, Extent to, long diskSize, String reason) implements Change {}

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
   * Unpacks the files of a kernel's package as rpm would, but for its scripts, which are not run,
   * and puts the package itself into the guest, for its own rpm to register.
   *
   * @param rpm on the host, checked
   * @param kernel as the guest will have it
   * @param copy where the package will be in the guest
   */
  record InstallKernelFiles(RpmPackage rpm, Kernel kernel, String copy, String reason)
      implements Change {
    /** How many files, directories and links are unpacked. */
    public long files() {
      return rpm.files().stream().filter(RpmFile::inPayload).count();
    }

    /** The size of all of them. */
    public long bytes() {
      return rpm.files().stream().filter(RpmFile::inPayload).mapToLong(RpmFile::size).sum();
    }
  }

  /**
   * Writes what depmod would write into a kernel's module directory.
   *
   * @param texts of the files by their names
   */
  record WriteModuleTables(String directory, SequencedMap<String, String> texts, String reason)
      implements Change {
    /** Where each file will be. */
    public List<String> paths() {
      return texts.keySet().stream().map(name -> directory + "/" + name).toList();
    }
  }

  /**
   * Writes a kernel's only initrd, which mounts the root filesystem itself.
   *
   * @param path where it will be
   * @param architecture of its program: {@code x86_64} or {@code i686}
   * @param modules the guest's module files, absolute, in load order
   */
  record WriteInitrd(
      String path, String kernelVersion, String architecture, List<String> modules, String reason)
      implements Change {
    /** Keeps an unmodifiable copy. */
    public WriteInitrd {
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
   * Installs SYSLINUX: ldlinux.sys and ldlinux.c32 in {@code directory}, and the code that leads
   * there. On a filesystem that spans the whole disk that is a loader in sector 0 and the volume
   * boot record in sector 1; else mbr.bin or gptmbr.bin in sector 0, the volume boot record in the
   * partition's first, and the mark that this partition is to be booted.
   *
   * @param directory absolute path in the guest, such as {@code /boot}
   * @param place where its filesystem lies
   */
  record InstallBootCode(String directory, BootPlace place, String reason) implements Change {
    /** For a filesystem that spans the whole disk. */
    public InstallBootCode(String directory, String reason) {
      this(directory, new BootPlace.WholeDisk(), reason);
    }
  }
}
