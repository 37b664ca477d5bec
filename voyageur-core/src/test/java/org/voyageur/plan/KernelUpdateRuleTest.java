package org.voyageur.plan;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.voyageur.boot.InitrdSupplement;
import org.voyageur.boot.SyslinuxConfig;
import org.voyageur.filesystem.FileType;
import org.voyageur.guest.Guest;
import org.voyageur.guest.GuestFile;
import org.voyageur.guest.Kernel;

/** Runs the script that goes into guests, on a directory that stands for a guest's root. */
class KernelUpdateRuleTest {
  @TempDir Path root;

  @ParameterizedTest
  @CsvSource({"dash", "bash", "busybox"})
  void theScriptWritesWhatTheConversionWrote(String shell) throws Exception {
    Path program = Path.of("/bin", shell);
    Assumptions.assumeTrue(Files.exists(program), () -> shell + " is not installed here");
    for (Guest guest : StandIns.all()) {
      if (BootableKernels.of(guest).isEmpty()) {
        continue;
      }
      Path scratch = Files.createDirectory(root.resolve(guest.operatingSystem().version()));
      String written = unpack(guest, scratch);
      run(shell, scratch, "postinst.d", guest.kernels().getFirst().version());
      assertThat(configuration(scratch))
          .as(guest.operatingSystem().productName())
          .isEqualTo(written);
    }
  }

  @Test
  void aNewKernelBecomesTheDefaultAndARemovedOneIsForgotten() throws Exception {
    unpack(StandIns.scientific6(), root);
    String added = "2.6.32-504.el6.x86_64";
    Files.createFile(root.resolve("boot/vmlinuz-" + added));
    Files.createFile(root.resolve("boot/initramfs-" + added + ".img"));
    run("dash", root, "postinst.d", added);
    SyslinuxConfig after = SyslinuxConfig.parse(configuration(root));
    assertThat(after.entries())
        .extracting(SyslinuxConfig.Entry::label)
        .containsExactly("linux", added, "2.6.32-431.11.2.el6.x86_64", "2.6.32-431.el6.x86_64");
    assertThat(after.entry("linux").orElseThrow().commandLine())
        .isEqualTo(
            "BOOT_IMAGE=/boot/vmlinuz-2.6.32-504.el6.x86_64 ro rd_NO_LUKS rd_NO_MD"
                + " LANG=en_US.UTF-8 crashkernel=auto quiet root=LABEL=/ console=tty0"
                + " console=ttyS0,115200n8 initrd=/boot/initramfs-2.6.32-504.el6.x86_64.img");

    run("dash", root, "prerm.d", added);
    assertThat(SyslinuxConfig.parse(configuration(root)).entry("linux").orElseThrow().linux())
        .isEqualTo("/boot/vmlinuz-2.6.32-431.11.2.el6.x86_64");
  }

  @Test
  void aKernelWithoutASupplementFollowsOneWithIt() throws Exception {
    unpack(StandIns.withArguments(StandIns.scientific5(), "ro init=/sbin/init single"), root);
    Files.createFile(root.resolve("boot/vmlinuz-2.6.18-412.el5"));
    Files.createFile(root.resolve("boot/initrd-2.6.18-412.el5.img"));
    run("dash", root, "postinst.d", "2.6.18-412.el5");
    SyslinuxConfig after = SyslinuxConfig.parse(configuration(root));
    assertThat(after.entry("linux").orElseThrow().append())
        .isEqualTo("init=/sbin/init ro single root=LABEL=/ console=tty0 console=ttyS0,115200n8");
    assertThat(after.entry("2.6.18-398.el5").orElseThrow().append())
        .startsWith("init=/sbin/init rdinit=/voyageur/init ro single ");
    assertThat(after.onError()).isEmpty();
    assertThat(after.entry("safe")).isEmpty();
  }

  @Test
  void withoutAnyKernelTheConfigurationStays() throws Exception {
    String written = unpack(StandIns.scientific6(), root);
    for (Kernel kernel : StandIns.scientific6().kernels()) {
      Files.delete(root.resolve(kernel.image().substring(1)));
    }
    run("dash", root, "postinst.d", "x");
    assertThat(configuration(root)).isEqualTo(written);
    assertThat(root.resolve("boot/syslinux.cfg.new")).doesNotExist();
  }

  @Test
  void debianAndRedHat6CallItAndRedHat5DoesNot() {
    assertThat(hooks(StandIns.ubuntu1204()))
        .containsExactly(
            "/etc/kernel/postinst.d/zzz-voyageur", "/etc/kernel/postrm.d/zzz-voyageur");
    assertThat(hooks(StandIns.scientific6()))
        .containsExactly("/etc/kernel/postinst.d/voyageur", "/etc/kernel/prerm.d/voyageur");
    assertThat(hooks(StandIns.scientific5())).isEmpty();
    assertThat(Planner.plan(StandIns.scientific5(), Target.KVM).notes())
        .anyMatch(note -> note.startsWith("Later kernel updates are not followed"));
  }

  private static List<String> hooks(Guest guest) {
    return new KernelUpdateRule()
        .changes(guest, Target.KVM).stream()
            .map(change -> ((Change.CreateFile) change).path())
            .toList();
  }

  /** The files that the script looks at; returns the configuration that the conversion writes. */
  private static String unpack(Guest guest, Path scratch) throws IOException {
    Files.createDirectories(scratch.resolve("boot"));
    Guest after = Planner.after(guest, Planner.plan(guest, Target.KVM).changes());
    for (Kernel kernel : guest.kernels()) {
      Files.createFile(scratch.resolve(kernel.image().substring(1)));
      Files.createFile(scratch.resolve(kernel.initrd().orElseThrow().substring(1)));
      Files.writeString(
          scratch.resolve(kernel.config().orElseThrow().substring(1)),
          (kernel.kvm() ? "" : "CONFIG_X86_64_XEN=y\n") + "CONFIG_VIRTIO_BLK=m\n");
      if (!kernel.supplement().isEmpty()) {
        Files.createFile(scratch.resolve(InitrdSupplement.path(kernel.version()).substring(1)));
      }
    }
    for (GuestFile file : after.files().byPath().values()) {
      if (file.type() == FileType.SYMBOLIC_LINK && file.path().lastIndexOf('/') == 0) {
        Files.createSymbolicLink(scratch.resolve(file.path().substring(1)), Path.of(file.text()));
      }
    }
    String written = after.files().get("/boot/syslinux.cfg").map(GuestFile::text).orElseThrow();
    Files.writeString(scratch.resolve("boot/syslinux.cfg"), written);
    return written;
  }

  private static String configuration(Path scratch) throws IOException {
    return Files.readString(scratch.resolve("boot/syslinux.cfg"));
  }

  private static void run(String shell, Path scratch, String directory, String version)
      throws Exception {
    String text =
        ((Change.CreateFile)
                new KernelUpdateRule().changes(StandIns.ubuntu1204(), Target.KVM).getFirst())
            .file()
            .text();
    assertThat(text).contains("\nroot=\n");
    Path script = Files.createDirectories(scratch.resolve(directory)).resolve("voyageur");
    Files.writeString(script, text.replace("\nroot=\n", "\nroot='" + scratch + "'\n"));
    List<String> interpreter = shell.equals("busybox") ? List.of("busybox", "sh") : List.of(shell);
    Process process =
        new ProcessBuilder(
                Stream.concat(interpreter.stream(), List.of(script.toString(), version).stream())
                    .toList())
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), ISO_8859_1);
    assertThat(process.waitFor()).as(output).isZero();
    assertThat(output).isEmpty();
  }
}
