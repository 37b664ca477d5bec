package org.voyageur.filesystem.ext2fs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class FileNameTest {
  @Property
  void everyNameComesBack(@ForAll byte[] name) {
    assertThat(FileName.bytes(FileName.text(name))).isEqualTo(name);
  }

  @Property
  void namesInUtf8AreReadAsSuch(@ForAll String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    assertThat(FileName.text(utf8)).isEqualTo(new String(utf8, StandardCharsets.UTF_8));
  }

  @Property
  void differentNamesStayDifferent(@ForAll byte[] one, @ForAll byte[] other) {
    assertThat(FileName.text(one).equals(FileName.text(other)))
        .isEqualTo(java.util.Arrays.equals(one, other));
  }

  @Test
  void aByteOfLatin1BecomesALoneSurrogate() {
    byte[] name = "caf\u00e9".getBytes(StandardCharsets.ISO_8859_1);
    assertThat(FileName.text(name)).isEqualTo("caf\udce9");
  }

  @Test
  void theSurrogatesOfCesu8AreBytes() {
    // U+DCE9 as three bytes is not UTF-8 (RFC 3629, 3); it must not be taken for the byte E9.
    byte[] name = {(byte) 0xed, (byte) 0xb3, (byte) 0xa9};
    assertThat(FileName.text(name)).isEqualTo("\udced\udcb3\udca9");
    assertThat(FileName.bytes(FileName.text(name))).isEqualTo(name);
  }
}
