package org.voyageur.filesystem;

import java.time.Instant;

/**
 * What an inode says.
 *
 * @param mode permission bits with set-id and sticky bits, 0 to 07777
 * @param size in bytes
 * @param links how many names it has
 */
public record FileStat(
    FileType type,
    long inode,
    int mode,
    FileOwner owner,
    long size,
    int links,
    Instant modified,
    boolean immutable) {}
