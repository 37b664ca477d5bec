package org.voyageur.convert;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import org.voyageur.archive.Compression;
import org.voyageur.boot.InitrdSupplement;
import org.voyageur.boot.Syslinux;
import org.voyageur.boot.SyslinuxInstaller;
import org.voyageur.disk.BlockDevice;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.filesystem.FileOwner;
import org.voyageur.filesystem.GuestFilesystem;
import org.voyageur.guest.GuestFile;
import org.voyageur.plan.Change;
import org.voyageur.plan.Plan;

/** Carries a plan out on a guest's filesystem, which lies on an overlay. */
final class PlanApplier {
  /** The largest module of Debian 12's kernel has 9 MiB (measured); el5's and el6's are smaller. */
  private static final int MODULE_LIMIT = 64 << 20;

  /** Initrds that hold everything ("MODULES=most") have up to 125 MiB (measured). */
  private static final int BOOT_FILE_LIMIT = 512 << 20;

  private final GuestFilesystem filesystem;
  private final BlockDevice disk;

  /**
   * For one guest.
   *
   * @param filesystem the root filesystem, writable
   * @param disk the whole disk that it lies on
   */
  PlanApplier(GuestFilesystem filesystem, BlockDevice disk) {
    this.filesystem = filesystem;
    this.disk = disk;
  }

  void apply(Plan plan) {
    plan.changes().forEach(this::apply);
    filesystem.flush();
  }

  private void apply(Change change) {
    switch (change) {
      case Change.ReplayJournal _ -> {
        // Done on the overlay before anything else was read: OpenedGuest.
      }
      case Change.CreatePartition _, Change.GrowFilesystem _ -> {
        // Done before the filesystem was opened: NewDisk.
      }
      case Change.SetLabel label -> filesystem.setLabel(label.to());
      case Change.EditFile edit -> edit(edit.before(), edit.after());
      case Change.EditSecretFile edit -> edit(edit.before(), edit.after());
      case Change.CreateFile create -> create(create.file());
      case Change.RemoveFile remove -> filesystem.remove(remove.path());
      case Change.WriteSupplement supplement -> writeSupplement(supplement);
      case Change.FillHoles fill ->
          filesystem.overwrite(fill.path(), filesystem.read(fill.path(), BOOT_FILE_LIMIT));
      case Change.InstallBootCode install ->
          SyslinuxInstaller.install(
              filesystem, disk, install.place(), install.directory(), Syslinux.fromHost());
    }
  }

  private void edit(GuestFile before, String after) {
    byte[] expected = before.bytes();
    if (!Arrays.equals(filesystem.read(before.path(), expected.length + 1), expected)) {
      throw new IllegalStateException(before.path() + " is not as the plan found it");
    }
    filesystem.overwrite(before.path(), before.withText(after).bytes());
  }

  private void create(GuestFile file) {
    createParents(file.path());
    switch (file.type()) {
      case SYMBOLIC_LINK -> filesystem.createSymbolicLink(file.path(), file.text());
      case DIRECTORY -> {
        filesystem.createDirectory(file.path(), file.owner(), file.mode());
        SshLabel.set(filesystem, file.path());
      }
      case REGULAR -> filesystem.create(file.path(), file.bytes(), file.owner(), file.mode());
      case CHARACTER_DEVICE, BLOCK_DEVICE, FIFO, SOCKET, UNKNOWN ->
          throw new IllegalArgumentException(file.path() + " would be a " + file.type());
    }
  }

  private void createParents(String path) {
    int slash = path.lastIndexOf('/');
    if (slash <= 0) {
      return;
    }
    String parent = path.substring(0, slash);
    if (filesystem.stat(parent).isEmpty()) {
      createParents(parent);
      filesystem.createDirectory(parent, FileOwner.ROOT, 0755);
    }
  }

  private void writeSupplement(Change.WriteSupplement supplement) {
    SequencedMap<String, byte[]> modules = new LinkedHashMap<>();
    for (String path : supplement.modules()) {
      modules.put(path, uncompressed(path));
    }
    byte[] archive = InitrdSupplement.compose(supplement.architecture(), modules);
    filesystem.create(supplement.path(), archive, FileOwner.ROOT, 0644);
  }

  /** The loader passes a module to the kernel as it is, and the kernel takes only plain ELF. */
  private byte[] uncompressed(String path) {
    byte[] file = filesystem.read(path, MODULE_LIMIT);
    try (InputStream plain = Compression.decompress(new ByteArrayInputStream(file))) {
      byte[] module = plain.readNBytes(MODULE_LIMIT + 1);
      if (module.length > MODULE_LIMIT) {
        throw new IOException("it inflates to more than " + MODULE_LIMIT + " bytes");
      }
      return module;
    } catch (IOException e) {
      throw new VoyageurException(
          ErrorCode.PATH_UNUSABLE,
          "the module " + path + " cannot be decompressed: " + e.getMessage(),
          "Reinstall the guest's kernel package",
          e);
    }
  }
}
