package org.voyageur.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.voyageur.process.HostProgram;

/**
 * The host's debugfs, which reads and changes an ext2, ext3 or ext4 filesystem without mounting it:
 * of e2fsprogs as voyageur's own access is, but through none of voyageur's code.
 */
public final class Debugfs {
  private static final HostProgram PROGRAM = new HostProgram("debugfs", "e2fsprogs");

  /** What it prints before it carries out a line of a command file. */
  private static final String ECHO = "debugfs: ";

  private Debugfs() {}

  /**
   * What a file holds.
   *
   * @param path absolute; links are not followed
   */
  public static byte[] content(Path image, String path) {
    try (TemporaryDirectory directory = TemporaryDirectory.create()) {
      Path file = directory.path().resolve("content");
      read(image, List.of("dump " + path + " " + file));
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Carries out commands that change nothing; what each of them printed, in their order. */
  public static List<String> read(Path image, List<String> commands) {
    return run(image, commands, List.of());
  }

  /** Carries out commands that may change the filesystem. */
  static List<String> write(Path image, List<String> commands) {
    return run(image, commands, List.of("-w"));
  }

  private static List<String> run(Path image, List<String> commands, List<String> options) {
    try (TemporaryDirectory directory = TemporaryDirectory.create()) {
      return run(image, commands, options, directory.path());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while debugfs ran", e);
    }
  }

  private static List<String> run(
      Path image, List<String> commands, List<String> options, Path directory)
      throws IOException, InterruptedException {
    Path script = Files.write(directory.resolve("commands"), commands);
    Path output = directory.resolve("output");
    Path errors = directory.resolve("errors");
    List<String> arguments = new ArrayList<>(options);
    arguments.addAll(List.of("-f", script.toString(), image.toString()));
    Process process =
        PROGRAM.start(
            arguments,
            builder -> builder.redirectOutput(output.toFile()).redirectError(errors.toFile()));
    int exitCode;
    try {
      exitCode = process.waitFor();
    } finally {
      HostProgram.release(process);
    }
    // A command that failed shows in nothing but this; the first line is debugfs's version.
    List<String> complaints = Files.readAllLines(errors).stream().skip(1).toList();
    if (exitCode != 0 || !complaints.isEmpty()) {
      throw PROGRAM.failed("ended with " + exitCode, String.join("\n", complaints));
    }
    return answers(Files.readString(output, StandardCharsets.ISO_8859_1), commands);
  }

  private static List<String> answers(String output, List<String> commands) {
    List<String> answers = new ArrayList<>();
    int at = 0;
    for (int i = 0; i < commands.size(); i++) {
      int start = output.indexOf(ECHO + commands.get(i) + "\n", at);
      if (start < 0) {
        throw new IllegalStateException("debugfs did not come to: " + commands.get(i));
      }
      start += ECHO.length() + commands.get(i).length() + 1;
      int end = i + 1 < commands.size() ? output.indexOf(ECHO + commands.get(i + 1), start) : -1;
      answers.add(output.substring(start, end < 0 ? output.length() : end));
      at = start;
    }
    return answers;
  }
}
