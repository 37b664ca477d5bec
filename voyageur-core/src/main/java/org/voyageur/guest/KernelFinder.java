package org.voyageur.guest;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.voyageur.archive.Compression;
import org.voyageur.archive.CpioReader;
import org.voyageur.boot.InitrdSupplement;
import org.voyageur.boot.SyslinuxReadable;
import org.voyageur.error.ErrorCode;
import org.voyageur.filesystem.DirectoryEntry;
import org.voyageur.filesystem.FileStat;
import org.voyageur.filesystem.FileType;
import org.voyageur.filesystem.GuestFilesystem;
import org.voyageur.guest.Finding.Severity;
import org.voyageur.guest.Kernel.DriverLocation;
import org.voyageur.process.Futures;

/**
 * Finds the kernels in /boot, what each can boot on, and where its drivers are. Their initrds are
 * unpacked beside the caller's own work, as that takes as long as all else that is read of a guest.
 */
final class KernelFinder implements AutoCloseable {
  private static final int MOST_KERNELS = 64;

  /** "vmlinuz" with nothing behind it is one that somebody built. */
  private static final Pattern IMAGE = Pattern.compile("vmlinuz(?:-(.+))?");

  /** As many initrds are unpacked before they are asked for: what each holds may be large. */
  private static final int MOST_BESIDE = 2;

  /** What package managers and careful people leave behind. */
  private static final Pattern LEFT_BEHIND =
      Pattern.compile(".*(?:~|\\.(?:old|bak|orig|rpm\\w+|dpkg-\\w+|hmac))");

  /** Kernels for trouble: started by choice, never by default. */
  private static final Pattern SPECIAL = Pattern.compile(".*(?:rescue|debug|kdump).*");

  /** Names of el5, of el6 and later, of Debian and Ubuntu, of others; for "-VERSION" or nothing. */
  private static final List<String> INITRDS =
      List.of("initrd%s.img", "initramfs%s.img", "initrd.img%s", "initrd%s");

  private final GuestFilesystem filesystem;
  private final List<Finding> findings;
  private final ExecutorService beside = Executors.newSingleThreadExecutor();
  private final List<Found> found;
  private int begun;

  /** Begins. */
  KernelFinder(GuestFilesystem filesystem, List<Finding> findings) {
    this.filesystem = filesystem;
    this.findings = findings;
    try {
      this.found = images().map(this::found).toList();
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  /** Ends it, unpacked or not. */
  @Override
  public void close() {
    beside.close();
  }

  /**
   * A kernel image.
   *
   * @param suffix what the names of its other files in /boot share with its own
   */
  private record Image(String path, String suffix, String version, BootHeader header) {
    /** By its name, and by what it says itself, which differs with el7's rescue kernels. */
    List<String> versions() {
      return Stream.concat(Stream.of(version), header.release().stream())
          .filter(known -> !known.isEmpty())
          .toList();
    }
  }

  /**
   * A kernel's files.
   *
   * @param unpacked what the initrd holds; empty without one, and where it is not looked for
   */
  private record Found(
      Image image,
      Optional<String> initrd,
      Optional<String> configPath,
      Optional<KernelConfig> config,
      boolean xenOnly,
      Optional<Supplier<SequencedMap<String, byte[]>>> unpacked) {}

  /** Every kernel, the newest first, those for trouble last. */
  List<Kernel> find(OperatingSystem operatingSystem) {
    Comparator<String> newestFirst = VersionOrder.of(operatingSystem.family()).reversed();
    return found.stream()
        .sorted(
            Comparator.comparing(
                    (Found kernel) -> SPECIAL.matcher(kernel.image().version()).matches())
                .thenComparing(kernel -> kernel.image().version(), newestFirst))
        .map(kernel -> kernel(kernel, operatingSystem))
        .toList();
  }

  private Stream<Image> images() {
    if (!isOf("/boot", FileType.DIRECTORY)) {
      return Stream.empty();
    }
    return filesystem.list("/boot").stream()
        .map(DirectoryEntry::name)
        .map(IMAGE::matcher)
        .filter(Matcher::matches)
        .filter(name -> !LEFT_BEHIND.matcher(name.group()).matches())
        .filter(name -> isItselfAFile("/boot/" + name.group()))
        .limit(MOST_KERNELS)
        .map(this::image)
        .flatMap(Optional::stream);
  }

  /** Not a link, which is a second name for another kernel here. */
  private boolean isItselfAFile(String path) {
    return filesystem.lstat(path).map(FileStat::type).orElse(FileType.UNKNOWN) == FileType.REGULAR;
  }

  private Optional<Image> image(Matcher name) {
    String path = "/boot/" + name.group();
    BootHeader header = BootHeader.read(filesystem, path);
    return switch (header.format()) {
      case PC, XEN_DOMAIN -> {
        String suffix = name.group().substring("vmlinuz".length());
        String version = suffix.isEmpty() ? header.release().orElse("") : suffix.substring(1);
        yield Optional.of(new Image(path, suffix, version, header));
      }
      case UNKNOWN -> {
        warn(
            ErrorCode.GUEST_FILE_NOT_BOOTABLE,
            path + " is not a kernel image for PCs",
            "It is passed over");
        yield Optional.empty();
      }
    };
  }

  private Found found(Image image) {
    Optional<String> initrd =
        INITRDS.stream()
            .map(pattern -> "/boot/" + pattern.formatted(image.suffix()))
            .filter(path -> isOf(path, FileType.REGULAR))
            .findFirst();
    boolean forPcs = image.header().format() == BootHeader.Format.PC;
    // Before it is known to be for Xen alone, as el5xen's is, whose initrd is small.
    Optional<Supplier<SequencedMap<String, byte[]>>> unpacked =
        initrd.filter(_ -> forPcs).map(this::unpack);
    Optional<String> configPath =
        Optional.of("/boot/config" + image.suffix()).filter(path -> isOf(path, FileType.REGULAR));
    Optional<KernelConfig> config = configPath.flatMap(this::config);
    boolean xenOnly =
        !forPcs
            || config
                .map(KernelConfig::xenOnly)
                .orElse(image.version().matches(".*(?:xen\\w*|-ec2)"));
    return new Found(
        image,
        initrd,
        configPath,
        config,
        xenOnly,
        // A kernel that PC boot loaders cannot load needs nothing there.
        unpacked.filter(_ -> !xenOnly));
  }

  private Supplier<SequencedMap<String, byte[]>> unpack(String initrd) {
    if (begun == MOST_BESIDE) {
      return () -> unpack(filesystem.open(initrd));
    }
    begun++;
    // Opened here: libext2fs serves one thread, and what reads the blocks of a file any.
    InputStream stream = filesystem.open(initrd);
    Future<SequencedMap<String, byte[]>> work = beside.submit(() -> unpack(stream));
    return () -> Futures.await(work);
  }

  private static SequencedMap<String, byte[]> unpack(InputStream initrd) {
    try (initrd) {
      return CpioReader.read(initrd, InitrdModules::isBuiltInList);
    } catch (IOException e) {
      throw new UncheckedIOException(e.getMessage(), e);
    }
  }

  private Kernel kernel(Found found, OperatingSystem operatingSystem) {
    Image image = found.image();
    Optional<String> initrd = found.initrd();
    Optional<KernelConfig> config = found.config();
    boolean xenOnly = found.xenOnly();
    Optional<String> directory = moduleDirectory(image);
    ModuleIndex modules =
        ModuleIndex.read(filesystem, directory.orElse("/lib/modules/" + image.version()));
    KernelDrivers drivers = new KernelDrivers(config, modules, initrdModules(found));
    boolean pvops =
        config
            .map(KernelConfig::pvops)
            // el5's generic kernel has Xen's drivers, too, for fully virtualised guests.
            .orElseGet(() -> XenKernel.problem(filesystem, image.path()).isEmpty());
    if (config.isEmpty()) {
      warn(
          ErrorCode.GUEST_KERNEL_CONFIG_MISSING,
          "there is no /boot/config"
              + image.suffix()
              + " that can be read, so what this kernel can"
              + " do is inferred from its name and its modules",
          "Check the result by booting it");
    }
    String architecture =
        modules.anyFile().flatMap(this::elfArchitecture).orElse(operatingSystem.architecture());
    List<String> supplement =
        xenOnly
            ? List.of()
            : initrd.isPresent()
                ? drivers.supplement(filesystem.facts().type())
                : ownInitrd(drivers, operatingSystem, architecture);
    return new Kernel(
        image.version(),
        image.path(),
        initrd,
        found.configPath(),
        directory,
        xenOnly || pvops,
        !xenOnly,
        xenOnly ? DriverLocation.NOWHERE : drivers.disk(),
        xenOnly ? DriverLocation.NOWHERE : drivers.network(),
        xenOnly ? DriverLocation.NOWHERE : drivers.xenDisk(),
        supplement,
        initrd.isPresent()
            && !supplement.isEmpty()
            && InitrdSupplement.isIn(filesystem, image.version(), architecture, supplement),
        xenOnly ? List.of() : gaps(image, initrd),
        image.header().commandLineLimit(),
        architecture);
  }

  /** Only el5's init finds what it needs after an initrd of ours (RootInitrd). */
  private List<String> ownInitrd(
      KernelDrivers drivers, OperatingSystem operatingSystem, String architecture) {
    return operatingSystem.isEl5() && InitrdSupplement.serves(architecture)
        ? drivers.initrd(filesystem.facts().type())
        : List.of();
  }

  private List<String> gaps(Image image, Optional<String> initrd) {
    if (!SyslinuxReadable.mindsGaps(filesystem.facts())) {
      return List.of();
    }
    return Stream.concat(Stream.of(image.path()), initrd.stream())
        .filter(path -> SyslinuxReadable.hasGap(filesystem.facts(), filesystem.blocks(path)))
        .toList();
  }

  private Optional<KernelConfig> config(String path) {
    return GuestFileReader.text(filesystem, path)
        .map(KernelConfig::parse)
        .filter(parsed -> !parsed.options().isEmpty());
  }

  private Optional<String> moduleDirectory(Image image) {
    return image.versions().stream()
        .map(version -> "/lib/modules/" + version)
        .filter(path -> isOf(path, FileType.DIRECTORY))
        .findFirst();
  }

  /** As a 64-bit kernel may run 32-bit programs. */
  private Optional<String> elfArchitecture(String module) {
    try (InputStream stream = Compression.decompress(filesystem.open(module))) {
      return OperatingSystemReader.elfArchitecture(stream.readNBytes(20));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** What the initrd brings for this kernel; modules of another one are of no use to it. */
  private InitrdModules initrdModules(Found kernel) {
    if (kernel.unpacked().isEmpty()) {
      return InitrdModules.NONE;
    }
    try {
      return InitrdModules.of(kernel.unpacked().get().get(), kernel.image().versions());
    } catch (UncheckedIOException e) {
      warn(
          ErrorCode.GUEST_INITRD_UNREADABLE,
          "the initrd " + kernel.initrd().orElseThrow() + " cannot be read: " + e.getMessage(),
          "A second initrd brings the drivers that it may lack; if it is damaged, make it anew"
              + " inside the guest");
      return InitrdModules.NONE;
    }
  }

  private boolean isOf(String path, FileType type) {
    return filesystem.stat(path).map(FileStat::type).orElse(FileType.UNKNOWN) == type;
  }

  private void warn(ErrorCode code, String message, String remedy) {
    findings.add(new Finding(Severity.WARNING, code, message, remedy));
  }
}
