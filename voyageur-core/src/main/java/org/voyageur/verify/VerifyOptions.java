package org.voyageur.verify;

import java.time.Duration;
import java.util.function.Consumer;

/**
 * How a boot is watched.
 *
 * @param timeout the longest that the boot may take as a whole
 * @param patience the longest that a guest with a login prompt may take with the rest: the prompt
 *     on its other console, the network, its SSH server
 * @param memory the guest's, in MiB
 * @param console is told what the serial console says, as it says it: text without terminal
 *     sequences, with line feeds; called on the operation's thread
 */
public record VerifyOptions(
    Duration timeout, Duration patience, int memory, Consumer<String> console) {
  /** The least with which a kernel of these years unpacks an initrd; and more than hosts have. */
  private static final int LEAST_MEMORY = 64;

  private static final int MOST_MEMORY = 1 << 20;

  /**
   * Checks the figures.
   *
   * @throws IllegalArgumentException for a time that is not positive, or a memory below 64 MiB or
   *     above 1 TiB
   */
  public VerifyOptions {
    if (!timeout.isPositive() || !patience.isPositive()) {
      throw new IllegalArgumentException("not a time to wait: " + timeout + ", " + patience);
    }
    if (memory < LEAST_MEMORY || memory > MOST_MEMORY) {
      throw new IllegalArgumentException("not a memory size in MiB: " + memory);
    }
  }

  /**
   * Five minutes, as QEMU's own emulation takes about ten times as long as KVM, a minute of
   * patience, 1 GiB of memory.
   */
  public static VerifyOptions defaults() {
    return new VerifyOptions(Duration.ofMinutes(5), Duration.ofMinutes(1), 1024, text -> {});
  }
}
