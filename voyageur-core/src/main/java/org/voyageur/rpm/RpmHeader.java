package org.voyageur.rpm;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A header of an RPM file: values by tag. Format: "header structure" of the Linux Standard Base
 * 4.1, section 22.2.2, and rpm's docs/manual/format.md; all numbers are big-endian.
 *
 * @param bytes as they are in the file, which its digests are made of
 */
record RpmHeader(byte[] bytes, Map<Integer, Entry> entries) {
  private static final int MAGIC = 0x8EADE801;
  private static final int INTRODUCTION = 16;
  private static final int INDEX_ENTRY = 16;

  /** rpm has some 400 tags. */
  private static final int MOST_ENTRIES = 4096;

  /** The header of a kernel with 4000 modules has 2 MiB. */
  private static final int MOST_DATA = 32 << 20;

  /** As many as the files of the largest packages. */
  private static final int MOST_VALUES = 200_000;

  private static final int INT16 = 3;
  private static final int INT32 = 4;
  private static final int STRING = 6;
  private static final int BINARY = 7;
  private static final int STRING_ARRAY = 8;
  private static final int TRANSLATED = 9;

  /** One value: its type, where it starts in {@code bytes}, and how many there are. */
  record Entry(int type, int start, int count) {}

  /**
   * Reads one from where a stream is.
   *
   * @throws IOException if there is none, or it says of itself what cannot be
   */
  static RpmHeader read(InputStream stream) throws IOException {
    byte[] introduction = stream.readNBytes(INTRODUCTION);
    if (introduction.length < INTRODUCTION) {
      throw new IOException("it is cut off in a header");
    }
    ByteBuffer start = ByteBuffer.wrap(introduction);
    if (start.getInt(0) != MAGIC) {
      throw new IOException("a header does not begin as it must");
    }
    int count = start.getInt(8);
    int size = start.getInt(12);
    if (count < 0 || count > MOST_ENTRIES || size < 0 || size > MOST_DATA) {
      throw new IOException(
          "a header has %d entries and %d bytes"
              .formatted(Integer.toUnsignedLong(count), Integer.toUnsignedLong(size)));
    }
    int length = count * INDEX_ENTRY + size;
    byte[] bytes = Arrays.copyOf(introduction, INTRODUCTION + length);
    if (stream.readNBytes(bytes, INTRODUCTION, length) < length) {
      throw new IOException("it is cut off in a header");
    }
    ByteBuffer index = ByteBuffer.wrap(bytes);
    int data = INTRODUCTION + count * INDEX_ENTRY;
    Map<Integer, Entry> entries = new HashMap<>();
    for (int i = 0; i < count; i++) {
      int at = INTRODUCTION + i * INDEX_ENTRY;
      int offset = index.getInt(at + 8);
      int number = index.getInt(at + 12);
      if (offset < 0 || offset > size || number < 0 || number > size) {
        throw new IOException("a header's entry lies outside of it");
      }
      int type = index.getInt(at + 4);
      if (type != BINARY && number > MOST_VALUES) {
        throw new IOException("a tag of a header has " + number + " values");
      }
      // Of a tag that is there twice rpm takes the first.
      entries.putIfAbsent(index.getInt(at), new Entry(type, data + offset, number));
    }
    return new RpmHeader(bytes, Map.copyOf(entries));
  }

  boolean has(int tag) {
    return entries.containsKey(tag);
  }

  /** The first text of a tag. */
  Optional<String> text(int tag) throws IOException {
    return texts(tag).stream().findFirst();
  }

  /** Every text of a tag; empty if it has none. */
  List<String> texts(int tag) throws IOException {
    Entry entry = entries.get(tag);
    if (entry == null) {
      return List.of();
    }
    int wanted =
        switch (entry.type()) {
          case STRING -> 1;
          case STRING_ARRAY, TRANSLATED -> entry.count();
          default -> throw new IOException("tag " + tag + " of a header is no text");
        };
    List<String> texts = new ArrayList<>();
    int at = entry.start();
    for (int i = 0; i < wanted; i++) {
      int end = at;
      while (end < bytes.length && bytes[end] != 0) {
        end++;
      }
      if (end >= bytes.length) {
        throw new IOException("tag " + tag + " of a header has no end");
      }
      texts.add(new String(bytes, at, end - at, UTF_8));
      at = end + 1;
    }
    return texts;
  }

  /** Every number of a tag, unsigned; empty if it has none. */
  List<Long> numbers(int tag) throws IOException {
    Entry entry = entries.get(tag);
    if (entry == null) {
      return List.of();
    }
    int width =
        switch (entry.type()) {
          case INT16 -> 2;
          case INT32 -> 4;
          default -> throw new IOException("tag " + tag + " of a header is no number");
        };
    if ((long) entry.start() + (long) width * entry.count() > bytes.length) {
      throw new IOException("tag " + tag + " of a header lies outside of it");
    }
    ByteBuffer data = ByteBuffer.wrap(bytes);
    List<Long> numbers = new ArrayList<>(entry.count());
    for (int i = 0; i < entry.count(); i++) {
      int at = entry.start() + i * width;
      numbers.add(
          width == 2
              ? Short.toUnsignedLong(data.getShort(at))
              : Integer.toUnsignedLong(data.getInt(at)));
    }
    return numbers;
  }

  /** A tag's bytes. */
  Optional<byte[]> binary(int tag) throws IOException {
    Entry entry = entries.get(tag);
    if (entry == null) {
      return Optional.empty();
    }
    if (entry.type() != BINARY || entry.start() + entry.count() > bytes.length) {
      throw new IOException("tag " + tag + " of a header is not what it must be");
    }
    return Optional.of(Arrays.copyOfRange(bytes, entry.start(), entry.start() + entry.count()));
  }
}
