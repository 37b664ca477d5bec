package org.voyageur.filesystem.ext2fs;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;

/**
 * File names as text. To the guest they are bytes; most are UTF-8, and old systems have them in
 * Latin-1. A byte that is not UTF-8 becomes the lone surrogate U+DC00 + byte, which no text in
 * UTF-8 has, so that every name can be told from every other and turned back (Python's PEP 383).
 */
public final class FileName {
  private static final char ESCAPE = '\udc00';

  private FileName() {}

  /** The text of a name. */
  public static String text(byte[] name) {
    ByteBuffer in = ByteBuffer.wrap(name);
    CharBuffer out = CharBuffer.allocate(name.length);
    CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
    while (true) {
      CoderResult result = decoder.decode(in, out, true);
      if (result.isUnderflow()) {
        return out.flip().toString();
      }
      for (int i = 0; i < result.length(); i++) {
        out.put((char) (ESCAPE + Byte.toUnsignedInt(in.get())));
      }
      decoder.reset();
    }
  }

  /** The bytes of a name. */
  public static byte[] bytes(String text) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(text.length());
    text.codePoints()
        .forEach(c -> {
          if (c >= ESCAPE + 0x80 && c <= ESCAPE + 0xff) {
            bytes.write(c - ESCAPE);
          } else {
            bytes.writeBytes(Character.toString(c).getBytes(StandardCharsets.UTF_8));
          }
        });
    return bytes.toByteArray();
  }

  /** The same with a NUL behind them, as C wants them. */
  static byte[] terminated(String text) {
    byte[] bytes = bytes(text);
    return java.util.Arrays.copyOf(bytes, bytes.length + 1);
  }
}
