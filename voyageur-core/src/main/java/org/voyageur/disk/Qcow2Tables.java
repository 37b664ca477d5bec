package org.voyageur.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;

/**
 * The tables of a qcow2 file that is being made, version 3 with clusters of 64 KiB as QEMU makes
 * them (its {@code docs/interop/qcow2.txt}). Clusters are taken one behind the other and never
 * given back; L2 tables lie among them, and what {@link #write} writes lies behind the last.
 *
 * <p>In memory are the L1 table, the L2 tables used last, and 2 bytes for each cluster of the file:
 * 32 MiB for a file of 1 TiB.
 */
final class Qcow2Tables {
  /** In bytes; QEMU's default. */
  static final int CLUSTER = 1 << 16;

  /** Set where a cluster has this one user, so that it may be written to in place. */
  static final long COPIED = 1L << 63;

  /** Set where a cluster is compressed: bits 54 to 61 count sectors then. */
  private static final long COMPRESSED = 1L << 62;

  private static final int COMPRESSED_SECTORS = 54;
  private static final int SECTOR = 512;

  private static final long OFFSET = (1L << 56) - 512;
  private static final int L2_ENTRIES = CLUSTER / Long.BYTES;
  private static final int REFCOUNTS = CLUSTER / Short.BYTES;

  /** Each maps 512 MiB, so that this is enough for work on several places at once. */
  private static final int MOST_L2_TABLES = 32;

  private static final int MAGIC = 0x514649fb; // "QFI\xfb"
  private static final int VERSION = 3;
  private static final int HEADER_LENGTH = 104;
  private static final int REFCOUNT_BITS_LOG2 = 4;

  private final FileChannel channel;
  private long size;
  private long[] l1;
  private long end;

  /** Where the next compressed cluster may go, if the rest of that cluster is enough. */
  private long packed;

  private final List<ByteBuffer> refcounts = new ArrayList<>();

  /** By their place in the L1 table, the one that was used longest ago first. */
  private final LinkedHashMap<Integer, L2Table> l2 = new LinkedHashMap<>(16, 0.75f, true);

  private static final class L2Table {
    final ByteBuffer entries = ByteBuffer.allocate(CLUSTER);
    final long offset;
    boolean changed;

    L2Table(long offset) {
      this.offset = offset;
    }
  }

  /**
   * Tables without an entry.
   *
   * @param channel an empty file, to read and write
   * @param size of the disk, in bytes
   */
  Qcow2Tables(FileChannel channel, long size) {
    this.channel = channel;
    this.size = size;
    this.l1 = new long[l1Size(size)];
    // The header's.
    long ignored = allocate(1);
  }

  private static int l1Size(long size) {
    return Math.toIntExact(Math.ceilDiv(size, (long) L2_ENTRIES * CLUSTER));
  }

  long size() {
    return size;
  }

  /** Cuts off what has no entry, or adds zeros. */
  void resize(long newSize) {
    int entries = l1Size(newSize);
    for (int i = entries; i < l1.length; i++) {
      if (l1[i] != 0) {
        throw new IllegalArgumentException("there are data behind byte " + newSize);
      }
    }
    l1 = Arrays.copyOf(l1, entries);
    size = newSize;
  }

  /** The number of the first cluster behind {@code number} that another L2 table maps. */
  static long endOfTable(long number) {
    return (number / L2_ENTRIES + 1) * L2_ENTRIES;
  }

  /** Whether any cluster that {@code number}'s L2 table maps may have an entry. */
  boolean hasTable(long number) {
    return l1[Math.toIntExact(number / L2_ENTRIES)] != 0;
  }

  /** Where in the file a cluster of the disk is; 0 if nowhere. For clusters not compressed. */
  long offset(long number) throws IOException {
    return hasTable(number) ? l2(number).entries.getLong(index(number)) & OFFSET : 0;
  }

  /**
   * Takes clusters of the file for {@code count} clusters of the disk, which one L2 table maps;
   * where the first is.
   */
  long add(long number, long count) throws IOException {
    // The table first: it may be new, and take a cluster itself.
    L2Table table = l2(number);
    long offset = allocate(count);
    for (long i = 0; i < count; i++) {
      table.entries.putLong(index(number + i), offset + i * CLUSTER | COPIED);
    }
    table.changed = true;
    return offset;
  }

  /**
   * Takes room in the file for a cluster of the disk that was compressed; where it is. Such
   * clusters lie one behind the other, as long as nothing else comes between.
   *
   * @param length in bytes, less than {@link #CLUSTER}
   */
  long addCompressed(long number, int length) throws IOException {
    L2Table table = l2(number);
    long room = Math.ceilDiv(packed, (long) CLUSTER) * CLUSTER - packed;
    boolean shares = room > 0;
    if (length > room) {
      long more = allocate(1);
      if (more != packed + room) {
        packed = more;
        shares = false;
      }
    }
    long offset = packed;
    packed += length;
    if (shares) {
      share(offset);
    }
    // The format counts the sectors, of 512 bytes, that follow the one where it begins.
    long sectors = (offset + length - 1) / SECTOR - offset / SECTOR;
    table.entries.putLong(index(number), COMPRESSED | sectors << COMPRESSED_SECTORS | offset);
    table.changed = true;
    return offset;
  }

  private static int index(long number) {
    return (int) (number % L2_ENTRIES) * Long.BYTES;
  }

  private L2Table l2(long number) throws IOException {
    int place = Math.toIntExact(number / L2_ENTRIES);
    L2Table known = l2.get(place);
    if (known != null) {
      return known;
    }
    if (l2.size() == MOST_L2_TABLES) {
      write(l2.pollFirstEntry().getValue());
    }
    L2Table table;
    if (l1[place] == 0) {
      table = new L2Table(allocate(1));
      // Also an empty table has its place in the file.
      table.changed = true;
      l1[place] = table.offset | COPIED;
    } else {
      table = new L2Table(l1[place] & OFFSET);
      read(table.offset, table.entries);
      table.entries.clear();
    }
    l2.put(place, table);
    return table;
  }

  private void read(long offset, ByteBuffer into) throws IOException {
    while (into.hasRemaining()) {
      int n = channel.read(into, offset + into.position());
      if (n < 0) {
        throw new IOException("the file was cut off while it was being written");
      }
    }
  }

  private void write(L2Table table) throws IOException {
    if (table.changed) {
      writeAt(table.offset, table.entries.duplicate());
      table.changed = false;
    }
  }

  /** Takes {@code count} clusters at the end of the file; where the first is. */
  long allocate(long count) {
    long offset = end;
    end += count * CLUSTER;
    for (long at = offset; at < end; at += CLUSTER) {
      setRefcount(at / CLUSTER, 1);
    }
    return offset;
  }

  /** Counts one user more of the cluster of the file in which {@code offset} lies. */
  private void share(long offset) {
    long cluster = offset / CLUSTER;
    ByteBuffer block = refcounts.get((int) (cluster / REFCOUNTS));
    setRefcount(cluster, block.getShort((int) (cluster % REFCOUNTS) * Short.BYTES) + 1);
  }

  private void setRefcount(long cluster, int count) {
    int block = Math.toIntExact(cluster / REFCOUNTS);
    while (refcounts.size() <= block) {
      refcounts.add(ByteBuffer.allocate(CLUSTER));
    }
    refcounts.get(block).putShort((int) (cluster % REFCOUNTS) * Short.BYTES, (short) count);
  }

  /**
   * Writes everything that makes the file a qcow2 image. Clusters that are taken later come in
   * place of what this wrote behind the last, until it is called again.
   */
  void write() throws IOException {
    for (L2Table table : l2.values()) {
      write(table);
    }
    long taken = end;
    long l1Offset = allocate(Math.max(1, Math.ceilDiv(l1.length, L2_ENTRIES)));
    // Each refcount block also counts itself and the table of all of them.
    int blocks = 0;
    int tableClusters = 0;
    long clusters = end / CLUSTER;
    while (blocks < Math.ceilDiv(clusters + blocks + tableClusters, (long) REFCOUNTS)) {
      blocks++;
      tableClusters = Math.ceilDiv(blocks, L2_ENTRIES);
    }
    long tableOffset = allocate(tableClusters);
    long blocksOffset = allocate(blocks);

    ByteBuffer l1Table = ByteBuffer.allocate(Math.toIntExact(tableOffset - l1Offset));
    l1Table.asLongBuffer().put(l1);
    writeAt(l1Offset, l1Table);
    ByteBuffer table = ByteBuffer.allocate(tableClusters * CLUSTER);
    for (int i = 0; i < blocks; i++) {
      table.putLong(blocksOffset + (long) i * CLUSTER);
      writeAt(blocksOffset + (long) i * CLUSTER, refcounts.get(i).duplicate());
    }
    writeAt(tableOffset, table.clear());

    ByteBuffer header = ByteBuffer.allocate(CLUSTER);
    putHeader(header, size, Math.max(1, l1.length), l1Offset, tableOffset, tableClusters);
    writeAt(0, header);

    for (long at = taken; at < end; at += CLUSTER) {
      setRefcount(at / CLUSTER, 0);
    }
    end = taken;
  }

  /**
   * Puts a file's header.
   *
   * @param header zeros, at least a cluster of them
   * @param size of the disk, in bytes
   * @param refcountTable where it is in the file
   */
  static void putHeader(
      ByteBuffer header,
      long size,
      int l1Entries,
      long l1Offset,
      long refcountTable,
      int refcountTableClusters) {
    header.putInt(0, MAGIC).putInt(4, VERSION);
    header.putInt(20, Integer.numberOfTrailingZeros(CLUSTER)).putLong(24, size);
    header.putInt(36, l1Entries).putLong(40, l1Offset);
    header.putLong(48, refcountTable).putInt(56, refcountTableClusters);
    header.putInt(96, REFCOUNT_BITS_LOG2).putInt(100, HEADER_LENGTH);
  }

  /** Writes the remaining bytes to the file at {@code offset}. */
  void writeAt(long offset, ByteBuffer bytes) throws IOException {
    long at = offset;
    while (bytes.hasRemaining()) {
      at += channel.write(bytes, at);
    }
  }
}
