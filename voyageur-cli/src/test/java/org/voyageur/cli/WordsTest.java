package org.voyageur.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WordsTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      quoteCharacter = '`',
      value = {
        "ls /etc~ls;/etc",
        "  ls\t /etc  ~ls;/etc",
        "put 'a b' \"c d\"~put;a b;c d",
        "edit f -e 's|a b|$1 \\d|'~edit;f;-e;s|a b|$1 \\d|",
        "a\\ b~a b",
        "\"a\\\"b\\\\c\\d\"~a\"b\\c\\d",
        "rm /a\\*b~rm;/a\\*b",
        "cat /a # why~cat;/a",
        "cat /a#b~cat;/a#b",
        "x''y~xy"
      })
  void takesALineApartAsAShellDoes(String line, String words) {
    assertThat(Words.of(line)).containsExactly(words.split(";"));
  }

  @Test
  void knowsEmptyLinesEmptyWordsAndOpenQuotes() {
    assertThat(Words.of("   # nothing")).isEmpty();
    assertThat(Words.of("put '' x")).containsExactly("put", "", "x");
    assertThatIllegalArgumentException().isThrownBy(() -> Words.of("cat 'x"));
  }
}
