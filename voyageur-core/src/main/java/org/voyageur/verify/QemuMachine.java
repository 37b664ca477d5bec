package org.voyageur.verify;

/** Placeholder. */
public final class QemuMachine {
  private QemuMachine() {}
}
