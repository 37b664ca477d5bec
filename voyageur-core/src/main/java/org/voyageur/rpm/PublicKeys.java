package org.voyageur.rpm;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.DSAPublicKeySpec;
import java.security.spec.RSAPublicKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.stream.Collectors;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;

/**
 * The public keys of a distribution, such as {@code RPM-GPG-KEY-sl}, which its packages' signatures
 * are checked with: RSA and DSA keys of version 4, signatures of version 3 and 4 (RFC 4880). That a
 * key has expired or was revoked is not looked at, as rpm does not either.
 */
public final class PublicKeys {
  /** Such files have a few KiB. */
  public static final int LARGEST = 1 << 20;

  /** Nobody's. */
  static final PublicKeys NONE = new PublicKeys(List.of());

  private static final String BEGIN = "-----BEGIN PGP PUBLIC KEY BLOCK-----";

  /** Distributions have a few; a hostile file of a guest's may hold any number. */
  private static final int MOST_KEYS = 1000;

  /** Twice what anybody has; what is done with a number grows with its third power. */
  private static final int LONGEST_NUMBER = 16384;

  // Tags of the signature header: over the header alone, which holds the digest of each file.
  private static final int HEADER_DSA = 267;
  private static final int HEADER_RSA = 268;

  // Packets (RFC 4880, 4.3).
  private static final int SIGNATURE = 2;
  private static final int PUBLIC_KEY = 6;
  private static final int PUBLIC_SUBKEY = 14;

  // Algorithms (RFC 4880, 9.1).
  private static final int RSA = 1;
  private static final int RSA_SIGN_ONLY = 3;
  private static final int DSA = 17;

  /** SHA-1 is broken for collisions, but it is what el5's packages are signed with. */
  private static final Map<Integer, String> HASHES =
      Map.of(2, "SHA1", 8, "SHA256", 9, "SHA384", 10, "SHA512", 11, "SHA224");

  private final List<Known> keys;

  private PublicKeys(List<Known> keys) {
    this.keys = List.copyOf(keys);
  }

  /**
   * A key.
   *
   * @param owner whose it is, for people
   */
  private record Known(long id, PublicKey key, String owner) {}

  /**
   * Reads keys as {@code gpg --export} writes them, with or without {@code --armor}.
   *
   * @throws VoyageurException PACKAGE_SIGNATURE if there are none
   */
  public static PublicKeys read(Path path) {
    List<Known> keys;
    try {
      if (Files.size(path) > LARGEST) {
        throw new IOException("it has more than " + LARGEST + " bytes");
      }
      keys = keys(Files.readAllBytes(path), "the key in " + path);
    } catch (IOException
        | GeneralSecurityException
        | BufferUnderflowException
        | IllegalArgumentException
        | IndexOutOfBoundsException e) {
      throw noKey(path, "cannot be read: " + e.getMessage());
    }
    if (keys.isEmpty()) {
      throw noKey(path, "holds no RSA or DSA key");
    }
    return new PublicKeys(keys);
  }

  /**
   * Those in files of a guest's; what is no key is passed over.
   *
   * @param files by their paths
   */
  public static PublicKeys ofGuest(SequencedMap<String, byte[]> files) {
    List<Known> all = new ArrayList<>();
    files.forEach((path, file) -> {
      try {
        all.addAll(keys(file, "a key of the guest's (" + path + ")"));
      } catch (GeneralSecurityException
          | BufferUnderflowException
          | IllegalArgumentException
          | IndexOutOfBoundsException e) {
        // No key of anybody's: the package is told to be unchecked then.
      }
    });
    return new PublicKeys(all.subList(0, Math.min(all.size(), MOST_KEYS)));
  }

  /** Whether keys are as text, which alone the rpm and yum of el5 take. */
  public static boolean isArmoured(byte[] file) {
    return new String(file, ISO_8859_1).contains(BEGIN);
  }

  private static List<Known> keys(byte[] file, String owner) throws GeneralSecurityException {
    List<Known> keys = new ArrayList<>();
    ByteBuffer packets = ByteBuffer.wrap(binary(file));
    while (packets.hasRemaining() && keys.size() < MOST_KEYS) {
      Packet packet = Packet.read(packets);
      if ((packet.tag() == PUBLIC_KEY || packet.tag() == PUBLIC_SUBKEY)
          && packet.body().get(0) == 4) {
        key(packet.body().duplicate())
            .ifPresent(key -> keys.add(new Known(id(packet.body()), key, owner)));
      }
    }
    return keys;
  }

  private static VoyageurException noKey(Path path, String found) {
    return new VoyageurException(
        ErrorCode.PACKAGE_SIGNATURE,
        "the key " + path + " " + found,
        "Name the distribution's public key, such as /etc/pki/rpm-gpg/RPM-GPG-KEY-sl of a guest");
  }

  /**
   * What these keys say of a package's signature.
   *
   * @throws VoyageurException PACKAGE_SIGNATURE if it is wrong
   */
  RpmSignature check(Path rpm, RpmHeader signatures, RpmHeader header) {
    try {
      Optional<byte[]> bytes = signatures.binary(HEADER_RSA).or(() -> dsa(signatures));
      if (bytes.isEmpty()) {
        return new RpmSignature.Missing();
      }
      Packet packet = Packet.read(ByteBuffer.wrap(bytes.get()));
      if (packet.tag() != SIGNATURE) {
        throw wrong(rpm, "has something else where its signature must be");
      }
      Signed signed = Signed.parse(packet.body());
      List<Known> candidates = keys.stream().filter(key -> key.id() == signed.key()).toList();
      if (candidates.isEmpty()) {
        return new RpmSignature.Unchecked(hex(signed.key()));
      }
      for (Known candidate : candidates) {
        if (isBy(candidate.key(), signed, header)) {
          return new RpmSignature.Good(hex(signed.key()), candidate.owner());
        }
      }
      throw wrong(rpm, "has a wrong signature, by " + candidates.getFirst().owner());
    } catch (IOException
        | GeneralSecurityException
        | BufferUnderflowException
        | IllegalArgumentException
        | IndexOutOfBoundsException e) {
      throw wrong(rpm, "has a signature that cannot be read: " + e.getMessage());
    }
  }

  private static boolean isBy(PublicKey key, Signed signed, RpmHeader header)
      throws GeneralSecurityException {
    Signature verifier = Signature.getInstance(signed.hashName() + "with" + key.getAlgorithm());
    verifier.initVerify(key);
    verifier.update(header.bytes());
    verifier.update(signed.trailer());
    return verifier.verify(signed.signature(key));
  }

  /**
   * The same where it must be right, by one of these keys.
   *
   * @throws VoyageurException PACKAGE_SIGNATURE if it is not
   */
  RpmSignature demand(Path rpm, RpmHeader signatures, RpmHeader header) {
    RpmSignature signature = check(rpm, signatures, header);
    return switch (signature) {
      case RpmSignature.Good good -> good;
      case RpmSignature.Missing _ -> throw wrong(rpm, "has no signature");
      case RpmSignature.Unchecked(String key) ->
          throw wrong(
              rpm,
              "is signed with the key %s, and %s is %s"
                  .formatted(
                      key,
                      keys.getFirst().owner(),
                      keys.stream()
                          .map(known -> hex(known.id()))
                          .sorted()
                          .collect(Collectors.joining(", "))));
    };
  }

  private static String hex(long id) {
    return HexFormat.of().toHexDigits(id);
  }

  private static Optional<byte[]> dsa(RpmHeader signatures) {
    try {
      return signatures.binary(HEADER_DSA);
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static VoyageurException wrong(Path rpm, String found) {
    return new VoyageurException(
        ErrorCode.PACKAGE_SIGNATURE,
        "the package " + rpm + " " + found,
        "Fetch it again from the distribution's own repository, and name that one's key");
  }

  /** Without its armour (RFC 4880, 6.2), if it has one; a file may have one block after another. */
  private static byte[] binary(byte[] file) {
    String text = new String(file, ISO_8859_1).replace("\r", "");
    int start = text.indexOf(BEGIN);
    if (start < 0) {
      return file;
    }
    ByteArrayOutputStream packets = new ByteArrayOutputStream();
    while (start >= 0) {
      int blank = text.indexOf("\n\n", start);
      int end = text.indexOf("\n-----END", blank);
      if (blank < 0 || end < 0) {
        throw new IllegalArgumentException("its armour has no end");
      }
      // "=CRC" on a line of its own stands before the end; Base64 itself shows what is damaged.
      int checksum = text.indexOf("\n=", blank);
      packets.writeBytes(
          Base64.getMimeDecoder()
              .decode(text.substring(blank, checksum < 0 ? end : Math.min(checksum, end))));
      start = text.indexOf(BEGIN, end);
    }
    return packets.toByteArray();
  }

  /** RFC 4880, 12.2. */
  private static long id(ByteBuffer body) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-1");
      digest.update((byte) 0x99);
      digest.update((byte) (body.limit() >> 8));
      digest.update((byte) body.limit());
      digest.update(body.duplicate().rewind());
      return ByteBuffer.wrap(digest.digest()).getLong(12);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e); // SHA-1 is in every Java.
    }
  }

  private static Optional<PublicKey> key(ByteBuffer body) throws GeneralSecurityException {
    body.position(5); // the version and the time
    int algorithm = body.get();
    return switch (algorithm) {
      case RSA, RSA_SIGN_ONLY -> {
        BigInteger modulus = number(body);
        yield Optional.of(
            KeyFactory.getInstance("RSA")
                .generatePublic(new RSAPublicKeySpec(modulus, number(body))));
      }
      case DSA -> {
        BigInteger p = number(body);
        BigInteger q = number(body);
        BigInteger g = number(body);
        yield Optional.of(
            KeyFactory.getInstance("DSA")
                .generatePublic(new DSAPublicKeySpec(number(body), p, q, g)));
      }
      default -> Optional.empty();
    };
  }

  /** A multiprecision integer (RFC 4880, 3.2). */
  private static BigInteger number(ByteBuffer from) {
    int bits = Short.toUnsignedInt(from.getShort());
    if (bits > LONGEST_NUMBER) {
      throw new IllegalArgumentException("it has a number of " + bits + " bits");
    }
    byte[] bytes = new byte[(bits + 7) / 8];
    from.get(bytes);
    return new BigInteger(1, bytes);
  }

  private record Packet(int tag, ByteBuffer body) {
    static Packet read(ByteBuffer from) {
      int first = Byte.toUnsignedInt(from.get());
      int tag;
      int length;
      if ((first & 0xC0) == 0xC0) {
        tag = first & 0x3F;
        int octet = Byte.toUnsignedInt(from.get());
        length =
            octet < 192
                ? octet
                : octet < 224
                    ? ((octet - 192) << 8) + Byte.toUnsignedInt(from.get()) + 192
                    : octet == 255 ? from.getInt() : -1;
      } else if ((first & 0xC0) == 0x80) {
        tag = first >> 2 & 0xF;
        length =
            switch (first & 3) {
              case 0 -> Byte.toUnsignedInt(from.get());
              case 1 -> Short.toUnsignedInt(from.getShort());
              case 2 -> from.getInt();
              default -> -1;
            };
      } else {
        throw new IllegalArgumentException("it is not in OpenPGP's format");
      }
      if (length <= 0 || length > from.remaining()) {
        throw new IllegalArgumentException("a packet of it is cut off");
      }
      ByteBuffer body = from.slice(from.position(), length);
      from.position(from.position() + length);
      return new Packet(tag, body);
    }
  }

  /**
   * A signature.
   *
   * @param trailer what is hashed behind the signed bytes
   * @param numbers behind the last field: one of RSA, two of DSA
   */
  private record Signed(long key, int hash, byte[] trailer, ByteBuffer numbers) {
    static Signed parse(ByteBuffer body) {
      int version = body.get(0);
      int hash;
      long key;
      byte[] trailer;
      switch (version) {
        case 3 -> {
          trailer = new byte[5];
          body.get(2, trailer);
          key = body.getLong(7);
          hash = body.get(16);
          body.position(19);
        }
        case 4 -> {
          hash = body.get(3);
          int hashed = 6 + Short.toUnsignedInt(body.getShort(4));
          int unhashed = Short.toUnsignedInt(body.getShort(hashed));
          trailer = new byte[hashed + 6];
          body.get(0, trailer, 0, hashed);
          ByteBuffer.wrap(trailer, hashed, 6).put((byte) 4).put((byte) 0xFF).putInt(hashed);
          key =
              issuer(body.slice(6, hashed - 6))
                  .or(() -> issuer(body.slice(hashed + 2, unhashed)))
                  .orElseThrow(() -> new IllegalArgumentException("it does not say whose it is"));
          body.position(hashed + 2 + unhashed + 2);
        }
        default -> throw new IllegalArgumentException("it is of version " + version);
      }
      return new Signed(key, hash, trailer, body.slice());
    }

    String hashName() {
      String name = HASHES.get(hash);
      if (name == null) {
        throw new IllegalArgumentException("it uses the hash algorithm " + hash);
      }
      return name;
    }

    /** The issuer's subpacket (RFC 4880, 5.2.3.5), or that of its fingerprint. */
    private static Optional<Long> issuer(ByteBuffer subpackets) {
      while (subpackets.hasRemaining()) {
        int octet = Byte.toUnsignedInt(subpackets.get());
        int length =
            octet < 192
                ? octet
                : octet < 255
                    ? ((octet - 192) << 8) + Byte.toUnsignedInt(subpackets.get()) + 192
                    : subpackets.getInt();
        int start = subpackets.position();
        int type = subpackets.get(start) & 0x7F;
        if (type == 16 && length == 9) {
          return Optional.of(subpackets.getLong(start + 1));
        }
        if (type == 33 && length == 22) {
          return Optional.of(subpackets.getLong(start + 14));
        }
        subpackets.position(start + length);
      }
      return Optional.empty();
    }

    /** As Java takes it. */
    byte[] signature(PublicKey key) {
      ByteBuffer from = numbers.duplicate();
      if (key instanceof RSAPublicKey rsa) {
        byte[] bytes = number(from).toByteArray();
        byte[] padded = new byte[(rsa.getModulus().bitLength() + 7) / 8];
        int skip = Math.max(0, bytes.length - padded.length);
        System.arraycopy(
            bytes, skip, padded, padded.length - bytes.length + skip, bytes.length - skip);
        return padded;
      }
      byte[] r = number(from).toByteArray();
      byte[] s = number(from).toByteArray();
      // SEQUENCE of two INTEGERs; of DSA both have at most 33 bytes.
      return ByteBuffer.allocate(6 + r.length + s.length)
          .put((byte) 0x30)
          .put((byte) (4 + r.length + s.length))
          .put((byte) 2)
          .put((byte) r.length)
          .put(r)
          .put((byte) 2)
          .put((byte) s.length)
          .put(s)
          .array();
    }
  }
}
