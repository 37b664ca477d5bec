package org.voyageur.cli;

/** Which version this is, as the build wrote it down. */
final class Version {
  static final String NAME = Resource.text("version.txt").strip();

  private Version() {}
}
