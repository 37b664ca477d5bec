package org.voyageur.guest;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedSet;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.voyageur.archive.Compression;
import org.voyageur.archive.CpioReader;
import org.voyageur.disk.DiskLayout.FilesystemType;
import org.voyageur.error.ErrorCode;
import org.voyageur.filesystem.DirectoryEntry;
import org.voyageur.filesystem.FileStat;
import org.voyageur.filesystem.FileType;
import org.voyageur.filesystem.GuestFilesystem;
import org.voyageur.guest.Finding.Severity;
import org.voyageur.guest.Kernel.DriverLocation;

/** Finds the kernels in /boot, what each can boot on, and where its drivers are. */
final class KernelFinder {
  private static final int MOST_KERNELS = 64;

  /**
   * What a virtio root disk needs, in load order, with the option of the kernel's configuration.
   */
  private static final List<Driver> DISK =
      List.of(
          new Driver("virtio", "VIRTIO"),
          new Driver("virtio_ring", "VIRTIO_RING"),
          new Driver("virtio_pci", "VIRTIO_PCI"),
          new Driver("virtio_blk", "VIRTIO_BLK"));

  private static final List<Driver> NETWORK =
      List.of(new Driver("virtio_pci", "VIRTIO_PCI"), new Driver("virtio_net", "VIRTIO_NET"));

  /** VIRTIO_RING has no prompt and was folded into VIRTIO: its absence says nothing. */
  private static final Set<String> OPTIONAL = Set.of("virtio", "virtio_ring");

  private record Driver(String module, String option) {}

  private final GuestFilesystem filesystem;
  private final OperatingSystem operatingSystem;
  private final List<Finding> findings;

  KernelFinder(
      GuestFilesystem filesystem, OperatingSystem operatingSystem, List<Finding> findings) {
    this.filesystem = filesystem;
    this.operatingSystem = operatingSystem;
    this.findings = findings;
  }

  /** Every kernel, the newest first, rescue kernels last. */
  List<Kernel> find() {
    if (filesystem.stat("/boot").map(FileStat::type).orElse(FileType.UNKNOWN)
        != FileType.DIRECTORY) {
      return List.of();
    }
    Comparator<String> newestFirst = VersionOrder.of(operatingSystem.family()).reversed();
    return filesystem.list("/boot").stream()
        .map(DirectoryEntry::name)
        .filter(name -> name.startsWith("vmlinuz-"))
        .map(name -> name.substring("vmlinuz-".length()))
        .filter(version -> isFile("/boot/vmlinuz-" + version))
        .sorted(
            Comparator.comparing((String version) -> version.contains("rescue"))
                .thenComparing(newestFirst))
        .limit(MOST_KERNELS)
        .map(this::kernel)
        .flatMap(Optional::stream)
        .toList();
  }

  private boolean isFile(String path) {
    return filesystem.stat(path).map(FileStat::type).orElse(FileType.UNKNOWN) == FileType.REGULAR;
  }

  private Optional<Kernel> kernel(String version) {
    String image = "/boot/vmlinuz-" + version;
    BootHeader header = BootHeader.read(filesystem, image);
    if (!header.valid()) {
      findings.add(
          new Finding(
              Severity.WARNING,
              ErrorCode.GUEST_FILE_NOT_BOOTABLE,
              image + " is not a kernel image for PCs",
              "It is passed over"));
      return Optional.empty();
    }
    Optional<String> initrd =
        Stream.of("initrd-%s.img", "initramfs-%s.img", "initrd.img-%s", "initrd-%s")
            .map(pattern -> "/boot/" + pattern.formatted(version))
            .filter(this::isFile)
            .findFirst();
    Optional<String> configPath = Optional.of("/boot/config-" + version).filter(this::isFile);
    Optional<KernelConfig> config =
        configPath
            .flatMap(path -> GuestFileReader.text(filesystem, path))
            .map(KernelConfig::parse)
            .filter(parsed -> !parsed.options().isEmpty());
    if (config.isEmpty()) {
      findings.add(
          new Finding(
              Severity.WARNING,
              ErrorCode.GUEST_KERNEL_CONFIG_MISSING,
              "there is no /boot/config-"
                  + version
                  + ", so what this kernel can do is inferred"
                  + " from its name and its modules",
              "Check the result by booting it"));
    }
    String directory = "/lib/modules/" + version;
    Optional<String> modules =
        Optional.of(directory).filter(path -> filesystem.stat(path + "/modules.dep").isPresent());
    Drivers drivers =
        new Drivers(config, ModuleIndex.read(filesystem, directory), initrdModules(initrd));
    boolean xenOnly = config.map(KernelConfig::xenOnly).orElse(version.matches(".*(xen|-ec2).*"));
    boolean pvops =
        config.map(KernelConfig::pvops).orElse(drivers.index.byName().containsKey("xen_blkfront"));
    DriverLocation disk = drivers.location(DISK);
    return Optional.of(
        new Kernel(
            version,
            image,
            initrd,
            configPath,
            modules,
            xenOnly || pvops,
            !xenOnly,
            xenOnly ? DriverLocation.NOWHERE : disk,
            xenOnly ? DriverLocation.NOWHERE : drivers.location(NETWORK),
            xenOnly ? List.of() : drivers.supplement(filesystem.facts().type(), disk),
            header.commandLineLimit(),
            architecture(drivers.index)));
  }

  /** By a module, as a 64-bit kernel may run 32-bit programs. */
  private String architecture(ModuleIndex index) {
    return index.byName().values().stream()
        .map(ModuleIndex.Module::path)
        .sorted()
        .filter(this::isFile)
        .findFirst()
        .flatMap(this::elfArchitecture)
        .orElse(operatingSystem.architecture());
  }

  private Optional<String> elfArchitecture(String module) {
    try (InputStream stream = Compression.decompress(filesystem.open(module))) {
      return OperatingSystemReader.elfArchitecture(stream.readNBytes(20));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private Set<String> initrdModules(Optional<String> initrd) {
    if (initrd.isEmpty()) {
      return Set.of();
    }
    try (InputStream stream = filesystem.open(initrd.get())) {
      return CpioReader.read(stream, _ -> false).keySet().stream()
          .filter(name -> name.matches(".*\\.ko(\\.gz|\\.xz|\\.zst)?"))
          .map(ModuleIndex::name)
          .collect(Collectors.toUnmodifiableSet());
    } catch (IOException e) {
      findings.add(
          new Finding(
              Severity.WARNING,
              ErrorCode.GUEST_INITRD_UNREADABLE,
              "the initrd " + initrd.get() + " cannot be read: " + e.getMessage(),
              "A supplement brings the drivers that it may lack"));
      return Set.of();
    }
  }

  /** Where one kernel's drivers are. */
  private record Drivers(Optional<KernelConfig> config, ModuleIndex index, Set<String> initrd) {
    /** Where a set of drivers and all that they need is: at its weakest link. */
    DriverLocation location(List<Driver> drivers) {
      return drivers.stream()
          .map(this::location)
          .max(Comparator.naturalOrder())
          .orElse(DriverLocation.NOWHERE);
    }

    private DriverLocation location(Driver driver) {
      if (isBuiltIn(driver)) {
        return DriverLocation.BUILT_IN;
      }
      Optional<SequencedSet<String>> files = index.loadOrder(driver.module());
      if (files.isEmpty()) {
        boolean inInitrd = initrd.contains(driver.module());
        return inInitrd
            ? DriverLocation.INITRD
            : OPTIONAL.contains(driver.module()) ? DriverLocation.BUILT_IN : DriverLocation.NOWHERE;
      }
      Predicate<String> present = file -> initrd.contains(ModuleIndex.name(file));
      return files.get().stream().allMatch(present)
          ? DriverLocation.INITRD
          : DriverLocation.ON_DISK;
    }

    private boolean isBuiltIn(Driver driver) {
      return index.builtIn().contains(driver.module())
          || config.map(options -> options.builtIn(driver.option())).orElse(false);
    }

    /** Everything that must be loaded before the initrd's init, in load order. */
    List<String> supplement(FilesystemType root, DriverLocation disk) {
      SequencedSet<String> files = new LinkedHashSet<>();
      if (disk == DriverLocation.ON_DISK) {
        DISK.stream()
            .filter(driver -> !isBuiltIn(driver))
            .map(driver -> index.loadOrder(driver.module()))
            .flatMap(Optional::stream)
            .forEach(files::addAll);
        filesystemModule(root)
            .filter(module -> !initrd.contains(module))
            .flatMap(index::loadOrder)
            .ifPresent(files::addAll);
      }
      return new ArrayList<>(files);
    }

    private Optional<String> filesystemModule(FilesystemType root) {
      Map<FilesystemType, Driver> drivers =
          Map.of(
              FilesystemType.EXT2, new Driver("ext2", "EXT2_FS"),
              FilesystemType.EXT3, new Driver("ext3", "EXT3_FS"),
              FilesystemType.EXT4, new Driver("ext4", "EXT4_FS"));
      // Since 4.3 ext4 serves ext2 and ext3 too, and the others are gone.
      return Optional.ofNullable(drivers.get(root))
          .map(driver -> index.byName().containsKey(driver.module()) ? driver.module() : "ext4");
    }
  }
}
