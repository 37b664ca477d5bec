package org.voyageur.guest;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

/** On small images of our own; ConvertIT sees a real one. */
class XenKernelTest {
  private static final int ENTRY = 1;
  private static final int PHYS32_ENTRY = 18;

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
  void xenLinuxsOwnKernelsAreTrusted() throws Exception {
    assertThat(problem(elf64())).isEmpty();
    assertThat(problem(gzip(elf64()))).isEmpty();
    assertThat(problem(new byte[10])).isEmpty();
  }

  @Test
  void numbersThatLieAreSurvived() throws Exception {
    byte[] elf = elf64(note("Xen\0", ENTRY));
    for (int at = 0; at < elf.length; at++) {
      for (int value : new int[] {0, 0x7f, 0x80, 0xff}) {
        byte[] changed = elf.clone();
        changed[at] = (byte) value;
        // Whatever it answers, it answers.
        assertThat(problem(bzImage(changed))).isNotNull();
      }
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
    ByteBuffer elf = ByteBuffer.allocate(1000 + all.length).order(ByteOrder.LITTLE_ENDIAN);
    elf.putInt(0x464c457f).put((byte) 2);
    elf.putLong(32, 64).putShort(54, (short) 56).putShort(56, (short) 2);
    elf.putInt(64, 1);
    elf.putInt(120, 4).putLong(128, 1000).putLong(152, all.length);
    return elf.put(1000, all).array();
  }

  private static byte[] elf32(byte[]... notes) {
    byte[] all = joined(notes);
    ByteBuffer elf = ByteBuffer.allocate(1000 + all.length).order(ByteOrder.LITTLE_ENDIAN);
    elf.putInt(0x464c457f).put((byte) 1);
    elf.putInt(28, 52).putShort(42, (short) 32).putShort(44, (short) 2);
    elf.putInt(52, 1);
    elf.putInt(84, 4).putInt(88, 1000).putInt(100, all.length);
    return elf.put(1000, all).array();
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
