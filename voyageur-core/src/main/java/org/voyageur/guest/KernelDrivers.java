package org.voyageur.guest;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedSet;
import java.util.Set;
import java.util.stream.Stream;
import org.voyageur.disk.DiskLayout.FilesystemType;
import org.voyageur.guest.Kernel.DriverLocation;

/** Where one kernel's drivers are. */
record KernelDrivers(Optional<KernelConfig> config, ModuleIndex modules, InitrdModules initrd) {
  private record Driver(String module, String option) {}

  /** What a virtio disk on PCI needs, in load order. */
  private static final List<Driver> DISK =
      List.of(
          new Driver("virtio", "VIRTIO"),
          new Driver("virtio_ring", "VIRTIO_RING"),
          new Driver("virtio_pci", "VIRTIO_PCI"),
          new Driver("virtio_blk", "VIRTIO_BLK"));

  private static final List<Driver> NETWORK =
      List.of(new Driver("virtio_pci", "VIRTIO_PCI"), new Driver("virtio_net", "VIRTIO_NET"));

  /** What a disk of a Xen guest needs. */
  private static final List<Driver> XEN_DISK =
      List.of(new Driver("xen_blkfront", "XEN_BLKDEV_FRONTEND"));

  /**
   * Options without a prompt, which a driver selects: that they are not found says nothing. Where
   * they are modules, modules.dep says that the driver needs them.
   */
  private static final Set<String> SELECTED = Set.of("VIRTIO", "VIRTIO_RING");

  private static final Map<FilesystemType, Driver> FILESYSTEMS =
      Map.of(
          FilesystemType.EXT2, new Driver("ext2", "EXT2_FS"),
          FilesystemType.EXT3, new Driver("ext3", "EXT3_FS"),
          FilesystemType.EXT4, new Driver("ext4", "EXT4_FS"));

  /** Where everything that a virtio disk needs is: at its weakest link. */
  DriverLocation disk() {
    return weakest(DISK);
  }

  /** The same of a virtio network card. */
  DriverLocation network() {
    return weakest(NETWORK);
  }

  /** The same of a Xen guest's disk. */
  DriverLocation xenDisk() {
    return weakest(XEN_DISK);
  }

  private DriverLocation weakest(List<Driver> drivers) {
    return drivers.stream()
        .map(this::location)
        .max(Comparator.naturalOrder())
        .orElse(DriverLocation.NOWHERE);
  }

  private DriverLocation location(Driver driver) {
    if (isBuiltIn(driver)) {
      return DriverLocation.BUILT_IN;
    }
    Optional<SequencedSet<String>> files = modules.loadOrder(driver.module());
    if (files.isPresent()) {
      boolean allInInitrd =
          files.get().stream().map(ModuleIndex::name).allMatch(initrd.files()::contains);
      return allInInitrd ? DriverLocation.INITRD : DriverLocation.ON_DISK;
    }
    if (initrd.files().contains(driver.module())) {
      return DriverLocation.INITRD;
    }
    boolean unsaid = SELECTED.contains(driver.option()) && !modules.has(driver.module());
    return unsaid ? DriverLocation.BUILT_IN : DriverLocation.NOWHERE;
  }

  private boolean isBuiltIn(Driver driver) {
    return modules.isBuiltIn(driver.module())
        || initrd.builtIn().contains(driver.module())
        || config.map(options -> options.builtIn(driver.option())).orElse(false);
  }

  /**
   * The modules to load before the initrd's init so that it finds a root filesystem on a virtio
   * disk, in load order. Those that the initrd has are among them where one that it lacks needs
   * them, as nothing of the initrd is loaded by then; the filesystem's, which init loads itself,
   * only where the initrd lacks it.
   */
  List<String> supplement(FilesystemType root) {
    SequencedSet<String> files = new LinkedHashSet<>();
    if (disk() == DriverLocation.ON_DISK) {
      DISK.stream()
          .filter(driver -> !isBuiltIn(driver))
          .map(driver -> modules.loadOrder(driver.module()))
          .flatMap(Optional::stream)
          .forEach(files::addAll);
      filesystemDriver(root)
          .filter(driver -> !isBuiltIn(driver) && !initrd.files().contains(driver.module()))
          .flatMap(driver -> modules.loadOrder(driver.module()))
          .ifPresent(files::addAll);
    }
    return new ArrayList<>(files);
  }

  /**
   * The modules of an initrd that brings a kernel without one to a root filesystem on a virtio
   * disk, or on a Xen guest's where the kernel has its driver, and the network's driver, in load
   * order; empty if it needs none, or that cannot be.
   */
  List<String> initrd(FilesystemType root) {
    Optional<Driver> filesystem = filesystemDriver(root);
    if (disk() == DriverLocation.NOWHERE
        || filesystem.isEmpty()
        || location(filesystem.get()) == DriverLocation.NOWHERE
        || (disk() == DriverLocation.BUILT_IN && isBuiltIn(filesystem.get()))) {
      return List.of();
    }
    SequencedSet<String> files = new LinkedHashSet<>();
    Stream.of(DISK.stream(), NETWORK.stream(), XEN_DISK.stream(), filesystem.stream())
        .flatMap(drivers -> drivers)
        .filter(driver -> !isBuiltIn(driver))
        .map(driver -> modules.loadOrder(driver.module()))
        .flatMap(Optional::stream)
        .forEach(files::addAll);
    return new ArrayList<>(files);
  }

  /** Since 4.3 ext4 serves ext3 too and ext3's own driver is gone; ext2's may be left out. */
  private Optional<Driver> filesystemDriver(FilesystemType root) {
    return Optional.ofNullable(FILESYSTEMS.get(root))
        .map(own ->
            isBuiltIn(own) || modules.has(own.module()) ? own : new Driver("ext4", "EXT4_FS"));
  }
}
