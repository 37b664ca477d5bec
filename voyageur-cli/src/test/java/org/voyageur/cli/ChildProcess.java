package org.voyageur.cli;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Command lines in processes of their own, as users start them. */
final class ChildProcess {
  private static final long LIMIT_SECONDS = 120;

  private ChildProcess() {}

  /** What a process left behind. */
  record Result(int exitCode, String out, String err) {}

  /** The words that start voyageur in a JVM like this one, without the launcher's build. */
  static List<String> voyageur(String... arguments) {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                System.getProperty("java.class.path"),
                "org.voyageur.cli.Main"));
    command.addAll(List.of(arguments));
    return command;
  }

  /** Runs a command to its end in a directory; standard output and error are kept apart. */
  static Result run(Path directory, List<String> command) throws Exception {
    File out = File.createTempFile("out", null);
    File err = File.createTempFile("err", null);
    try {
      Process process =
          new ProcessBuilder(command)
              .directory(directory.toFile())
              .redirectOutput(out)
              .redirectError(err)
              .start();
      if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new AssertionError("still running: " + command);
      }
      return new Result(process.exitValue(), text(out.toPath()), text(err.toPath()));
    } finally {
      Files.delete(out.toPath());
      Files.delete(err.toPath());
    }
  }

  /** Runs a host's program that must succeed, and returns what it says. */
  static String tool(Path directory, String... command) throws Exception {
    List<String> words = new ArrayList<>(List.of("env", "LC_ALL=C", "PATH=" + path()));
    words.addAll(List.of(command));
    Result result = run(directory, words);
    if (result.exitCode() != 0) {
      throw new AssertionError(String.join(" ", command) + ": " + result);
    }
    return result.out();
  }

  private static String path() {
    return System.getenv("PATH") + ":/usr/sbin:/sbin";
  }

  /** The names of what is in a directory, hidden files too. */
  static List<String> names(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  private static String text(Path file) throws IOException {
    return Files.readString(file, StandardCharsets.ISO_8859_1);
  }
}
