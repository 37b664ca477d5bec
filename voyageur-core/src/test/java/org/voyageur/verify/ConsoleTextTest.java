package org.voyageur.verify;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;

class ConsoleTextTest {
  @Test
  void leavesTextAndLineEndsAlone() {
    assertThat(new ConsoleText().accept("a\r\nb\tc\n")).isEqualTo("a\nb\tc\n");
  }

  @Test
  void dropsColoursTitlesAndCursorMoves() {
    assertThat(
            new ConsoleText()
                .accept("\u001b[0;32m  OK  \u001b[0m\u001b]0;evil\u0007\u001b(B\u001b[2J done\n"))
        .isEqualTo("  OK   done\n");
  }

  @Test
  void waitsForTheRestOfASequence() {
    ConsoleText text = new ConsoleText();
    assertThat(text.accept("a\u001b[3") + text.accept("1mb\r") + text.accept("\nc"))
        .isEqualTo("ab\nc");
  }

  @Property
  void letsNoControlCharacterThrough(
      @ForAll @StringLength(max = 60) @CharRange(from = 0, to = 0xff) String text,
      @ForAll @IntRange(max = 60) int cut) {
    ConsoleText console = new ConsoleText();
    int at = Math.min(cut, text.length());
    String plain = console.accept(text.substring(0, at)) + console.accept(text.substring(at));
    assertThat(plain.chars()).noneMatch(c -> (c < ' ' && c != '\n' && c != '\t') || c == 0x7f);
  }
}
