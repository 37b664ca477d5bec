package org.voyageur.testkit;

import java.util.List;
import java.util.stream.Stream;

/**
 * A kernel as a stand-in claims to have it; the real one behind it is always Debian's.
 *
 * @param version as in the names of its files
 * @param config lines of /boot/config-VERSION
 * @param made what initrd was made for it
 */
record ClaimedKernel(String version, String config, Made made) {
  /** An initrd. */
  enum Made {
    WITH_VIRTIO,
    WITHOUT_VIRTIO,
    NOT_AT_ALL
  }

  static final List<Module> VIRTIO_DISK =
      List.of(
          Module.of("CONFIG_VIRTIO_RING", "drivers/virtio/virtio_ring.ko"),
          Module.of("CONFIG_VIRTIO", "drivers/virtio/virtio.ko"),
          // Parts of virtio_pci since 5.15: with real old kernels there are no such files.
          Module.of("CONFIG_VIRTIO_PCI", "drivers/virtio/virtio_pci_legacy_dev.ko"),
          Module.of("CONFIG_VIRTIO_PCI", "drivers/virtio/virtio_pci_modern_dev.ko"),
          Module.of("CONFIG_VIRTIO_PCI", "drivers/virtio/virtio_pci.ko"),
          Module.of("CONFIG_VIRTIO_BLK", "drivers/block/virtio_blk.ko"));

  static final List<Module> VIRTIO_NETWORK =
      List.of(
          Module.of("CONFIG_VIRTIO_NET", "net/core/failover.ko"),
          Module.of("CONFIG_VIRTIO_NET", "drivers/net/net_failover.ko"),
          Module.of("CONFIG_VIRTIO_NET", "drivers/net/virtio_net.ko"));

  static final List<Module> XEN =
      List.of(
          Module.of("CONFIG_XEN_BLKDEV_FRONTEND", "drivers/block/xen-blkfront.ko"),
          Module.of("CONFIG_XEN_NETDEV_FRONTEND", "drivers/net/xen-netfront.ko"));

  /** The same as el5's kernel for Xen has them; {@code modprobe.conf} goes by these names. */
  private static final List<Module> EL5_XEN =
      List.of(
          new Module(
              "CONFIG_XEN_BLKDEV_FRONTEND",
              "drivers/xen/blkfront/xenblk.ko",
              "drivers/block/xen-blkfront.ko"),
          new Module(
              "CONFIG_XEN_NETDEV_FRONTEND",
              "drivers/xen/netfront/xennet.ko",
              "drivers/net/xen-netfront.ko"));

  /**
   * Red Hat's filesystems are modules. The real kernel for 64 bits has them built in, so that
   * harmless modules bear these names.
   */
  private static final List<Module> EXT3 =
      List.of(
          new Module("CONFIG_FS_MBCACHE", "fs/mbcache.ko", "lib/ts_kmp.ko"),
          new Module("CONFIG_JBD", "fs/jbd/jbd.ko", "lib/crc7.ko"),
          new Module("CONFIG_EXT3_FS", "fs/ext3/ext3.ko", "lib/crc-itu-t.ko"));

  /** What ext4's driver takes for its checksums, whether the filesystem has any or not. */
  static final Module CHECKSUM = Module.of("CONFIG_EXT3_FS", "crypto/crc32c_generic.ko");

  /** In the real kernel for 32 bits they are modules, too; its ext4 serves ext3. */
  private static final List<Module> EXT3_I686 =
      List.of(
          Module.of("CONFIG_EXT3_FS", "lib/crc16.ko"),
          CHECKSUM,
          Module.of("CONFIG_EXT3_FS", "fs/mbcache.ko"),
          new Module("CONFIG_JBD", "fs/jbd/jbd.ko", "fs/jbd2/jbd2.ko"),
          new Module("CONFIG_EXT3_FS", "fs/ext3/ext3.ko", "fs/ext4/ext4.ko"));

  /**
   * A module.
   *
   * @param option what says in a configuration whether it is one
   * @param path below the guest's module directory's {@code kernel}
   * @param real the real file, below that of the real kernel
   */
  record Module(String option, String path, String real) {
    static Module of(String option, String path) {
      return new Module(option, path, path);
    }

    String fileName() {
      return path.substring(path.lastIndexOf('/') + 1);
    }
  }

  private Stream<Module> known() {
    return Stream.of(VIRTIO_DISK, VIRTIO_NETWORK, xen(), ext3()).flatMap(List::stream);
  }

  /** The drivers of Xen's disks and network. */
  List<Module> xen() {
    return version.endsWith("el5xen") ? EL5_XEN : XEN;
  }

  /** What it runs on. */
  Architecture architecture() {
    return says("CONFIG_X86_64=y") ? Architecture.X86_64 : Architecture.I686;
  }

  private List<Module> ext3() {
    return switch (architecture()) {
      case X86_64 -> EXT3;
      case I686 -> EXT3_I686;
    };
  }

  /** Those that the configuration says are modules. */
  List<Module> modules() {
    return known().filter(module -> says(module.option() + "=m")).toList();
  }

  /** Those that the configuration says are in the kernel. */
  List<Module> builtIn() {
    return known().filter(module -> says(module.option() + "=y")).toList();
  }

  /** Those that its initrd holds, in load order. */
  List<Module> inInitrd() {
    return modules().stream()
        .filter(module -> !VIRTIO_NETWORK.contains(module))
        .filter(module -> made == Made.WITH_VIRTIO || !VIRTIO_DISK.contains(module))
        .toList();
  }

  private boolean says(String line) {
    return config.lines().anyMatch(line::equals);
  }
}
