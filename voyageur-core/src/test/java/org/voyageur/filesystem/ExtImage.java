package org.voyageur.filesystem;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.voyageur.Host;

/** A filesystem made by mke2fs, changed and read by debugfs, and judged by e2fsck. */
record ExtImage(Path path) {
  static final int SIZE = 16 << 20;

  static ExtImage create(Path directory, ExtKind kind) throws Exception {
    return create(directory, kind.options());
  }

  static ExtImage create(Path directory, List<String> options) throws Exception {
    Path path = directory.resolve("image");
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
      file.setLength(SIZE);
    }
    Stream<String> command = Stream.of("mke2fs", "-q", "-F", "-L", "/");
    Host.run(
        Stream.of(command, options.stream(), Stream.of(path.toString()))
            .flatMap(words -> words)
            .toArray(String[]::new));
    return new ExtImage(path);
  }

  /** Carries out debugfs commands; what they did, the test must look at. */
  String debugfs(String... commands) throws Exception {
    Path script = path.resolveSibling("commands");
    Files.write(script, List.of(commands));
    return Host.output("debugfs", "-w", "-f", script.toString(), path.toString());
  }

  /** What debugfs says of something, but for its own version. */
  String ask(String command) throws Exception {
    String output = Host.output("debugfs", "-R", command, path.toString());
    return output.substring(output.indexOf('\n') + 1);
  }

  /** Puts a file into the guest. */
  void write(String guestPath, byte[] content) throws Exception {
    Path file = path.resolveSibling("file");
    Files.write(file, content);
    write(guestPath, file);
  }

  void write(String guestPath, Path file) throws Exception {
    assertThat(debugfs("write " + file + " " + guestPath)).contains("Allocated inode");
  }

  /** A file of the guest as debugfs reads it. */
  byte[] dump(String guestPath) throws Exception {
    Path file = path.resolveSibling("dumped");
    Files.deleteIfExists(file);
    Host.output("debugfs", "-R", "dump " + guestPath + " " + file, path.toString());
    return Files.readAllBytes(file);
  }

  /** Copies a whole directory of the guest to the host. */
  Path dumpDirectory(String guestPath) throws Exception {
    Path target = Files.createTempDirectory(path.getParent(), "dumped");
    Host.output("debugfs", "-R", "rdump " + guestPath + " " + target, path.toString());
    return target.resolve(guestPath.substring(1));
  }

  void assertClean() throws Exception {
    Host.run("e2fsck", "-fn", path.toString());
  }

  ExtImage copy(String name) throws IOException {
    return new ExtImage(Files.copy(path, path.resolveSibling(name)));
  }

  /** Bytes that do not compress and hold no block of zeros. */
  static byte[] bytes(int size) {
    byte[] bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    return bytes;
  }
}
