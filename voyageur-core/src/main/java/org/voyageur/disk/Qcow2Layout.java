package org.voyageur.disk;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;

/**
 * A qcow2 file that is not written but computed, cluster by cluster: header, L1 table, refcount
 * table and blocks, L2 tables, and behind them the disk's clusters in their order. The format is
 * that of {@link Qcow2Tables}, which puts tables behind what they map and so needs a file.
 *
 * <p>In memory is what grows with the number of runs of clusters, not with their length.
 */
final class Qcow2Layout {
  private static final int CLUSTER = Qcow2Tables.CLUSTER;
  private static final int ENTRIES = CLUSTER / Long.BYTES;
  private static final int REFCOUNTS = CLUSTER / Short.BYTES;

  private final DiskContent content;

  /** The disk's clusters that are in the file: runs of their numbers. */
  private final List<Extent> runs;

  /** How many clusters are in front of each run. */
  private final long[] before;

  /** The indices of the L1 entries that have an L2 table. */
  private final long[] tables;

  private final long diskSize;
  private final int l1Entries;

  // Where each part begins in the file, in clusters.
  private final long l1 = 1;
  private final long refcountTable;
  private final long refcountBlocks;
  private final long l2;
  private final long data;
  private final long end;

  Qcow2Layout(DiskContent content) {
    this.content = content;
    runs = content.pieces();
    before = new long[runs.size()];
    long clusters = 0;
    for (int i = 0; i < before.length; i++) {
      before[i] = clusters;
      clusters += runs.get(i).length();
    }
    tables =
        runs.stream()
            .flatMapToLong(
                run -> LongStream.rangeClosed(run.offset() / ENTRIES, (run.end() - 1) / ENTRIES))
            .distinct()
            .toArray();
    diskSize = Math.ceilDiv(content.diskSize(), 512L) * 512;
    l1Entries = Math.toIntExact(Math.max(1, Math.ceilDiv(diskSize, (long) ENTRIES * CLUSTER)));
    refcountTable = l1 + Math.ceilDiv(l1Entries, ENTRIES);
    // Each refcount block also counts itself and the table of all of them.
    long counted = refcountTable + tables.length + clusters;
    int blocks = 0;
    int tableClusters = 0;
    while (blocks < Math.ceilDiv(counted + blocks + tableClusters, (long) REFCOUNTS)) {
      blocks++;
      tableClusters = Math.ceilDiv(blocks, ENTRIES);
    }
    refcountBlocks = refcountTable + tableClusters;
    l2 = refcountBlocks + blocks;
    data = l2 + tables.length;
    end = data + clusters;
  }

  /** The file's size, in bytes. */
  long size() {
    return end * CLUSTER;
  }

  /** A cluster of the file. */
  ByteBuffer piece(long number) {
    if (number >= data) {
      return content.piece(diskCluster(number - data));
    }
    ByteBuffer cluster = ByteBuffer.allocate(CLUSTER);
    if (number >= l2) {
      putL2(cluster, tables[(int) (number - l2)] * ENTRIES);
    } else if (number >= refcountBlocks) {
      long first = (number - refcountBlocks) * REFCOUNTS;
      for (long at = first; at < Math.min(end, first + REFCOUNTS); at++) {
        cluster.putShort((short) 1);
      }
    } else if (number >= refcountTable) {
      long first = (number - refcountTable) * ENTRIES;
      for (long at = first; at < Math.min(l2 - refcountBlocks, first + ENTRIES); at++) {
        cluster.putLong((refcountBlocks + at) * CLUSTER);
      }
    } else if (number >= l1) {
      putL1(cluster, (number - l1) * ENTRIES);
    } else {
      Qcow2Tables.putHeader(
          cluster,
          diskSize,
          l1Entries,
          l1 * CLUSTER,
          refcountTable * CLUSTER,
          Math.toIntExact(refcountBlocks - refcountTable));
    }
    return cluster.clear();
  }

  private void putL1(ByteBuffer cluster, long first) {
    for (int i = 0; i < tables.length; i++) {
      if (tables[i] >= first && tables[i] < first + ENTRIES) {
        cluster.putLong(
            (int) (tables[i] - first) * Long.BYTES, (l2 + i) * CLUSTER | Qcow2Tables.COPIED);
      }
    }
  }

  /** The L2 table for the disk's clusters from {@code first} on. */
  private void putL2(ByteBuffer cluster, long first) {
    for (int i = Extents.firstEndingBehind(runs, first); i < runs.size(); i++) {
      Extent run = runs.get(i);
      if (run.offset() >= first + ENTRIES) {
        break;
      }
      long from = Math.max(first, run.offset());
      long to = Math.min(first + ENTRIES, run.end());
      for (long number = from; number < to; number++) {
        cluster.putLong(
            (int) (number - first) * Long.BYTES,
            (data + before[i] + number - run.offset()) * CLUSTER | Qcow2Tables.COPIED);
      }
    }
  }

  private long diskCluster(long index) {
    int found = Arrays.binarySearch(before, index);
    int run = found >= 0 ? found : -found - 2;
    return runs.get(run).offset() + index - before[run];
  }
}
