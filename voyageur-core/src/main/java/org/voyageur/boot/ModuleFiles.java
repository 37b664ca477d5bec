package org.voyageur.boot;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import org.voyageur.archive.Compression;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.filesystem.GuestFilesystem;

/** A guest's modules as an initrd of ours holds them: the kernel takes only plain ELF. */
public final class ModuleFiles {
  /** The largest module of Debian 12's kernel has 9 MiB (measured); el5's and el6's are smaller. */
  private static final int LIMIT = 64 << 20;

  private ModuleFiles() {}

  /**
   * Reads some, uncompressed.
   *
   * @param paths absolute paths in the guest
   * @throws VoyageurException PATH_UNUSABLE if one cannot be decompressed or is larger than any is
   */
  public static SequencedMap<String, byte[]> read(GuestFilesystem filesystem, List<String> paths) {
    SequencedMap<String, byte[]> modules = new LinkedHashMap<>();
    for (String path : paths) {
      modules.put(path, read(filesystem, path, LIMIT));
    }
    return modules;
  }

  /**
   * Reads one, uncompressed.
   *
   * @param limit the most bytes to accept
   */
  static byte[] read(GuestFilesystem filesystem, String path, int limit) {
    byte[] file = filesystem.read(path, limit);
    try (InputStream plain = Compression.decompress(new ByteArrayInputStream(file))) {
      byte[] module = plain.readNBytes(limit + 1);
      if (module.length > limit) {
        throw new IOException("it inflates to more than " + limit + " bytes");
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
