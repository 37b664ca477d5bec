package org.voyageur.verify;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.List;
import java.util.Optional;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;

/**
 * A real Xen in QEMU's emulation: the hypervisor, a Debian as its dom0, and one paravirtual guest,
 * started by xl and PyGrub as on any Xen host. {@code scripts/xen-lab.sh} prepares it.
 */
public final class XenLab {
  /** The same as in scripts/xen-lab.sh. */
  private static final String STAMP = "1";

  private static final String SCRIPT = "scripts/xen-lab.sh";

  /** In MiB: dom0's, and the hypervisor's own with what QEMU's BIOS takes away. */
  private static final int DOM0_MEMORY = 640;

  private static final int XEN_MEMORY = 384;

  /**
   * Without SMAP, as QEMU's emulation before 9.1 reads IRET's frame with the kernel's rights from
   * ring 3, in which dom0's kernel runs: it dies at once. Without RDTSCP, LA57 and PKU, which Xen
   * and that emulation do not agree on.
   */
  private static final String CPU = "max,-smap,-la57,-pku,-rdtscp";

  /** Where the guest's console is written, in the machine's directory. */
  static final String GUEST_CONSOLE = "guest";

  /** Where it is prepared. */
  private final Path directory;

  private XenLab(Path directory) {
    this.directory = directory;
  }

  /** Where it is. */
  @Override
  public String toString() {
    return directory.toString();
  }

  /** The prepared lab; empty if there is none, or one of another version. */
  public static Optional<XenLab> find() {
    String cache =
        Optional.ofNullable(System.getenv("XDG_CACHE_HOME"))
            .filter(path -> path.startsWith("/"))
            .orElseGet(() -> System.getProperty("user.home") + "/.cache");
    Path directory = Path.of(cache, "voyageur", "xen-lab");
    try {
      return Files.readString(directory.resolve("stamp")).strip().equals(STAMP)
          ? Optional.of(new XenLab(directory))
          : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /**
   * The prepared lab.
   *
   * @throws VoyageurException HOST_XEN_LAB with the command that prepares it
   */
  public static XenLab require() {
    return find()
        .orElseThrow(() ->
            new VoyageurException(
                ErrorCode.HOST_XEN_LAB,
                "a boot under Xen needs the Xen lab, which is not prepared",
                "Prepare it, once, which takes a minute: " + command()));
  }

  /** The command that prepares it. */
  public static String command() {
    CodeSource code = XenLab.class.getProtectionDomain().getCodeSource();
    try {
      for (Path path = code == null ? null : Path.of(code.getLocation().toURI());
          path != null;
          path = path.getParent()) {
        if (Files.isExecutable(path.resolve(SCRIPT))) {
          return path.resolve(SCRIPT).toString();
        }
      }
    } catch (URISyntaxException e) {
      // Not from a checkout, then.
    }
    return SCRIPT + ", in a checkout of voyageur";
  }

  /**
   * Starts it with a guest. The serial line is Xen's and dom0's, and the file {@link
   * #GUEST_CONSOLE} the guest's.
   *
   * @param driver the image's format as QEMU names it
   * @param disk what the guest's disk is called, such as {@code xvda}, or {@code xvda1} for one
   *     without partitions
   * @param memory the guest's, in MiB
   */
  QemuMachine start(Path image, String driver, String disk, int memory) {
    return QemuMachine.launch(
        true,
        files ->
            List.of(
                "-accel",
                "tcg,thread=multi",
                "-cpu",
                CPU,
                "-m",
                Integer.toString(DOM0_MEMORY + XEN_MEMORY + memory),
                "-vga",
                "none",
                "-device",
                "virtio-serial-pci",
                "-chardev",
                "file,id=guest,path=" + QemuMachine.optionValue(files.resolve(GUEST_CONSOLE)),
                "-device",
                "virtserialport,chardev=guest,name=guest.console",
                // In this order: dom0 knows them as vda and vdb.
                "-drive",
                "if=virtio,format=raw,readonly=on,file="
                    + QemuMachine.optionValue(directory.resolve("dom0.img")),
                "-drive",
                "if=virtio," + QemuMachine.throwAway(image, driver),
                "-kernel",
                directory.resolve("xen").toString(),
                "-append",
                // With lazy switching of the FPU, Xen's choice here, the emulation lets a guest see
                // another's XMM registers (measured: its programs die now and then).
                ("console=com1 com1=115200,8n1 dom0_mem=%1$dM,max:%1$dM dom0_max_vcpus=1"
                        + " loglvl=warning guest_loglvl=warning spec-ctrl=no,eager-fpu=1 xpti=off")
                    .formatted(DOM0_MEMORY),
                "-initrd",
                // No comma in dom0's arguments: it would end them.
                ("%s console=hvc0 quiet net.ifnames=0 mitigations=off random.trust_cpu=on"
                        + " lab.memory=%d lab.disk=%s,%s")
                    .formatted(
                        QemuMachine.optionValue(directory.resolve("vmlinuz")),
                        memory,
                        disk,
                        QemuMachine.optionValue(directory.resolve("initrd.img")))));
  }
}
