package org.voyageur.rpm;

import java.time.Instant;
import org.voyageur.filesystem.FileType;

/**
 * A file of a package, as its header tells of it.
 *
 * @param path absolute
 * @param type a regular file, a directory or a symbolic link
 * @param mode permission bits, 0 to 07777
 * @param size in bytes; 0 of anything but a regular file
 * @param target of a symbolic link, else empty
 * @param digest of a regular file's content in lower case; empty if the package has none
 * @param inPayload whether the package brings it: one that it only owns ("ghost") it does not
 */
public record RpmFile(
    String path,
    FileType type,
    int mode,
    Instant modified,
    long size,
    String target,
    String digest,
    boolean inPayload) {}
