package org.voyageur.guest;

import java.math.BigInteger;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * How PyGrub takes a line apart: a directive ends at the first blank, or at an equals sign in front
 * of it. What is white space and what is a number is Python's decision.
 */
final class PyGrubWords {
  private static final Pattern NUMBER = Pattern.compile("[+-]?\\d+(?:_\\d+)*");

  private PyGrubWords() {}

  /** A directive and its value, which is empty where there is none. */
  record Directive(String name, String value) {}

  static Directive directive(String line) {
    int equals = line.indexOf('=');
    int blank = firstOf(line, ' ', '\t');
    if (equals >= 0 && (blank < 0 || equals < blank)) {
      return new Directive(line.substring(0, equals), line.substring(equals + 1));
    }
    return firstWord(line);
  }

  /** The first word, and what stands behind it. */
  static Directive firstWord(String line) {
    String text = stripStart(line);
    for (int i = 0; i < text.length(); i++) {
      if (isSpace(text.charAt(i))) {
        return new Directive(text.substring(0, i), stripStart(text.substring(i)));
      }
    }
    return new Directive(text, "");
  }

  /**
   * A kernel and its arguments: tabs alone do not part them, beside a blank they do.
   *
   * @throws MenuException if there is a blank, but only one word
   */
  static Directive kernel(String value) {
    if (value.indexOf(' ') < 0) {
      return new Directive(value, "");
    }
    Directive kernel = firstWord(value);
    if (kernel.value().isEmpty()) {
      throw new MenuException("PyGrub cannot take '" + value + "' apart");
    }
    return kernel;
  }

  private static int firstOf(String line, char one, char other) {
    int first = line.indexOf(one);
    int second = line.indexOf(other);
    return first < 0 || second < 0 ? Math.max(first, second) : Math.min(first, second);
  }

  static String strip(String text) {
    String tail = stripStart(text);
    int end = tail.length();
    while (end > 0 && isSpace(tail.charAt(end - 1))) {
      end--;
    }
    return tail.substring(0, end);
  }

  private static String stripStart(String text) {
    int start = 0;
    while (start < text.length() && isSpace(text.charAt(start))) {
      start++;
    }
    return text.substring(start);
  }

  /** str.isspace of Python 3; of bytes, which Python 2 sees, it takes the first six alone. */
  private static boolean isSpace(char c) {
    return (c >= '\t' && c <= '\r')
        || c == ' '
        || (c >= 0x1c && c <= 0x1f)
        || c == 0x85
        || Character.isSpaceChar(c);
  }

  /** A whole number, however large; empty where Python's int() raises an error. */
  static Optional<BigInteger> number(String text) {
    String digits = strip(text);
    return NUMBER.matcher(digits).matches()
        ? Optional.of(new BigInteger(digits.replace("_", "").replaceFirst("^\\+", "")))
        : Optional.empty();
  }
}
