package org.voyageur.rpm;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.zip.GZIPInputStream;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;

/**
 * Whether the yum of el5, 3.2.22 on Python 2.4, can read what createrepo has made of a directory:
 * there is no hashlib, so that it knows md5 and sha1 alone (yum/misc.py), and it takes texts as
 * they are or compressed with gzip, and databases with bzip2 (yum/yumRepo.py). createrepo_c makes
 * neither by default.
 */
public final class Repodata {
  private static final int LARGEST_INDEX = 1 << 20;

  /** The first package's entry stands in the first few KiB. */
  private static final int LARGEST_ENTRY = 1 << 20;

  private static final Set<String> CHECKSUMS = Set.of("md5", "sha", "sha1");

  /** What it reads to install something; the rest is for searches and groups. */
  private static final Set<String> READ =
      Set.of("primary", "filelists", "primary_db", "filelists_db");

  private Repodata() {}

  /**
   * One file that repomd.xml tells of.
   *
   * @param location below the directory
   */
  private record Data(String type, String location, List<String> checksums) {
    boolean isReadable() {
      return type.endsWith("_db")
          ? location.endsWith(".sqlite.bz2")
          : location.endsWith(".xml.gz") || location.endsWith(".xml");
    }
  }

  /** Whether a directory has any. */
  public static boolean isIn(Path directory) {
    return Files.exists(index(directory));
  }

  private static Path index(Path directory) {
    return directory.resolve("repodata/repomd.xml");
  }

  /**
   * Demands that it can.
   *
   * @param directory with repodata
   * @throws VoyageurException PACKAGE_REPOSITORY with the command that makes it so
   */
  public static void demandReadableByEl5(Path directory) {
    try {
      if (Files.size(index(directory)) > LARGEST_INDEX) {
        throw new IOException("repomd.xml has more than " + LARGEST_INDEX + " bytes");
      }
      List<Data> index;
      try (InputStream stream = Files.newInputStream(index(directory))) {
        index = index(stream);
      }
      Data primary =
          index.stream()
              .filter(data -> data.type().equals("primary"))
              .findFirst()
              .orElseThrow(() -> new IOException("repomd.xml names no primary.xml"));
      for (Data data : index) {
        if (READ.contains(data.type())) {
          demand(directory, data);
        }
      }
      demandChecksum(directory, primary.location(), packageChecksum(directory, primary));
    } catch (IOException | XMLStreamException e) {
      throw unreadable(directory, "it cannot be read: " + e.getMessage());
    }
  }

  private static void demand(Path directory, Data data) {
    if (!data.isReadable()) {
      throw unreadable(
          directory,
          data.location() + " is neither a text, plain or in gzip, nor a database in bzip2");
    }
    data.checksums().forEach(kind -> demandChecksum(directory, "repomd.xml", kind));
  }

  private static void demandChecksum(Path directory, String file, String kind) {
    if (!CHECKSUMS.contains(kind)) {
      throw unreadable(
          directory,
          "the checksums in %s are of the kind '%s', and its Python 2.4 knows md5 and sha1"
              .formatted(file, kind));
    }
  }

  private static VoyageurException unreadable(Path directory, String why) {
    return new VoyageurException(
        ErrorCode.PACKAGE_REPOSITORY,
        "the yum of release 5 cannot read the repodata of " + directory + ": " + why,
        "Make it anew: createrepo_c --checksum=sha --general-compress-type=gz --no-database '%s'"
                .formatted(directory)
            + "; or name a directory that holds the packages to install and no repodata");
  }

  private static List<Data> index(InputStream stream) throws XMLStreamException {
    List<Data> index = new ArrayList<>();
    XMLStreamReader reader = reader(stream);
    String type = "";
    String location = "";
    List<String> checksums = new ArrayList<>();
    while (reader.hasNext()) {
      switch (reader.next()) {
        case XMLStreamConstants.START_ELEMENT -> {
          switch (reader.getLocalName()) {
            case "data" -> {
              type = attribute(reader, "type");
              checksums = new ArrayList<>();
            }
            case "location" -> location = attribute(reader, "href");
            case "checksum", "open-checksum" -> checksums.add(attribute(reader, "type"));
            default -> {}
          }
        }
        case XMLStreamConstants.END_ELEMENT -> {
          if (reader.getLocalName().equals("data")) {
            index.add(new Data(type, location, List.copyOf(checksums)));
          }
        }
        default -> {}
      }
    }
    return index;
  }

  /**
   * The kind of the first package's; createrepo makes all of them alike. Without one, any will do.
   */
  private static String packageChecksum(Path directory, Data primary)
      throws IOException, XMLStreamException {
    Path file = directory.resolve(primary.location()).normalize();
    if (!file.startsWith(directory.normalize()) || !Files.isRegularFile(file)) {
      throw new IOException("there is no file " + primary.location() + " in it");
    }
    try (InputStream raw = new BufferedInputStream(Files.newInputStream(file));
        InputStream text = primary.location().endsWith(".gz") ? new GZIPInputStream(raw) : raw) {
      XMLStreamReader reader = reader(new Bounded(text));
      while (reader.hasNext()) {
        if (reader.next() == XMLStreamConstants.START_ELEMENT
            && reader.getLocalName().equals("checksum")) {
          return attribute(reader, "type");
        }
      }
      return "sha";
    }
  }

  /** Without a document type, as entities could be anything. */
  private static XMLStreamReader reader(InputStream stream) throws XMLStreamException {
    XMLInputFactory factory = XMLInputFactory.newDefaultFactory();
    factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
    factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
    return factory.createXMLStreamReader(stream);
  }

  private static String attribute(XMLStreamReader reader, String name) {
    String value = reader.getAttributeValue(null, name);
    return value == null ? "" : value;
  }

  /** No more of a stream than is looked at. */
  private static final class Bounded extends InputStream {
    private final InputStream stream;
    private int left = LARGEST_ENTRY;

    Bounded(InputStream stream) {
      this.stream = stream;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      if (left == 0) {
        throw new IOException("its primary.xml names no package where it begins");
      }
      int count = stream.read(into, offset, Math.min(length, left));
      left -= Math.max(count, 0);
      return count;
    }
  }
}
