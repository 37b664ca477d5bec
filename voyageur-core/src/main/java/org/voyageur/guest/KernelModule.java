package org.voyageur.guest;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.voyageur.archive.Compression;

/**
 * What a module's file says of it (ELF; include/linux/module.h and scripts/mod/modpost.c of Linux).
 *
 * @param path absolute in the guest
 * @param name with underscores for hyphens
 * @param depends names of the modules that it uses directly, in modpost's order
 * @param aliases patterns of the devices that it drives, and other names
 * @param symbols names that it exports
 */
record KernelModule(
    String path, String name, List<String> depends, List<String> aliases, List<String> symbols) {
  private static final int LARGEST = 64 << 20;
  private static final int MOST_SECTIONS = 65_535;

  /** Keeps unmodifiable copies. */
  KernelModule {
    depends = List.copyOf(depends);
    aliases = List.copyOf(aliases);
    symbols = List.copyOf(symbols);
  }

  /**
   * Reads one.
   *
   * @param file as it is, compressed or not
   * @throws IOException if it is no ELF file of this kind
   */
  static KernelModule parse(String path, byte[] file) throws IOException {
    try (InputStream stream = Compression.decompress(new ByteArrayInputStream(file))) {
      byte[] plain = stream.readNBytes(LARGEST);
      List<String> information = strings(section(plain, ".modinfo"));
      return new KernelModule(
          path,
          ModuleIndex.name(path),
          values(information, "depends=").stream()
              .flatMap(list -> Arrays.stream(list.split(",")))
              .filter(name -> !name.isEmpty())
              .map(ModuleIndex::name)
              .toList(),
          values(information, "alias="),
          strings(section(plain, "__ksymtab_strings")));
    } catch (IOException | IndexOutOfBoundsException | IllegalArgumentException e) {
      throw new IOException(path + " is no kernel module: " + e.getMessage(), e);
    }
  }

  private static List<String> values(List<String> information, String key) {
    return information.stream()
        .filter(line -> line.startsWith(key))
        .map(line -> line.substring(key.length()))
        .toList();
  }

  /** Texts that end in NUL, one behind the other. */
  private static List<String> strings(Optional<byte[]> section) {
    return section.stream()
        .flatMap(bytes -> Arrays.stream(new String(bytes, ISO_8859_1).split("\0")))
        .filter(text -> !text.isEmpty())
        .toList();
  }

  /** A section by its name; the fields are those of Elf32_Ehdr, Elf64_Shdr and so on (elf(5)). */
  private static Optional<byte[]> section(byte[] file, String name) throws IOException {
    ByteBuffer elf = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    if (file.length < 64 || elf.getInt(0) != 0x464C457F || elf.get(5) != 1) {
      throw new IOException("it is no ELF file");
    }
    boolean wide = elf.get(4) == 2;
    long table = wide ? elf.getLong(0x28) : Integer.toUnsignedLong(elf.getInt(0x20));
    int size = Short.toUnsignedInt(elf.getShort(wide ? 0x3A : 0x2E));
    int count = Short.toUnsignedInt(elf.getShort(wide ? 0x3C : 0x30));
    int names = Short.toUnsignedInt(elf.getShort(wide ? 0x3E : 0x32));
    if (table < 0 || table + (long) size * count > file.length || count > MOST_SECTIONS) {
      throw new IOException("its sections are cut off");
    }
    byte[] texts = content(elf, wide, (int) table + names * size);
    byte[] wanted = (name + "\0").getBytes(ISO_8859_1);
    for (int i = 0; i < count; i++) {
      int header = (int) table + i * size;
      int at = elf.getInt(header);
      if (at >= 0
          && at + wanted.length <= texts.length
          && Arrays.equals(texts, at, at + wanted.length, wanted, 0, wanted.length)) {
        return Optional.of(content(elf, wide, header));
      }
    }
    return Optional.empty();
  }

  private static byte[] content(ByteBuffer elf, boolean wide, int header) throws IOException {
    long offset =
        wide ? elf.getLong(header + 0x18) : Integer.toUnsignedLong(elf.getInt(header + 0x10));
    long length =
        wide ? elf.getLong(header + 0x20) : Integer.toUnsignedLong(elf.getInt(header + 0x14));
    if (offset < 0 || length < 0 || offset > elf.capacity() - length) {
      throw new IOException("a section is cut off");
    }
    byte[] content = new byte[(int) length];
    elf.get((int) offset, content);
    return content;
  }
}
