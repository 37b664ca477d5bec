package org.voyageur.filesystem;

import java.util.List;
import org.voyageur.disk.DiskLayout.FilesystemType;

/**
 * What a superblock says.
 *
 * @param features names as dumpe2fs prints them, such as {@code has_journal}
 * @param label the volume label, empty if none
 * @param uuid in lower case with hyphens
 * @param blockSize in bytes
 * @param inodeSize in bytes
 * @param size of the filesystem, in bytes
 * @param free bytes that no file uses, the reserved ones included
 * @param reserved bytes that only the superuser may use
 * @param freeInodes how many more files fit
 * @param state clean or what was left undone
 * @param growableTo how large it can be made without moving what is in it, in bytes: as far as
 *     there is room for its group descriptors
 */
public record FilesystemFacts(
    FilesystemType type,
    List<String> features,
    String label,
    String uuid,
    int blockSize,
    int inodeSize,
    long size,
    long free,
    long reserved,
    long freeInodes,
    State state,
    long growableTo) {
  /** Keeps an unmodifiable copy. */
  public FilesystemFacts {
    features = List.copyOf(features);
  }

  /** A filesystem that cannot grow. */
  public FilesystemFacts(
      FilesystemType type,
      List<String> features,
      String label,
      String uuid,
      int blockSize,
      int inodeSize,
      long size,
      long free,
      long reserved,
      long freeInodes,
      State state) {
    this(
        type,
        features,
        label,
        uuid,
        blockSize,
        inodeSize,
        size,
        free,
        reserved,
        freeInodes,
        state,
        size);
  }

  /** Bytes in use, metadata included. */
  public long used() {
    return size - free;
  }

  /** The same filesystem with another label. */
  public FilesystemFacts withLabel(String changed) {
    return new FilesystemFacts(
        type,
        features,
        changed,
        uuid,
        blockSize,
        inodeSize,
        size,
        free,
        reserved,
        freeInodes,
        state,
        growableTo);
  }

  /** The same filesystem in another state. */
  public FilesystemFacts withState(State changed) {
    return new FilesystemFacts(
        type,
        features,
        label,
        uuid,
        blockSize,
        inodeSize,
        size,
        free,
        reserved,
        freeInodes,
        changed,
        growableTo);
  }

  /**
   * The same filesystem grown: new groups bring their own bitmaps and inodes, so that the free
   * bytes are at least those that are told, and no fewer inodes.
   */
  public FilesystemFacts grownTo(long changed) {
    // Of a group of 128 MiB, 2 MiB are inodes and bitmaps as mke2fs sizes them; "small" has more.
    long gained = Math.max(0, changed - size) / 2;
    return new FilesystemFacts(
        type,
        features,
        label,
        uuid,
        blockSize,
        inodeSize,
        changed,
        free + gained,
        reserved,
        freeInodes,
        state,
        growableTo);
  }

  /** How the filesystem was left. */
  public enum State {
    /** Unmounted cleanly. */
    CLEAN,
    /** The journal holds changes that are not in place yet. */
    JOURNAL_DIRTY,
    /** Orphaned inodes wait to be released; nothing else is amiss. */
    ORPHANS,
    /** Not unmounted cleanly and without a journal to repair it from. */
    NOT_CLEAN,
    /** The kernel recorded errors. */
    ERRORS
  }
}
