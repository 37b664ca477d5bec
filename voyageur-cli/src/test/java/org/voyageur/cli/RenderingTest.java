package org.voyageur.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.voyageur.convert.Conversion;
import org.voyageur.convert.Inspection;
import org.voyageur.disk.ImageFormat;

/** What people read, word for word. */
class RenderingTest {
  @Test
  void anInspectionInSections() {
    assertThat(InspectionText.of(Samples.inspection(), Paint.OFF))
        .isEqualTo(
            """
            Image
              file          megapipe.img.gz (raw.gz)
              disk          10.0 GiB, one ext3 filesystem on the whole of it, no partition table

            System
              product       Scientific Linux release 5.9 (Boron)
              distribution  scientific 5.9, x86_64
              init          sysv

            Filesystem
              type          ext3, label /, UUID 0b09f67c-856d-4123-a032-84cb7c46c1e7
              size          10.0 GiB: 1.0 GiB used, 9.0 GiB free
              state         clean
              features      has_journal filetype

            Kernels
              VERSION            XEN PV  KVM  VIRTIO_BLK    VIRTIO_NET     FILES
              2.6.18-398.el5     no      yes  only on disk  nowhere        /boot/vmlinuz-2.6.18-398.el5 /boot/initrd-2.6.18-398.el5.img
              2.6.18-348.el5xen  yes     no   built in      in the initrd  /boot/vmlinuz-2.6.18-348.el5xen, no initrd

            PyGrub starts
              entry         SL, in /boot/grub/menu.lst
              kernel        /boot/vmlinuz-2.6.18-348.el5xen
              initrd        /boot/initrd.img
              arguments     ro root=LABEL=/ console=xvc0

            fstab
              LINE  DEVICE     MOUNT POINT  TYPE  WILL IT EXIST?
              1     /dev/xvde  /            ext3  yes, the root filesystem
              2     /dev/sdb   /staging     ext3  no
              3     proc       /proc        proc  yes, not a disk

            Consoles
              login on      xvc0
              root on       none

            Network
              eth0          dhcp, in /etc/sysconfig/network-scripts/ifcfg-eth0
              pinned        /etc/sysconfig/network-scripts/ifcfg-eth0:3: HWADDR=00:16:3E:00:00:01

            Xen leftovers
              a getty runs on Xen's console xvc0

            Findings
              obstacle  VOY-GUEST-003  kernel 2.6.18-348.el5xen runs only under Xen
                                       -> Install another
                                       -> Or give its package
              warning   VOY-GUEST-009  /etc/fstab mounts /dev/sdb
                                       -> The line is changed
              info      VOY-GUEST-011  ifcfg-eth0 line 3
                                       -> Removed
            """);
  }

  @Test
  void aPlanAsDiffsWithTheirReasons() {
    assertThat(PlanText.of(Samples.planned(), Paint.OFF))
        .isEqualTo(
            """
            To boot megapipe.img.gz on KVM:
              Scientific Linux release 5.9 (Boron)
              13 changes

            1. Replay the journal
              It was not shut down

            2. Label the filesystem /
              Nothing else names it
              from: none
              to: /

            3. Edit /etc/fstab
              Does not depend on the hypervisor
            --- /etc/fstab
            +++ /etc/fstab
            @@ -1 +1 @@
            -/dev/xvde / ext3 defaults 1 1
            +LABEL=/ / ext3 defaults 1 1

            4. Remove /etc/pinned.rules
              Other hardware
            --- /etc/pinned.rules
            +++ /dev/null
            @@ -1 +0,0 @@
            -mac

            5. Create /etc/one
              Updates are followed
              mode 0644, owner 0:0
            --- /dev/null
            +++ /etc/one
            @@ -0,0 +1 @@
            +hook

            6. Create /etc/two
              Updates are followed
              mode 0644, owner 0:0
              the same text as in 5

            7. Create /etc/link
              By another name
              a link to /etc/one

            8. Unpack kernel-2.6.18-400.el5.x86_64
              There is no kernel for KVM
              from: kernel.rpm
              files: 1, 2.0 MiB
              the package itself: /etc/voyageur/kernels/kernel.rpm, 1.0 MiB
              sha256: 0123
              signed by: 0123456789abcdef, the key in sl.key

            9. Write the tables of /lib/modules/2.6.18-400.el5
              As depmod does
              modules.dep

            10. Write an initrd, /boot/initrd-2.6.18-400.el5.img
              As mkinitrd does
              for kernel 2.6.18-400.el5, x86_64
              loads /lib/modules/virtio.ko

            11. Write a second initrd, /boot/voyageur.cpio
              The initrd lacks the drivers
              for kernel 2.6.18-398.el5, x86_64
              loads /lib/modules/virtio.ko

            12. Fill the holes of /boot/vmlinuz
              SYSLINUX reads no holes

            13. Install SYSLINUX on the disk and in /boot
              There is no boot loader
              sector 0: a loader of 440 bytes; sector 1: SYSLINUX's boot record of 512 bytes
              the first partition entry marked invalid, so that the disk still counts as one filesystem
              /boot/ldlinux.sys and ldlinux.c32

            Notes
              - Keeps booting
            """);
  }

  @Test
  void obstaclesInsteadOfAPlanThatCannotBeCarriedOut() {
    String expected =
        """
        megapipe.img.gz: cannot be converted: 1 obstacle
          obstacle  VOY-GUEST-003  kernel 2.6.18-348.el5xen runs only under Xen
                                   -> Install another
                                   -> Or give its package
        """;
    assertThat(PlanText.of(Samples.impossible(), Paint.OFF)).isEqualTo(expected);
    assertThat(
            ConversionText.of(
                new Conversion.Refused(Samples.impossible()), 1, Optional.empty(), Paint.OFF))
        .isEqualTo(expected);
  }

  @Test
  void aConversionWithTheCommandThatBootsIt() {
    assertThat(
            ConversionText.of(
                Samples.converted("mega pipe,1.qcow2"),
                12_340_000_000L,
                Optional.empty(),
                Paint.OFF))
        .isEqualTo(
            """
            Converted: mega pipe,1.qcow2
              system        Scientific Linux release 5.9 (Boron)
              format        qcow2
              size          10.0 GiB, of which 812.0 MiB were written
              changes       13, read back and checked
              time          12.3 s

            Notes
              - Keeps booting

            Boot it
              qemu-system-x86_64 -m 1024 -nographic -nic user,model=virtio-net-pci -drive if=virtio,format=qcow2,file='mega pipe,,1.qcow2'
            """);
  }

  @Test
  void aServerThatDidNotComeUp() {
    assertThat(LaunchText.of(Samples.launched(), Paint.OFF))
        .isEqualTo(
            """
            Does not come up: mega\\x1bpipe
              server        92677ae8
              image         3f0a5a0c
              flavor        m1.small (2048 MiB of memory, 20 GiB of disk)
              addresses     10.0.0.5
              time          52.3 s, of which 4.2 s until the server was ACTIVE
              dashboard     https://cloud.example.org/horizon/project/instances/92677ae8/

            Stages
              kernel  6.4 s  Linux version 2.6.32-431.el6

            Cause
              VOY-BOOT-005  the initrd waits for a root device that does not come
              -> Look with 'voyageur inspect'

            What the guest said
              | dracut Warning: No root device found

            Notes
              - Worth knowing

            To delete the server
              openstack server delete 92677ae8
            """);
  }

  @Test
  void whatAGuestSaysNeverControlsTheTerminal() {
    Inspection hostile =
        new Inspection(
            Path.of("x\u001b]0;title\u0007"), ImageFormat.RAW, Samples.guest("\u001b[2J\u009b\n"));
    assertThat(InspectionText.of(hostile, Paint.OFF).replace("\n", ""))
        .matches("[ -~]*")
        .contains("(\\x1b[2J\\x9b\\x0a)");
  }

  @Test
  void coloursCarryNoMeaningOfTheirOwn() {
    String coloured = PlanText.of(Samples.planned(), Paint.ON);
    assertThat(coloured).contains("\u001b[31m-/dev/xvde").contains("\u001b[32m+LABEL=/");
    assertThat(coloured.replaceAll("\u001b\\[[0-9]+m", ""))
        .isEqualTo(PlanText.of(Samples.planned(), Paint.OFF));
  }
}
