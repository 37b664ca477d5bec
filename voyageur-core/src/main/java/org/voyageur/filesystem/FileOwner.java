package org.voyageur.filesystem;

/** A file's owner and group, as the guest numbers them. */
public record FileOwner(int uid, int gid) {
  /** The superuser and its group. */
  public static final FileOwner ROOT = new FileOwner(0, 0);
}
