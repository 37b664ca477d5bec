package org.voyageur.guest;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.SequencedSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.voyageur.disk.DiskLayout.FilesystemType;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.filesystem.FileType;
import org.voyageur.guest.Kernel.DriverLocation;
import org.voyageur.rpm.PublicKeys;
import org.voyageur.rpm.RpmFile;
import org.voyageur.rpm.RpmPackage;
import org.voyageur.rpm.RpmSignature;

/**
 * A distribution's kernel as an RPM package, and what it can boot on.
 *
 * @param rpm the package, every digest of it checked
 * @param version of the kernel, as in its files' names
 * @param xenOnly whether it runs only under Xen
 * @param xenPv whether it can start as a Xen paravirtual guest
 * @param xenBlk where the driver of such a guest's disks will be
 * @param commandLineLimit how many characters of command line it takes
 * @param missing drivers of virtio that it has neither built in nor as a module
 * @param initrdModules what its initrd must load to reach a root filesystem of a type on a virtio
 *     disk, or a Xen guest's where it can be one, and the network's driver, in load order; no types
 *     that it cannot mount
 * @param tables texts of modules.dep and its like, by their names in the module directory
 */
public record KernelPackage(
    RpmPackage rpm,
    String version,
    boolean xenOnly,
    boolean xenPv,
    DriverLocation xenBlk,
    int commandLineLimit,
    List<String> missing,
    Map<FilesystemType, List<String>> initrdModules,
    SequencedMap<String, String> tables) {
  /** Keeps unmodifiable copies. */
  public KernelPackage {
    missing = List.copyOf(missing);
    initrdModules = Map.copyOf(initrdModules);
    tables = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(tables));
  }

  /** Where a kernel's package of Red Hat's, or one made in their way, has files. */
  private static final List<String> PLACES =
      List.of(
          "/boot/",
          "/lib/modules/",
          "/lib/firmware/",
          "/usr/share/",
          "/usr/src/",
          "/etc/ld.so.conf.d/");

  private static final Pattern IMAGE = Pattern.compile("/boot/vmlinuz-([\\w.+~-]{1,100})");
  private static final int LARGEST_CONFIG = 1 << 20;

  /** Distributions' kernels have up to 6000. */
  private static final int MOST_MODULES = 20_000;

  /** What a virtio disk and a network card on PCI need, in load order, each with its option. */
  private static final List<List<String>> DRIVERS =
      List.of(
          List.of("virtio_pci", "VIRTIO_PCI"),
          List.of("virtio_blk", "VIRTIO_BLK"),
          List.of("virtio_net", "VIRTIO_NET"));

  /** The disks of a Xen guest; udev finds the driver of its network. */
  private static final String XEN_DISK = "xen_blkfront";

  /** What is gathered while the package is read. */
  private static final class Contents {
    private final List<String> versions = new ArrayList<>();
    private final List<BootHeader> headers = new ArrayList<>();
    private final List<KernelModule> modules = new ArrayList<>();
    private String config = "";

    void add(RpmFile file, byte[] content) throws IOException {
      Matcher image = IMAGE.matcher(file.path());
      if (image.matches() && file.type() == FileType.REGULAR) {
        versions.add(image.group(1));
        headers.add(BootHeader.parse(content));
      } else if (file.path().startsWith("/boot/config-") && content.length <= LARGEST_CONFIG) {
        config = new String(content, ISO_8859_1);
      } else if (file.path().startsWith("/lib/modules/")
          && file.type() == FileType.REGULAR
          && ModuleIndex.isModule(file.path())) {
        if (modules.size() == MOST_MODULES) {
          throw new IOException("it has more than " + MOST_MODULES + " modules");
        }
        modules.add(KernelModule.parse(file.path(), content));
      }
    }
  }

  /**
   * Reads and checks a package.
   *
   * @param keys by one of which it must be signed; empty to leave that unchecked
   * @throws VoyageurException as {@link RpmPackage#read} does; PACKAGE_NOT_KERNEL; PACKAGE_FILES
   */
  public static KernelPackage read(Path path, Optional<PublicKeys> keys) {
    Contents contents = new Contents();
    RpmPackage rpm = RpmPackage.read(path, keys, contents::add);
    for (RpmFile file : rpm.files()) {
      String start = file.path() + "/";
      boolean above =
          file.type() == FileType.DIRECTORY
              && PLACES.stream().anyMatch(place -> place.startsWith(start));
      if (!above && PLACES.stream().noneMatch(start::startsWith)) {
        throw new VoyageurException(
            ErrorCode.PACKAGE_FILES,
            "the package %s has the file %s, where a kernel's has none"
                .formatted(path, file.path()),
            "Name a kernel's package; others are for the guest's own yum");
      }
    }
    if (contents.versions.size() != 1
        || contents.headers.getFirst().format() == BootHeader.Format.UNKNOWN
        || contents.config.isEmpty()) {
      throw new VoyageurException(
          ErrorCode.PACKAGE_NOT_KERNEL,
          "the package %s (%s) has no kernel: a file /boot/vmlinuz-VERSION that PCs start, and its"
                  .formatted(path, rpm.fullName())
              + " /boot/config-VERSION",
          "Name the package kernel of the guest's distribution, not kernel-devel, kernel-headers or"
              + " kernel-xen");
    }
    KernelConfig config = KernelConfig.parse(contents.config);
    String version = contents.versions.getFirst();
    ModuleTables modules =
        new ModuleTables(
            contents.modules.stream()
                .filter(module -> module.path().startsWith(moduleDirectory(version) + "/"))
                .toList());
    boolean xenOnly =
        config.xenOnly() || contents.headers.getFirst().format() == BootHeader.Format.XEN_DOMAIN;
    return new KernelPackage(
        rpm,
        version,
        xenOnly,
        xenOnly || config.pvops(),
        config.builtIn("XEN_BLKDEV_FRONTEND")
            ? DriverLocation.BUILT_IN
            : modules.has(XEN_DISK) ? DriverLocation.INITRD : DriverLocation.NOWHERE,
        contents.headers.getFirst().commandLineLimit(),
        DRIVERS.stream()
            .filter(driver -> !modules.has(driver.getFirst()) && !config.builtIn(driver.getLast()))
            .map(List::getFirst)
            .toList(),
        initrdModules(modules, config),
        tables(rpm, version, modules));
  }

  /** What the package brings itself stays as it is. */
  private static SequencedMap<String, String> tables(
      RpmPackage rpm, String version, ModuleTables modules) {
    SequencedMap<String, String> texts = modules.texts();
    rpm.files().stream()
        .filter(RpmFile::inPayload)
        .filter(file -> file.path().startsWith(moduleDirectory(version) + "/modules."))
        .forEach(
            file -> texts.remove(file.path().substring(moduleDirectory(version).length() + 1)));
    return texts;
  }

  /** The same with what a guest's keys say of its signature, where nobody's did before. */
  public KernelPackage checkedWith(PublicKeys keys) {
    return rpm.signature() instanceof RpmSignature.Good
        ? this
        : new KernelPackage(
            rpm.checkedWith(keys),
            version,
            xenOnly,
            xenPv,
            xenBlk,
            commandLineLimit,
            missing,
            initrdModules,
            tables);
  }

  /** As the guest will have it: with an initrd of ours, which brings every driver that it needs. */
  public Kernel kernel() {
    return new Kernel(
        version,
        "/boot/vmlinuz-" + version,
        Optional.of(initrd()),
        Optional.of("/boot/config-" + version),
        Optional.of(moduleDirectory()),
        xenPv,
        !xenOnly,
        DriverLocation.INITRD,
        DriverLocation.INITRD,
        xenBlk,
        List.of(),
        false,
        List.of(),
        commandLineLimit,
        architecture());
  }

  /** {@code x86_64} or {@code i686}, whichever of the 32-bit ones it says. */
  public String architecture() {
    return rpm.architecture().matches("i[3-6]86|athlon") ? "i686" : rpm.architecture();
  }

  /** Where mkinitrd of el5 would write it. */
  public String initrd() {
    return "/boot/initrd-" + version + ".img";
  }

  /** Where its modules are. */
  public String moduleDirectory() {
    return moduleDirectory(version);
  }

  private static String moduleDirectory(String version) {
    return "/lib/modules/" + version;
  }

  private static Map<FilesystemType, List<String>> initrdModules(
      ModuleTables modules, KernelConfig config) {
    Map<FilesystemType, List<String>> byType = new EnumMap<>(FilesystemType.class);
    for (FilesystemType type :
        List.of(FilesystemType.EXT2, FilesystemType.EXT3, FilesystemType.EXT4)) {
      String own = type.name().toLowerCase(Locale.ROOT);
      // Since 4.3 ext4 serves ext3 too.
      Stream.of(own, "ext4")
          .filter(driver ->
              modules.has(driver) || config.builtIn(driver.toUpperCase(Locale.ROOT) + "_FS"))
          .findFirst()
          .ifPresent(driver -> {
            SequencedSet<String> files = new LinkedHashSet<>();
            DRIVERS.forEach(virtio -> files.addAll(modules.loadOrder(virtio.getFirst())));
            if (config.pvops()) {
              files.addAll(modules.loadOrder(XEN_DISK));
            }
            files.addAll(modules.loadOrder(driver));
            byType.put(type, List.copyOf(files));
          });
    }
    return byType;
  }
}
