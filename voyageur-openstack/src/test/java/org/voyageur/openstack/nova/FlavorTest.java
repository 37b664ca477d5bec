package org.voyageur.openstack.nova;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.voyageur.openstack.nova.Flavor.ImageNeeds;

class FlavorTest {
  private static final long GIB = 1L << 30;

  private static Flavor flavor(long memory, long disk) {
    return new Flavor("1", "m1.small", memory, disk, 1);
  }

  @Test
  void aDiskMustHoldTheImageToItsLastByte() {
    assertThat(flavor(512, 10).lacks(ImageNeeds.of(10 * GIB, 0, 0))).isEmpty();
    assertThat(flavor(512, 10).lacks(ImageNeeds.of(10 * GIB + 1, 0, 0)))
        .containsExactly("a disk of 10 GiB, and the image needs 11 GiB");
  }

  @Test
  void whatTheOwnerAsksForCountsToo() {
    assertThat(flavor(512, 10).lacks(ImageNeeds.of(GIB, 20, 1024)))
        .containsExactly(
            "a disk of 10 GiB, and the image needs 20 GiB",
            "512 MiB of memory, and the image needs 1024 MiB");
  }

  @Test
  void aFlavorWithoutADiskOfItsOwnTakesTheImages() {
    assertThat(flavor(512, 0).lacks(ImageNeeds.of(10 * GIB, 20, 512))).isEmpty();
  }
}
