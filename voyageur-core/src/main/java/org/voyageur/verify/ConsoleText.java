package org.voyageur.verify;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Makes plain lines of what a guest writes to a terminal. Text comes in pieces, and a sequence may
 * begin in one piece and end in the next.
 */
final class ConsoleText {
  /**
   * ECMA-48: control sequences (5.4), strings such as a window's title (5.6), and other escape
   * sequences (ECMA-35, 13.2).
   */
  private static final Pattern SEQUENCE =
      Pattern.compile(
          "\u001b\\[[0-?]*[ -/]*[@-~]"
              + "|\u001b\\][^\u0007\u001b]{0,256}(?:\u0007|\u001b\\\\)"
              + "|\u001b[ -/]*[0-~]");

  /** What may become a sequence, or a line's end, with the next piece. */
  private static final Pattern UNFINISHED =
      Pattern.compile("(?:\u001b(?:\\[[0-?]{0,32}[ -/]{0,8}|\\][^\u0007\u001b]{0,256})?|\r)\\z");

  private static final Pattern CONTROL = Pattern.compile("[\\x00-\\x08\\x0b-\\x1f\\x7f]");

  private String held = "";

  /** What a piece adds: no control characters of ASCII but line feeds and tabs. */
  String accept(String piece) {
    String text = held + piece;
    Matcher unfinished = UNFINISHED.matcher(text);
    int end = unfinished.find() ? unfinished.start() : text.length();
    held = text.substring(end);
    String plain = SEQUENCE.matcher(text.substring(0, end)).replaceAll("");
    // A carriage return alone starts the line anew, which as text is a line of its own.
    return CONTROL.matcher(plain.replaceAll("\r+\n?", "\n")).replaceAll("");
  }
}
