package org.voyageur.files;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * An edit as Perl and sed write it: {@code s/REGEX/REPLACEMENT/}, on each line by itself, with the
 * flags {@code g} (every match of a line) and {@code i} (in any case). Any character may stand for
 * the slash; expression and replacement are those of {@link Pattern} and {@link Matcher}, so groups
 * are {@code $1}. The other bytes of a file stay as they are.
 */
public final class Substitution {
  private final Pattern pattern;
  private final String replacement;
  private final boolean everyMatch;

  private Substitution(Pattern pattern, String replacement, boolean everyMatch) {
    this.pattern = pattern;
    this.replacement = replacement;
    this.everyMatch = everyMatch;
  }

  /**
   * Reads an expression.
   *
   * @throws IllegalArgumentException if it is none, with a message that says why
   */
  public static Substitution parse(String expression) {
    if (expression.length() < 2 || expression.charAt(0) != 's') {
      throw new IllegalArgumentException("'" + expression + "' is not s/REGEX/REPLACEMENT/");
    }
    // A character of a file is a byte, so that what is not text stays as it is.
    String bytes = new String(expression.getBytes(UTF_8), ISO_8859_1);
    char slash = bytes.charAt(1);
    int middle = end(bytes, 2, slash);
    int last = middle < 0 ? -1 : end(bytes, middle + 1, slash);
    if (slash == '\\' || Character.isLetterOrDigit(slash) || last < 0) {
      throw new IllegalArgumentException("'" + expression + "' is not s/REGEX/REPLACEMENT/");
    }
    String flags = bytes.substring(last + 1);
    if (!flags.matches("[gi]*")) {
      throw new IllegalArgumentException("'" + flags + "' has other flags than g and i");
    }
    String quoted = "\\" + slash;
    String replacement = bytes.substring(middle + 1, last).replace(quoted, "" + slash);
    try {
      Pattern pattern =
          Pattern.compile(
              bytes.substring(2, middle).replace(quoted, "" + slash),
              Pattern.UNIX_LINES | (flags.contains("i") ? Pattern.CASE_INSENSITIVE : 0));
      return new Substitution(pattern, replacement, flags.contains("g"));
    } catch (PatternSyntaxException e) {
      throw new IllegalArgumentException("'" + expression + "': " + e.getDescription(), e);
    }
  }

  private static int end(String text, int from, char slash) {
    for (int i = from; i < text.length(); i++) {
      if (text.charAt(i) == '\\') {
        i++;
      } else if (text.charAt(i) == slash) {
        return i;
      }
    }
    return -1;
  }

  /** The content with the replacements made. */
  public byte[] apply(byte[] content) {
    StringBuilder result = new StringBuilder(content.length);
    String text = new String(content, ISO_8859_1);
    int at = 0;
    while (at < text.length()) {
      int feed = text.indexOf('\n', at);
      int end = feed < 0 ? text.length() : feed;
      Matcher matcher = pattern.matcher(text.substring(at, end));
      result.append(
          everyMatch ? matcher.replaceAll(replacement) : matcher.replaceFirst(replacement));
      if (feed >= 0) {
        result.append('\n');
      }
      at = end + 1;
    }
    return result.toString().getBytes(ISO_8859_1);
  }
}
