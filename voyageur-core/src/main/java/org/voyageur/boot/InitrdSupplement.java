package org.voyageur.boot;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import org.voyageur.archive.CpioWriter;
import org.voyageur.error.VoyageurException;
import org.voyageur.filesystem.FileOwner;
import org.voyageur.filesystem.FileStat;
import org.voyageur.filesystem.FileType;
import org.voyageur.filesystem.GuestFilesystem;

/**
 * A second initrd, which SYSLINUX loads beside the guest's own: a static program that the kernel
 * starts first ({@code rdinit=}), inserts the modules, and hands over to the initrd's /init. The
 * first initrd stays as it is, and no code of the guest runs here.
 */
public final class InitrdSupplement {
  /** What the kernel is to start. */
  public static final String INIT = "/voyageur/init";

  /** What its file's mode is. */
  public static final int MODE = 0644;

  static final String DIRECTORY = "voyageur";

  /**
   * Virtio's modules and a loader take 230 KiB with a 6.1 kernel; debugging symbols add to that.
   */
  private static final int LARGEST = 64 << 20;

  private InitrdSupplement() {}

  /** Whether there is an init for kernels of an architecture. */
  public static boolean serves(String architecture) {
    return architecture.equals("x86_64") || architecture.equals("i686");
  }

  /** Where a kernel's is: its modules fit this kernel alone, so its version is in the name. */
  public static String path(String kernelVersion) {
    return "/boot/voyageur-" + kernelVersion + ".cpio";
  }

  /**
   * Whether a guest has a kernel's already, to the byte. No more of the modules is read than the
   * file is long.
   *
   * @param modules the guest's module files, absolute, in load order
   */
  public static boolean isIn(
      GuestFilesystem filesystem, String kernelVersion, String architecture, List<String> modules) {
    String path = path(kernelVersion);
    Optional<FileStat> found =
        filesystem
            .lstat(path)
            .filter(stat ->
                stat.type() == FileType.REGULAR
                    && stat.mode() == MODE
                    && stat.owner().equals(FileOwner.ROOT)
                    && stat.size() <= LARGEST);
    if (found.isEmpty() || !serves(architecture)) {
      return false;
    }
    byte[] file = filesystem.read(path, LARGEST);
    SequencedMap<String, byte[]> plain = new LinkedHashMap<>();
    int left = file.length;
    try {
      for (String module : modules) {
        byte[] content = ModuleFiles.read(filesystem, module, left);
        left -= content.length;
        plain.put(module, content);
      }
    } catch (VoyageurException tooLargeOrDamaged) {
      return false;
    }
    return Arrays.equals(compose(architecture, plain), file);
  }

  /**
   * Composes the archive. It lies in a directory of its own: an entry for a directory that is a
   * symbolic link in the first initrd would replace the link (measured).
   *
   * @param architecture of the kernel: {@code x86_64} or {@code i686}
   * @param modules plain ELF modules by their paths in the guest, in load order
   * @return uncompressed, as every kernel takes it
   */
  public static byte[] compose(String architecture, SequencedMap<String, byte[]> modules) {
    if (!serves(architecture)) {
      throw new IllegalArgumentException("architecture " + architecture);
    }
    CpioWriter archive = new CpioWriter();
    archive.directory(DIRECTORY, 0755);
    archive.file(DIRECTORY + "/init", 0755, Resources.read("supplement-init-" + architecture));
    addModules(archive, modules);
    return archive.finish();
  }

  /** The modules, and the list that the loader goes by, in a directory that is there already. */
  static void addModules(CpioWriter archive, SequencedMap<String, byte[]> modules) {
    StringBuilder list = new StringBuilder();
    for (Map.Entry<String, byte[]> module : modules.entrySet()) {
      String name = DIRECTORY + "/" + plainName(module.getKey());
      list.append('/').append(name).append('\n');
      archive.file(name, 0644, module.getValue());
    }
    archive.file(DIRECTORY + "/modules", 0644, list.toString().getBytes(StandardCharsets.UTF_8));
  }

  private static String plainName(String path) {
    String name = path.substring(path.lastIndexOf('/') + 1);
    return name.substring(0, name.indexOf(".ko") + 3);
  }
}
