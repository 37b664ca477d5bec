package org.voyageur.guest;

/** Whether an earlier conversion has put boot code on the disk. */
public enum InstalledBootCode {
  /** None of voyageur's. */
  NONE,
  /** Of another SYSLINUX than this host's, or damaged, or its files have moved. */
  OUTDATED,
  /** As this host's SYSLINUX would be installed. */
  CURRENT
}
