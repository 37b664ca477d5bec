package org.voyageur.boot;

import java.util.SequencedMap;
import org.voyageur.archive.CpioWriter;

/**
 * An initrd for a kernel that has none: a static program that inserts the modules, mounts the root
 * filesystem that {@code root=} names, and starts the guest's init there. It does without the
 * guest's own mkinitrd, so that no code of the guest runs here.
 *
 * <p>For an ext2, ext3 or ext4 filesystem on a disk or partition; not for LVM, md, or a guest whose
 * initrd loads the SELinux policy, as el6's does: el5's init loads it itself.
 */
public final class RootInitrd {
  private RootInitrd() {}

  /**
   * Composes the archive.
   *
   * @param architecture of the kernel: {@code x86_64} or {@code i686}
   * @param modules plain ELF modules by their paths in the guest, in load order
   * @return uncompressed, as every kernel takes it
   */
  public static byte[] compose(String architecture, SequencedMap<String, byte[]> modules) {
    if (!architecture.equals("x86_64") && !architecture.equals("i686")) {
      throw new IllegalArgumentException("architecture " + architecture);
    }
    CpioWriter archive = new CpioWriter();
    archive.file("init", 0755, Resources.read("root-init-" + architecture));
    archive.directory(InitrdSupplement.DIRECTORY, 0755);
    InitrdSupplement.addModules(archive, modules);
    return archive.finish();
  }
}
