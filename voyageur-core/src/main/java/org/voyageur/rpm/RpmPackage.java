package org.voyageur.rpm;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import org.voyageur.archive.Compression;
import org.voyageur.archive.CpioStream;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.filesystem.FileType;

/**
 * An RPM package whose every digest was checked. Format: lead, signature header, header, and a
 * compressed cpio archive (Linux Standard Base 4.1, chapter 22; rpm's docs/manual/format.md), as
 * rpm 4.4 of el5 writes it and as rpm 4.18 does.
 *
 * @param path on the host
 * @param sha256 of the whole file, in lower case
 * @param fileSize of the file, in bytes
 * @param architecture such as {@code x86_64} or {@code i686}
 * @param signature what is known of it
 * @param files everything that it installs or owns, in the header's order
 */
public record RpmPackage(
    Path path,
    String sha256,
    long fileSize,
    String name,
    String version,
    String release,
    String architecture,
    RpmSignature signature,
    List<RpmFile> files) {
  private static final int LEAD = 96;
  private static final int LEAD_MAGIC = 0xEDABEEDB;

  // Tags of the signature header.
  private static final int SIGNATURE_MD5 = 1004;
  private static final int SIGNATURE_SHA1 = 269;
  private static final int SIGNATURE_SHA256 = 273;

  // Tags of the header.
  private static final int NAME = 1000;
  private static final int VERSION = 1001;
  private static final int RELEASE = 1002;
  private static final int ARCHITECTURE = 1022;
  private static final int FILE_SIZES = 1028;
  private static final int FILE_MODES = 1030;
  private static final int FILE_TIMES = 1034;
  private static final int FILE_DIGESTS = 1035;
  private static final int FILE_TARGETS = 1036;
  private static final int FILE_FLAGS = 1037;
  private static final int FILE_OWNERS = 1039;
  private static final int FILE_GROUPS = 1040;
  private static final int SOURCE_RPM = 1044;
  private static final int DIRECTORY_INDEXES = 1116;
  private static final int BASE_NAMES = 1117;
  private static final int DIRECTORY_NAMES = 1118;
  private static final int PAYLOAD_FORMAT = 1124;
  private static final int FILE_DIGEST_ALGORITHM = 5011;
  private static final int PAYLOAD_DIGEST = 5092;
  private static final int PAYLOAD_DIGEST_ALGORITHM = 5093;

  /** RPMFILE_GHOST of rpm's rpmfiles.h. */
  private static final int GHOST = 1 << 6;

  /** Hash algorithms as OpenPGP numbers them (RFC 4880, 9.4). */
  private static final Map<Integer, String> ALGORITHMS =
      Map.of(1, "MD5", 2, "SHA-1", 8, "SHA-256", 9, "SHA-384", 10, "SHA-512");

  /** A distribution's kernel has up to 8000 files. */
  private static final int MOST_FILES = 50_000;

  /** A vmlinuz has up to 15 MB; what has more is for debugging, and in other packages. */
  private static final int LARGEST_FILE = 64 << 20;

  /** el5's kernel has 90 MB, el7's with all its modules 200 MB. */
  private static final long MOST_BYTES = 512L << 20;

  /** Keeps an unmodifiable copy. */
  public RpmPackage {
    files = List.copyOf(files);
  }

  /** Is given a package's files. */
  @FunctionalInterface
  public interface Visitor {
    /**
     * One that the package brings, in the payload's order; its content was checked.
     *
     * @param content empty of anything but a regular file
     * @throws IOException if what it holds is damaged
     */
    void visit(RpmFile file, byte[] content) throws IOException;
  }

  /** As rpm takes it, such as {@code kernel-2.6.18-371.el5}. */
  public String label() {
    return name + "-" + version + "-" + release;
  }

  /** As rpm prints it, such as {@code kernel-2.6.18-371.el5.x86_64}. */
  public String fullName() {
    return label() + "." + architecture;
  }

  /**
   * Reads a package as a whole and checks it.
   *
   * @param keys by one of which it must be signed; empty to leave that unchecked
   * @param visitor is given the files before the payload's digests are known; what it made of them
   *     is void if this throws
   * @throws VoyageurException PACKAGE_UNREADABLE, PACKAGE_DAMAGED, PACKAGE_SIGNATURE or
   *     PACKAGE_FILES
   */
  public static RpmPackage read(Path path, Optional<PublicKeys> keys, Visitor visitor) {
    if (!Files.isRegularFile(path)) {
      throw unreadable(path, "is not there or is no file");
    }
    try (InputStream file = new BufferedInputStream(Files.newInputStream(path), 1 << 16)) {
      return new Reading(path, file, visitor).run(keys);
    } catch (IOException e) {
      throw new VoyageurException(
          ErrorCode.PACKAGE_DAMAGED,
          "the package " + path + " is damaged: " + e.getMessage(),
          "Fetch it again, and compare its checksum with the repository's",
          e);
    }
  }

  /**
   * The same with what others' keys say of its signature.
   *
   * @throws VoyageurException PACKAGE_SIGNATURE if it is wrong; PACKAGE_DAMAGED if the file is not
   *     what it was
   */
  public RpmPackage checkedWith(PublicKeys keys) {
    try (InputStream file = new BufferedInputStream(Files.newInputStream(path), 1 << 16)) {
      file.skipNBytes(LEAD);
      RpmHeader signatures = RpmHeader.read(file);
      file.skipNBytes(-signatures.bytes().length & 7);
      return new RpmPackage(
          path,
          sha256,
          fileSize,
          name,
          version,
          release,
          architecture,
          keys.check(path, signatures, RpmHeader.read(file)),
          files);
    } catch (IOException e) {
      throw changed();
    }
  }

  /**
   * Gives the files again, of the same package.
   *
   * @throws VoyageurException as {@link #read} does; PACKAGE_DAMAGED if the file has changed
   */
  public void visit(Visitor visitor) {
    RpmPackage again = read(path, Optional.empty(), visitor);
    if (!again.sha256().equals(sha256)) {
      throw changed();
    }
  }

  /**
   * The file itself.
   *
   * @throws VoyageurException PACKAGE_DAMAGED if it has changed or is gone
   */
  public byte[] content() {
    try {
      byte[] content = Files.readAllBytes(path);
      if (!Reading.hexOf("SHA-256", content).equals(sha256)) {
        throw changed();
      }
      return content;
    } catch (IOException e) {
      throw changed();
    }
  }

  private VoyageurException changed() {
    return new VoyageurException(
        ErrorCode.PACKAGE_DAMAGED,
        "the package " + path + " changed while it was being used",
        "Leave it alone until the conversion is done");
  }

  private static VoyageurException unreadable(Path path, String found) {
    return new VoyageurException(
        ErrorCode.PACKAGE_UNREADABLE, path + " " + found, "Name an RPM package, a file NAME.rpm");
  }

  /** Digests also what is skipped. */
  private static final class Digesting extends DigestInputStream {
    Digesting(InputStream stream, MessageDigest digest) {
      super(stream, digest);
    }

    @Override
    public long skip(long count) throws IOException {
      return Math.max(0, read(new byte[Math.clamp(count, 0, 1 << 16)]));
    }
  }

  /** One pass over a file. */
  private static final class Reading {
    private final Path path;
    private final Digesting file;
    private final Visitor visitor;

    Reading(Path path, InputStream file, Visitor visitor) {
      this.path = path;
      this.file = new Digesting(file, digest("SHA-256"));
      this.visitor = visitor;
    }

    RpmPackage run(Optional<PublicKeys> keys) throws IOException {
      byte[] lead = file.readNBytes(LEAD);
      if (lead.length < LEAD || ByteBuffer.wrap(lead).getInt() != LEAD_MAGIC) {
        throw unreadable(path, "is not an RPM package");
      }
      RpmHeader signature = RpmHeader.read(file);
      file.skipNBytes(-signature.bytes().length & 7);
      RpmHeader header = RpmHeader.read(file);
      if (!header.has(SOURCE_RPM)) {
        throw unreadable(path, "is a source package");
      }
      RpmSignature signedBy =
          keys.isPresent()
              ? keys.get().demand(path, signature, header)
              : PublicKeys.NONE.check(path, signature, header);
      checkHeader(signature, header);
      List<RpmFile> files = files(header);

      MessageDigest whole = digest("MD5");
      whole.update(header.bytes());
      Optional<String> payloadDigest = header.text(PAYLOAD_DIGEST);
      MessageDigest payload = digest(algorithm(header, PAYLOAD_DIGEST_ALGORITHM));
      InputStream compressed = new Digesting(new Digesting(file, whole), payload);
      unpack(compressed, header, files);
      // What the decompressor did not need belongs to the digests too.
      compressed.transferTo(OutputStream.nullOutputStream());
      Optional<byte[]> md5 = signature.binary(SIGNATURE_MD5);
      if (md5.isEmpty() && payloadDigest.isEmpty()) {
        throw new IOException("it has no digest of its payload");
      }
      if (md5.isPresent() && !MessageDigest.isEqual(md5.get(), whole.digest())) {
        throw new IOException("its MD5 digest is wrong");
      }
      if (payloadDigest.isPresent()) {
        mustBe(payloadDigest.get(), hex(payload), "its payload's digest is wrong");
      }
      return new RpmPackage(
          path,
          hex(file.getMessageDigest()),
          Files.size(path),
          text(header, NAME),
          text(header, VERSION),
          text(header, RELEASE),
          text(header, ARCHITECTURE),
          signedBy,
          files);
    }

    private static void checkHeader(RpmHeader signature, RpmHeader header) throws IOException {
      Optional<String> sha1 = signature.text(SIGNATURE_SHA1);
      Optional<String> sha256 = signature.text(SIGNATURE_SHA256);
      if (sha1.isEmpty() && sha256.isEmpty() && !signature.has(SIGNATURE_MD5)) {
        throw new IOException("it has no digest of its header");
      }
      if (sha1.isPresent()) {
        mustBe(sha1.get(), hexOf("SHA-1", header.bytes()), "its header's SHA-1 digest is wrong");
      }
      if (sha256.isPresent()) {
        mustBe(
            sha256.get(), hexOf("SHA-256", header.bytes()), "its header's SHA-256 digest is wrong");
      }
    }

    private List<RpmFile> files(RpmHeader header) throws IOException {
      List<String> names = header.texts(BASE_NAMES);
      List<String> directories = header.texts(DIRECTORY_NAMES);
      List<Long> inDirectory = header.numbers(DIRECTORY_INDEXES);
      List<Long> sizes = header.numbers(FILE_SIZES);
      List<Long> modes = header.numbers(FILE_MODES);
      List<Long> times = header.numbers(FILE_TIMES);
      List<Long> flags = header.numbers(FILE_FLAGS);
      List<String> digests = header.texts(FILE_DIGESTS);
      List<String> targets = header.texts(FILE_TARGETS);
      List<String> owners = header.texts(FILE_OWNERS);
      List<String> groups = header.texts(FILE_GROUPS);
      int count = names.size();
      if (count > MOST_FILES) {
        throw new IOException("it has " + count + " files");
      }
      for (List<?> other :
          List.of(inDirectory, sizes, modes, times, flags, digests, targets, owners, groups)) {
        if (other.size() != count) {
          throw new IOException("its header tells of " + count + " files and of " + other.size());
        }
      }
      List<RpmFile> files = new ArrayList<>();
      Set<String> known = new HashSet<>();
      long total = 0;
      for (int i = 0; i < count; i++) {
        long index = inDirectory.get(i);
        if (index >= directories.size()) {
          throw new IOException("a file lies in no directory of its header's");
        }
        String file = directories.get((int) index) + names.get(i);
        mustBeSafe(file);
        if (!known.add(file)) {
          throw new IOException("it has " + file + " twice");
        }
        if (!owners.get(i).equals("root") || !groups.get(i).equals("root")) {
          throw forbidden("gives %s to %s:%s".formatted(file, owners.get(i), groups.get(i)));
        }
        int mode = modes.get(i).intValue();
        FileType type = type(mode, file);
        long size = type == FileType.REGULAR ? sizes.get(i) : 0;
        total += size;
        if (size > LARGEST_FILE || total > MOST_BYTES) {
          throw new IOException("it unpacks to more than any kernel does");
        }
        files.add(
            new RpmFile(
                file,
                type,
                mode & 07777,
                Instant.ofEpochSecond(times.get(i)),
                size,
                type == FileType.SYMBOLIC_LINK ? targets.get(i) : "",
                digests.get(i).toLowerCase(Locale.ROOT),
                (flags.get(i) & GHOST) == 0));
      }
      return files;
    }

    private void mustBeSafe(String file) {
      boolean safe =
          file.startsWith("/")
              && file.length() < 4096
              && file.chars().noneMatch(Character::isISOControl)
              && Arrays.stream(file.substring(1).split("/", -1))
                  .noneMatch(part -> part.isEmpty() || part.equals(".") || part.equals(".."));
      if (!safe) {
        throw forbidden("has a file with the path '" + file + "'");
      }
    }

    private FileType type(int mode, String file) {
      return switch (mode & 0170000) {
        case 0100000 -> FileType.REGULAR;
        case 0040000 -> FileType.DIRECTORY;
        case 0120000 -> FileType.SYMBOLIC_LINK;
        default -> throw forbidden("has a file that is neither file, directory nor link: " + file);
      };
    }

    private VoyageurException forbidden(String found) {
      return new VoyageurException(
          ErrorCode.PACKAGE_FILES,
          "the package " + path + " " + found + ", which no kernel's does",
          "Fetch the kernel's package from the distribution's own repository");
    }

    private void unpack(InputStream compressed, RpmHeader header, List<RpmFile> files)
        throws IOException {
      String format = header.text(PAYLOAD_FORMAT).orElse("cpio");
      if (!format.equals("cpio")) {
        throw new IOException("its payload is of the format '" + format + "'");
      }
      String algorithm = algorithm(header, FILE_DIGEST_ALGORITHM);
      SequencedMap<String, RpmFile> left = new LinkedHashMap<>();
      files.stream().filter(RpmFile::inPayload).forEach(file -> left.put(file.path(), file));
      Map<Long, List<RpmFile>> linked = new HashMap<>();
      CpioStream archive = new CpioStream(Compression.decompress(compressed));
      while (true) {
        Optional<CpioStream.Entry> next = archive.next(LARGEST_FILE);
        if (next.isEmpty()) {
          break;
        }
        CpioStream.Entry entry = next.get();
        RpmFile file = left.remove(entry.name().replaceFirst("^\\.?/*", "/"));
        if (file == null) {
          throw new IOException("its payload has " + entry.name() + ", which its header has not");
        }
        if (file.type() == FileType.REGULAR && entry.links() > 1) {
          // Only the last name of a file comes with its content.
          linked.computeIfAbsent(entry.inode(), _ -> new ArrayList<>()).add(file);
          if (entry.content().length == 0 && file.size() > 0) {
            continue;
          }
          for (RpmFile name : linked.remove(entry.inode())) {
            deliver(name, entry.content(), algorithm);
          }
        } else {
          deliver(file, entry.content(), algorithm);
        }
      }
      if (!left.isEmpty() || !linked.isEmpty()) {
        throw new IOException("its payload lacks files that its header has");
      }
    }

    private void deliver(RpmFile file, byte[] content, String algorithm) throws IOException {
      switch (file.type()) {
        case REGULAR -> {
          if (content.length != file.size()
              || (!file.digest().isEmpty() && !hexOf(algorithm, content).equals(file.digest()))) {
            throw new IOException(file.path() + " in it is not what its header says");
          }
          visitor.visit(file, content);
        }
        default -> visitor.visit(file, new byte[0]);
      }
    }

    private static String text(RpmHeader header, int tag) throws IOException {
      return header
          .text(tag)
          .filter(text -> text.matches("[\\w.+~^-]{1,200}"))
          .orElseThrow(() -> new IOException("its header lacks its name"));
    }

    private static String algorithm(RpmHeader header, int tag) throws IOException {
      // Without the tag it is MD5, as before rpm 4.6; of a payload it is always told.
      int number = header.numbers(tag).stream().findFirst().orElse(1L).intValue();
      String algorithm = ALGORITHMS.get(number);
      if (algorithm == null) {
        throw new IOException("it uses the unknown digest algorithm " + number);
      }
      return algorithm;
    }

    private static void mustBe(String expected, String found, String otherwise) throws IOException {
      if (!expected.toLowerCase(Locale.ROOT).equals(found)) {
        throw new IOException(otherwise);
      }
    }

    private static String hexOf(String algorithm, byte[] content) {
      return HexFormat.of().formatHex(digest(algorithm).digest(content));
    }

    private static String hex(MessageDigest digest) {
      return HexFormat.of().formatHex(digest.digest());
    }

    private static MessageDigest digest(String algorithm) {
      try {
        return MessageDigest.getInstance(algorithm);
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException(e); // Each of them is in every Java.
      }
    }
  }
}
