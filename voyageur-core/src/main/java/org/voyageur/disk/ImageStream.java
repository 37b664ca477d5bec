package org.voyageur.disk;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;
import org.voyageur.error.VoyageurException;

/**
 * A disk as an image file that is never written: its bytes are made as they are read, from the
 * first to the last, as often as wanted. The file's size is known before.
 */
public final class ImageStream {
  /** So much of the file is made at a time; also qcow2's cluster. */
  static final int PIECE = Qcow2Tables.CLUSTER;

  private final long size;
  private final Pieces pieces;

  /** What the file holds. */
  interface Pieces {
    /**
     * Makes a piece.
     *
     * @param number 0 is the file's first
     * @return {@link #PIECE} bytes, to be read from the first on; the file's last piece may be used
     *     in part
     */
    ByteBuffer piece(long number);
  }

  private ImageStream(long size, Pieces pieces) {
    this.size = size;
    this.pieces = pieces;
  }

  /**
   * The image file of a disk.
   *
   * @param used which parts of the disk below {@code disk}'s changes matter; all others are zeros
   */
  public static ImageStream of(Overlay disk, List<Extent> used, OutputFormat format) {
    DiskContent content = new DiskContent(disk, Extents.union(used, disk.changedExtents()));
    return switch (format) {
      case RAW -> new ImageStream(disk.size(), content::piece);
      case QCOW2 -> {
        Qcow2Layout layout = new Qcow2Layout(content);
        yield new ImageStream(layout.size(), layout::piece);
      }
    };
  }

  /** The file's size, in bytes. */
  public long size() {
    return size;
  }

  /** Reads the file from its first byte on; where the disk cannot be read, this cannot either. */
  public InputStream open() {
    return new InputStream() {
      private ByteBuffer current = ByteBuffer.allocate(0);
      private long next;

      @Override
      public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
      }

      @Override
      public int read(byte[] bytes, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        if (length == 0) {
          return 0;
        }
        if (!current.hasRemaining()) {
          if (next * PIECE >= size) {
            return -1;
          }
          current = piece(next);
          next++;
        }
        int count = Math.min(length, current.remaining());
        current.get(bytes, offset, count);
        return count;
      }
    };
  }

  private ByteBuffer piece(long number) throws IOException {
    try {
      return pieces.piece(number).limit((int) Math.min(PIECE, size - number * PIECE));
    } catch (VoyageurException e) {
      throw new IOException(e.getMessage(), e);
    }
  }
}
