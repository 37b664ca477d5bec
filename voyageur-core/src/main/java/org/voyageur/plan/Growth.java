package org.voyageur.plan;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How large a disk is to be.
 *
 * @param bytes its size, or what it gains
 * @param relative whether {@code bytes} is what it gains
 */
public record Growth(long bytes, boolean relative) {
  private static final Pattern TEXT = Pattern.compile("(\\+?)(\\d{1,15})([KMGT]?)");

  /**
   * Reads {@code 20G} or {@code +5G}; K, M, G and T are powers of 1024, no letter is bytes.
   *
   * @return empty if it is not written so, is 0, or is above 2^62
   */
  public static Optional<Growth> parse(String text) {
    Matcher matcher = TEXT.matcher(text);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    long number = Long.parseLong(matcher.group(2));
    int shift = matcher.group(3).isEmpty() ? 0 : 10 * ("KMGT".indexOf(matcher.group(3)) + 1);
    return number == 0 || number > 1L << (62 - shift)
        ? Optional.empty()
        : Optional.of(new Growth(number << shift, !matcher.group(1).isEmpty()));
  }

  /** The size that a disk of this size is to get, in whole MiB, which every format has. */
  long from(long size) {
    long wanted = relative ? Math.addExact(size, bytes) : bytes;
    return Math.ceilDiv(wanted, 1L << 20) << 20;
  }
}
