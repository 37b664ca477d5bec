package org.voyageur.guest;

import java.nio.charset.StandardCharsets;
import org.voyageur.filesystem.FileOwner;
import org.voyageur.filesystem.FileType;

/**
 * A configuration file, a symbolic link or a directory in the guest.
 *
 * @param path absolute, as programs in the guest name it
 * @param type REGULAR, SYMBOLIC_LINK or DIRECTORY
 * @param mode permission bits
 * @param text a regular file's content, a link's target, a directory's real path. Each character is
 *     one byte (ISO 8859-1), so that any file survives being read and written
 */
public record GuestFile(String path, FileType type, FileOwner owner, int mode, String text) {
  /** The content as bytes. */
  public byte[] bytes() {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  /** The same file with other content. */
  public GuestFile withText(String changed) {
    return new GuestFile(path, type, owner, mode, changed);
  }
}
