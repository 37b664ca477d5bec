package org.voyageur.convert;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.Arrays;
import java.util.Optional;
import org.voyageur.boot.InitrdSupplement;
import org.voyageur.boot.ModuleFiles;
import org.voyageur.boot.RootInitrd;
import org.voyageur.boot.Syslinux;
import org.voyageur.boot.SyslinuxInstaller;
import org.voyageur.disk.BlockDevice;
import org.voyageur.filesystem.FileOwner;
import org.voyageur.filesystem.GuestFilesystem;
import org.voyageur.guest.GuestFile;
import org.voyageur.plan.Change;
import org.voyageur.plan.Plan;
import org.voyageur.rpm.RpmFile;

/** Carries a plan out on a guest's filesystem, which lies on an overlay. */
final class PlanApplier {

  private static final String SELINUX = "security.selinux";

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
      case Change.InstallKernelFiles install -> install(install);
      case Change.WriteModuleTables write ->
          write
              .texts()
              .forEach((name, text) ->
                  replace(write.directory() + "/" + name, text.getBytes(ISO_8859_1), 0644));
      case Change.WriteInitrd initrd ->
          replace(
              initrd.path(),
              RootInitrd.compose(
                  initrd.architecture(), ModuleFiles.read(filesystem, initrd.modules())),
              0600);
      case Change.WriteSupplement supplement ->
          replace(
              supplement.path(),
              InitrdSupplement.compose(
                  supplement.architecture(), ModuleFiles.read(filesystem, supplement.modules())),
              InitrdSupplement.MODE);
      case Change.FillHoles fill -> filesystem.fillGaps(fill.path());
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

  private void install(Change.InstallKernelFiles install) {
    install.rpm().visit(this::unpack);
    createParents(install.copy());
    replace(install.copy(), install.rpm().content(), 0600);
  }

  /** These belong to a kernel's version; what an earlier one of that version left is of no use. */
  private void replace(String path, byte[] content, int mode) {
    if (filesystem.lstat(path).isPresent()) {
      filesystem.remove(path);
    }
    filesystem.create(path, content, FileOwner.ROOT, mode);
  }

  private void unpack(RpmFile file, byte[] content) {
    if (filesystem.lstat(file.path()).isPresent()) {
      return; // It is the package's, by the plan; ResultCheck looks again.
    }
    createParents(file.path());
    switch (file.type()) {
      case DIRECTORY -> filesystem.createDirectory(file.path(), FileOwner.ROOT, file.mode());
      case SYMBOLIC_LINK -> filesystem.createSymbolicLink(file.path(), file.target());
      default -> {
        filesystem.create(file.path(), content, FileOwner.ROOT, file.mode());
        filesystem.setModified(file.path(), file.modified());
        labelLikeNeighbour(file.path());
      }
    }
  }

  /**
   * A new file gets its directory's SELinux label, but /boot's files do not all have the same:
   * those that another kernel has by nearly the same name tell which it is.
   */
  private void labelLikeNeighbour(String path) {
    String start = path.substring(0, path.lastIndexOf('/') + 1);
    int hyphen = path.indexOf('-', start.length());
    if (!start.equals("/boot/") || hyphen < 0) {
      return;
    }
    String kind = path.substring(start.length(), hyphen + 1);
    filesystem.list("/boot").stream()
        .map(entry -> start + entry.name())
        .filter(other -> other.startsWith(start + kind) && !other.equals(path))
        .map(other -> filesystem.extendedAttribute(other, SELINUX))
        .flatMap(Optional::stream)
        .findFirst()
        .ifPresent(label -> filesystem.setExtendedAttribute(path, SELINUX, label));
  }
}
