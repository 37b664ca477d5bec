package org.voyageur.guest;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.stream.IntStream.range;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

/** On small images of our own; ConvertIT sees a real one. */
class XenKernelTest {
  private static final int ENTRY = 1;
  private static final int PHYS32_ENTRY = 18;
  private static final int NOTES = 1000;
  private static final int SHT_PROGBITS = 1;
  private static final int SHT_NOTE = 7;

  @Test
  void aKernelWithAnEntryForXenStarts() throws Exception {
    assertThat(problem(bzImage(elf64(note("Linux\0", 257), note("Xen\0", ENTRY))))).isEmpty();
    assertThat(problem(bzImage(elf32(note("Linux\0", 257), note("Xen\0", ENTRY))))).isEmpty();
  }

  @Test
  void aKernelForPcsOrForPvhAloneDoesNot() throws Exception {
    assertThat(problem(bzImage(elf64(note("Linux\0", ENTRY))))).contains("no entry point for Xen");
    assertThat(problem(bzImage(elf64(note("Xen\0", PHYS32_ENTRY)))))
        .contains("no entry point for Xen");
    assertThat(problem(bzImage(elf64()))).contains("no entry point for Xen");
  }

  @Test
  void aKernelThatIsCutOffOrPackedTheOldWayDoesNot() throws Exception {
    byte[] whole = bzImage(elf64(note("Xen\0", ENTRY)));
    assertThat(problem(Arrays.copyOf(whole, whole.length - 200))).contains("unpacked");
    ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN).putShort(0x206, (short) 0x207);
    assertThat(problem(whole)).contains("packed in a way");
  }

  @Test
  void xenLinuxsOwnKernelsAreElfFilesPlainOrPacked() throws Exception {
    for (byte[] kernel :
        List.of(
            elf64(note("Xen\0", ENTRY)),
            elf32(note("Xen\0", ENTRY)),
            withSection(".notes", SHT_NOTE, note("Xen\0", ENTRY)),
            withSection("__xen_guest", SHT_PROGBITS, new byte[8]))) {
      assertThat(problem(kernel)).isEmpty();
      assertThat(problem(gzip(kernel))).isEmpty();
    }
  }

  @Test
  void whatIsNoKernelOfXenLinuxsDoesNot() throws Exception {
    assertThat(problem(elf64())).contains("no entry point for Xen");
    assertThat(problem(gzip(elf64(note("Xen\0", PHYS32_ENTRY)))))
        .contains("no entry point for Xen");
    assertThat(problem(withSection("__xen_guests", SHT_PROGBITS, new byte[8])))
        .contains("no entry point for Xen");
    for (byte[] file : List.of(new byte[0], new byte[10], "a text\n".getBytes(US_ASCII))) {
      assertThat(problem(file)).contains("not a kernel");
      assertThat(problem(gzip(file))).contains("not a kernel");
    }
  }

  @Test
  void numbersThatLieAreSurvived() throws Exception {
    byte[] elf = elf64(note("Xen\0", ENTRY));
    // Between the headers and the notes there is nothing.
    for (int at : IntStream.concat(range(0, 180), range(NOTES, elf.length)).toArray()) {
      for (int value : new int[] {0, 0x7f, 0x80, 0xff}) {
        byte[] changed = elf.clone();
        changed[at] = (byte) value;
        // Whatever it answers, it answers.
        assertThat(problem(bzImage(changed))).isNotNull();
      }
    }
    byte[] sections = withSection(".notes", SHT_NOTE, note("Xen\0", ENTRY));
    for (int at = 0; at < sections.length; at++) {
      byte[] changed = sections.clone();
      changed[at] ^= (byte) 0x80;
      assertThat(problem(changed)).isNotNull();
    }
  }

  private static String problem(byte[] image) {
    return XenKernel.problem(new MemoryFilesystem().file("/k", image), "/k").orElse("");
  }

  private static byte[] bzImage(byte[] payload) throws IOException {
    byte[] packed = gzip(payload);
    ByteBuffer image =
        ByteBuffer.allocate(5 * 512 + 16 + packed.length).order(ByteOrder.LITTLE_ENDIAN);
    image.put(0x1f1, (byte) 4);
    image.putInt(0x202, 0x53726448).putShort(0x206, (short) 0x20f);
    image.putInt(0x248, 16).putInt(0x24c, packed.length);
    image.put(5 * 512 + 16, packed);
    return image.array();
  }

  private static byte[] gzip(byte[] content) throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream stream = new GZIPOutputStream(packed)) {
      stream.write(content);
    }
    return packed.toByteArray();
  }

  /** A load segment that counts for nothing, and the notes behind some text. */
  private static byte[] elf64(byte[]... notes) {
    byte[] all = joined(notes);
    ByteBuffer elf = ByteBuffer.allocate(NOTES + all.length).order(ByteOrder.LITTLE_ENDIAN);
    elf.putInt(0x464c457f).put((byte) 2);
    elf.putLong(32, 64).putShort(54, (short) 56).putShort(56, (short) 2);
    elf.putInt(64, 1);
    elf.putInt(120, 4).putLong(128, NOTES).putLong(152, all.length);
    return elf.put(NOTES, all).array();
  }

  private static byte[] elf32(byte[]... notes) {
    byte[] all = joined(notes);
    ByteBuffer elf = ByteBuffer.allocate(NOTES + all.length).order(ByteOrder.LITTLE_ENDIAN);
    elf.putInt(0x464c457f).put((byte) 1);
    elf.putInt(28, 52).putShort(42, (short) 32).putShort(44, (short) 2);
    elf.putInt(52, 1);
    elf.putInt(84, 4).putInt(88, NOTES).putInt(100, all.length);
    return elf.put(NOTES, all).array();
  }

  /** No segments; a section for the names, and another. */
  private static byte[] withSection(String name, int type, byte[] content) {
    byte[] names = ("\0" + name + "\0").getBytes(US_ASCII);
    int table = 100 + names.length + content.length;
    ByteBuffer elf = ByteBuffer.allocate(table + 2 * 64).order(ByteOrder.LITTLE_ENDIAN);
    elf.putInt(0x464c457f).put((byte) 2).putShort(54, (short) 56);
    elf.putLong(40, table).putShort(58, (short) 64).putShort(60, (short) 2);
    elf.putLong(table + 24, 100).putLong(table + 32, names.length);
    elf.putInt(table + 64, 1).putInt(table + 68, type);
    elf.putLong(table + 88, 100 + names.length).putLong(table + 96, content.length);
    return elf.put(100, names).put(100 + names.length, content).array();
  }

  private static byte[] note(String name, int type) {
    ByteBuffer note =
        ByteBuffer.allocate(12 + (name.length() + 3) / 4 * 4 + 8).order(ByteOrder.LITTLE_ENDIAN);
    note.putInt(name.length()).putInt(5).putInt(type).put(name.getBytes(US_ASCII));
    return note.array();
  }

  private static byte[] joined(byte[]... notes) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] note : notes) {
      all.writeBytes(note);
    }
    return all.toByteArray();
  }
}
