package org.voyageur.verify;

import java.util.List;
import org.voyageur.error.ErrorCode;

/** The causes of a failed boot that can be told from what a guest says, or does not say. */
enum BootCause {
  NO_DEVICE(
      ErrorCode.BOOT_NO_DEVICE,
      "the BIOS finds nothing to boot on the disk",
      "Convert the image with 'voyageur convert', which writes boot code"),
  LOADER_STUCK(
      ErrorCode.BOOT_LOADER_STUCK,
      "the boot loader started and does not get on",
      "Convert the source again; if the boot loader is the guest's own, install it anew"),
  FILE_MISSING(
      ErrorCode.BOOT_FILE_MISSING,
      "the boot loader does not find the kernel or the initrd",
      "Compare /boot/syslinux.cfg with the files in /boot, and convert the source again"),
  ROOT_MOUNT(
      ErrorCode.BOOT_ROOT_NOT_MOUNTED,
      "the kernel cannot mount the root filesystem: it has no driver for the disk or its filesystem",
      "Look at the kernel's drivers with 'voyageur inspect'; give it an initrd that holds virtio_blk"
          + " (under Xen: xen-blkfront) and the filesystem's driver"),
  ROOT_DEVICE(
      ErrorCode.BOOT_ROOT_DEVICE,
      "the initrd waits for a root device that does not come",
      "Look with 'voyageur inspect' whether the initrd holds virtio_blk, and whether root= names"
          + " what the disk is called"),
  WRONG_ROOT(
      ErrorCode.BOOT_WRONG_ROOT,
      "the disk is there, but not under the name that root= gives",
      "Set root= in the boot configuration to LABEL= and the filesystem's label, or to /dev/vda"
          + " (under Xen: /dev/xvda)"),
  MAINTENANCE(
      ErrorCode.BOOT_MAINTENANCE,
      "the boot scripts stopped at a filesystem and wait for someone",
      "Check /etc/fstab for devices that are not there, and the filesystem with e2fsck -f on a copy"),
  NO_INIT(
      ErrorCode.BOOT_NO_INIT,
      "the root filesystem is mounted, but its init cannot be started",
      "Check that /sbin/init exists in the guest and leads to a program that this kernel runs"),
  PANIC(
      ErrorCode.BOOT_PANIC,
      "the kernel gave up",
      "Look at the console before the panic; try another of the guest's kernels"),
  ENCRYPTED(
      ErrorCode.BOOT_ENCRYPTED,
      "the guest asks for the passphrase of an encrypted disk",
      "Remove the encryption inside the guest first, or let someone type the passphrase"),
  WINDOWS(
      ErrorCode.BOOT_WINDOWS,
      "this is a Windows boot loader, and voyageur moves Linux guests",
      "Use virt-v2v for Windows guests"),
  PYGRUB(
      ErrorCode.PYGRUB_STARTS_NOTHING,
      "PyGrub finds nothing that it would start",
      "Look at the file that PyGrub reads first of grub.cfg, extlinux.conf and menu.lst, and at what"
          + " the disk's first sector says of partitions"),
  NOT_XEN(
      ErrorCode.PYGRUB_KERNEL_NOT_PV,
      "the kernel that PyGrub takes cannot run as a paravirtual guest of Xen's",
      "Make an entry for a kernel with CONFIG_XEN_PV the default of the file that PyGrub reads"),
  NO_CONSOLE(
      ErrorCode.BOOT_NO_CONSOLE,
      "the guest is up, but shows no login prompt where one is expected",
      "Check console= in the boot configuration and the getty for it in the guest"),
  NO_NETWORK(
      ErrorCode.BOOT_NO_NETWORK,
      "the guest is up, but not to be reached on the address that DHCP has for it",
      "Check the guest's network configuration: a name or a MAC address that is gone, no virtio_net,"
          + " no DHCP"),
  NO_SSH(
      ErrorCode.BOOT_NO_SSH,
      "the guest is up and on the network, but its SSH server does not answer",
      "Look at the console for what sshd says; check that it starts and no firewall rejects it"),
  TOO_SLOW(
      ErrorCode.BOOT_TOO_SLOW,
      "the guest was still getting on when the time was up",
      "Allow more with --timeout, or boot it on a host with KVM"),
  SILENT(
      ErrorCode.BOOT_SILENT,
      "the guest stands still and does not say why",
      "Look at the screenshot and the console; add 'debug' or remove 'quiet' from the kernel's"
          + " arguments"),
  ENDED(
      ErrorCode.BOOT_ENDED,
      "the guest switched itself off or restarted",
      "Look at the last lines of the console; a kernel that this processor cannot run does so too");

  private final ErrorCode code;
  private final String message;
  private final String remedy;

  BootCause(ErrorCode code, String message, String remedy) {
    this.code = code;
    this.message = message;
    this.remedy = remedy;
  }

  /**
   * This cause in one case.
   *
   * @param detail what the case adds to the message; may be empty
   */
  BootFailure failure(String detail, List<String> evidence) {
    return new BootFailure(
        code, detail.isEmpty() ? message : message + ": " + detail, evidence, remedy);
  }
}
