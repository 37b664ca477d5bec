package org.voyageur.boot;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.zip.CRC32;

/**
 * Sector 0 of a disk that is one filesystem: a loader that starts the boot record in sector 1, and
 * a partition table that is empty for everyone who reads one.
 *
 * <p>PyGrub skips entries that start at 0 and then takes the whole disk for the filesystem. Linux
 * and libblkid reject a table whose first boot indicator is neither 0 nor 0x80, and so report the
 * filesystem alone. All of this was measured, also by booting under Xen.
 */
final class WholeDiskLoader {
  private static final int SIGNATURE = 440;
  private static final int TABLE = 446;
  private static final byte NO_TABLE = 0x7F;

  private WholeDiskLoader() {}

  /**
   * The sector.
   *
   * @param uuid the filesystem's, from which the disk's signature is made, so that it is stable
   */
  static byte[] sector(String uuid) {
    byte[] code = Resources.read("whole-disk-loader.bin");
    ByteBuffer sector = ByteBuffer.allocate(512).order(ByteOrder.LITTLE_ENDIAN);
    sector.put(code);
    sector.putInt(SIGNATURE, signature(uuid));
    sector.put(TABLE, NO_TABLE);
    sector.putShort(510, (short) 0xAA55);
    return sector.array();
  }

  /** Whether a sector holds this loader, whatever its signature. */
  static boolean isIn(byte[] sector) {
    byte[] ours = sector("");
    return Arrays.equals(ours, 0, SIGNATURE, sector, 0, SIGNATURE)
        && Arrays.equals(ours, TABLE, 512, sector, TABLE, 512);
  }

  private static int signature(String uuid) {
    CRC32 crc = new CRC32();
    crc.update(uuid.getBytes(java.nio.charset.StandardCharsets.US_ASCII));
    return (int) crc.getValue();
  }
}
