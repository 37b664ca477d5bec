package org.voyageur.plan;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * Passwords as crypt(3) of glibc keeps them. SHA-512 by Ulrich Drepper's "Unix crypt using SHA-256
 * and SHA-512" (2008), which glibc has from 2.7 on; MD5 by FreeBSD's crypt-md5, which all have.
 */
enum CryptHash {
  SHA512("SHA-512", "$6$", 16, 5000),
  MD5("MD5", "$1$", 8, 1000);

  private static final String ALPHABET =
      "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

  private final String algorithm;
  private final String prefix;
  private final int saltLength;
  private final int rounds;

  CryptHash(String algorithm, String prefix, int saltLength, int rounds) {
    this.algorithm = algorithm;
    this.prefix = prefix;
    this.saltLength = saltLength;
    this.rounds = rounds;
  }

  /** The digest's name. */
  String algorithm() {
    return algorithm;
  }

  /** What hashes of its kind begin with. */
  String prefix() {
    return prefix;
  }

  /**
   * The field of shadow(5).
   *
   * @param text at least 16 characters of {@code [A-Za-z0-9./]}; as many are used as it takes
   */
  String hash(String password, String text) {
    String salt = text.substring(0, saltLength);
    byte[] p = password.getBytes(UTF_8);
    byte[] s = salt.getBytes(US_ASCII);
    byte[] digest =
        switch (this) {
          case SHA512 -> sha512(p, s);
          case MD5 -> md5(p, s);
        };
    return prefix + salt + "$" + encoded(digest);
  }

  /** Whether a field of shadow(5) is this password's, with a salt as long as ours are. */
  boolean isOf(String password, String field) {
    int end = prefix.length() + saltLength;
    return field.startsWith(prefix)
        && field.length() > end
        && field.charAt(end) == '$'
        && field.substring(prefix.length(), end).matches("[A-Za-z0-9./]+")
        && field.equals(hash(password, field.substring(prefix.length(), end)));
  }

  private byte[] sha512(byte[] password, byte[] salt) {
    MessageDigest sha = digest();
    byte[] both = digest(password, salt, password);
    sha.update(password);
    sha.update(salt);
    sha.update(repeated(both, password.length));
    for (int bits = password.length; bits > 0; bits >>= 1) {
      sha.update((bits & 1) == 1 ? both : password);
    }
    byte[] first = sha.digest();
    for (int i = 0; i < password.length; i++) {
      sha.update(password);
    }
    byte[] passwords = repeated(sha.digest(), password.length);
    for (int i = 0; i < 16 + (first[0] & 0xff); i++) {
      sha.update(salt);
    }
    return stretched(first, passwords, repeated(sha.digest(), salt.length));
  }

  private byte[] md5(byte[] password, byte[] salt) {
    MessageDigest md5 = digest();
    md5.update(password);
    md5.update(prefix.getBytes(US_ASCII));
    md5.update(salt);
    md5.update(repeated(digest(password, salt, password), password.length));
    for (int bits = password.length; bits > 0; bits >>= 1) {
      md5.update((bits & 1) == 1 ? 0 : password[0]);
    }
    return stretched(md5.digest(), password, salt);
  }

  /** What makes trying passwords slow; the same in both. */
  private byte[] stretched(byte[] first, byte[] password, byte[] salt) {
    MessageDigest digest = digest();
    byte[] last = first;
    for (int i = 0; i < rounds; i++) {
      boolean odd = (i & 1) == 1;
      digest.update(odd ? password : last);
      if (i % 3 != 0) {
        digest.update(salt);
      }
      if (i % 7 != 0) {
        digest.update(password);
      }
      digest.update(odd ? last : password);
      last = digest.digest();
    }
    return last;
  }

  /** Base 64 of a kind of its own, three bytes from far apart at a time. */
  private String encoded(byte[] digest) {
    StringBuilder text = new StringBuilder();
    switch (this) {
      case SHA512 -> {
        int a = 0;
        int b = 21;
        int c = 42;
        for (int i = 0; i < 21; i++) {
          append(text, digest[a], digest[b], digest[c], 4);
          int next = b + 1;
          b = c + 1;
          c = a + 1;
          a = next;
        }
        append(text, (byte) 0, (byte) 0, digest[63], 2);
      }
      case MD5 -> {
        for (int i = 0; i < 5; i++) {
          append(text, digest[i], digest[i + 6], digest[i == 4 ? 5 : i + 12], 4);
        }
        append(text, (byte) 0, (byte) 0, digest[11], 2);
      }
    }
    return text.toString();
  }

  private static void append(StringBuilder text, byte high, byte middle, byte low, int characters) {
    int bits = (high & 0xff) << 16 | (middle & 0xff) << 8 | (low & 0xff);
    for (int i = 0; i < characters; i++) {
      text.append(ALPHABET.charAt(bits & 63));
      bits >>= 6;
    }
  }

  private byte[] digest(byte[]... parts) {
    MessageDigest digest = digest();
    for (byte[] part : parts) {
      digest.update(part);
    }
    return digest.digest();
  }

  private static byte[] repeated(byte[] bytes, int length) {
    byte[] repeated = new byte[length];
    for (int i = 0; i < length; i += bytes.length) {
      System.arraycopy(bytes, 0, repeated, i, Math.min(bytes.length, length - i));
    }
    return repeated;
  }

  private MessageDigest digest() {
    try {
      return MessageDigest.getInstance(algorithm);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // Every JDK has both.
    }
  }
}
