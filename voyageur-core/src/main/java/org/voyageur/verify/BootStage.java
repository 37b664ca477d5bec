package org.voyageur.verify;

import java.util.Locale;

/** How far a boot has come, in the order in which a guest goes through. */
public enum BootStage {
  /** The BIOS runs; under Xen, the hypervisor and its dom0. */
  FIRMWARE,
  /**
   * The BIOS has started what the disk's first sector holds, and that has said something; under
   * Xen, PyGrub has taken a kernel.
   */
  BOOT_LOADER,
  /** The kernel runs. */
  KERNEL,
  /** Programs of the initrd run. */
  INITRD,
  /** The root filesystem is mounted. */
  ROOT_MOUNTED,
  /** The guest's own init runs from it. */
  INIT,
  /** A login prompt shows, on the serial console or on the screen. */
  LOGIN_PROMPT,
  /** The SSH server has answered with its version. */
  SSH;

  /** The name in JSON and in messages, such as {@code boot-loader}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
