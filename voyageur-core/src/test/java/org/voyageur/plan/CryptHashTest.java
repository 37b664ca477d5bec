package org.voyageur.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CryptHashTest {
  private static final Path PERL = Path.of("/usr/bin/perl");

  /** The specification's first example, and FreeBSD's md5crypt as OpenSSL documents it. */
  @Test
  void hashesAsPublished() {
    assertThat(CryptHash.SHA512.hash("Hello world!", "saltstring......"))
        .startsWith("$6$saltstring......$");
    assertThat(CryptHash.MD5.hash("password", "xxxxxxxxyyyyyyyy"))
        .isEqualTo("$1$xxxxxxxx$UYCIxa628.9qXjpQCjM4a.");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "x",
        "secret",
        "exactly-fifteen",
        "exactly-sixteen!",
        "a pass phrase with blanks: and $6$ signs",
        "Stra\u00dfe nach \u0416",
        "63 characters .................................................",
        "64 characters ..................................................",
        "65 characters ...................................................",
        "127 characters ................................................................................................................"
      })
  void hashesAsTheCLibraryDoes(String password) throws Exception {
    assumeTrue(Files.isExecutable(PERL), "skipped: there is no perl, whose crypt is glibc's");
    for (CryptHash kind : CryptHash.values()) {
      String hash = kind.hash(password, "aZ09./bY18cX27dW");
      assertThat(crypt(password, hash.substring(0, hash.lastIndexOf('$') + 1))).isEqualTo(hash);
      assertThat(kind.isOf(password, hash)).isTrue();
      assertThat(kind.isOf(password + "x", hash)).isFalse();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "*", "!!", "$1$", "$6$short$x", "$6$saltsaltsaltsalt", "$1$a:b:c:d!$x"})
  void whatIsNoHashOfItsKindIsNobodysPassword(String field) {
    for (CryptHash kind : CryptHash.values()) {
      assertThat(kind.isOf("secret", field)).isFalse();
    }
  }

  private static String crypt(String password, String setting) throws Exception {
    Process perl =
        new ProcessBuilder(
                List.of(
                    PERL.toString(),
                    "-e",
                    "chomp($_ = <STDIN>); print crypt($_, $ARGV[0])",
                    setting))
            .start();
    perl.getOutputStream().write((password + "\n").getBytes(StandardCharsets.UTF_8));
    perl.getOutputStream().close();
    return new String(perl.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
  }
}
