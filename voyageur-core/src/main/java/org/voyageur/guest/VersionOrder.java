package org.voyageur.guest;

import java.util.Comparator;
import org.voyageur.guest.OperatingSystem.Family;

/** The order of versions by the rules of a distribution's package manager, the older first. */
final class VersionOrder {
  private VersionOrder() {}

  static Comparator<String> of(Family family) {
    return family == Family.DEBIAN ? VersionOrder::compareDebian : VersionOrder::compareRpm;
  }

  /**
   * As deb-version(7) has it: runs of other characters and runs of digits in turn; letters sort
   * before anything else, and a tilde before even the end.
   */
  static int compareDebian(String a, String b) {
    int i = 0;
    int j = 0;
    while (i < a.length() || j < b.length()) {
      while ((i < a.length() && !isDigit(a.charAt(i)))
          || (j < b.length() && !isDigit(b.charAt(j)))) {
        int difference = weight(a, i) - weight(b, j);
        if (difference != 0) {
          return difference;
        }
        i++;
        j++;
      }
      int endA = endOfDigits(a, i);
      int endB = endOfDigits(b, j);
      int difference = compareNumbers(a.substring(i, endA), b.substring(j, endB));
      if (difference != 0) {
        return difference;
      }
      i = endA;
      j = endB;
    }
    return 0;
  }

  private static int weight(String text, int at) {
    if (at >= text.length() || isDigit(text.charAt(at))) {
      return 0;
    }
    char character = text.charAt(at);
    return character == '~' ? -1 : isLetter(character) ? character : character + 256;
  }

  /**
   * As rpmvercmp has it (rpm's manual, "Version comparison"): separators only separate; a run of
   * digits is newer than one of letters; of equal starts the longer is newer; a tilde is older than
   * the end.
   */
  static int compareRpm(String a, String b) {
    int i = 0;
    int j = 0;
    while (true) {
      i = skipSeparators(a, i);
      j = skipSeparators(b, j);
      boolean tildeA = i < a.length() && a.charAt(i) == '~';
      boolean tildeB = j < b.length() && b.charAt(j) == '~';
      if (tildeA || tildeB) {
        if (!(tildeA && tildeB)) {
          return tildeA ? -1 : 1;
        }
        i++;
        j++;
        continue;
      }
      if (i == a.length() || j == b.length()) {
        return Boolean.compare(i < a.length(), j < b.length());
      }
      boolean digits = isDigit(a.charAt(i));
      if (digits != isDigit(b.charAt(j))) {
        return digits ? 1 : -1;
      }
      int endA = digits ? endOfDigits(a, i) : endOfLetters(a, i);
      int endB = digits ? endOfDigits(b, j) : endOfLetters(b, j);
      String partA = a.substring(i, endA);
      String partB = b.substring(j, endB);
      int difference = digits ? compareNumbers(partA, partB) : partA.compareTo(partB);
      if (difference != 0) {
        return difference;
      }
      i = endA;
      j = endB;
    }
  }

  private static int skipSeparators(String text, int from) {
    int at = from;
    while (at < text.length()
        && !isDigit(text.charAt(at))
        && !isLetter(text.charAt(at))
        && text.charAt(at) != '~') {
      at++;
    }
    return at;
  }

  private static int compareNumbers(String a, String b) {
    String shortA = a.replaceFirst("^0+", "");
    String shortB = b.replaceFirst("^0+", "");
    return shortA.length() == shortB.length()
        ? shortA.compareTo(shortB)
        : shortA.length() - shortB.length();
  }

  private static int endOfDigits(String text, int from) {
    int at = from;
    while (at < text.length() && isDigit(text.charAt(at))) {
      at++;
    }
    return at;
  }

  private static int endOfLetters(String text, int from) {
    int at = from;
    while (at < text.length() && isLetter(text.charAt(at))) {
      at++;
    }
    return at;
  }

  private static boolean isDigit(char character) {
    return character >= '0' && character <= '9';
  }

  private static boolean isLetter(char character) {
    return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z');
  }
}
