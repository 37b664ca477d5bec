package org.voyageur.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.voyageur.boot.SyslinuxConfig.Entry;

class SyslinuxConfigTest {
  @Property
  void whatIsWrittenIsReadBack(@ForAll("configurations") SyslinuxConfig configuration) {
    assertThat(SyslinuxConfig.parse(configuration.render())).isEqualTo(configuration);
  }

  @Property
  void anyTextCanBeRead(@ForAll String text) {
    assertThat(SyslinuxConfig.parse(text).entries()).isNotNull();
  }

  @Test
  void readsWhatPeopleWrite() {
    SyslinuxConfig read =
        SyslinuxConfig.parse(
            "default linux\r\nappend ro quiet\r\nLabel linux\r\n  SAY Booting the kernel\r\n"
                + "  kernel /vmlinuz\r\n  INITRD /initrd.img\r\nlabel bare\r\nlinux /vmlinuz\r\nappend -");
    assertThat(read.defaultLabel()).contains("linux");
    assertThat(read.entries())
        .containsExactly(
            new Entry("linux", "/vmlinuz", List.of("/initrd.img"), "ro quiet"),
            new Entry("bare", "/vmlinuz", List.of(), ""));
    assertThat(read.entries().getFirst().commandLine())
        .isEqualTo("BOOT_IMAGE=/vmlinuz ro quiet initrd=/initrd.img");
  }

  @Test
  void leavesOutAnEntryThatSyslinuxCouldNotLoad() {
    assertThat(SyslinuxConfig.parse("LABEL a\nLINUX /k\nINITRD /a, /b\n").entries()).isEmpty();
  }

  @Test
  void refusesNamesThatCannotBeWritten() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Entry("a", "/boot/vmlinuz old", List.of(), ""));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Entry("a", "/k", List.of("/a,b"), ""));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Entry("a", "/k", List.of(), "noinitrd=1"));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Entry("a", "/k", List.of(), "ro\nLABEL b"));
  }

  @Provide
  Arbitrary<SyslinuxConfig> configurations() {
    Arbitrary<String> name =
        Arbitraries.strings()
            .withCharRange('!', '~')
            .excludeChars(',')
            .ofMinLength(1)
            .ofMaxLength(20);
    Arbitrary<String> append =
        Arbitraries.of("ro", "root=LABEL=/", "console=ttyS0,115200n8", "x=\u00e9", "quiet")
            .list()
            .ofMaxSize(5)
            .map(words -> String.join(" ", words));
    Arbitrary<Entry> entry =
        Combinators.combine(name, name, name.list().ofMaxSize(3), append).as(Entry::new);
    return Combinators.combine(
            Arbitraries.of("0 115200", "1").optional(),
            Arbitraries.of(true, false),
            Arbitraries.integers().between(0, 35996),
            Arbitraries.integers().between(0, 35996),
            name.optional(),
            name.optional(),
            entry.list().ofMaxSize(4))
        .as(SyslinuxConfig::new);
  }

  @Test
  void anEmptyFileStartsNothing() {
    assertThat(SyslinuxConfig.parse(""))
        .isEqualTo(
            new SyslinuxConfig(
                Optional.empty(), false, 0, 0, Optional.empty(), Optional.empty(), List.of()));
  }
}
