package org.voyageur.guest;

/**
 * A line of fstab.
 *
 * @param line its number, from 1
 * @param spec the device field as written
 * @param device what will become of it under KVM
 */
public record FstabEntry(
    int line,
    String spec,
    String mountPoint,
    String type,
    String options,
    int dump,
    int pass,
    Device device) {
  /** Whether a line's device will exist. */
  public enum Device {
    /** The root filesystem, however it is named. */
    ROOT,
    /** Not a device: proc, tmpfs, a network filesystem, a bind mount. */
    VIRTUAL,
    /** Another partition of the disk that the root filesystem is on, however it is named. */
    PARTITION,
    /** What is not on this disk. */
    MISSING
  }
}
