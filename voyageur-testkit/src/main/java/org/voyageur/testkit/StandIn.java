package org.voyageur.testkit;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.voyageur.process.HostProgram;
import org.voyageur.testkit.ClaimedKernel.Made;

/**
 * A guest that pretends to be an old distribution: its files are those of the real one wherever a
 * conversion looks, its kernel is Debian's, and its init behaves like the real one where a wrong
 * conversion would stop the boot.
 *
 * <p>What is known and what is guessed: the texts of fstab, inittab, jobs and menus follow
 * published files of these systems, put together as CANFAR's machines had them. The kernels'
 * configurations are excerpts of the real ones, but for Ubuntu 13.10's virtio, which is inferred
 * from its neighbours. That udev renames a card whose address no rule knows is what el6 does in
 * practice; Ubuntu's generator passes over KVM's addresses, so for Ubuntu the stand-in is stricter
 * than the real one. A getty that fails is given up after five tries, whatever the real limit is.
 *
 * @param kernels in the order that they were installed
 * @param filesystem type and options for mke2fs
 * @param label the filesystem's; empty for none
 * @param files its configuration, by absolute path
 * @param links symbolic links, by absolute path
 * @param hostPrograms programs of the host's that it has with their libraries, by absolute path
 * @param attributes of files that are not root's with mode 0644 or 0755, by absolute path
 */
public record StandIn(
    String name,
    Release release,
    List<ClaimedKernel> kernels,
    List<String> filesystem,
    String label,
    Map<String, String> files,
    Map<String, String> links,
    Map<String, HostProgram> hostPrograms,
    Map<String, FileAttributes> attributes) {
  static final List<String> EXT3 = List.of("-t", "ext3", "-I", "128");

  /** Keeps unmodifiable copies. */
  public StandIn {
    kernels = List.copyOf(kernels);
    filesystem = List.copyOf(filesystem);
    files = Map.copyOf(files);
    links = Map.copyOf(links);
    hostPrograms = Map.copyOf(hostPrograms);
    attributes = Map.copyOf(attributes);
  }

  StandIn(
      String name,
      Release release,
      List<ClaimedKernel> kernels,
      List<String> filesystem,
      String label,
      Map<String, String> files,
      Map<String, String> links,
      Map<String, FileAttributes> attributes) {
    this(name, release, kernels, filesystem, label, files, links, Map.of(), attributes);
  }

  /** What its programs behave like. */
  public enum Release {
    /** Scientific Linux 5: System V init, nash. */
    EL5("redhat", "sysv", "initrd-%s.img"),
    /** Scientific Linux 6: Red Hat's scripts under upstart, dracut. */
    EL6("redhat", "upstart", "initramfs-%s.img"),
    /** Ubuntu 12.04 to 14.04: upstart with mountall, initramfs-tools. */
    UBUNTU("ubuntu", "upstart", "initrd.img-%s");

    final String family;
    final String init;
    private final String initrdPattern;

    Release(String family, String init, String initrdPattern) {
      this.family = family;
      this.init = init;
      this.initrdPattern = initrdPattern;
    }

    /** Where a kernel's initrd is. */
    String initrd(String version) {
      return "/boot/" + initrdPattern.formatted(version);
    }

    /** SELinux is on in Red Hat's systems as they are installed. */
    boolean selinux() {
      return family.equals("redhat");
    }
  }

  /** Scientific Linux 5.9 as CANFAR had it: only a kernel that runs under Xen alone. */
  public static StandIn scientific5XenOnly() {
    return ScientificLinux5.xenOnly();
  }

  /** The same after {@code yum install kernel}, in a domU: an initrd without virtio. */
  public static StandIn scientific5() {
    return ScientificLinux5.withGenericKernel("sl5", Made.WITHOUT_VIRTIO);
  }

  /** The same where mkinitrd looked for Xen's drivers in the kernel and gave up. */
  public static StandIn scientific5WithoutInitrd() {
    return ScientificLinux5.withGenericKernel("sl5-no-initrd", Made.NOT_AT_ALL);
  }

  /**
   * The same with an address of its own, kudzu, a clock that is said to show local time, and
   * services of Xen's.
   */
  public static StandIn scientific5WithServices() {
    return ScientificLinux5.withServices();
  }

  /** Scientific Linux 6 with the root at /dev/xvde, as Xen showed it to EL6. */
  public static StandIn scientific6() {
    return ScientificLinux6.guest("sl6", Made.WITH_VIRTIO);
  }

  /** The same with an initrd that was made without virtio. */
  public static StandIn scientific6WithoutVirtio() {
    return ScientificLinux6.guest("sl6-no-virtio", Made.WITHOUT_VIRTIO);
  }

  /**
   * Ubuntu 12.04 with GRUB 2's menu beside the old one, a console job that was made of tty1's, and
   * /vmlinuz and /initrd.img.
   */
  public static StandIn ubuntu1204() {
    return Ubuntu.precise();
  }

  /** Ubuntu 13.10 on ext4 as it was then, its root by device name and without a label. */
  public static StandIn ubuntu1310() {
    return Ubuntu.saucy();
  }

  /** {@link #scientific5} on 32 bits. */
  public static StandIn scientific5I686() {
    return ScientificLinux5.of32Bits("sl5-i686", Made.WITHOUT_VIRTIO);
  }

  /** {@link #scientific5WithoutInitrd} on 32 bits. */
  public static StandIn scientific5I686WithoutInitrd() {
    return ScientificLinux5.of32Bits("sl5-i686-no-initrd", Made.NOT_AT_ALL);
  }

  /** All of them for which apt need not fetch packages of another architecture. */
  public static List<StandIn> all() {
    return List.of(
        scientific5XenOnly(),
        scientific5(),
        scientific5WithoutInitrd(),
        scientific6(),
        scientific6WithoutVirtio(),
        ubuntu1204(),
        ubuntu1310());
  }

  /**
   * The same guest with one file changed or added: for what a wrong conversion does.
   *
   * @param path absolute
   */
  public StandIn with(String path, String text) {
    Map<String, String> changed = new HashMap<>(files);
    changed.put(path, text);
    return new StandIn(
        name, release, kernels, filesystem, label, changed, links, hostPrograms, attributes);
  }

  /** The same guest with a program changed or added. */
  public StandIn withScript(String path, String text) {
    Map<String, FileAttributes> changed = new HashMap<>(attributes);
    changed.put(path, new FileAttributes(0, 0, 0755));
    return new StandIn(
            name, release, kernels, filesystem, label, files, links, hostPrograms, changed)
        .with(path, text);
  }

  /** The same guest with a symbolic link more. */
  public StandIn withLink(String path, String target) {
    Map<String, String> changed = new HashMap<>(links);
    changed.put(path, target);
    return new StandIn(
        name, release, kernels, filesystem, label, files, changed, hostPrograms, attributes);
  }

  /** The same guest with virtio in every initrd, as {@code mkinitrd --with=virtio_blk} puts it. */
  public StandIn withVirtioInInitrd() {
    List<ClaimedKernel> changed =
        kernels.stream()
            .map(kernel -> new ClaimedKernel(kernel.version(), kernel.config(), Made.WITH_VIRTIO))
            .toList();
    return new StandIn(
        name, release, changed, filesystem, label, files, links, hostPrograms, attributes);
  }

  /**
   * The same guest with real programs, the host's: rpm, which knows the kernels for Xen, and
   * depmod. By their names alone busybox's shell would take its own.
   */
  public StandIn withRpm() {
    return new StandIn(
        name,
        release,
        kernels,
        filesystem,
        label,
        files,
        links,
        Map.of(
            "/bin/rpm",
            new HostProgram("rpm", "rpm"),
            "/sbin/depmod",
            new HostProgram("depmod", "kmod")),
        attributes);
  }

  /** That of its kernels, and so of its programs. */
  Architecture architecture() {
    return kernels.getLast().architecture();
  }

  /** Where the kernel is that was installed last. */
  public String kernel() {
    return "/boot/vmlinuz-" + kernels.getLast().version();
  }

  /** Where that kernel's initrd is. */
  public String initrd() {
    return release.initrd(kernels.getLast().version());
  }

  @Override
  public String toString() {
    return name;
  }
}
