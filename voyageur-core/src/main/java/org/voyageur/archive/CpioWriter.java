package org.voyageur.archive;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * Writes a cpio archive in the "newc" format that the kernel unpacks
 * (Documentation/driver-api/early-userspace/buffer-format). Owner 0, time 0: the same content gives
 * the same bytes.
 */
public final class CpioWriter {
  private static final int DIRECTORY = 0040000;
  private static final int REGULAR = 0100000;

  private final ByteArrayOutputStream archive = new ByteArrayOutputStream();
  private int inode = 1;

  /** Adds a directory; a file's directories must come before it. */
  public CpioWriter directory(String name, int permissions) {
    entry(name, DIRECTORY | permissions, 2, new byte[0]);
    return this;
  }

  /** Adds a file. */
  public CpioWriter file(String name, int permissions, byte[] content) {
    entry(name, REGULAR | permissions, 1, content);
    return this;
  }

  /** The archive with its end mark. */
  public byte[] finish() {
    inode = 0;
    entry("TRAILER!!!", 0, 1, new byte[0]);
    return archive.toByteArray();
  }

  private void entry(String name, int mode, int links, byte[] content) {
    byte[] nameBytes = (name + "\0").getBytes(StandardCharsets.UTF_8);
    int[] fields = {
      inode == 0 ? 0 : inode++,
      mode,
      0,
      0,
      links,
      0,
      content.length,
      0,
      0,
      0,
      0,
      nameBytes.length,
      0
    };
    StringBuilder header = new StringBuilder("070701");
    for (int field : fields) {
      header.append(String.format(Locale.ROOT, "%08X", field));
    }
    archive.writeBytes(header.toString().getBytes(StandardCharsets.US_ASCII));
    archive.writeBytes(nameBytes);
    pad();
    archive.writeBytes(content);
    pad();
  }

  private void pad() {
    archive.writeBytes(new byte[-archive.size() & 3]);
  }
}
