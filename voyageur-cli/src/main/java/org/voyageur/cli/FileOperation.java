package org.voyageur.cli;

import org.voyageur.error.VoyageurException;
import org.voyageur.filesystem.GuestFilesystem;

/** What is done with a guest's files: a command of its own, or a line of a script. */
interface FileOperation {
  /** Whether it may change the guest. */
  boolean changes();

  /** Does it. What goes wrong is thrown, and then nothing is written to the image. */
  void run(GuestFilesystem filesystem, FileResults results);

  /** Told that nothing came of it; what to tell the operator. */
  default VoyageurException failed(VoyageurException failure) {
    return failure;
  }
}
