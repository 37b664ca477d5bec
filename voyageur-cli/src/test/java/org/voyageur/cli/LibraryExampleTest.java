package org.voyageur.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.voyageur.process.HostProgram;

/** The example of docs/library.md is a program that works. */
class LibraryExampleTest {
  @TempDir Path directory;

  @Test
  void compilesAndRuns() throws Exception {
    HostProgram mke2fs = new HostProgram("mke2fs", "e2fsprogs");
    Assumptions.assumeTrue(mke2fs.find().isPresent(), "this host has no mke2fs");
    Matcher fence =
        Pattern.compile("(?s)```java\n(.*?)```")
            .matcher(Files.readString(Path.of("../docs/library.md")));
    assertThat(fence.find()).isTrue();
    Path source = directory.resolve("MoveToKvm.java");
    Files.writeString(source, fence.group(1));
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    int compiled =
        compiler.run(
            null,
            null,
            null,
            "-Xlint:all,-classfile",
            "-Werror",
            "-proc:none",
            "-cp",
            System.getProperty("java.class.path"),
            source.toString());
    assertThat(compiled).isZero();

    Path tree = directory.resolve("tree");
    Files.createDirectories(tree.resolve("etc"));
    Files.writeString(
        tree.resolve("etc/redhat-release"), "Scientific Linux release 6.4 (Carbon)\n");
    Path image = directory.resolve("guest.img");
    HostProgram.Result made =
        mke2fs.run(
            Duration.ofMinutes(1),
            List.of("-q", "-t", "ext3", "-d", tree.toString(), image.toString(), "8M"));
    assertThat(made.exitCode()).as(made.output()).isZero();
    Path output = directory.resolve("guest.qcow2");
    try (URLClassLoader loader = new URLClassLoader(new URL[] {directory.toUri().toURL()})) {
      Object said =
          loader
              .loadClass("MoveToKvm")
              .getMethod("move", Path.class, Path.class)
              .invoke(null, image, output);
      assertThat(said)
          .asString()
          .contains("Scientific Linux release 6.4")
          .contains("VOY-GUEST-002");
    }
    assertThat(output).doesNotExist();
  }
}
