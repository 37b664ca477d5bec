package org.voyageur.rpm;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.voyageur.Host;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;

/** Repodata of the real createrepo_c. */
class RepodataTest {
  @TempDir private Path directory;

  private void create(String options) throws Exception {
    assumeTrue(
        Files.exists(Path.of("/usr/bin/createrepo_c")),
        "skipped: there is no createrepo_c (createrepo-c)");
    Rpms.one(directory);
    Host.run(
        Stream.of(
                Stream.of("createrepo_c", "-q"),
                Stream.of(options.split(" ")).filter(word -> !word.isEmpty()),
                Stream.of(directory.toString()))
            .flatMap(words -> words)
            .toArray(String[]::new));
  }

  /** The first is what the remedy says; databases are made with bzip2 by default. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "--checksum=sha --general-compress-type=gz --no-database",
        "--checksum=sha",
        "--checksum=md5"
      })
  void whatItCanReadIsTaken(String options) throws Exception {
    create(options);
    Repodata.demandReadableByEl5(directory);
  }

  @ParameterizedTest
  @CsvSource({
    "'', repomd.xml are of the kind 'sha256'",
    "--checksum=sha --repomd-checksum=sha256, repomd.xml are of the kind 'sha256'",
    "--checksum=sha512 --repomd-checksum=sha, primary.xml.gz are of the kind 'sha512'",
    "--checksum=sha --general-compress-type=xz, primary.xml.xz is neither a text",
    "--checksum=sha --general-compress-type=gz, primary.sqlite.gz is neither a text"
  })
  void whatItCannotReadIsRefusedWithTheCommand(String options, String message) throws Exception {
    create(options);
    mustBeRefused(message);
  }

  @Test
  void whatIsNoneIsRefusedAndNotFollowed() throws Exception {
    Path index = Files.createDirectory(directory.resolve("repodata")).resolve("repomd.xml");
    Files.writeString(index, "no XML");
    mustBeRefused("it cannot be read");
    Files.writeString(index, "<repomd></repomd>");
    mustBeRefused("names no primary.xml");
    Files.writeString(
        index,
        """
        <?xml version="1.0"?><!DOCTYPE repomd [<!ENTITY e SYSTEM "file:///etc/hostname">]>
        <repomd><data type="&e;"/></repomd>
        """);
    mustBeRefused("");
    Files.write(index, new byte[(1 << 20) + 1]);
    mustBeRefused("has more than");
    index("repodata/none.xml");
    mustBeRefused("there is no file repodata/none.xml in it");
    index("../../../../../../../../etc/fonts/fonts.xml");
    mustBeRefused("there is no file ..");
    try (GZIPOutputStream blanks =
        new GZIPOutputStream(Files.newOutputStream(directory.resolve("blanks.xml.gz")))) {
      blanks.write("<metadata>".getBytes(US_ASCII));
      blanks.write(" ".repeat(4 << 20).getBytes(US_ASCII));
    }
    index("blanks.xml.gz");
    mustBeRefused("names no package where it begins");
  }

  private void index(String location) throws IOException {
    Files.writeString(
        directory.resolve("repodata/repomd.xml"),
        """
        <repomd><data type="primary"><checksum type="sha">0</checksum>
        <location href="%s"/></data></repomd>
        """
            .formatted(location));
  }

  private void mustBeRefused(String message) {
    assertThat(Repodata.isIn(directory)).isTrue();
    assertThatThrownBy(() -> Repodata.demandReadableByEl5(directory))
        .hasMessageContaining(message)
        .isInstanceOfSatisfying(
            VoyageurException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.PACKAGE_REPOSITORY);
              assertThat(e.remedy())
                  .contains(
                      "createrepo_c --checksum=sha --general-compress-type=gz --no-database '"
                          + directory);
            });
  }
}
