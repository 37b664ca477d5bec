package org.voyageur.files;

/**
 * A pattern for a name: POSIX.1-2017, Shell and Utilities, 2.13, but for character classes and
 * their like. A match takes at most the product of both lengths in steps, however hostile the name.
 */
final class Glob {
  private final String pattern;

  Glob(String pattern) {
    this.pattern = pattern;
  }

  static boolean hasWildcards(String pattern) {
    for (int i = 0; i < pattern.length(); i++) {
      switch (pattern.charAt(i)) {
        case '*', '?', '[' -> {
          return true;
        }
        case '\\' -> i++;
        default -> {}
      }
    }
    return false;
  }

  /** The name that a pattern without wildcards means. */
  static String literal(String pattern) {
    StringBuilder name = new StringBuilder(pattern.length());
    for (int i = 0; i < pattern.length(); i++) {
      if (pattern.charAt(i) == '\\' && i + 1 < pattern.length()) {
        i++;
      }
      name.append(pattern.charAt(i));
    }
    return name.toString();
  }

  /** Whether it matches a name; one that begins with a dot must be asked for with a dot. */
  boolean matches(String name) {
    if (name.startsWith(".") && !pattern.startsWith(".") && !pattern.startsWith("\\.")) {
      return false;
    }
    int at = 0;
    int in = 0;
    // Where to go on if it does not match: the last star takes one character more.
    int star = -1;
    int starIn = 0;
    while (in < name.length()) {
      if (at < pattern.length() && pattern.charAt(at) == '*') {
        star = at++;
        starIn = in;
      } else if (at < pattern.length() && matchesOne(at, name.charAt(in))) {
        at = next(at);
        in++;
      } else if (star >= 0) {
        at = star + 1;
        in = ++starIn;
      } else {
        return false;
      }
    }
    while (at < pattern.length() && pattern.charAt(at) == '*') {
      at++;
    }
    return at == pattern.length();
  }

  private boolean matchesOne(int at, char c) {
    return switch (pattern.charAt(at)) {
      case '?' -> true;
      case '[' -> bracketEnd(at) < 0 ? c == '[' : inBracket(at, bracketEnd(at), c);
      case '\\' -> c == pattern.charAt(Math.min(at + 1, pattern.length() - 1));
      default -> c == pattern.charAt(at);
    };
  }

  private int next(int at) {
    return switch (pattern.charAt(at)) {
      case '[' -> bracketEnd(at) < 0 ? at + 1 : bracketEnd(at) + 1;
      case '\\' -> Math.min(at + 2, pattern.length());
      default -> at + 1;
    };
  }

  /** Where the {@code ]} is; one that comes first is a member. Negative if there is none. */
  private int bracketEnd(int start) {
    return pattern.indexOf(']', (isNegated(start) ? start + 2 : start + 1) + 1);
  }

  private boolean isNegated(int start) {
    return start + 1 < pattern.length() && "!^".indexOf(pattern.charAt(start + 1)) >= 0;
  }

  private boolean inBracket(int start, int end, char c) {
    boolean negated = isNegated(start);
    for (int i = negated ? start + 2 : start + 1; i < end; i++) {
      char from = pattern.charAt(i);
      boolean isRange = i + 2 < end && pattern.charAt(i + 1) == '-';
      char to = isRange ? pattern.charAt(i + 2) : from;
      if (from <= c && c <= to) {
        return !negated;
      }
      i = isRange ? i + 2 : i;
    }
    return negated;
  }
}
