package org.voyageur.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.voyageur.error.ErrorCode;

/** docs/errors.md explains every code, and no other. */
class ErrorCodesDocumentedTest {
  @Test
  void explainsEveryCodeWithItsExitCode() throws Exception {
    List<String> documented =
        Pattern.compile("(?m)^\\| (VOY-\\S+) \\| (\\d+) \\|")
            .matcher(Files.readString(Path.of("../docs/errors.md")))
            .results()
            .map((MatchResult row) -> row.group(1) + " " + row.group(2))
            .toList();
    assertThat(documented)
        .containsExactlyElementsOf(
            Arrays.stream(ErrorCode.values())
                .map(code -> code.code() + " " + code.exitStatus().code())
                .toList());
  }
}
