package org.voyageur.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.voyageur.process.HostProgram;
import org.voyageur.testkit.ClaimedKernel.Made;
import org.voyageur.testkit.ClaimedKernel.Module;

/** Builds a stand-in's disk: one filesystem on the whole of it, without root, in seconds. */
public final class GuestBuilder {
  /** Where a guest has what no real one has. */
  private static final String HERE = "/lib/stand-in";

  private static final List<String> COMMANDS =
      List.of(
          ("cat date echo findfs grep head hostname hwclock id ifconfig insmod ip login ls mkdir mount mv rm"
                  + " rmdir sed sh sleep swapon tail tr udhcpc uname")
              .split(" "));

  private final StandIn standIn;
  private final KernelPackage kernel;
  private final Path busybox;
  private final Path tree;

  private GuestBuilder(StandIn standIn, Path tree) {
    this.standIn = standIn;
    this.kernel = KernelPackage.fetch(standIn.architecture());
    this.busybox = kernel.busybox();
    this.tree = tree;
  }

  /**
   * Builds one.
   *
   * @param image the file to write; replaced if it exists
   * @param size of the disk in bytes
   * @throws org.voyageur.error.VoyageurException HOST_PROGRAM_MISSING or HOST_PROGRAM_FAILED
   */
  public static void build(StandIn standIn, Path image, long size) {
    try (TemporaryDirectory tree = TemporaryDirectory.create()) {
      new GuestBuilder(standIn, tree.path()).build(image, size);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void build(Path image, long size) throws IOException {
    for (String directory :
        List.of("/dev", "/proc", "/sys", "/tmp", "/root", "/staging", "/vmstore")) {
      Files.createDirectories(inTree(directory));
    }
    write("/etc/passwd", "root::0:0:root:/root:/bin/sh\n");
    write("/etc/group", "root:x:0:\n");
    programs();
    for (Map.Entry<String, String> file : standIn.files().entrySet()) {
      write(file.getKey(), file.getValue());
    }
    for (Map.Entry<String, String> link : standIn.links().entrySet()) {
      link(link.getKey(), link.getValue());
    }
    for (ClaimedKernel claimed : standIn.kernels()) {
      kernel(claimed);
    }
    hostPrograms();
    filesystem(image, size);
    AttributeWriter.set(standIn, tree, image);
  }

  private static final Pattern LIBRARY = Pattern.compile("(?m)(?:=> |^\\s*)(/\\S+) \\(");

  /** The host's own, with their libraries: what runs with them is no imitation. */
  private void hostPrograms() throws IOException {
    for (Map.Entry<String, HostProgram> program : standIn.hostPrograms().entrySet()) {
      Path file = program.getValue().require().toRealPath();
      copyOnce(file, program.getKey());
      String libraries =
          Tool.run(new HostProgram("ldd", "libc-bin"), tree, List.of(file.toString()));
      for (Matcher library = LIBRARY.matcher(libraries); library.find(); ) {
        copyOnce(Path.of(library.group(1)), library.group(1));
      }
    }
    if (standIn.hostPrograms().containsKey("/bin/rpm")) {
      for (String file : List.of("rpmrc", "macros", "platform/x86_64-linux/macros")) {
        copyOnce(Path.of("/usr/lib/rpm", file), "/usr/lib/rpm/" + file);
      }
      Files.createDirectories(inTree("/var/lib/rpm"));
      standIn.kernels().stream()
          .map(ClaimedKernel::version)
          .filter(version -> version.endsWith("xen"))
          .forEach(version -> KernelRpm.registerXen(tree, version));
    }
  }

  private void copyOnce(Path source, String path) throws IOException {
    if (!Files.exists(inTree(path))) {
      copy(source, path);
    }
  }

  private void programs() throws IOException {
    Files.createDirectories(inTree("/bin"));
    Files.copy(busybox, inTree("/bin/busybox"));
    for (String command : COMMANDS) {
      link("/bin/" + command, "busybox");
    }
    script("/sbin/init", "init.sh");
    for (String name : List.of("getty", "mingetty", "agetty")) {
      script("/sbin/" + name, "getty.sh");
    }
    script("/sbin/initctl", "initctl.sh");
    script("/sbin/securetty", "securetty.sh");
    for (String name : List.of("dhcp-script", standIn.release().family, standIn.release().init)) {
      script(HERE + "/" + name + ".sh", name + ".sh");
    }
    write(HERE + "/settings", Resources.settings(standIn.release()));
    if (standIn.release() == StandIn.Release.EL5) {
      script("/sbin/modprobe", "modprobe.sh");
      // It looks where uname(2) says, which may be the real version.
      String claimed = standIn.kernels().getLast().version();
      if (!kernel.unameAs(claimed).equals(claimed)) {
        link("/lib/modules/" + kernel.unameAs(claimed), claimed);
      }
      return;
    }
    // The network's drivers, as the guest's init does not look for them as udev would.
    for (Module module :
        Stream.concat(ClaimedKernel.VIRTIO_NETWORK.stream(), ClaimedKernel.XEN.stream()).toList()) {
      copy(kernel.module(module.real()), HERE + "/modules/" + module.fileName());
    }
  }

  private void kernel(ClaimedKernel claimed) throws IOException {
    String version = claimed.version();
    Files.write(parent("/boot/vmlinuz-" + version), kernel.imageAs(version));
    write("/boot/config-" + version, claimed.config());
    if (claimed.made() != Made.NOT_AT_ALL) {
      Files.write(
          inTree(standIn.release().initrd(version)),
          new Initrd(standIn.release(), claimed, kernel).compose(busybox));
    }

    String directory = "/lib/modules/" + version;
    Files.createDirectories(inTree(directory));
    for (Module module : claimed.modules()) {
      copy(kernel.module(module.real()), directory + "/kernel/" + module.path());
    }
    String builtIn =
        claimed.builtIn().stream()
            .map(module -> "kernel/" + module.path() + "\n")
            .collect(Collectors.joining());
    write(directory + "/modules.order", "");
    write(directory + "/modules.builtin", builtIn);
    Tool.run(new HostProgram("depmod", "kmod"), tree, List.of("-b", tree.toString(), version));
    if (standIn.release() == StandIn.Release.EL5) {
      indexAsEl5(inTree(directory), claimed);
    }
  }

  /**
   * module-init-tools 3.3 wrote absolute paths and no binary index; el5's kernel no list. It knew
   * no "softdep", as which the real filesystem's module needs the checksum's: it becomes a need
   * like any other.
   */
  private static void indexAsEl5(Path directory, ClaimedKernel claimed) throws IOException {
    Path index = directory.resolve("modules.dep");
    String prefix = "/lib/modules/" + directory.getFileName() + "/kernel/";
    String needs = Files.readString(index).replace("kernel/", prefix);
    if (claimed.modules().contains(ClaimedKernel.CHECKSUM)) {
      needs = needs.replace("/ext3.ko:", "/ext3.ko: " + prefix + ClaimedKernel.CHECKSUM.path());
    }
    Files.writeString(index, needs);
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.toList()) {
        String name = file.getFileName().toString();
        if (name.endsWith(".bin") || name.startsWith("modules.builtin")) {
          Files.delete(file);
        }
      }
    }
    Files.delete(directory.resolve("modules.order"));
  }

  private void filesystem(Path image, long size) throws IOException {
    Files.deleteIfExists(image);
    List<String> arguments = new ArrayList<>(standIn.filesystem());
    arguments.addAll(List.of("-q", "-L", standIn.label()));
    arguments.addAll(List.of("-E", "root_owner=0:0", "-d", tree.toString()));
    arguments.addAll(List.of(image.toAbsolutePath().toString(), size / 1024 + "k"));
    Tool.run(new HostProgram("mke2fs", "e2fsprogs"), tree, arguments);
  }

  private Path inTree(String path) {
    return tree.resolve(path.substring(1));
  }

  private Path parent(String path) throws IOException {
    Path file = inTree(path);
    Files.createDirectories(file.getParent());
    return file;
  }

  private void write(String path, String text) throws IOException {
    Files.writeString(parent(path), text);
  }

  private void copy(Path source, String path) throws IOException {
    Files.copy(source, parent(path));
  }

  private void link(String path, String target) throws IOException {
    Files.createSymbolicLink(parent(path), Path.of(target));
  }

  private void script(String path, String resource) throws IOException {
    Path file = parent(path);
    Files.write(file, Resources.read(resource));
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }
}
