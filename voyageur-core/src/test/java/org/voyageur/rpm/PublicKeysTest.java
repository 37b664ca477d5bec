package org.voyageur.rpm;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.Signature;
import java.security.interfaces.DSAPublicKey;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;

/** Keys and signatures of the real gpg and rpmsign. */
class PublicKeysTest {
  @TempDir private Path directory;
  private Gpg gpg;

  @BeforeEach
  void prepare() throws Exception {
    gpg = new Gpg();
  }

  @AfterEach
  void endTheAgent() throws Exception {
    gpg.close();
  }

  private Path export(String name, String... options) throws Exception {
    return gpg.export(directory.resolve(name + options.length + ".key"), name, options);
  }

  @ParameterizedTest
  @CsvSource({"rsa2048, sha256", "rsa2048, sha1", "dsa1024, sha1", "dsa2048, sha256"})
  void aSignatureOfGpgIsRecognisedWithEachFormOfTheKey(String algorithm, String digest)
      throws Exception {
    gpg.generate("maker", algorithm);
    Path rpm = Rpms.one(directory);
    gpg.sign(rpm, "maker", digest);
    String known = gpg.list();
    for (Path key : new Path[] {export("maker"), export("maker", "--armor")}) {
      String id = signer(rpm, key);
      assertThat(known).contains(":" + id.toUpperCase(Locale.ROOT) + ":");
    }
  }

  @Test
  void anotherKeyNoSignatureAndAChangedHeaderAreRefused() throws Exception {
    gpg.generate("maker", "rsa2048");
    gpg.generate("other", "rsa2048");
    Path rpm = Rpms.one(directory);
    mustBeRefused(rpm, export("maker"), "has no signature");
    gpg.sign(rpm, "maker", "sha256");
    mustBeRefused(rpm, export("other"), "is signed with the key");
    // The digests are mended, as whoever changes a package would: here of another header.
    byte[] signed = Files.readAllBytes(rpm);
    int name = new String(signed, ISO_8859_1).lastIndexOf("small");
    signed[name] ^= 1;
    Path changed = Files.write(directory.resolve("changed.rpm"), signed);
    mustBeRefused(changed, export("maker"), "has a wrong signature");
  }

  /** {@code cat RPM-GPG-KEY-* >FILE}, as people do it. */
  @Test
  void everyKeyOfAFileCounts() throws Exception {
    gpg.generate("first", "rsa2048");
    gpg.generate("second", "rsa2048");
    Path rpm = Rpms.one(directory);
    gpg.sign(rpm, "second", "sha256");
    String both =
        Files.readString(export("first", "--armor"))
            + "some text\r\n"
            + Files.readString(export("second", "--armor")).replace("\n", "\r\n");
    Path file = Files.writeString(directory.resolve("both.key"), both);
    assertThat(signer(rpm, file)).isNotEmpty();
    String cut = both.substring(0, both.lastIndexOf("-----END"));
    mustBeRefused(rpm, Files.writeString(file, cut), "its armour has no end");
  }

  @Test
  void keysOfAGuestSayWhoseTheSignatureIsOrThatNobodyKnows() throws Exception {
    gpg.generate("maker", "rsa2048");
    gpg.generate("other", "rsa2048");
    Path rpm = Rpms.one(directory);
    byte[] key = Files.readAllBytes(export("maker", "--armor"));
    assertThat(ofGuest(rpm, "/a", key)).isEqualTo(new RpmSignature.Missing());
    gpg.sign(rpm, "maker", "sha256");
    assertThat(ofGuest(rpm, "/a", key))
        .isInstanceOfSatisfying(
            RpmSignature.Good.class,
            good -> assertThat(good.owner()).isEqualTo("a key of the guest's (/a)"));
    assertThat(ofGuest(rpm, "/a", Files.readAllBytes(export("other", "--armor"))))
        .isInstanceOf(RpmSignature.Unchecked.class);

    // What is no key stands in the way of none, and does not take long.
    SequencedMap<String, byte[]> hostile = new LinkedHashMap<>();
    hostile.put("/text", "text".getBytes(US_ASCII));
    hostile.put(
        "/armour", "-----BEGIN PGP PUBLIC KEY BLOCK-----".repeat(25_000).getBytes(US_ASCII));
    hostile.put("/number", packet(0x99, new byte[] {4, 0, 0, 0, 0, 1, -1, -1, 1}));
    hostile.put("/cut", Arrays.copyOf(key, key.length / 2));
    ByteArrayOutputStream many = new ByteArrayOutputStream();
    for (int i = 0; i < 100_000; i++) {
      many.writeBytes(packet(0x99, new byte[] {4, 0, 0, 0, 0, 99}));
    }
    hostile.put("/many", many.toByteArray());
    hostile.put("/good", key);
    assertThat(
            RpmPackage.read(rpm, Optional.empty(), (_, _) -> {})
                .checkedWith(PublicKeys.ofGuest(hostile)))
        .extracting(RpmPackage::signature)
        .isInstanceOf(RpmSignature.Good.class);
  }

  @Test
  void aWrongSignatureByAKeyOfAGuestsIsRefused() throws Exception {
    gpg.generate("maker", "rsa2048");
    Path rpm = Rpms.one(directory);
    gpg.sign(rpm, "maker", "sha256");
    byte[] changed = Files.readAllBytes(rpm);
    int name = new String(changed, ISO_8859_1).lastIndexOf("small");
    changed[name] ^= 1;
    byte[] key = Files.readAllBytes(export("maker"));
    RpmPackage before = RpmPackage.read(rpm, Optional.empty(), (_, _) -> {});
    Files.write(rpm, changed);
    assertThatThrownBy(() -> before.checkedWith(keys("/a", key)))
        .hasMessageContaining("has a wrong signature, by a key of the guest's (/a)")
        .isInstanceOf(VoyageurException.class);
  }

  private static RpmSignature ofGuest(Path rpm, String path, byte[] key) {
    return RpmPackage.read(rpm, Optional.empty(), (_, _) -> {})
        .checkedWith(keys(path, key))
        .signature();
  }

  private static PublicKeys keys(String path, byte[] key) {
    return PublicKeys.ofGuest(new LinkedHashMap<>(Map.of(path, key)));
  }

  /** rpm 4.4 and gpg of that age sign so; no gpg of today writes version 3 any more. */
  @Test
  void aSignatureOfVersion3AsEl5sPackagesHaveItIsChecked() throws Exception {
    byte[] rpm = Files.readAllBytes(Rpms.one(directory));
    int start = RpmPackageTest.header(rpm);
    ByteBuffer header = ByteBuffer.wrap(rpm, start, rpm.length - start).slice();
    byte[] signed = new byte[16 + 16 * header.getInt(8) + header.getInt(12)];
    header.get(signed);

    KeyPairGenerator generator = KeyPairGenerator.getInstance("DSA");
    generator.initialize(1024);
    KeyPair pair = generator.generateKeyPair();
    DSAPublicKey key = (DSAPublicKey) pair.getPublic();
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    body.writeBytes(new byte[] {4, 0, 0, 0, 0, 17});
    for (BigInteger number :
        List.of(
            key.getParams().getP(), key.getParams().getQ(), key.getParams().getG(), key.getY())) {
      body.writeBytes(multiprecision(number));
    }
    byte[] keyPacket = packet(0x99, body.toByteArray());
    Path keyFile = Files.write(directory.resolve("dsa.key"), keyPacket);
    byte[] id = Arrays.copyOfRange(MessageDigest.getInstance("SHA-1").digest(keyPacket), 12, 20);

    Signature signer = Signature.getInstance("SHA1withDSA");
    signer.initSign(pair.getPrivate());
    signer.update(signed);
    signer.update(new byte[] {0, 1, 2, 3, 4}); // the type and the time
    byte[] der = signer.sign(); // 30 LENGTH 02 LENGTH r 02 LENGTH s
    int r = der[3];
    ByteArrayOutputStream signature = new ByteArrayOutputStream();
    signature.writeBytes(new byte[] {3, 5, 0, 1, 2, 3, 4});
    signature.writeBytes(id);
    signature.writeBytes(new byte[] {17, 2, 0, 0});
    signature.writeBytes(multiprecision(new BigInteger(1, Arrays.copyOfRange(der, 4, 4 + r))));
    signature.writeBytes(
        multiprecision(new BigInteger(1, Arrays.copyOfRange(der, 6 + r, der.length))));

    byte[] md5 =
        MessageDigest.getInstance("MD5").digest(Arrays.copyOfRange(rpm, start, rpm.length));
    byte[] packet = packet(0x89, signature.toByteArray());
    Path old = directory.resolve("v3.rpm");
    Files.write(old, RpmPackageTest.withSignatures(rpm, Map.of(1004, md5, 267, packet)));
    assertThat(signer(old, keyFile)).isEqualTo(HexFormat.of().formatHex(id));

    packet[packet.length - 1] ^= 1;
    Files.write(old, RpmPackageTest.withSignatures(rpm, Map.of(1004, md5, 267, packet)));
    mustBeRefused(old, keyFile, "has a wrong signature");
  }

  private static byte[] multiprecision(BigInteger number) {
    byte[] bytes = number.toByteArray();
    int skip = bytes[0] == 0 ? 1 : 0;
    return ByteBuffer.allocate(2 + bytes.length - skip)
        .putShort((short) number.bitLength())
        .put(bytes, skip, bytes.length - skip)
        .array();
  }

  private static byte[] packet(int tag, byte[] body) {
    return ByteBuffer.allocate(3 + body.length)
        .put((byte) tag)
        .putShort((short) body.length)
        .put(body)
        .array();
  }

  @Test
  void aFileWithoutKeysIsRefused() throws Exception {
    Path rpm = Rpms.one(directory);
    for (String text : new String[] {"", "no key", "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n%"}) {
      Path key = Files.writeString(directory.resolve("bad.key"), text);
      mustBeRefused(rpm, key, "the key " + key);
    }
    mustBeRefused(rpm, directory.resolve("missing.key"), "cannot be read");
  }

  private static String signer(Path rpm, Path key) {
    return RpmPackage.read(rpm, Optional.of(PublicKeys.read(key)), (_, _) -> {})
        .signature()
        .signer()
        .orElseThrow();
  }

  private static void mustBeRefused(Path rpm, Path key, String message) {
    assertThatThrownBy(() -> signer(rpm, key))
        .hasMessageContaining(message)
        .isInstanceOfSatisfying(
            VoyageurException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.PACKAGE_SIGNATURE));
  }
}
