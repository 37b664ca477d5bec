package org.voyageur.filesystem;

/** The kinds of file of POSIX. */
public enum FileType {
  REGULAR,
  DIRECTORY,
  SYMBOLIC_LINK,
  CHARACTER_DEVICE,
  BLOCK_DEVICE,
  FIFO,
  SOCKET,
  UNKNOWN
}
