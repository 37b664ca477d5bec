package org.voyageur.files;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SubstitutionTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "s/a/b/;xaax;xbax",
        "s/a/b/g;xaax;xbbx",
        "s/A/b/gi;xaAx;xbbx",
        "s|/dev|/x|;/dev/a;/x/a",
        "s/^(\\w+) (\\w+)$/$2 $1/;one two;two one",
        "s/\\/dev\\/xvde/LABEL=\\//;/dev/xvde;LABEL=/",
        "s/$/!/;a;a!",
        "s/\u00e9/e/;caf\u00c3\u00a9;cafe"
      })
  void replacesAsPerlDoes(String expression, String before, String after) {
    assertThat(Substitution.parse(expression).apply(before.getBytes(ISO_8859_1)))
        .isEqualTo(after.getBytes(ISO_8859_1));
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      value = {"`a\nb\n`,`-a\n-b\n`", "`a\n\nb`,`-a\n-\n-b`", "`\n`,`-\n`", "`a\r\n`,`-a\r\n`"})
  void worksLineByLineAndKeepsLineEnds(String before, String after) {
    assertThat(Substitution.parse("s/^/-/").apply(before.getBytes(ISO_8859_1)))
        .asString(ISO_8859_1)
        .isEqualTo(after);
  }

  @Property
  void whatDoesNotMatchStaysByteForByte(@ForAll byte[] content) {
    assertThat(Substitution.parse("s/a string that is nowhere/x/g").apply(content))
        .isEqualTo(content);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "s", "s/", "s/a", "s/a/b", "a/b/c", "s/a/b/x", "s/(/b/", "saxaba"})
  void refusesWhatIsNone(String expression) {
    assertThatIllegalArgumentException().isThrownBy(() -> Substitution.parse(expression));
  }
}
