package org.voyageur.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.voyageur.convert.Voyageur;
import org.voyageur.testkit.GuestBuilder;
import org.voyageur.testkit.StandIn;

/** The example in docs/library.md compiles and runs. */
class LibraryExampleIT {
  @TempDir Path directory;

  @Test
  void compilesAndRuns() throws Exception {
    String page = Files.readString(Path.of("../docs/library.md"));
    String program = page.substring(page.indexOf("```java\n") + 8, page.indexOf("\n```\n"));
    Path source = Files.writeString(directory.resolve("Example.java"), program);
    Path core = Path.of(Voyageur.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    int result =
        ToolProvider.getSystemJavaCompiler()
            .run(
                null,
                null,
                null,
                "-proc:none",
                "-cp",
                core.toString(),
                "-d",
                directory.toString(),
                source.toString());
    assertThat(result).isZero();

    Path image = directory.resolve("guest.img");
    GuestBuilder.build(StandIn.scientific5XenOnly(), image, 128L << 20);
    try (URLClassLoader loader =
        new URLClassLoader(new URL[] {directory.toUri().toURL()}, getClass().getClassLoader())) {
      Object said =
          loader
              .loadClass("Example")
              .getMethod("convert", Path.class, Path.class)
              .invoke(null, image, directory.resolve("out.raw"));
      assertThat(List.of(said.toString())).singleElement().asString().startsWith("obstacles: ");
    }
  }
}
