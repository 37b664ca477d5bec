package org.voyageur.cli;

import java.util.ArrayList;
import java.util.List;

/**
 * Takes a line apart as a shell does: words between blanks; single quotes keep everything, double
 * quotes all but a backslash before {@code "} or {@code \}; a {@code #} that begins a word ends the
 * line. A backslash stays before a wildcard, which it takes the meaning from.
 */
final class Words {
  private static final String WILDCARDS = "*?[\\";

  private final String line;
  private final List<String> words = new ArrayList<>();
  private int at;

  private Words(String line) {
    this.line = line;
  }

  /**
   * The words of a line.
   *
   * @throws IllegalArgumentException if a quote is not closed
   */
  static List<String> of(String line) {
    Words words = new Words(line);
    words.read();
    return words.words;
  }

  private void read() {
    while (true) {
      while (at < line.length() && Character.isWhitespace(line.charAt(at))) {
        at++;
      }
      if (at == line.length() || line.charAt(at) == '#') {
        return;
      }
      words.add(word());
    }
  }

  private String word() {
    StringBuilder word = new StringBuilder();
    while (at < line.length() && !Character.isWhitespace(line.charAt(at))) {
      char c = line.charAt(at++);
      switch (c) {
        case '\'' -> word.append(until('\'', false));
        case '"' -> word.append(until('"', true));
        case '\\' -> {
          if (at < line.length()) {
            if (WILDCARDS.indexOf(line.charAt(at)) >= 0) {
              word.append(c);
            }
            word.append(line.charAt(at++));
          }
        }
        default -> word.append(c);
      }
    }
    return word.toString();
  }

  private String until(char quote, boolean escapes) {
    StringBuilder text = new StringBuilder();
    while (at < line.length()) {
      char c = line.charAt(at++);
      if (c == quote) {
        return text.toString();
      }
      boolean escaped = escapes && c == '\\' && at < line.length();
      if (escaped && "\"\\".indexOf(line.charAt(at)) >= 0) {
        text.append(line.charAt(at++));
      } else {
        text.append(c);
      }
    }
    throw new IllegalArgumentException("a quote " + quote + " is not closed");
  }
}
