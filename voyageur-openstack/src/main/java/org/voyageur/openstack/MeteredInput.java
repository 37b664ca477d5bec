package org.voyageur.openstack;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** Counts and digests what is read, and keeps the failure that the HTTP client hides. */
final class MeteredInput extends FilterInputStream {
  private final MessageDigest sha256 = digest("SHA-256");
  private final MessageDigest sha512 = digest("SHA-512");
  private final LongConsumer progress;
  private volatile long count;
  private volatile @Nullable IOException failure;

  MeteredInput(InputStream in, LongConsumer progress) {
    super(in);
    this.progress = progress;
  }

  static MessageDigest digest(String algorithm) {
    try {
      return MessageDigest.getInstance(algorithm);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Java has " + algorithm, e);
    }
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  @SuppressWarnings("NonAtomicVolatileUpdate") // One thread reads; others look how far it is.
  public int read(byte[] into, int offset, int length) throws IOException {
    try {
      int n = in.read(into, offset, length);
      if (n > 0) {
        sha256.update(into, offset, n);
        sha512.update(into, offset, n);
        count += n;
        progress.accept(count);
      }
      return n;
    } catch (IOException e) {
      failure = e;
      throw e;
    }
  }

  @Override
  public boolean markSupported() {
    return false;
  }

  long count() {
    return count;
  }

  @Nullable IOException failure() {
    return failure;
  }

  /** Of everything that was read; to be asked once, at the end. */
  Digests digests() {
    HexFormat hex = HexFormat.of();
    return new Digests(hex.formatHex(sha256.digest()), hex.formatHex(sha512.digest()));
  }

  /** In hexadecimal. */
  record Digests(String sha256, String sha512) {}
}
