package org.voyageur.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.voyageur.guest.XenRelease.XEN_3_4;
import static org.voyageur.guest.XenRelease.XEN_4_0;
import static org.voyageur.guest.XenRelease.XEN_4_1;
import static org.voyageur.guest.XenRelease.XEN_4_13;
import static org.voyageur.guest.XenRelease.XEN_4_2;
import static org.voyageur.guest.XenRelease.XEN_4_4;
import static org.voyageur.guest.XenRelease.XEN_4_5;
import static org.voyageur.guest.XenRelease.XEN_4_7;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.voyageur.disk.BlockDevice;
import org.voyageur.disk.RawFile;

/**
 * What releases differ in. The older ones cannot be run here; the answers follow their sources, and
 * were compared with these sources' own parsers under Python 2.
 */
class XenReleaseTest {
  private static final String FAILS = "fails";

  @TempDir private Path directory;

  /** The arguments that each release hands over. */
  private static Map<XenRelease, String> answers(String... pathsAndTexts) {
    MemoryFilesystem filesystem = new MemoryFilesystem().file("/k", "kernel");
    for (int i = 0; i < pathsAndTexts.length; i += 2) {
      filesystem.file(pathsAndTexts[i], pathsAndTexts[i + 1]);
    }
    Map<XenRelease, String> arguments = new EnumMap<>(XenRelease.class);
    PyGrub.answers(filesystem)
        .forEach((release, answer) ->
            arguments.put(
                release,
                switch (answer) {
                  case PyGrubAnswer.Starts(XenBoot boot) -> boot.arguments();
                  case PyGrubAnswer.Fails _ -> FAILS;
                }));
    return arguments;
  }

  /** Each release has the value of the last one that is named up to it. */
  private static Map<XenRelease, String> from(Object... releasesAndValues) {
    Map<XenRelease, String> expected = new EnumMap<>(XenRelease.class);
    for (XenRelease release : XenRelease.values()) {
      for (int i = 0; i < releasesAndValues.length; i += 2) {
        if (release.since((XenRelease) releasesAndValues[i])) {
          expected.put(release, (String) releasesAndValues[i + 1]);
        }
      }
    }
    return expected;
  }

  private static final String MENU = "title a\nkernel /k menu\n";
  private static final String GRUB_CFG = "menuentry \"a\" --x {\nlinux /k cfg\n}\n";

  @Test
  void menuLstIsReadFirstAndLaterLast() {
    assertThat(answers("/boot/grub/menu.lst", MENU, "/boot/grub/grub.cfg", GRUB_CFG))
        .isEqualTo(from(XEN_3_4, "menu", XEN_4_2, "cfg"));
    assertThat(answers("/boot/grub/menu.lst", MENU, "/boot/grub2/grub.cfg", GRUB_CFG))
        .isEqualTo(from(XEN_3_4, "menu", XEN_4_2, "cfg"));
    assertThat(answers("/boot/grub/grub.cfg", GRUB_CFG))
        .isEqualTo(from(XEN_3_4, FAILS, XEN_4_0, "cfg"));
  }

  @Test
  void extlinuxConfIsReadInMorePlacesAndWithItsArguments() {
    String menu = "label a\nkernel /k\nappend ext\n";
    assertThat(answers("/boot/extlinux.conf", menu))
        .isEqualTo(from(XEN_3_4, FAILS, XEN_4_2, "ext"));
    assertThat(answers("/boot/extlinux/extlinux.conf", menu, "/grub/menu.lst", MENU))
        .isEqualTo(from(XEN_3_4, "menu", XEN_4_4, "ext"));
    assertThat(answers("/extlinux.conf", menu, "/boot/grub/menu.lst", MENU))
        .isEqualTo(from(XEN_3_4, "menu", XEN_4_5, "ext"));
  }

  @Test
  void aSubmenuEndsTheOldest() {
    assertThat(answers("/boot/grub/grub.cfg", GRUB_CFG + "submenu \"more\" {\n" + GRUB_CFG + "}\n"))
        .isEqualTo(from(XEN_3_4, FAILS, XEN_4_2, "cfg"));
  }

  @Test
  void theDefaultIsANumberSomeTimesATitle() {
    String two = "title a\nkernel /k 0\ntitle b\nkernel /k 1\n";
    assertThat(answers("/boot/grub/menu.lst", "default saved\n" + two))
        .isEqualTo(from(XEN_3_4, FAILS, XEN_4_0, "0"));
    assertThat(answers("/boot/grub/menu.lst", "default b\n" + two))
        .isEqualTo(from(XEN_3_4, FAILS, XEN_4_5, "1", XEN_4_13, "0"));
    assertThat(answers("/boot/grub/menu.lst", "default -1\n" + two))
        .isEqualTo(from(XEN_3_4, FAILS, XEN_4_5, "0", XEN_4_13, FAILS));
    assertThat(answers("/boot/grub/menu.lst", "default 7\n" + two)).isEqualTo(from(XEN_3_4, "0"));
    assertThat(answers("/boot/grub/grub.cfg", "set default=\"${next_entry}\"\n" + GRUB_CFG))
        .isEqualTo(from(XEN_3_4, FAILS, XEN_4_4, "cfg"));
  }

  @Test
  void namesOfDisksAndCommandsCameByAndBy() {
    assertThat(answers("/boot/grub/menu.lst", "title a\nroot (hd0,msdos1)\nkernel /k x\n"))
        .isEqualTo(from(XEN_3_4, FAILS, XEN_4_1, "x"));
    assertThat(answers("/boot/grub/menu.lst", "title a\nroot (hd0,gpt1)\nkernel /k x\n"))
        .isEqualTo(from(XEN_3_4, FAILS, XEN_4_2, "x"));
    assertThat(answers("/boot/grub/menu.lst", "title a\nroot (/dev/xvda)\nkernel /k x\n"))
        .isEqualTo(from(XEN_3_4, FAILS, XEN_4_4, "x"));
    assertThat(answers("/boot/grub/grub.cfg", GRUB_CFG.replace("linux", "linux16")))
        .isEqualTo(from(XEN_3_4, FAILS, XEN_4_5, "cfg"));
    assertThat(answers("/boot/grub/grub.cfg", GRUB_CFG.replace('"', '\'')))
        .isEqualTo(from(XEN_3_4, FAILS, XEN_4_1, "cfg"));
  }

  @Test
  void onlyPython3MindsWhatIsNotUtf8() {
    assertThat(answers("/boot/grub/menu.lst", "# caf\u00e9\n" + MENU))
        .isEqualTo(from(XEN_3_4, "menu", XEN_4_13, FAILS));
  }

  @Test
  void aDiskWithAnEmptyTableIsPassedOverFrom41To46() throws IOException {
    byte[] disk = new byte[4096];
    assertThat(offsets(disk)).isEqualTo(fromOffsets(XEN_3_4, List.of(0L)));
    ByteBuffer table = ByteBuffer.wrap(disk).order(ByteOrder.LITTLE_ENDIAN);
    table.putShort(510, (short) 0xAA55);
    assertThat(offsets(disk))
        .isEqualTo(fromOffsets(XEN_3_4, List.of(0L), XEN_4_1, List.of(), XEN_4_7, List.of(0L)));
  }

  @Test
  void theActivePartitionIsTheOnlyOneThenTheFirstThenOneOfAll() throws IOException {
    byte[] disk = new byte[4096];
    ByteBuffer table = ByteBuffer.wrap(disk).order(ByteOrder.LITTLE_ENDIAN);
    table.putShort(510, (short) 0xAA55);
    table.put(446 + 4, (byte) 0x83).putInt(446 + 8, 1);
    table.put(462, (byte) 0x80).put(462 + 4, (byte) 0x83).putInt(462 + 8, 2);
    // Linux's swap has the number of Solaris' slices.
    table.put(478 + 4, (byte) 0x82).putInt(478 + 8, 3);
    assertThat(offsets(disk))
        .isEqualTo(
            fromOffsets(
                XEN_3_4, List.of(1024L),
                XEN_4_1, List.of(1024L, 512L),
                XEN_4_13, List.of(512L, 1024L)));
  }

  private Map<XenRelease, List<Long>> offsets(byte[] content) throws IOException {
    Map<XenRelease, List<Long>> offsets = new EnumMap<>(XenRelease.class);
    Path file = Files.write(directory.resolve("disk.img"), content);
    try (BlockDevice disk = RawFile.open(file)) {
      for (XenRelease release : XenRelease.values()) {
        offsets.put(release, PyGrubDisk.offsets(disk, release));
      }
    }
    return offsets;
  }

  private static Map<XenRelease, List<Long>> fromOffsets(Object... releasesAndValues) {
    Map<XenRelease, List<Long>> expected = new EnumMap<>(XenRelease.class);
    for (XenRelease release : XenRelease.values()) {
      for (int i = 0; i < releasesAndValues.length; i += 2) {
        if (release.since((XenRelease) releasesAndValues[i])) {
          expected.put(
              release,
              ((List<?>) releasesAndValues[i + 1]).stream().map(Long.class::cast).toList());
        }
      }
    }
    return expected;
  }
}
