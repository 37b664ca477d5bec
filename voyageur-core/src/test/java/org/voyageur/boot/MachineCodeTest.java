package org.voyageur.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.voyageur.Host;

/** The machine code that is kept as built is what its sources give. */
class MachineCodeTest {
  /** Another compiler gives other, equally good bytes. */
  private static final String COMPILER = "gcc (Debian 12.2.0";

  @TempDir Path directory;

  @Test
  void rebuildsToTheSameBytes() throws Exception {
    assumeTrue(Files.exists(Path.of("/usr/bin/gcc")), "no gcc on this host");
    String compiler = Host.output("gcc", "--version").lines().findFirst().orElse("");
    assumeTrue(compiler.startsWith(COMPILER), "another compiler: " + compiler);
    Host.run("sh", "src/main/native/rebuild.sh", directory.toString());
    for (String name :
        new String[] {
          "whole-disk-loader.bin",
          "supplement-init-x86_64",
          "supplement-init-i686",
          "root-init-x86_64",
          "root-init-i686"
        }) {
      assertThat(Files.readAllBytes(directory.resolve(name)))
          .as(name)
          .isEqualTo(Resources.read(name));
    }
  }
}
