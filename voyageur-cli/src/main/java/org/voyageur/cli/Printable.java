package org.voyageur.cli;

/** Makes text that comes out of a guest safe to print: it may hold a terminal's control codes. */
final class Printable {
  private Printable() {}

  static String text(String text) {
    StringBuilder printable = new StringBuilder();
    text.codePoints()
        .forEach(character -> {
          if (character == '\n' || character == '\t' || !Character.isISOControl(character)) {
            printable.appendCodePoint(character);
          } else {
            printable.append(String.format("\\x%02x", character));
          }
        });
    return printable.toString();
  }

  /** The text of a guest's file, a character a byte, as the UTF-8 that it mostly is. */
  static String file(String text) {
    return text(
        new String(
            text.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1),
            java.nio.charset.StandardCharsets.UTF_8));
  }

  /** A size in bytes, as people say it. */
  static String size(long bytes) {
    if (bytes < 1024) {
      return bytes + " B";
    }
    double value = bytes;
    int unit = -1;
    while (value >= 1024 && unit < 4) {
      value /= 1024;
      unit++;
    }
    return String.format(java.util.Locale.ROOT, "%.1f %ciB", value, "KMGTP".charAt(unit));
  }
}
