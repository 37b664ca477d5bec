package org.voyageur.plan;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class UnifiedDiffTest {
  @Test
  void equalTextsHaveNoDifference() {
    assertThat(UnifiedDiff.of("/etc/fstab", "a\nb", "a\nb")).isEmpty();
  }

  @Test
  void anEditIsShownWithThreeLinesAround() {
    assertThat(
            UnifiedDiff.of("/x", "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n"))
        .isEqualTo(
            """
            --- /x
            +++ /x
            @@ -2,7 +2,7 @@
             2
             3
             4
            -5
            +five
             6
             7
             8
            """);
  }

  @Test
  void aNewFileComesFromNowhereAndARemovedOneGoesThere() {
    assertThat(UnifiedDiff.created("/x", "a\nb"))
        .isEqualTo(
            "--- /dev/null\n+++ /x\n@@ -0,0 +1,2 @@\n+a\n+b\n\\ No newline at end of file\n");
    assertThat(UnifiedDiff.removed("/x", "a\n"))
        .isEqualTo("--- /x\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n");
  }

  @Test
  void textsTooLongForTheTableAreStillShown() {
    String before = "a\n".repeat(3000);
    String after = "b\n".repeat(3000);
    assertThat(UnifiedDiff.of("/x", before, after))
        .startsWith("--- /x\n+++ /x\n@@ -1,3000 +1,3000 @@\n-a\n");
  }

  @Property(tries = 60)
  void patchAppliesItAndItIsAsShortAsDiffs(
      @ForAll("texts") String before, @ForAll("texts") String after) throws Exception {
    Path directory = Files.createTempDirectory("diff");
    Path from = directory.resolve("from");
    Path to = directory.resolve("to");
    Path diff = directory.resolve("diff");
    Path patched = directory.resolve("patched");
    try {
      Files.writeString(from, before, ISO_8859_1);
      Files.writeString(to, after, ISO_8859_1);
      String text = UnifiedDiff.of("x", before, after);
      Files.writeString(diff, text, ISO_8859_1);

      String theirs =
          run("diff", "--minimal", "-u", "--label", "x", "--label", "x", "from", "to", directory);
      assertThat(changedLines(text)).isEqualTo(changedLines(theirs));
      if (!text.isEmpty()) {
        run("patch", "-s", "--binary", "--posix", "-o", "patched", "from", "diff", directory);
        assertThat(Files.readString(patched, ISO_8859_1)).isEqualTo(after);
      }
    } finally {
      for (Path path : List.of(from, to, diff, patched)) {
        Files.deleteIfExists(path);
      }
      Files.delete(directory);
    }
  }

  @Provide
  Arbitrary<String> texts() {
    return Arbitraries.of("a", "b", "c\r", "", "\u00e9 x")
        .list()
        .ofMaxSize(30)
        .map(lines -> String.join("\n", lines));
  }

  private static long changedLines(String diff) {
    return diff.lines()
        .skip(2)
        .filter(line -> line.startsWith("+") || line.startsWith("-"))
        .count();
  }

  private static String run(Object... commandAndDirectory)
      throws IOException, InterruptedException {
    List<String> command = new java.util.ArrayList<>();
    for (int i = 0; i < commandAndDirectory.length - 1; i++) {
      command.add((String) commandAndDirectory[i]);
    }
    Process process =
        new ProcessBuilder(command)
            .directory(((Path) commandAndDirectory[commandAndDirectory.length - 1]).toFile())
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), ISO_8859_1);
    process.waitFor();
    return output;
  }
}
