package org.voyageur.guest;

import java.util.LinkedHashMap;
import java.util.SequencedMap;
import org.voyageur.filesystem.DirectoryEntry;
import org.voyageur.filesystem.FileStat;
import org.voyageur.filesystem.FileType;
import org.voyageur.filesystem.GuestFilesystem;
import org.voyageur.rpm.PublicKeys;

/** The keys by which a guest of Red Hat's family trusts packages: its repositories name them. */
public final class RpmKeys {
  private static final String DIRECTORY = "/etc/pki/rpm-gpg";

  /** el5 has some five. */
  private static final int MOST_FILES = 64;

  private RpmKeys() {}

  /** Those that are there; what is no key is passed over. */
  public static PublicKeys read(GuestFilesystem filesystem) {
    SequencedMap<String, byte[]> files = new LinkedHashMap<>();
    if (isOf(filesystem, DIRECTORY, FileType.DIRECTORY)) {
      filesystem.list(DIRECTORY).stream()
          .map(DirectoryEntry::name)
          .sorted()
          .map(name -> DIRECTORY + "/" + name)
          .filter(path -> isOf(filesystem, path, FileType.REGULAR))
          .limit(MOST_FILES)
          .forEach(path -> files.put(path, filesystem.read(path, PublicKeys.LARGEST)));
    }
    return PublicKeys.ofGuest(files);
  }

  private static boolean isOf(GuestFilesystem filesystem, String path, FileType type) {
    return filesystem
        .stat(path)
        .filter((FileStat stat) -> stat.type() == type)
        .filter(stat -> type == FileType.DIRECTORY || stat.size() <= PublicKeys.LARGEST)
        .isPresent();
  }
}
