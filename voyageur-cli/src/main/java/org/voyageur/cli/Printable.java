package org.voyageur.cli;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Makes text from a guest fit to be printed: its bytes are whatever the guest chose. */
final class Printable {
  private Printable() {}

  /** One line: every control character is escaped, line ends included. */
  static String line(String text) {
    return escape(decoded(text), false);
  }

  /** Several lines: line feeds and tabs stay. */
  static String lines(String text) {
    return escape(decoded(text), true);
  }

  /**
   * Text of a guest's file holds a byte in each character; where those bytes are UTF-8, they are
   * read as such.
   */
  static String decoded(String text) {
    if (text.chars().allMatch(c -> c < 0x80) || text.chars().anyMatch(c -> c > 0xFF)) {
      return text;
    }
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1)))
          .toString();
    } catch (CharacterCodingException e) {
      return text;
    }
  }

  private static String escape(String text, boolean keepLines) {
    if (text.chars().allMatch(c -> c >= ' ' && c < 0x7F)) {
      return text;
    }
    StringBuilder escaped = new StringBuilder(text.length() + 16);
    text.codePoints()
        .forEach(c -> {
          if (!isDangerous(c) || (keepLines && (c == '\n' || c == '\t'))) {
            escaped.appendCodePoint(c);
          } else if (c < 0x100 || isByte(c)) {
            escaped.append(String.format("\\x%02x", c & 0xff));
          } else {
            escaped.append(String.format("\\u{%x}", c));
          }
        });
    return escaped.toString();
  }

  /**
   * In a file's name, a byte that is not UTF-8: {@link org.voyageur.filesystem.GuestFilesystem}.
   */
  private static boolean isByte(int codePoint) {
    return codePoint >= 0xdc80 && codePoint <= 0xdcff;
  }

  /**
   * Controls start terminal sequences; format characters reorder or hide what is read (Unicode's
   * technical report 36, 3.1); surrogates and unassigned ones print as anything.
   */
  private static boolean isDangerous(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED ->
          true;
      default -> false;
    };
  }
}
