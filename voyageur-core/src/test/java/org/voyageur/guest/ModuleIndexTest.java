package org.voyageur.guest;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ModuleIndexTest {
  private static final String DIRECTORY = "/lib/modules/6.1.0-9-amd64";

  /** As depmod wrote it on Debian 12: each file may need those behind it in the line. */
  @Test
  void loadsWhatModulesDepNamesFromLastToFirst() {
    MemoryFilesystem tree =
        new MemoryFilesystem()
            .file(
                DIRECTORY + "/modules.dep",
                "kernel/drivers/virtio/virtio_pci.ko: kernel/drivers/virtio/virtio_pci_legacy_dev.ko"
                    + " kernel/drivers/virtio/virtio_pci_modern_dev.ko"
                    + " kernel/drivers/virtio/virtio_ring.ko kernel/drivers/virtio/virtio.ko\n");
    for (String name :
        new String[] {
          "virtio", "virtio_ring", "virtio_pci_modern_dev", "virtio_pci_legacy_dev", "virtio_pci"
        }) {
      tree.file(DIRECTORY + "/kernel/drivers/virtio/" + name + ".ko", "");
    }
    assertThat(ModuleIndex.read(tree, DIRECTORY).loadOrder("virtio_pci").orElseThrow())
        .extracting(ModuleIndex::name)
        .containsExactly(
            "virtio",
            "virtio_ring",
            "virtio_pci_modern_dev",
            "virtio_pci_legacy_dev",
            "virtio_pci");
  }

  @Test
  void modulesThatNeedEachOtherAreNotLoadable() {
    MemoryFilesystem tree =
        new MemoryFilesystem()
            .file(DIRECTORY + "/a.ko", GuestTrees.elf(62, "b"))
            .file(DIRECTORY + "/b.ko", GuestTrees.elf(62, "a"));
    assertThat(ModuleIndex.read(tree, DIRECTORY).loadOrder("a")).isEmpty();
  }

  @Test
  void withoutAModuleDirectoryThereIsNothing() {
    ModuleIndex none = ModuleIndex.read(new MemoryFilesystem(), DIRECTORY);
    assertThat(none.loadOrder("virtio")).isEmpty();
    assertThat(none.has("virtio") || none.isBuiltIn("virtio")).isFalse();
    assertThat(none.anyFile()).isEmpty();
  }
}
