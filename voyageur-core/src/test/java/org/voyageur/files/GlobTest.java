package org.voyageur.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.time.Duration;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.Chars;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GlobTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = ' ',
      value = {
        "*.conf a.conf true",
        "*.conf a.cong false",
        "* anything true",
        "* .hidden false",
        ".* .hidden true",
        "[.]* .hidden false",
        "a?c abc true",
        "a?c ac false",
        "[abc]x bx true",
        "[!abc]x bx false",
        "[^abc]x dx true",
        "[a-c]x bx true",
        "[]a] ] true",
        "[a ] false",
        "[a [a true",
        "\\* * true",
        "\\* x false",
        "\\.x .x true",
        "*a*b*c xaybzc true",
        "*a*b*c xaybz false",
        "[a-]x -x true",
        "vmlinuz-* vmlinuz-2.6.18 true",
        "\\ \\ true"
      })
  void matchesAsAShellDoes(String pattern, String name, boolean expected) {
    assertThat(new Glob(pattern).matches(name)).isEqualTo(expected);
  }

  @Property
  void agreesWithJavasOwn(
      @ForAll @StringLength(max = 6) @Chars({'a', 'b', '*', '?'}) String pattern,
      @ForAll @StringLength(min = 1, max = 8) @CharRange(from = 'a', to = 'c') String name) {
    assertThat(new Glob(pattern).matches(name))
        .isEqualTo(
            FileSystems.getDefault().getPathMatcher("glob:" + pattern).matches(Path.of(name)));
  }

  @Property
  void neverFailsWhateverIsAsked(@ForAll String pattern, @ForAll String name) {
    assertThat(new Glob(pattern).matches(name)).isIn(true, false);
    assertThat(new Glob(Glob.literal(pattern)).matches("x")).isIn(true, false);
  }

  @Test
  void aHostileNameTakesNoTime() {
    assertTimeoutPreemptively(
        Duration.ofSeconds(2),
        () -> assertThat(new Glob("*a".repeat(100) + "b").matches("a".repeat(255))).isFalse());
  }
}
