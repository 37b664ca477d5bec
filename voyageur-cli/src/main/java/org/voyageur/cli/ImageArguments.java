package org.voyageur.cli;

import java.nio.file.Path;
import picocli.CommandLine.Parameters;

/** Which image a command is about, and how it is opened. */
@SuppressWarnings("NullAway.Init") // picocli sets the fields.
final class ImageArguments extends SourceOptions {
  /** What the image is called in usage texts. */
  static final String IMAGE = "IMAGE";

  @Parameters(
      index = "0",
      paramLabel = IMAGE,
      description = "The disk image: raw, raw.gz, qcow2, vmdk, vhd, vhdx or vdi.")
  private Path image;

  Path image() {
    return image;
  }
}
