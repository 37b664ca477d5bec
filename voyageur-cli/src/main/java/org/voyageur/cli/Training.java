package org.voyageur.cli;

/**
 * What the build trains the AOT cache on (docs/adr/0006-aot-cache.md): a look at an image, told as
 * text, and its conversion in place, told as JSON.
 */
final class Training {
  private Training() {}

  /**
   * Trains.
   *
   * @param arguments the image
   */
  static void main(String[] arguments) {
    Console console = Console.ofProcess();
    Cli.run(console, "inspect", arguments[0]);
    Cli.run(console, "convert", "--in-place", "--to=kvm", "--json", arguments[0]);
  }
}
