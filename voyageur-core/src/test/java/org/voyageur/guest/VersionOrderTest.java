package org.voyageur.guest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.voyageur.guest.OperatingSystem.Family;

class VersionOrderTest {
  /** The upper rows are kernels, the lower ones known answers of rpm's own test suite. */
  @ParameterizedTest
  @CsvSource({
    "2.6.18-398.el5, >, 2.6.18-128.el5",
    "2.6.32-431.el6.x86_64, <, 2.6.32-431.1.2.el6.x86_64",
    "2.6.32-431.el6.x86_64, >, 2.6.32-71.el6.x86_64",
    "3.10.0-1160.el7.x86_64, >, 3.10.0-957.27.2.el7.x86_64",
    "1.0, =, 1.0",
    "1.0, <, 2.0",
    "2.0.1, >, 2.0",
    "2.0.1a, >, 2.0.1",
    "5.5p1, <, 5.5p10",
    "10xyz, <, 10.1xyz",
    "xyz10, <, xyz10.1",
    "xyz.4, <, 8",
    "5.5p2, <, 5.6p1",
    "6.0.rc1, >, 6.0",
    "10b2, >, 10a1",
    "1.0aa, >, 1.0a",
    "10.0001, =, 10.1",
    "4.999.9, <, 5.0",
    "20101121, =, 20101121",
    "2_0, =, 2.0",
    "1.0~rc1, <, 1.0",
    "1.0~rc1, <, 1.0~rc2",
    "1.0~rc1~git123, <, 1.0~rc1",
    "0000000000000000000000000001, =, 1",
    "99999999999999999999999999, <, 100000000000000000000000000"
  })
  void ordersAsRpmDoes(String a, String relation, String b) {
    assertRelation(Family.RED_HAT, a, relation, b);
  }

  @ParameterizedTest
  @CsvSource({
    "3.2.0-61-virtual, >, 3.2.0-9-virtual",
    "3.2.0-61-virtual, >, 3.2.0-61-generic",
    "6.1.0-9-amd64, <, 6.1.0-10-amd64",
    "2.6.32-5-amd64, <, 2.6.32-5-xen-amd64",
    "1.0~rc1, <, 1.0",
    "1.0, <, 1.0a",
    "1.0a, <, 1.0+",
    "1.00, =, 1.0"
  })
  void ordersAsDpkgDoes(String a, String relation, String b) {
    assertRelation(Family.DEBIAN, a, relation, b);
  }

  private static void assertRelation(Family family, String a, String relation, String b) {
    int expected = "<=>".indexOf(relation) - 1;
    assertThat(Integer.signum(VersionOrder.of(family).compare(a, b))).isEqualTo(expected);
    assertThat(Integer.signum(VersionOrder.of(family).compare(b, a))).isEqualTo(-expected);
  }

  /** One shell asks dpkg about all the pairs, as starting it for each would take seconds. */
  @Test
  void agreesWithDpkgOnArbitraryVersions() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/dpkg")), "no dpkg on this host");
    Random random = new Random(2026);
    List<String> versions = new ArrayList<>();
    for (int i = 0; i < 400; i++) {
      versions.add(version(random, random.nextInt(8)));
    }
    StringBuilder script = new StringBuilder();
    for (int i = 0; i + 1 < versions.size(); i += 2) {
      script.append(
          "if dpkg --compare-versions %1$s lt %2$s; then echo -1; elif dpkg --compare-versions %1$s gt %2$s; then echo 1; else echo 0; fi\n"
              .formatted(versions.get(i), versions.get(i + 1)));
    }
    Process shell =
        new ProcessBuilder("sh", "-c", script.toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    List<String> answers =
        new String(shell.getInputStream().readAllBytes(), UTF_8).lines().toList();
    assertThat(answers).hasSize(versions.size() / 2).contains("-1", "1");

    for (int i = 0; i + 1 < versions.size(); i += 2) {
      assertThat(Integer.signum(VersionOrder.compareDebian(versions.get(i), versions.get(i + 1))))
          .as(versions.get(i) + " and " + versions.get(i + 1))
          .isEqualTo(Integer.parseInt(answers.get(i / 2)));
    }
  }

  /** Without hyphens and colons, which dpkg takes for revision and epoch. */
  private static String version(Random random, int length) {
    StringBuilder version = new StringBuilder().append(random.nextInt(3));
    for (int i = 0; i < length; i++) {
      version.append("0012a~+.Zb".charAt(random.nextInt(10)));
    }
    return version.toString();
  }
}
