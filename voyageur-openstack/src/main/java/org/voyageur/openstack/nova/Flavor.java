package org.voyageur.openstack.nova;

import java.util.ArrayList;
import java.util.List;

/**
 * What a server has.
 *
 * @param memory in MiB
 * @param disk of the root disk, in GiB; 0: as large as the image
 */
public record Flavor(String id, String name, long memory, long disk, long processors) {
  private static final long GIB = 1L << 30;

  /** Why an image does not fit, a phrase for each reason; empty if it does. */
  List<String> lacks(ImageNeeds image) {
    List<String> lacks = new ArrayList<>();
    if (disk > 0 && disk < image.disk()) {
      lacks.add("a disk of " + disk + " GiB, and the image needs " + image.disk() + " GiB");
    }
    if (memory < image.memory()) {
      lacks.add(memory + " MiB of memory, and the image needs " + image.memory() + " MiB");
    }
    return lacks;
  }

  /**
   * What an image asks of a server.
   *
   * @param disk in GiB
   * @param memory in MiB
   */
  record ImageNeeds(long disk, long memory) {
    /**
     * From what Glance says.
     *
     * @param virtualSize bytes that a server sees; 0 where Glance does not know
     * @param minDisk what the image's owner asks for, in GiB
     * @param minMemory the same, in MiB
     */
    static ImageNeeds of(long virtualSize, long minDisk, long minMemory) {
      return new ImageNeeds(Math.max(minDisk, Math.ceilDiv(virtualSize, GIB)), minMemory);
    }
  }

  @Override
  public String toString() {
    return "%s (%d MiB of memory, %d GiB of disk)".formatted(name, memory, disk);
  }
}
