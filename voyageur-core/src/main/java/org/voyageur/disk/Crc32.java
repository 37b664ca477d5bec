package org.voyageur.disk;

/** gzip's checksum (RFC 1952, 8) of zeros that nobody has to look at. */
final class Crc32 {
  /** The generator polynomial; as everywhere here, the lowest power is the highest bit. */
  private static final int POLYNOMIAL = 0xedb88320;

  private static final int ONE = 0x80000000;
  private static final int X_TO_THE_8 = ONE >>> 8;

  private Crc32() {}

  /**
   * The checksum of some data with zeros behind them. A zero byte multiplies what is divided by x^8
   * (RFC 1952 inverts it before and after).
   *
   * @param crc the data's
   * @param count of the zeros, 0 or more
   */
  static int afterZeros(int crc, long count) {
    int power = ONE;
    int square = X_TO_THE_8;
    for (long bits = count; bits != 0; bits >>>= 1) {
      if ((bits & 1) != 0) {
        power = product(power, square);
      }
      square = product(square, square);
    }
    return ~product(~crc, power);
  }

  /** The product modulo the polynomial. */
  private static int product(int a, int b) {
    int sum = 0;
    int shifted = b;
    for (int bits = a; bits != 0; bits <<= 1) {
      if (bits < 0) {
        sum ^= shifted;
      }
      shifted = (shifted >>> 1) ^ ((shifted & 1) != 0 ? POLYNOMIAL : 0);
    }
    return sum;
  }
}
