package org.voyageur.cli;

import java.io.PrintWriter;
import java.util.function.Consumer;

/** Prints what a guest says while it says it, made fit for a terminal. */
final class LiveConsole implements Consumer<String> {
  private final PrintWriter out;

  LiveConsole(PrintWriter out) {
    this.out = out;
  }

  @Override
  public void accept(String text) {
    out.print(Printable.lines(text));
    out.flush();
  }
}
