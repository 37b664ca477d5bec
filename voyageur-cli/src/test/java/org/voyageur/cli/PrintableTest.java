package org.voyageur.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class PrintableTest {
  @Property(tries = 500)
  void aLineHoldsNothingThatMovesTheCursorOrHidesText(@ForAll String text) {
    assertThat(Printable.line(text).codePoints())
        .noneMatch(c ->
            Character.isISOControl(c)
                || Character.getType(c) == Character.FORMAT
                || Character.getType(c) == Character.LINE_SEPARATOR);
  }

  @Test
  void readsTheBytesOfAGuestsFileAsUtf8WhereTheyAre() {
    String bytes =
        new String("Universit\u00e9".getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    assertThat(Printable.line(bytes)).isEqualTo("Universit\u00e9");
    assertThat(Printable.line("Universit\u00e9")).as("Latin-1").isEqualTo("Universit\u00e9");
  }

  @Test
  void keepsLinesAndTabsOfTexts() {
    assertThat(Printable.lines("a\tb\r\nc")).isEqualTo("a\tb\\x0d\nc");
  }

  @Test
  void escapesWhatReordersText() {
    assertThat(Printable.line("a\u202egnp.exe")).isEqualTo("a\\u{202e}gnp.exe");
  }
}
